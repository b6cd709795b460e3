/**
 * The machine under random children, failures, requests and timing. Method: a yard that knows who
 * really lives; the laws below hold at every moment, or after everything has come to rest.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crashed, KILLED, NORMAL, SHUTDOWN, type Reason } from '#protocols/effect.ts';
import type { Request } from '#supervision/machine/state.ts';
import type { ChildSpec, Flags, Shutdown, Strategy } from '#supervision/spec.ts';
import { cases } from '#test/cases.ts';
import { Yard, type Manners } from './yard.ts';

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const PERIOD_MS = 200;

type Action =
  | { readonly do: 'exit'; readonly ids: readonly string[]; readonly reason: Reason }
  | { readonly do: 'ask'; readonly request: Request<string> }
  | { readonly do: 'manners'; readonly id: string; readonly manners: Manners }
  | { readonly do: 'stop' }
  | { readonly do: 'pass'; readonly ms: number };

const id = fc.constantFrom(...IDS);
const reason = fc.constantFrom(NORMAL, SHUTDOWN, KILLED, crashed('x'));
const strategy = fc.constantFrom<Strategy>('one_for_one', 'one_for_all', 'rest_for_one');
const childOf = (name: string): fc.Arbitrary<ChildSpec<string>> =>
  fc.record(
    {
      id: fc.constant(name),
      start: fc.constant(name),
      restart: fc.constantFrom('permanent', 'transient', 'temporary'),
      shutdown: fc.constantFrom<Shutdown>('brutal_kill', 'infinity', 0, 30),
      startMs: fc.constantFrom<number | 'infinity'>('infinity', 40),
      backoff: fc.constant({ minMs: 5, maxMs: 50 }),
    },
    { requiredKeys: ['id', 'start', 'restart'] },
  );
const children = fc
  .subarray(IDS, { minLength: 1 })
  .chain((ids) => fc.tuple(...ids.map((name) => childOf(name))));
const manners: fc.Arbitrary<Manners> = fc.record({
  starts: fc.array(fc.constantFrom('ok', 'fail', 'ignore'), { maxLength: 4 }),
  startMs: fc.constantFrom(0, 0, 20),
  stopMs: fc.constantFrom<number | 'never'>(0, 0, 20),
});
const request: fc.Arbitrary<Request<string>> = fc.oneof(
  fc.record({ do: fc.constantFrom('terminate', 'restart', 'delete', 'spec'), id }),
  fc.record({ do: fc.constantFrom('which', 'count') }),
  id.chain((name) => childOf(name)).map((child) => ({ do: 'start' as const, child })),
);
const exit: fc.Arbitrary<Action> = fc.record({
  do: fc.constant('exit'),
  ids: fc.subarray(IDS, { minLength: 1, maxLength: 3 }),
  reason,
});
const pass: fc.Arbitrary<Action> = fc.record({
  do: fc.constant('pass'),
  ms: fc.constantFrom(0, 0, 3, 15, 45, 150),
});
const behave: fc.Arbitrary<Action> = fc.record({ do: fc.constant('manners'), id, manners });
const asking: fc.Arbitrary<Action> = fc.record({ do: fc.constant('ask'), request });
const failures = fc.array(fc.oneof(exit, pass, behave), { maxLength: 30 });
const anything = fc.array(fc.oneof(exit, pass, behave, asking), { maxLength: 40 });

function act(yard: Yard, action: Action): void {
  switch (action.do) {
    case 'exit':
      for (const each of action.ids) yard.exit(each, action.reason);
      return;
    case 'ask':
      return yard.ask(action.request);
    case 'manners':
      return void yard.manners.set(action.id, structuredClone(action.manners));
    case 'stop':
      return yard.tell({ kind: 'stop' });
    case 'pass':
      return yard.pass(action.ms);
    default:
  }
}

function run(flags: Flags, specs: readonly ChildSpec<string>[], actions: readonly Action[]): Yard {
  const yard = new Yard({ periodMs: PERIOD_MS, ...flags }, specs);
  for (const action of actions) act(yard, action);
  return yard;
}

/** Who stops or starts while a later sibling lives, although their group moves together. */
function outOfOrder(yard: Yard, order: readonly string[]): string[] {
  const alive = new Set<string>();
  return yard.words().filter((what) => {
    const [word, name] = what.split(' ') as [string, string];
    if (word === 'start') alive.add(name);
    if (word === 'dead') alive.delete(name);
    if (word === 'dead' || word === 'end') return false;
    const later = order.slice(order.indexOf(name) + 1);
    return later.some((each) => alive.has(each));
  });
}

/** The most starts of one child, first starts aside, within one period. */
function mostRestarts(yard: Yard): number {
  const starts = yard.log.filter(({ what }) => /^start \w 0*([2-9]|\d\d)/.test(what));
  const most = starts.map(
    ({ at, what }) =>
      starts.filter(
        (each) => each.what[6] === what[6] && each.at <= at && each.at >= at - PERIOD_MS,
      ).length,
  );
  return Math.max(0, ...most);
}

describe('the supervision machine', () => {
  it('never loses a child, and never believes in one that is not there', () =>
    fc.assert(
      fc.property(strategy, children, anything, (strategy, specs, actions) => {
        const yard = run({ strategy, intensity: 50 }, specs, actions);
        for (const each of IDS) yard.manners.delete(each);
        yard.pass(10_000);
        const { state } = yard;
        for (const child of state.children.values()) {
          expect(['running', 'idle']).toContain(child.phase);
          expect(yard.alive.get(child.id)).toBe(
            child.phase === 'running' ? child.incarnation : undefined,
          );
        }
        expect(yard.alive.size).toBeLessThanOrEqual(state.children.size);
        if (yard.outcome !== undefined) expect(yard.alive.size).toBe(0);
        if (yard.outcome === undefined) expect(state.activity).toBeUndefined();
      }),
      { numRuns: cases(1_000) },
    ));

  it('keeps every permanent child running through failures alone', () =>
    fc.assert(
      fc.property(strategy, children, failures, (strategy, specs, actions) => {
        const quiet = actions.filter(
          (action) => action.do !== 'manners' || !action.manners.starts.includes('ignore'),
        );
        const yard = run({ strategy, intensity: 1_000 }, specs, quiet);
        for (const each of IDS) yard.manners.delete(each);
        yard.pass(10_000);
        // Only a start of the whole that fails ends it: nobody restarts a thousand times here.
        expect(yard.outcome === undefined).toBe(yard.isReady);
        for (const { id, restart } of specs)
          if (yard.isReady && restart === 'permanent') expect(yard.alive.has(id)).toBe(true);
      }),
      { numRuns: cases(500) },
    ));

  it('never restarts more often than the intensity allows, and then gives up', () =>
    fc.assert(
      fc.property(
        strategy,
        fc.nat({ max: 5 }),
        children,
        failures,
        (strategy, intensity, specs, actions) => {
          const yard = run({ strategy, intensity }, specs, actions);
          yard.pass(10_000);
          expect(mostRestarts(yard)).toBeLessThanOrEqual(intensity);
          if (yard.outcome === undefined || !yard.isReady) return;
          expect(yard.reports.some(({ what }) => what === 'gave-up')).toBe(true);
          expect(yard.alive.size).toBe(0);
        },
      ),
      { numRuns: cases(1_000) },
    ));

  it('starts from left to right and stops from right to left', () =>
    fc.assert(
      fc.property(
        fc.constantFrom<Strategy>('one_for_all', 'rest_for_one'),
        children,
        failures,
        (strategy, specs, actions) => {
          const yard = run({ strategy, intensity: 50 }, specs, [...actions, { do: 'stop' }]);
          yard.pass(10_000);
          expect(yard.outcome).toBeDefined();
          expect(
            outOfOrder(
              yard,
              specs.map((spec) => spec.id),
            ),
          ).toEqual([]);
        },
      ),
      { numRuns: cases(1_000) },
    ));

  it('does the same again when it is told the same again', () =>
    fc.assert(
      fc.property(strategy, children, anything, (strategy, specs, actions) => {
        const once = run({ strategy, intensity: 50 }, specs, actions);
        const twice = run({ strategy, intensity: 50 }, specs, actions);
        expect(twice.log).toEqual(once.log);
        expect(twice.answers).toEqual(once.answers);
      }),
      { numRuns: cases(200) },
    ));
});
