/**
 * The entrance of the replay: whatever a line says, it is either no scenario, said in one sentence, or
 * it is played to its end.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replay } from '#simulations/supervision/replay.ts';
import { readScenario, UnfitScenario } from '#simulations/supervision/scenario.ts';
import { cases } from '#test/cases.ts';

/** True when it was played. */
function tryLine(line: string): boolean {
  try {
    const outcome = replay(readScenario(line));
    expect(JSON.parse(JSON.stringify(outcome))).toMatchObject({ name: outcome.name });
    return true;
  } catch (error) {
    if (!(error instanceof UnfitScenario)) throw error;
    expect(error.message).toMatch(/^[\w.[\]]+: expected .+, got /s);
    return false;
  }
}

/** Near misses: the right words in wrong places, and values that nobody means. */
const scalar = fc.oneof(
  fc.constantFrom<unknown>('a', 'b', '', 'permanent', 'brutal_kill', 'infinity', 'one_for_all'),
  fc.constantFrom<unknown>(0, 1, -1, 0.5, 1e308, 2 ** 53, true, null, '__proto__', '\ud800'),
  fc.string(),
);
const odd = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.string(), scalar),
);
/** The right thing, nearly always. */
const mostly = <T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 30, arbitrary: right }, { weight: 1, arbitrary: odd });

const id = mostly(fc.constantFrom('a', 'b', 'c', 'd'));
const few = mostly(fc.nat({ max: 5 }));
const element = fc.record(
  {
    id,
    restart: mostly(fc.constantFrom('permanent', 'transient', 'temporary')),
    shutdown: mostly(fc.constantFrom('brutal_kill', 'infinity', 100)),
    type: mostly(fc.constantFrom('worker', 'supervisor')),
    significant: mostly(fc.constant(false)),
    backoff: mostly(fc.constant({ minMs: 1, maxMs: 5 })),
  },
  { requiredKeys: ['id'] },
);
const simple = fc.oneof(
  mostly(fc.constantFrom('which', 'count')),
  fc.tuple(fc.constant('exit'), id, mostly(fc.constantFrom('crash', 'normal'))),
  fc.tuple(fc.constant('exit_many'), mostly(fc.array(id, { maxLength: 3 })), fc.constant('crash')),
  fc.tuple(fc.constantFrom('fail', 'failnext', 'ignorenext', 'slow', 'sleep'), id, few),
  fc.tuple(fc.constant('sleep'), few),
  fc.tuple(fc.constant('start_child'), mostly(element)),
  fc.tuple(
    fc.constantFrom(
      'kill',
      'ignore_shutdown',
      'terminate_child',
      'restart_child',
      'delete_child',
      'get_childspec',
      'dyn',
      'dyn_terminate',
      'send_sup',
    ),
    id,
  ),
);
const op = mostly(
  fc.oneof(
    { weight: 5, arbitrary: simple },
    { weight: 1, arbitrary: fc.tuple(fc.constant('burst'), fc.array(simple, { maxLength: 3 })) },
  ),
);
const elements = fc.uniqueArray(element, { maxLength: 4, selector: (each) => each.id });
const scenario = fc.record(
  {
    name: mostly(fc.constant('x')),
    flags: mostly(
      fc.record(
        {
          strategy: mostly(
            fc.constantFrom('one_for_one', 'one_for_all', 'rest_for_one', 'simple_one_for_one'),
          ),
          intensity: few,
          period: mostly(fc.constantFrom(1, 5)),
          auto_shutdown: mostly(fc.constant('never')),
        },
        { requiredKeys: [] },
      ),
    ),
    setup: fc.array(fc.tuple(fc.constantFrom('fail', 'ignore'), id, few), { maxLength: 1 }),
    children: mostly(elements),
    steps: fc.array(fc.oneof(op, fc.record({ op })), { maxLength: 6 }),
  },
  { requiredKeys: ['name', 'children', 'steps'] },
);

describe('a line', () => {
  it('that is anything at all is refused in one sentence', () =>
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => void tryLine(line)),
      { numRuns: cases(500) },
    ));

  it('that names a strategy which cannot even be written is refused', () => {
    const odd = { name: 'x', flags: { strategy: { toString: 0 } }, children: [], steps: [] };
    expect(() => tryLine(JSON.stringify(odd))).not.toThrow();
  });

  it('that is nearly a scenario is refused in one sentence, or played to its end', () => {
    let played = 0;
    fc.assert(
      fc.property(scenario, (value) => {
        if (tryLine(JSON.stringify(value))) played++;
      }),
      { numRuns: cases(1_000) },
    );
    expect(played).toBeGreaterThan(cases(200));
  });
});
