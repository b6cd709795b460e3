/**
 * The lifecycle against its specification. Method: the specification runs in xstate, ours through its
 * table; every standing and every event are compared, and every simple path of the graph is walked.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMachine, initialTransition, transition as xstateTransition } from 'xstate';
import { getSimplePaths } from 'xstate/graph';
import {
  BEGIN,
  LIFECYCLE,
  mermaid,
  shown,
  step,
  transition,
  type Cause,
  type EventName,
  type Standing,
} from '#protocols/lifecycle.ts';

const machine = createMachine(LIFECYCLE);
const EVENTS: readonly EventName[] = [
  'certified',
  'refused',
  'committed',
  'conflict-lost',
  'expired',
  'short',
  'thin',
  'restored',
  'lost',
  'returned',
];
const after = (...events: readonly EventName[]): Standing => events.reduce(step, BEGIN);

/** Every standing that can be reached, with the events that lead there. */
function reached(): Map<Standing, readonly EventName[]> {
  const found = new Map<Standing, readonly EventName[]>([[BEGIN, []]]);
  for (const [standing, path] of found) {
    for (const event of EVENTS) {
      const next = step(standing, event);
      if (!found.has(next)) found.set(next, [...path, event]);
    }
  }
  return found;
}

describe('lifecycle', () => {
  it('stands where xstate stands, after every event in every standing', () => {
    for (const [standing, path] of reached()) {
      let [snapshot] = initialTransition(machine);
      for (const event of path) [snapshot] = xstateTransition(machine, snapshot, { type: event });
      expect(snapshot.value).toEqual(standing);
      for (const event of EVENTS) {
        const [next] = xstateTransition(machine, snapshot, { type: event });
        expect(next.value, `${path.join()} then ${event}`).toEqual(step(standing, event));
      }
    }
  });
  it('walks every simple path of the graph to the same end', () => {
    const paths = getSimplePaths(machine, { events: EVENTS.map((type) => ({ type })) });
    expect(paths.length).toBeGreaterThan(reached().size);
    for (const { steps, state } of paths) {
      const events = steps.map(({ event }) => event.type).filter((type) => type !== 'xstate.init');
      expect(after(...(events as EventName[]))).toEqual(state.value);
    }
  });
  it('reaches 15 standings', () => expect(reached().size).toBe(15));
  it('never commits what was not acknowledged', () => {
    expect(after('committed').order).toBe('FRESH');
    expect(after('certified', 'committed').order).toBe('COMMITTED');
  });
  it('never leaves an end', () => {
    for (const end of [after('refused'), after('certified', 'conflict-lost'), after('expired')]) {
      for (const event of EVENTS) expect(step(end, event).order).toBe(end.order);
    }
  });
  it('changes nothing when an event comes again', () => {
    for (const standing of reached().keys()) {
      for (const event of EVENTS) {
        const once = step(standing, event);
        // `restored` and `thin` undo each other; each by itself is idempotent.
        expect(step(once, event)).toBe(once);
      }
    }
  });
  it('shows repair and loss over the order, until the order ends', () => {
    expect(shown(after('short'))).toBe('REPAIR_REQ');
    expect(shown(after('short', 'restored'))).toBe('FRESH');
    expect(shown(after('certified', 'thin', 'lost'))).toBe('LOST');
    expect(shown(after('certified', 'thin', 'lost', 'returned'))).toBe('REPAIR_REQ');
    expect(shown(after('thin', 'refused'))).toBe('REJECTED');
  });
  it('names the cause of what becomes visible, and is silent about the rest', () => {
    const cause = 'c1' as Cause;
    expect(transition(BEGIN, { event: 'certified', cause })).toEqual({
      from: 'FRESH',
      to: 'POH_ACK',
      event: 'certified',
      cause,
    });
    expect(transition(after('short'), { event: 'certified', cause })).toBeUndefined();
  });
  it('has its picture in the documentation', () => {
    const page = join(import.meta.dirname, '..', '..', 'docs', 'protocols', 'lifecycle.md');
    expect(readFileSync(page, 'utf8')).toContain(mermaid());
  });
});
