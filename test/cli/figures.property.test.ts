/** `slo` and `ttl`, whatever is typed: figures, or a sentence that says what was expected. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { command as slo } from '#cli/slo.ts';
import { command as ttl } from '#cli/ttl.ts';
import { Unfit } from '#cli/unfit.ts';
import { cases } from '#test/cases.ts';

beforeEach(() => void vi.spyOn(console, 'log').mockImplementation(() => undefined));
afterEach(() => vi.restoreAllMocks());

const told = (run: () => void): string => {
  try {
    run();
    return 'figures';
  } catch (error) {
    return error instanceof Unfit ? 'unfit' : String(error);
  }
};

const word = fc.oneof(
  fc.string({ maxLength: 10 }),
  fc.constantFrom('0', '-1', '1e9', 'NaN', '1', '0.5', '999', '5M', '1TB', '', ',', 'asia:0'),
  fc.constantFrom('asia:1x1', 'asia:200x1,europe:9x9@a', 'asia:1x1@a,b:1x1@b', 'a:0x0', 'asia:3'),
);
const SLO = ['--layout', '--anchors', '--lights', '-k', '--p', '--q', '--gone', '--continent-loss'];
const SLO_MORE = ['--operator-loss', '--liars', '--margin', '--floor', '--days', '--policy'];
const TTL = ['--lights', '--anchors', '--cap', '--size', '--per-day', '--days', '-k', '--pieces'];

describe('a command line', () => {
  it('of slo is answered', () => {
    const option = fc.constantFrom(...SLO, ...SLO_MORE);
    fc.assert(
      fc.property(option, word, (name, text) => {
        const typed = ['--p', '0.1', `${name.startsWith('--') ? `${name}=` : name}${text}`];
        expect(told(() => slo().exitOverride().parse(typed, { from: 'user' }))).toMatch(
          /^(figures|unfit|CommanderError)/,
        );
      }),
      { numRuns: cases(40) },
    );
  });
  it('of ttl is answered', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TTL), word, (name, text) => {
        const typed = [`${name.startsWith('--') ? `${name}=` : name}${text}`];
        expect(told(() => ttl().exitOverride().parse(typed, { from: 'user' }))).toMatch(
          /^(figures|unfit|CommanderError)/,
        );
      }),
      { numRuns: cases(100) },
    );
  });
  it('of slo with more continents than causes is told so', () => {
    const many = Array.from({ length: 13 }, (_, i) => `c${String.fromCharCode(97 + i)}:1x1`);
    const typed = ['--anchors', many.join(',')];
    expect(told(() => slo().exitOverride().parse(typed, { from: 'user' }))).toBe('unfit');
  });
});
