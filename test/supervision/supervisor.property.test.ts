/**
 * Random trees of real supervisors on the real engine, under random failures. Method: what the workers
 * wrote down must tell one life after another, and the last stop must go through the whole tree from
 * right to left.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '#protocols/effect.ts';
import { replay, type Outcome } from '#simulations/supervision/replay.ts';
import { readScenario, type Element } from '#simulations/supervision/scenario.ts';
import { cases } from '#test/cases.ts';

const STRATEGIES = ['one_for_one', 'one_for_all', 'rest_for_one'];
const flags = fc.record({
  strategy: fc.constantFrom(...STRATEGIES),
  intensity: fc.constant(1_000),
  period: fc.constant(5),
});

interface Tree {
  readonly flags: Json;
  readonly children: readonly (Tree | string)[];
}

/** Shapes first; names are given afterwards, so that each is there once. */
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    flags,
    children: fc.array(
      fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        { weight: 3, arbitrary: fc.constantFrom('permanent', 'transient') },
        { weight: 1, arbitrary: tie('tree') },
      ),
      { minLength: 1, maxLength: 4 },
    ),
  }),
}));

function named(from: Tree, path = ''): Element[] {
  return from.children.map((child, i) => {
    const id = `${path}${'abcd'[i]}`;
    return typeof child === 'string'
      ? { id, restart: child }
      : { id, flags: child.flags as never, children: named(child, id) };
  });
}

const workersOf = (elements: readonly Element[]): Element[] =>
  elements.flatMap((each) => (each.children === undefined ? [each] : workersOf(each.children)));

/** What goes wrong: whom it concerns is a number, taken as a place among the workers. */
const trouble = fc.oneof(
  fc.tuple(fc.constant('exit'), fc.nat(), fc.constantFrom('crash', 'normal', 'shutdown')),
  fc.tuple(fc.constant('kill'), fc.nat()),
  fc.tuple(fc.constant('failnext'), fc.nat(), fc.integer({ min: 1, max: 3 })),
  fc.tuple(
    fc.constant('exit_many'),
    fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
    fc.constant('crash'),
  ),
);

function play(from: Tree, troubles: readonly (readonly unknown[])[], otp = false) {
  const children = named(from);
  const workers = workersOf(children);
  const name = (n: number): string => workers[n % workers.length]!.id;
  const ops = troubles.map(([verb, who, ...rest]) => [
    verb,
    Array.isArray(who) ? [...new Set(who.map(name))] : name(who as number),
    ...rest,
  ]);
  const line = JSON.stringify({
    name: 'random',
    flags: from.flags,
    children,
    steps: [...ops, 'stop'].map((op) => ({ op })),
  });
  return { outcome: replay(readScenario(line), { otp }), workers };
}

const eventsOf = ({ start_events, steps }: Outcome): (readonly Json[])[] => [
  ...start_events,
  ...steps.flatMap(({ events }) => events),
];

/** Follows every worker through its lives; complains where one began before the last one ended. */
function follow(events: readonly (readonly Json[])[]): {
  alive: Map<string, number>;
  wrong: Json[];
} {
  const alive = new Map<string, number>();
  const wrong: Json[] = [];
  for (const event of events) {
    const [what, id, life] = event as [string, string, number];
    if (what === 'started') {
      if (alive.has(id)) wrong.push([...event]);
      alive.set(id, life);
    } else if (what === 'exiting' || what === 'stopped' || what === 'killed') {
      if (alive.get(id) !== life) wrong.push([...event]);
      alive.delete(id);
    }
  }
  return { alive, wrong };
}

describe('trees of supervisors', () => {
  it('give each worker one life at a time, and leave nobody behind', () =>
    fc.assert(
      fc.property(tree, fc.array(trouble, { maxLength: 12 }), (from, troubles) => {
        const { outcome } = play(from, troubles);
        const { alive, wrong } = follow(eventsOf(outcome));
        expect(wrong).toEqual([]);
        expect([...alive]).toEqual([]);
      }),
      { numRuns: cases(300) },
    ));

  it('keep every permanent worker alive, and stop from right to left, depth first', () =>
    fc.assert(
      fc.property(tree, fc.array(trouble, { maxLength: 12 }), (from, troubles) => {
        const { outcome, workers } = play(from, troubles);
        const before = eventsOf({ ...outcome, steps: outcome.steps.slice(0, -1) });
        const { alive } = follow(before);
        for (const { id, restart } of workers)
          if (restart === 'permanent') expect(alive.has(id)).toBe(true);
        const stopped = outcome.steps.at(-1)!.events.map(([, id]) => id);
        const living = workers.map(({ id }) => id).filter((id) => alive.has(id));
        expect(stopped).toEqual(living.toReversed());
      }),
      { numRuns: cases(300) },
    ));

  it('do the same again', () =>
    fc.assert(
      fc.property(tree, fc.array(trouble, { maxLength: 8 }), (from, troubles) => {
        expect(play(from, troubles).outcome).toEqual(play(from, troubles).outcome);
      }),
      { numRuns: cases(50) },
    ));
});
