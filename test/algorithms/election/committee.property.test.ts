/** Committees drawn from a beacon, and how likely a drawn committee is captured. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureProbability, faultyMax, seatsNeeded } from '#algorithms/election/capture.ts';
import { committeeKey, drawCommittee, elect } from '#algorithms/election/committee.ts';
import { stakeSnapshot, type Stake } from '#algorithms/election/snapshot.ts';
import { nodeTable } from '#algorithms/rendezvous/scoring.ts';
import { rankWeighted, weightsOf } from '#algorithms/rendezvous/weighted.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import { cases } from '#test/cases.ts';

const candidates = (stake = fc.bigInt({ min: 0n, max: 2n ** 90n })): fc.Arbitrary<Stake[]> =>
  fc.uniqueArray(fc.record({ id: fc.uint8Array({ minLength: 1, maxLength: 8 }), stake }), {
    minLength: 1,
    maxLength: 20,
    selector: ({ id }) => hex(id),
  });
const beacon = () => fc.uint8Array({ minLength: 32, maxLength: 32 });
const drawn = (candidates: readonly Stake[], beacon: Uint8Array, seats = 99): string[] =>
  drawCommittee(candidates, beacon, 5n, seats).map((i) => hex(candidates[i]!.id));

describe('a committee, for any stakes and beacon', () => {
  it('does not depend on the order of the candidates', () =>
    fc.assert(
      fc.property(candidates(), beacon(), (all, beacon) => {
        expect(drawn(all.toReversed(), beacon)).toEqual(drawn(all, beacon));
      }),
    ));
  it('does not depend on the unit of stake', () =>
    fc.assert(
      fc.property(
        candidates(),
        beacon(),
        fc.bigInt({ min: 1n, max: 2n ** 40n }),
        (all, beacon, unit) => {
          const scaled = all.map(({ id, stake }) => ({ id, stake: stake * unit }));
          expect(drawn(scaled, beacon)).toEqual(drawn(all, beacon));
        },
      ),
    ));
  it('never swaps two for a third that comes or goes', () =>
    fc.assert(
      fc.property(candidates(), beacon(), fc.nat(), (all, beacon, draw) => {
        const gone = draw % all.length;
        const rest = drawn(all, beacon).filter((name) => name !== hex(all[gone]!.id));
        expect(drawn(all.toSpliced(gone, 1), beacon)).toEqual(rest);
      }),
    ));
  it('is the beginning of a larger one, and has nobody without stake', () =>
    fc.assert(
      fc.property(candidates(), beacon(), fc.nat(20), (all, beacon, seats) => {
        expect(drawn(all, beacon, seats)).toEqual(drawn(all, beacon).slice(0, seats));
        expect(drawn(all, beacon).length).toBe(all.filter(({ stake }) => stake > 0n).length);
      }),
    ));
  it('is the ranking of weighted rendezvous under its own key', () =>
    fc.assert(
      fc.property(
        candidates(fc.bigInt({ min: 0n, max: 2n ** 53n - 1n })),
        beacon(),
        (all, beacon) => {
          const table = nodeTable(all.map(({ id }) => id));
          const weights = weightsOf(
            table,
            all.map(({ stake }) => Number(stake)),
          );
          expect(drawCommittee(all, beacon, 5n, 99)).toEqual([
            ...rankWeighted(table, weights, committeeKey(beacon, 5n)),
          ]);
        },
      ),
    ));
});

describe('a committee', () => {
  it('seats in proportion to stake: chi-squared of the first seat within 5 sigma', () => {
    const all = Array.from({ length: 10 }, (_, i) => ({ id: utf8(`c${i}`), stake: BigInt(i + 1) }));
    const seated = Array.from({ length: 10 }, () => 0);
    for (let epoch = 0n; epoch < 2_750n; epoch++) {
      seated[drawCommittee(all, new Uint8Array(32), epoch, 1)[0]!]! += 1;
    }
    const squared = seated.reduce((sum, n, i) => sum + (n - 50 * (i + 1)) ** 2 / (50 * (i + 1)), 0);
    expect(squared).toBeLessThan(9 + 5 * Math.sqrt(2 * 9));
  });
  it('is drawn from those whom stake approves of', () => {
    const standing = ['a', 'b', 'c', 'd'].map((name) => ({ id: utf8(name), stake: 1n }));
    const ballots = [
      { id: utf8('v'), stake: 6n, approves: ['a', 'b', 'c'].map(utf8) },
      { id: utf8('w'), stake: 4n, approves: [utf8('d')] },
    ];
    const snapshot = stakeSnapshot(3n, standing, ballots);
    const election = { epoch: 5n, beacon: new Uint8Array(32), pool: 3, seats: 3 };
    const ids = elect(snapshot, election).map(hex);
    expect(ids.length).toBe(3);
    expect(ids).toContain(hex(utf8('d')));
    expect(new Set(ids).size).toBe(3);
    expect(elect(snapshot, { ...election, seats: 1 }).map(hex)).toEqual(ids.slice(0, 1));
  });
  it('differs with the beacon and with the epoch', () => {
    const all = Array.from({ length: 50 }, (_, i) => ({ id: utf8(`c${i}`), stake: 1n }));
    const [zeros, ones] = [new Uint8Array(32), new Uint8Array(32).fill(1)];
    const first = drawCommittee(all, zeros, 5n, 50);
    expect(drawCommittee(all, ones, 5n, 50)).not.toEqual(first);
    expect(drawCommittee(all, zeros, 6n, 50)).not.toEqual(first);
  });
  it('is not drawn from a snapshot of another epoch', () => {
    const election = { epoch: 5n, beacon: new Uint8Array(32), pool: 1, seats: 1 };
    for (const epoch of [2n, 4n, 5n]) {
      expect(() => elect(stakeSnapshot(epoch, [], []), election)).toThrow('two epochs');
    }
  });
});

describe('capture', () => {
  it('is as likely as computed elsewhere', () => {
    for (const [seats, tenth, fifth] of [
      [21, 3.2727938845204e-3, 0.10851245376201],
      [31, 1.2560559792713e-4, 0.032710433925992],
      [61, 2.2462462648768e-7, 5.9942347592528e-3],
      [100, 6.9957988934389e-11, 7.3688360154561e-4],
      [150, 6.8207979201305e-15, 8.8451965643454e-5],
    ] as const) {
      expect(captureProbability(seats, [1, 10]) / tenth).toBeCloseTo(1, 10);
      expect(captureProbability(seats, [1, 5]) / fifth).toBeCloseTo(1, 10);
    }
    for (const [seats, percent] of [
      [7, 14.8],
      [21, 10.85],
      [51, 1.771],
      [101, 0.09],
    ] as const) {
      expect(captureProbability(seats, [1, 5]) * 100).toBeCloseTo(percent, 2);
    }
  });
  it('is the sum over all committees where these can be counted', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: 20 }),
        (seats, part) => {
          let captured = 0;
          for (let members = 0; members < 2 ** seats; members++) {
            const bad = members.toString(2).replaceAll('0', '').length;
            if (bad > (seats - 1) / 3)
              captured += (part / 20) ** bad * (1 - part / 20) ** (seats - bad);
          }
          expect(captureProbability(seats, [part, 20])).toBeCloseTo(captured, 9);
        },
      ),
      { numRuns: cases(40) },
    ));
  it('is certain for all of the stake and impossible for none', () => {
    expect(captureProbability(10, [1, 1])).toBe(1);
    expect(captureProbability(10, [0, 1])).toBe(0);
    expect([1, 3, 4, 7, 21].map(faultyMax)).toEqual([0, 0, 1, 2, 6]);
  });
  it('says how many seats are enough', () => {
    expect(seatsNeeded([1, 10], 1e-6, 400)).toBeLessThanOrEqual(61);
    expect(seatsNeeded([3, 20], 1e-6, 400)).toBeGreaterThan(100);
    expect(seatsNeeded([3, 20], 1e-6, 400)).toBeLessThanOrEqual(150);
    expect(seatsNeeded([1, 5], 1e-6, 400)).toBeLessThanOrEqual(250);
    expect(seatsNeeded([1, 2], 1e-6, 100)).toBeUndefined();
    for (const share of [
      [1, 10],
      [3, 20],
      [1, 5],
    ] as const) {
      const seats = seatsNeeded(share, 1e-6, 400)!;
      expect(captureProbability(seats, share)).toBeLessThanOrEqual(1e-6);
      expect(captureProbability(seats - 3, share)).toBeGreaterThan(1e-6);
    }
  });
  it('takes what is no committee or share for a bug', () => {
    for (const bad of [0, 1.5]) expect(() => captureProbability(bad, [1, 2])).toThrow('seats');
    for (const bad of [
      [2, 1],
      [-1, 3],
      [0.5, 1],
    ] as const) {
      expect(() => captureProbability(4, bad)).toThrow('part');
    }
  });
});
