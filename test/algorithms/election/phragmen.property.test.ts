/** Sequential Phragmén: as the definition in fractions says, and proportional, for any ballots. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { electByApproval } from '#algorithms/election/phragmen.ts';
import { decidedIn, stakeSnapshot, type StakeSnapshot } from '#algorithms/election/snapshot.ts';
import { hex, utf8 } from '#lib/bytes.ts';

interface Vote {
  readonly stake: bigint;
  readonly approves: readonly number[];
}
const CANDIDATES = 6;
const id = (index: number): Uint8Array => Uint8Array.of(10 + index);
const snapshotOf = (votes: readonly Vote[]): StakeSnapshot =>
  stakeSnapshot(
    7n,
    Array.from({ length: CANDIDATES }, (_, i) => ({ id: id(i), stake: 0n })),
    votes.map(({ stake, approves }, i) => ({
      id: Uint8Array.of(i >> 8, i & 255),
      stake,
      approves: approves.map(id),
    })),
  );
const stake = (): fc.Arbitrary<bigint> =>
  fc.oneof(fc.bigInt({ min: 1n, max: 5n }), fc.bigInt({ min: 1n, max: 2n ** 80n }));
const vote = (stakes = stake()): fc.Arbitrary<Vote> =>
  fc.record({ stake: stakes, approves: fc.subarray([0, 1, 2, 3, 4, 5]) });
const votes = () => fc.array(vote(), { maxLength: 8 });
const totalOf = (votes: readonly Vote[]): bigint =>
  votes.reduce((sum, { stake }) => sum + stake, 0n);
const winners = (votes: readonly Vote[], seats: number): number[] =>
  electByApproval(snapshotOf(votes), seats).map(({ candidate }) => candidate);

/** A fraction, exactly. */
type Ratio = readonly [bigint, bigint];
const plus = ([a, b]: Ratio, [c, d]: Ratio): Ratio => [a * d + c * b, b * d];
const times = ([a, b]: Ratio, k: bigint): Ratio => [a * k, b];

/** Per candidate not yet elected, the exact load if it were next. */
function exactLoads(votes: readonly Vote[], elected: readonly number[]): Map<number, Ratio> {
  const loads = votes.map((): Ratio => [0n, 1n]);
  const loadOf = (candidate: number): Ratio | undefined => {
    const behind = votes
      .map((vote, i) => ({ ...vote, i }))
      .filter(({ approves }) => approves.includes(candidate));
    const support = totalOf(behind);
    if (support === 0n) return undefined;
    const sum = behind.reduce<Ratio>(
      (sum, { stake, i }) => plus(sum, times(loads[i]!, stake)),
      [1n, 1n],
    );
    return [sum[0], sum[1] * support];
  };
  for (const candidate of elected) {
    const load = loadOf(candidate)!;
    for (const [i, { approves }] of votes.entries())
      if (approves.includes(candidate)) loads[i] = load;
  }
  const open = [0, 1, 2, 3, 4, 5].filter((candidate) => !elected.includes(candidate));
  return new Map(
    open.flatMap((candidate) => {
      const load = loadOf(candidate);
      return load === undefined ? [] : [[candidate, load] as const];
    }),
  );
}

const isLess = ([a, b]: Ratio, [c, d]: Ratio): boolean => a * d < c * b;

/** Whether the reals leave several candidates equally good for the next seat. */
function isTied(votes: readonly Vote[], elected: readonly number[]): boolean {
  const loads = [...exactLoads(votes, elected).values()];
  const least = loads.filter((load) => !loads.some((other) => isLess(other, load)));
  return least.length > 1;
}

describe('elections by approval, for any ballots', () => {
  it('seat at each step a candidate of least load, to 2^-60 of it', () =>
    fc.assert(
      fc.property(votes(), fc.integer({ min: 0, max: 7 }), (votes, seats) => {
        const elected = winners(votes, seats);
        for (const [i, candidate] of elected.entries()) {
          const loads = exactLoads(votes, elected.slice(0, i));
          const [a, b] = loads.get(candidate)!;
          for (const [c, d] of loads.values())
            expect(a * d * 2n ** 60n <= c * b * (2n ** 60n + 1n)).toBe(true);
        }
        const left = exactLoads(votes, elected);
        expect(elected.length === seats || left.size === 0).toBe(true);
        expect(new Set(elected).size).toBe(elected.length);
      }),
    ));
  it('give a group that agrees its share of the seats (PJR)', () =>
    fc.assert(
      fc.property(
        fc.array(vote(fc.constantFrom(1n, 2n, 3n)), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 5 }),
        (votes, seats) => {
          const elected = new Set(winners(votes, seats));
          for (let set = 1; set < 2 ** CANDIDATES; set++) {
            const agreed = [0, 1, 2, 3, 4, 5].filter((candidate) => (set >> candidate) & 1);
            const group = votes.filter(({ approves }) =>
              agreed.every((one) => approves.includes(one)),
            );
            const deserved = Math.min(
              agreed.length,
              Number((totalOf(group) * BigInt(seats)) / totalOf(votes)),
            );
            const got = [...elected].filter((one) =>
              group.some(({ approves }) => approves.includes(one)),
            ).length;
            expect(got).toBeGreaterThanOrEqual(deserved);
          }
        },
      ),
    ));
  it('do not depend on the order of candidates, voters or approvals', () =>
    fc.assert(
      fc.property(votes(), fc.integer({ min: 0, max: 6 }), (votes, seats) => {
        const candidates = Array.from({ length: CANDIDATES }, (_, i) => ({ id: id(i), stake: 0n }));
        const ballots = votes.map(({ stake, approves }, i) => ({
          id: utf8(`v${i}`),
          stake,
          approves: approves.map(id),
        }));
        const back = ballots.map(({ id, stake, approves }) => ({
          id,
          stake,
          approves: approves.toReversed().concat(approves),
        }));
        const there = stakeSnapshot(1n, candidates, ballots);
        const again = stakeSnapshot(1n, candidates.toReversed(), back.toReversed());
        expect(again).toEqual(there);
        expect(electByApproval(again, seats)).toEqual(electByApproval(there, seats));
      }),
    ));
  it('do not care in which unit stake is counted', () =>
    fc.assert(
      fc.property(
        fc.array(vote(fc.bigInt({ min: 1n, max: 50n })), { maxLength: 8 }),
        fc.integer({ min: 0, max: 40 }),
        (votes, zeros) => {
          const scaled = votes.map(({ stake, approves }) => ({
            stake: stake << BigInt(zeros),
            approves,
          }));
          const elected = winners(votes, 6);
          // What the reals leave equal, rounding may tell apart in one unit and not in another.
          fc.pre(!elected.some((_, seat) => isTied(votes, elected.slice(0, seat))));
          expect(winners(scaled, 6)).toEqual(elected);
        },
      ),
    ));
  it('split the stake of the voters over the elected, none of it twice', () =>
    fc.assert(
      fc.property(votes(), fc.integer({ min: 1, max: 6 }), (votes, seats) => {
        const elected = electByApproval(snapshotOf(votes), seats);
        const backing = elected.reduce((sum, { backing }) => sum + backing, 0n);
        const names = elected.map(({ candidate }) => candidate);
        const behind = totalOf(
          votes.filter(({ approves }) => approves.some((one) => names.includes(one))),
        );
        expect(backing <= behind).toBe(true);
        // Each division loses less than one unit, and there is one for each voter and candidate.
        expect(backing + BigInt(votes.length * seats) >= behind).toBe(true);
      }),
    ));
});

describe('elections by approval', () => {
  it('do not give every seat to the largest party', () => {
    const elected = winners(
      [
        { stake: 60n, approves: [0, 1, 2, 3] },
        { stake: 40n, approves: [4, 5] },
      ],
      5,
    );
    expect(elected.filter((candidate) => candidate >= 4).length).toBe(2);
  });
  it('elect nobody without support', () => {
    expect(
      winners(
        [
          { stake: 3n, approves: [2] },
          { stake: 0n, approves: [1] },
        ],
        4,
      ),
    ).toEqual([2]);
    expect(winners([], 4)).toEqual([]);
  });
  it('prefer of equal candidates the greater id', () => {
    expect(winners([{ stake: 3n, approves: [1, 2, 4] }], 2)).toEqual([4, 2]);
  });
  it('take more stake than there can be for a bug', () => {
    expect(() => winners([{ stake: 2n ** 96n, approves: [] }], 1)).toThrow('2^96');
  });
});

describe('a snapshot', () => {
  it('knows from when it is', () => {
    expect(decidedIn(9n)).toBe(7n);
    expect(decidedIn(1n)).toBeUndefined();
  });
  it('leaves out approvals of those who do not stand', () => {
    const ballots = [
      { id: utf8('v'), stake: 1n, approves: [utf8('b'), utf8('x'), utf8('a'), utf8('b')] },
    ];
    const { candidates, ballots: kept } = stakeSnapshot(
      1n,
      [
        { id: utf8('b'), stake: 1n },
        { id: utf8('a'), stake: 2n },
      ],
      ballots,
    );
    expect(candidates.map(({ id }) => hex(id))).toEqual(['61', '62']);
    expect(kept).toEqual([{ stake: 1n, approves: [0, 1] }]);
  });
  it('leaves out voters without stake', () => {
    const candidates = [{ id: utf8('a'), stake: 1n }];
    const ballot = { id: utf8('v'), stake: 0n, approves: [utf8('a')] };
    expect(stakeSnapshot(1n, candidates, [ballot]).ballots).toEqual([]);
  });
  it('takes the same id twice, and negative stake, for a bug', () => {
    const one = { id: utf8('a'), stake: 1n };
    expect(() => stakeSnapshot(1n, [one, one], [])).toThrow('distinct');
    expect(() => stakeSnapshot(1n, [{ ...one, stake: -1n }], [])).toThrow('negative');
  });
});
