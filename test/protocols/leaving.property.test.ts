/** Words on a wish, whoever lies: what a third of the stake cannot do, and what honest delegates do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Genesis } from '#protocols/genesis.ts';
import {
  isForgotten,
  isGone,
  isUnknown,
  timeBy,
  type Stands,
  type Word,
} from '#protocols/leaving.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { cases } from '#test/cases.ts';
import { cityOf } from './sample.ts';

const { genesis: CITY } = cityOf(4);
const WISH = new Uint8Array(32);
const HOUR = 3_600_000;

interface Said {
  readonly stake: bigint;
  readonly at: number;
  readonly stands: Stands;
}
const said: fc.Arbitrary<Said> = fc.record({
  stake: fc.bigInt({ min: 1n, max: 40n }),
  at: fc.integer({ min: -HOUR, max: HOUR }).map((by) => 1_700_000_000_000 + by),
  stands: fc.constantFrom('yours', 'gone', 'unknown'),
});

function cityWhere(all: readonly Said[]): {
  readonly genesis: Genesis;
  readonly words: Map<NodeAddress, Word>;
} {
  const delegates = all.map(({ stake }, i) => ({
    ...CITY.delegates[0]!,
    node: `asia.ishikawa.komatsu.d${i}` as NodeAddress,
    stake,
  }));
  const words = new Map(
    all.map(({ at, stands }, i): [NodeAddress, Word] => {
      const by = delegates[i]!.node;
      return [by, { by, wish: WISH, at, stands: [stands] }];
    }),
  );
  return { genesis: { ...CITY, delegates }, words };
}

const stakeOf = (of: readonly Said[]): bigint => of.reduce((sum, { stake }) => sum + stake, 0n);

/** Honest ones, and liars with at most a third of the stake. */
const city = fc
  .record({
    honest: fc.array(said, { minLength: 1, maxLength: 7 }),
    liars: fc.array(said, { maxLength: 3 }),
  })
  .filter(({ honest, liars }) => {
    return 3n * stakeOf(liars) <= stakeOf(honest) + stakeOf(liars);
  });

describe('words on a wish', () => {
  it('never make it later than the latest honest one says', () =>
    fc.assert(
      fc.property(city, ({ honest, liars }) => {
        const { genesis, words } = cityWhere([...honest, ...liars]);
        const time = timeBy(genesis, words)!;
        expect(time).toBeLessThanOrEqual(Math.max(...honest.map(({ at }) => at)));
      }),
      { numRuns: cases(300) },
    ));

  it('let a row go only where an honest delegate has it with somebody else', () =>
    fc.assert(
      fc.property(city, ({ honest, liars }) => {
        const { genesis, words } = cityWhere([...honest, ...liars]);
        if (isGone(genesis, words, 0)) {
          expect(honest.some(({ stands }) => stands === 'gone')).toBe(true);
        }
        if (isUnknown(genesis, words, 0)) {
          expect(honest.some(({ stands }) => stands === 'unknown')).toBe(true);
        }
      }),
      { numRuns: cases(300) },
    ));

  it('are heeded when all honest ones say the same, whatever liars say, or keep to themselves', () =>
    fc.assert(
      fc.property(city, fc.boolean(), ({ honest, liars }, areSilent) => {
        const at = 1_700_000_000_000;
        const agreed = honest.map(({ stake }): Said => ({ stake, at, stands: 'gone' }));
        const { genesis, words } = cityWhere([...agreed, ...liars]);
        if (areSilent)
          for (const { node } of genesis.delegates.slice(agreed.length)) words.delete(node);
        expect(isGone(genesis, words, 0)).toBe(true);
        expect(timeBy(genesis, words)).toBeGreaterThanOrEqual(at);
      }),
      { numRuns: cases(200) },
    ));

  it('say nothing while too few have spoken', () => {
    const one: Said = { stake: 1n, at: 5, stands: 'gone' };
    const { genesis, words } = cityWhere([one, one, one, one]);
    const [first, second] = [...words];
    const few = new Map([first!]);
    expect([timeBy(genesis, few), isGone(genesis, few, 0)]).toEqual([undefined, false]);
    expect(isGone(genesis, new Map([first!, second!]), 0)).toBe(true);
  });

  it('forget what was unknown for twice as long as a certificate may wait', () => {
    expect(isForgotten(0, 20 * 60_000 - 1)).toBe(false);
    expect(isForgotten(0, 20 * 60_000)).toBe(true);
  });
});
