/** Orders: however wide the bounds, what is chosen, sorted or walked is in the exact order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { best, walk, type Order } from '#algorithms/rendezvous/order.ts';
import { cases } from '#test/cases.ts';

interface Entry {
  readonly penalty: number;
  /** Orders equal penalties; distinct, and unrelated to where the entry stands. */
  readonly tie: number;
  readonly below: number;
  readonly above: number;
}
/** Few values and wide bounds, so that most pairs overlap. */
const entries = (maxLength: number): fc.Arbitrary<Entry[]> => {
  const entry = fc.record({
    penalty: fc.nat(20),
    tie: fc.nat(),
    below: fc.nat(3),
    above: fc.nat(3),
  });
  return fc.uniqueArray(entry, { maxLength, size: 'max', selector: ({ tie }) => tie });
};
const orderOf = (entries: readonly Entry[], asked: () => void = () => {}): Order => ({
  lower: Float64Array.from(entries, ({ penalty, below }) => penalty - below),
  upper: Float64Array.from(entries, ({ penalty, above }) => penalty + above),
  precedes: (a, b) => {
    asked();
    const difference = entries[a]!.penalty - entries[b]!.penalty;
    return difference === 0 ? entries[a]!.tie < entries[b]!.tie : difference < 0;
  },
});
const exactly = (entries: readonly Entry[]): number[] =>
  entries
    .map((_, i) => i)
    .toSorted(
      (a, b) => entries[a]!.penalty - entries[b]!.penalty || entries[a]!.tie - entries[b]!.tie,
    );
/** Few of many are kept apart, many are sorted: both ways are tried. */
const counts = () => fc.oneof(fc.nat(12), fc.nat(220));

describe('an order, for any penalties and bounds', () => {
  it('chooses and sorts exactly', () =>
    fc.assert(
      fc.property(entries(200), counts(), (entries, count) => {
        const expected = exactly(entries).slice(0, count);
        expect([...best(orderOf(entries), count)]).toEqual(expected);
      }),
    ));
  it('walks exactly, through as many steps as it takes', () =>
    fc.assert(
      fc.property(entries(700), (entries) => {
        expect([...walk(orderOf(entries))]).toEqual(exactly(entries));
      }),
      { numRuns: cases(30) },
    ));
  it('leaves out what is infinite', () =>
    fc.assert(
      fc.property(entries(100), counts(), (entries, count) => {
        const order = orderOf(entries);
        for (let i = 0; i < entries.length; i += 3) order.lower[i] = Infinity;
        const expected = exactly(entries).filter((i) => i % 3 !== 0);
        expect([...best(order, count)]).toEqual(expected.slice(0, count));
        expect([...walk(order)]).toEqual(expected);
      }),
    ));
});

describe('an order', () => {
  it('compares few exactly where bounds are narrow', () => {
    let asked = 0;
    const entries = Array.from({ length: 10_000 }, (_, i) => ({
      penalty: (i * 7_919) % 10_007,
      tie: i,
      below: 0.4,
      above: 0.4,
    }));
    expect([
      ...best(
        orderOf(entries, () => asked++),
        42,
      ),
    ]).toEqual(exactly(entries).slice(0, 42));
    expect(asked).toBe(0);
  });
  it('takes a count that is none for a bug', () => {
    for (const bad of [-1, 0.5, Number.NaN]) {
      expect(() => best(orderOf([]), bad)).toThrow('whole number');
    }
  });
});
