/**
 * Properties of fates: whatever acts come in whatever order, of whomever, at whatever times.
 *
 *   one lease at a time; of each round one renewal at most; rounds only grow; what was erased or shown to be false
 *   stays so; an act that comes again at once means nothing (but a lease, which its holder may prolong); a lease, however
 *   often it is prolonged, ends in time, and somebody else has his turn; rounds of a day have ever longer pauses
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '#config/policy/read.ts';
import { leaseFrom, meaning, SOUND, type AboutTx, type Standing } from '#protocols/fate.ts';
import { nodeAddress, type NodeAddress } from '#protocols/subjects.ts';
import { bytesOf, KOMATSU } from './sample.ts';

const [a, b] = [nodeAddress(KOMATSU, 'd1'), nodeAddress(KOMATSU, 'd2')];
const END = 1_000_000;
const TURNS = DEFAULTS.repair.turns;
const BEGIN: Standing = { order: 'COMMITTED', expiresAt: END, fate: SOUND };

const lease = (round: number, rows: readonly number[], untilMs: number): AboutTx => ({
  says: 'repair-lease',
  round,
  rows,
  untilMs,
});
const ack = (round: number, rows: readonly number[], holder: NodeAddress = a): AboutTx => ({
  says: 'repair-ack',
  renewal: {
    round,
    list: bytesOf('list'),
    rows,
    holders: rows.map(() => holder),
    until: rows.map(() => END),
  },
  acks: [],
  batches: [],
});

interface Said {
  readonly what: AboutTx;
  readonly by: NodeAddress | undefined;
  readonly atMs: number;
}

/** What is left after all that is said, in its order. */
function after(...all: readonly (readonly [AboutTx, NodeAddress | undefined, number])[]): Standing {
  let standing = BEGIN;
  for (const [what, by, atMs] of all)
    standing = meaning(standing, what, by, atMs, TURNS) ?? standing;
  return standing;
}

const rows = fc.uniqueArray(fc.nat(3), { maxLength: 3 }).map((all) => all.toSorted());
const round = fc.integer({ min: 1, max: 4 });
const what = fc.oneof<fc.Arbitrary<AboutTx>[]>(
  fc.constant({ says: 'repair-req' }),
  fc.tuple(round, rows, fc.nat(400_000)).map((each) => lease(...each)),
  fc.tuple(round, rows, fc.constantFrom(a, b)).map((each) => ack(...each)),
  fc.record({ says: fc.constant('lost'), round, found: fc.nat(9) }),
  fc.constant({ says: 'claim' }),
  fc.record({ says: fc.constant('extend'), expiresAt: fc.nat(2 * END) }),
  fc.constant({ says: 'erase' }),
  fc.constant({ says: 'accuse', fault: { fault: 'bad-manifest', pieces: [] } }),
);
const story = fc.array(
  fc.record<Said>({ what, by: fc.constantFrom(a, b, undefined), atMs: fc.nat(60_000) }),
  { maxLength: 30 },
);

describe('a fate', () => {
  it('keeps its promises, whatever is said', () => {
    fc.assert(
      fc.property(story, (all) => {
        let [standing, clock] = [BEGIN, 0];
        for (const { what: next, by, atMs } of all) {
          clock += atMs;
          const then = meaning(standing, next, by, clock, TURNS);
          if (then === undefined) continue;
          const { fate } = standing;
          expect(fate.isErased || fate.isFalse || clock >= standing.expiresAt).toBe(false);
          expect(then.fate.round - fate.round).toBeLessThanOrEqual(1);
          expect(then.fate.round).toBeGreaterThanOrEqual(fate.round);
          const [had, has] = [fate.lease, then.fate.lease];
          if (had !== undefined && has !== undefined && has !== had) {
            expect(had.by === has.by || had.untilMs <= clock).toBe(true);
            if (had.by === has.by && had.untilMs > clock) expect(has.sinceMs).toBe(had.sinceMs);
          }
          if (has !== undefined) {
            expect(has.untilMs - has.sinceMs).toBeLessThanOrEqual(TURNS.leaseMsMax);
          }
          if (next.says === 'repair-ack') expect(had?.by).toBe(by);
          if (next.says !== 'repair-lease' && next.says !== 'extend') {
            expect(meaning(then, next, by, clock, TURNS)).toBeUndefined();
          }
          expect(then.fate.places.map(({ row }) => row)).toEqual(
            [...new Set(then.fate.places.map(({ row }) => row))].toSorted((x, y) => x - y),
          );
          standing = then;
        }
      }),
    );
  });

  it('of a lease belongs to one delegate, until its time is over', () => {
    const leases = [lease(1, [0], 30_000), lease(1, [0], 60_000)] as const;
    expect(after([leases[0], a, 0], [leases[1], b, 29_999]).fate.lease?.by).toBe(a);
    expect(after([leases[0], a, 0], [leases[1], b, 30_000]).fate.lease?.by).toBe(b);
    expect(after([leases[0], undefined, 0]).fate.lease).toBeUndefined();
    expect(after([lease(1, [0], TURNS.leaseMsMax + 1), a, 0]).fate.lease).toBeUndefined();
    expect(after([lease(2, [0], 30_000), a, 0]).fate.lease).toBeUndefined();
  });

  it('is sound again when all that was leased is held again, and not before', () => {
    const leased = [lease(1, [0, 2], 30_000), a, 0] as const;
    expect(after(leased).fate.health).toBe('REPAIR_REQ');
    expect(after(leased, [ack(1, [0]), a, 1]).fate.health).toBe('REPAIR_REQ');
    expect(after(leased, [ack(1, [0, 2]), a, 1]).fate.health).toBe('sound');
    // Late, but nobody else has begun.
    expect(after(leased, [ack(1, [0, 2]), a, 31_000]).fate.places).toHaveLength(2);
    expect(after(leased, [ack(1, [0, 2]), b, 1]).fate.places).toHaveLength(0);
    const taken = [lease(1, [0, 2], 60_000), b, 30_000] as const;
    expect(after(leased, taken, [ack(1, [0, 2]), a, 31_000]).fate.places).toHaveLength(0);
  });

  it('of what was lost goes on when somebody repairs it again', () => {
    const lost = after([lease(1, [0], 9), a, 0], [{ says: 'lost', round: 1, found: 3 }, a, 1]);
    expect(lost.fate.health).toBe('LOST');
    const again = meaning(lost, lease(2, [0], 20_000), b, 10_000, TURNS)!;
    expect(again.fate.health).toBe('REPAIR_REQ');
    expect(meaning(again, ack(2, [0]), b, 11_000, TURNS)!.fate.health).toBe('sound');
  });

  it('lasts as the policy in force says, and so do rests and pauses', () => {
    const turns = { ...TURNS, leaseMsMax: 9_000, restMs: 7_000, pauseMs: 1_000 };
    expect(meaning(BEGIN, lease(1, [0], 9_001), a, 0, turns)).toBeUndefined();
    const leased = meaning(BEGIN, lease(1, [0], 9_000), a, 0, turns)!;
    expect(leaseFrom(leased.fate, a, 10_000, turns)).toBe(9_000 + 7_000);
    const done = meaning(leased, ack(1, [0]), a, 2_000, turns)!;
    expect(leaseFrom(done.fate, b, 12_000, turns)).toBe(3_000);
  });

  it('is prolonged for so long in all, and then somebody else has his turn', () => {
    const first = after([lease(1, [0], 60_000), a, 0], [lease(1, [0], 120_000), a, 50_000]);
    expect(first.fate.lease).toMatchObject({ sinceMs: 0, untilMs: 120_000 });
    expect(meaning(first, lease(1, [0], 130_000), a, 100_000, TURNS)).toBeUndefined();
    expect(
      meaning(first, lease(1, [0], 200_000), a, 120_000 + TURNS.restMs - 1, TURNS),
    ).toBeUndefined();
    expect(leaseFrom(first.fate, a, 130_000, TURNS)).toBe(120_000 + TURNS.restMs);
    expect(meaning(first, lease(1, [0], 200_000), b, 120_000, TURNS)!.fate.lease!.by).toBe(b);
  });

  it('that ends short, or to no effect, leaves the next to others for a while', () => {
    for (const ending of [ack(1, [0]), ack(1, []), { says: 'lost', round: 1, found: 2 } as const]) {
      const short = after([lease(1, [0, 2], 9_000), a, 0], [ending, a, 1_000]);
      expect(meaning(short, lease(2, [2], 40_000), a, 30_000, TURNS)).toBeUndefined();
      expect(meaning(short, lease(2, [2], 40_000), b, 30_000, TURNS)!.fate.lease!.by).toBe(b);
    }
    const whole = after([lease(1, [0], 9_000), a, 0], [ack(1, [0]), a, 1_000]);
    expect(meaning(whole, lease(2, [2], 40_000), a, 6_000, TURNS)!.fate.lease!.by).toBe(a);
  });

  it('is followed by ever longer pauses, an hour at most, and by a new day', () => {
    let standing: Standing = { ...BEGIN, expiresAt: Number.MAX_SAFE_INTEGER };
    let at = 0;
    const pauses: number[] = [];
    for (let of = 1; of <= 24; of++) {
      const leased = meaning(standing, lease(of, [0], at + 9_000), a, at, TURNS)!;
      standing = meaning(leased, ack(of, [0]), a, at, TURNS)!;
      const next = leaseFrom(standing.fate, b, at + 9_000, TURNS);
      pauses.push(next - at);
      at = next;
    }
    expect(pauses.slice(0, 3)).toEqual([5_000, 10_000, 20_000]);
    expect(Math.max(...pauses)).toBe(3_600_000);
    expect(standing.fate.rounds!.ended).toBe(24);
    const leased = meaning(standing, lease(25, [0], 86_409_000), b, 86_400_000, TURNS)!;
    const fresh = meaning(leased, ack(25, [0]), b, 86_400_000, TURNS)!;
    expect(fresh.fate.rounds).toMatchObject({ ended: 1, nextMs: 86_405_000 });
  });

  it('is only of what is committed', () => {
    expect(meaning({ ...BEGIN, order: 'REJECTED' }, { says: 'claim' }, undefined, 0, TURNS)).toBe(
      undefined,
    );
  });
});
