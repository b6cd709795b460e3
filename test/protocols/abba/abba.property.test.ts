/**
 * Binary agreement, rule by rule and under drawn orders. Whole schedules with faulty members:
 * test/simulations/twins.simulation.test.ts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as abba from '#protocols/abba/abba.ts';
import { publicCoin } from '#protocols/abba/rounds.ts';
import { seatsOf } from '#protocols/abba/seats.ts';
import { isMost, isSomebodyHonest, weightsOf } from '#protocols/abba/tally.ts';
import { Word, type Value } from '#protocols/abba/words.ts';
import { toBytes, whole } from '#protocols/codec.ts';
import { cases } from '#test/cases.ts';

const WEIGHTS = weightsOf([1n, 1n, 1n, 1n]);
const SEATS = seatsOf(WEIGHTS);
const memberOf = (own: number): abba.Abba => abba.begin({ weights: WEIGHTS, seats: SEATS, own });

const heard = (own: abba.Abba, from: number, word: Word): readonly abba.Act[] =>
  abba.step(own, { is: 'heard', from, word })[1];

/** All words that members say, in a drawn order, each so many times, until nothing is on its way. */
function runWords(
  members: readonly abba.Abba[],
  inputs: readonly Value[],
  draw: (bound: number) => number,
  wanted: (word: Word) => boolean = () => true,
): void {
  const way: { from: number; to: number; word: Word }[] = [];
  const act = (from: number, acts: readonly abba.Act[]): void => {
    for (const each of acts) {
      if (each.act === 'toss')
        step(from, { is: 'tossed', round: each.round, shares: [new Uint8Array(48)] });
      if (each.act === 'combine')
        step(from, { is: 'combined', round: each.round, coin: 0, liars: [] });
      if (each.act !== 'say' || !wanted(each.word)) continue;
      for (const to of members.keys())
        for (let times = 1 + draw(2); times > 0; times--) way.push({ from, to, word: each.word });
    }
  };
  const step = (to: number, event: abba.Event): void => act(to, abba.step(members[to]!, event)[1]);
  for (const [i, value] of inputs.entries()) step(i, { is: 'propose', value });
  while (way.length > 0) {
    const [{ from, to, word }] = way.splice(draw(way.length), 1) as [(typeof way)[number]];
    step(to, { is: 'heard', from, word });
    abba.invariants(members[to]!);
  }
}

const drawing = fc.infiniteStream(fc.nat()).map(
  (stream) =>
    (bound: number): number =>
      stream.next().value % bound,
);
const value = fc.constantFrom<Value>(0, 1);
const four = fc.tuple(value, value, value, value);

describe('binary agreement', () => {
  it('decides the same everywhere, and what was proposed, in whatever order words come', () => {
    fc.assert(
      fc.property(four, drawing, (inputs, draw) => {
        const members = [0, 1, 2, 3].map(memberOf);
        runWords(members, inputs, draw);
        const decided = new Set(members.map((each) => each.decided));
        expect(decided.size).toBe(1);
        expect(inputs).toContain([...decided][0]);
      }),
      { numRuns: cases(60) },
    );
  });

  it('takes two delays, and no coin, where all propose 1', () => {
    const members = [0, 1, 2, 3].map(memberOf);
    const said: Word['say'][] = [];
    runWords(
      members,
      [1, 1, 1, 1],
      () => 0,
      (word) => said.push(word.say) > 0,
    );
    expect(new Set(said)).toEqual(new Set(['bval', 'aux', 'term']));
    for (const { rounds, decided } of members) {
      expect(decided).toBe(1);
      expect([...rounds.keys()]).toEqual([0]);
    }
  });

  it('accepts everywhere what it accepts anywhere, whatever a liar says to whom', () => {
    const liar = fc.array(fc.tuple(fc.nat(2), value), { maxLength: 6 });
    fc.assert(
      fc.property(fc.tuple(value, value, value), liar, drawing, (inputs, lies, draw) => {
        const members = [0, 1, 2].map(memberOf);
        for (const [to, lie] of lies)
          abba.step(members[to]!, {
            is: 'heard',
            from: 3,
            word: { say: 'bval', round: 0, value: lie },
          });
        // Nothing but BVAL arrives, so that nobody ends the round.
        runWords(members, inputs, draw, ({ say }) => say === 'bval');
        const bins = members.map(({ rounds }) => (rounds.get(0)?.bin ?? []).toSorted().join());
        expect(new Set(bins).size).toBe(1);
      }),
      { numRuns: cases(60) },
    );
  });

  it('changes nothing for a word that comes twice', () => {
    const words = fc.array(
      fc.tuple(
        fc.nat(3),
        fc.oneof(
          fc.record({
            say: fc.constantFrom('bval' as const, 'aux' as const, 'term' as const),
            round: fc.nat(3),
            value,
          }),
          fc.record({
            say: fc.constant('conf' as const),
            round: fc.nat(3),
            values: fc.constantFrom(1 as const, 2 as const, 3 as const),
          }),
        ),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(value, words, (input, heard) => {
        const [once, twice] = [memberOf(0), memberOf(0)];
        abba.step(once, { is: 'propose', value: input });
        abba.step(twice, { is: 'propose', value: input });
        for (const [from, word] of heard) {
          if (from === 0) continue;
          const [, acts] = abba.step(once, { is: 'heard', from, word });
          expect(abba.step(twice, { is: 'heard', from, word })[1]).toEqual(acts);
          const again = abba.step(twice, { is: 'heard', from, word })[1];
          expect(again.filter(({ act }) => act === 'say' || act === 'decided')).toEqual([]);
          expect(twice).toEqual(once);
        }
      }),
      { numRuns: cases(100) },
    );
  });
});

describe('words', () => {
  it('of strangers, of rounds far away, and of other seats are refused', () => {
    const own = memberOf(0);
    expect(heard(own, 4, { say: 'bval', round: 0, value: 1 })).toEqual([
      { act: 'refused', member: 4, why: 'no-member' },
    ]);
    expect(heard(own, 1, { say: 'aux', round: 51, value: 1 })).toEqual([
      { act: 'refused', member: 1, why: 'far-ahead' },
    ]);
    expect(heard(own, 1, { say: 'share', round: 2, shares: [] })).toEqual([
      { act: 'refused', member: 1, why: 'wrong-seats' },
    ]);
    expect(own.rounds.size).toBe(0);
  });

  it('that contradict each other are told, and the first one counts', () => {
    const own = memberOf(0);
    heard(own, 1, { say: 'aux', round: 0, value: 1 });
    const word = { say: 'aux', round: 0, value: 0 } as const;
    expect(heard(own, 1, word)).toEqual([{ act: 'accuse', member: 1, word }]);
    expect(own.rounds.get(0)!.aux.first.get(1)).toBe(1);
  });

  it('of one member fill no more than two rounds of fifty', () => {
    const own = memberOf(0);
    for (let round = 0; round < 500; round++)
      for (const value of [0, 1] as const) heard(own, 1, { say: 'bval', round, value });
    expect(own.rounds.size).toBe(51);
    abba.invariants(own);
  });

  it('with shares of a coin are answered with ours, also by a later life that had gone on without', () => {
    const said = [{ say: 'bval', round: 3, value: 1 }] as const;
    const own = abba.begin({ weights: WEIGHTS, seats: SEATS, own: 0 }, { round: 3, est: 1, said });
    const share: Word = { say: 'share', round: 2, shares: [new Uint8Array(48)] };
    expect(heard(own, 1, share)).toEqual([{ act: 'toss', round: 2 }]);
    expect(heard(own, 2, share)).toEqual([]);
    expect(heard(own, 1, { ...share, round: 5 })).toEqual([]);
  });

  it('have one form in bytes', () => {
    const words: readonly Word[] = [
      { say: 'bval', round: 3, value: 1 },
      { say: 'conf', round: 2, values: 3 },
      { say: 'share', round: 2, shares: [new Uint8Array(48)] },
      { say: 'term', round: 7, value: 0 },
    ];
    for (const word of words) expect(whole(Word, toBytes(Word, word))).toEqual(word);
    expect(
      () =>
        toBytes(Word, { say: 'conf', round: 2, values: 0 as never }) &&
        whole(Word, toBytes(Word, { say: 'conf', round: 2, values: 0 as never })),
    ).toThrow();
  });
});

describe('seats', () => {
  it('are enough for all who are honest, and too few for all who may be faulty', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt(1n, 1n << 60n), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        (stakes, which) => {
          const weights = weightsOf(stakes);
          const { of, threshold, count } = seatsOf(weights);
          const some = stakes.map((_, i) => ((which >> i) & 1) === 1);
          const part = stakes.reduce((sum, stake, i) => (some[i]! ? sum + stake : sum), 0n);
          const seats = of.reduce((sum, own, i) => (some[i]! ? sum + own.length : sum), 0);
          if (isMost(weights, part)) expect(seats).toBeGreaterThanOrEqual(threshold);
          if (!isSomebodyHonest(weights, part)) expect(seats).toBeLessThan(threshold);
          expect(new Set(of.flat()).size).toBe(count);
        },
      ),
      { numRuns: cases(200) },
    );
  });

  it('at equal stakes are one each, and f + 1 toss the coin', () => {
    const { of, threshold } = seatsOf(weightsOf(Array(7).fill(5n)));
    expect(of.map(({ length }) => length)).toEqual(Array(7).fill(1));
    expect(threshold).toBe(3);
  });
});

describe('the coin', () => {
  it('is 1, then 0, then one that nobody foresees', () => {
    expect([0, 1, 2, 3, 4, 5].map(publicCoin)).toEqual([1, 0, undefined, 1, 0, undefined]);
  });
});
