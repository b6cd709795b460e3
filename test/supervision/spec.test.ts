/** Flags and specifications: the defaults, and every way to be unfit, by field and value. */
import { describe, expect, it } from 'vitest';
import { plan, planOf, UnfitSpec, type ChildSpec, type Flags } from '#supervision/spec.ts';

const a: ChildSpec<string> = { id: 'a', start: 'x' };
const loose = (value: unknown): never => value as never;

function unfit(flags: Flags, ...children: ChildSpec<string>[]): string | undefined {
  const result = planOf(flags, children);
  return result.ok ? undefined : result.error.field;
}

describe('plan', () => {
  it('completes with the defaults', () => {
    const sup: ChildSpec<string> = { id: 's', start: 'y', type: 'supervisor' };
    expect(plan({}, [a, sup])).toEqual({
      rules: {
        strategy: 'one_for_one',
        limit: { restartsMax: 1, withinMs: 5_000 },
        autoShutdown: 'never',
      },
      specs: [
        {
          ...a,
          restart: 'permanent',
          type: 'worker',
          shutdown: 5_000,
          significant: false,
          backoff: undefined,
          startMs: 'infinity',
        },
        {
          ...sup,
          restart: 'permanent',
          shutdown: 'infinity',
          significant: false,
          backoff: undefined,
          startMs: 'infinity',
        },
      ],
    });
    expect(plan({}, [{ ...a, backoff: { minMs: 100, maxMs: 301 } }]).specs[0]!.backoff).toEqual({
      minMs: 100,
      maxMs: 301,
      factor: 2,
      jitter: 0.2,
      resetAfterMs: 201,
    });
  });

  it('names the field that is unfit', () => {
    const cases: [Flags, Partial<ChildSpec<string>>, string][] = [
      [{ strategy: loose('all_for_one') }, {}, 'flags.strategy'],
      [{ intensity: -1 }, {}, 'flags.intensity'],
      [{ intensity: 1.5 }, {}, 'flags.intensity'],
      [{ intensity: Infinity }, {}, 'flags.intensity'],
      [{ intensity: 'unlimited', strategy: 'one_for_all' }, {}, 'flags.intensity'],
      [{ periodMs: 0 }, {}, 'flags.periodMs'],
      [{ periodMs: Number.NaN }, {}, 'flags.periodMs'],
      [{ autoShutdown: loose('sometimes') }, {}, 'flags.autoShutdown'],
      [{}, { id: '' }, 'child.id'],
      [{}, { start: loose(undefined) }, 'child a.start'],
      [{}, { restart: loose('always') }, 'child a.restart'],
      [{}, { type: loose('boss') }, 'child a.type'],
      [{}, { shutdown: -1 }, 'child a.shutdown'],
      [{}, { shutdown: loose('soon') }, 'child a.shutdown'],
      [{}, { significant: true, restart: 'transient' }, 'child a.significant'],
      [{ autoShutdown: 'any_significant' }, { significant: true }, 'child a.significant'],
      [{}, { significant: loose('yes') }, 'child a.significant'],
      [{}, { startMs: 0 }, 'child a.startMs'],
      [{}, { backoff: { minMs: 0, maxMs: 5 } }, 'child a.backoff.minMs'],
      [{}, { backoff: { minMs: 6, maxMs: 5 } }, 'child a.backoff.maxMs'],
      [{}, { backoff: { minMs: 1, maxMs: 5, factor: 0.5 } }, 'child a.backoff.factor'],
      [{}, { backoff: { minMs: 1, maxMs: 5, jitter: 2 } }, 'child a.backoff.jitter'],
      [{}, { backoff: { minMs: 1, maxMs: 5, resetAfterMs: 0 } }, 'child a.backoff.resetAfterMs'],
    ];
    for (const [flags, child, field] of cases) expect(unfit(flags, { ...a, ...child })).toBe(field);
    expect(unfit({}, a, a)).toBe('child.id');
    expect(unfit({ strategy: 'simple_one_for_one' }, a, { ...a, id: 'b' })).toBe('children');
  });

  it('says value and expectation to the person who wrote it', () => {
    expect(() => plan({ intensity: -1 }, [])).toThrow(UnfitSpec);
    expect(() => plan({ strategy: loose('x') }, [])).toThrow(
      'flags.strategy: expected one_for_one, one_for_all, rest_for_one, simple_one_for_one, got "x"',
    );
  });
});
