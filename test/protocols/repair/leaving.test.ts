/** A holder that wishes rows away: whose word counts, what it is told, and what it leads to. */
import { beforeEach, describe, expect, it } from 'vitest';
import { sign, verify, verifyMany, type SignJob, type VerifyJob } from '#algorithms/signature.ts';
import { DEFAULTS } from '#config/policy/read.ts';
import type { Effect, Spoken } from '#protocols/effect.ts';
import { SOUND, type Fate } from '#protocols/fate.ts';
import { Told } from '#protocols/ledger.messages.ts';
import {
  wishDigest,
  wishSignJob,
  wordVerifyJob,
  type Because,
  type Stands,
  type Wish,
} from '#protocols/leaving.ts';
import { Leaving, type Leave } from '#protocols/leaving.messages.ts';
import { pieceTreeOf } from '#protocols/manifest.ts';
import { rowsThatLeave, standsOf } from '#protocols/repair/leaving.ts';
import type { SeenRow } from '#protocols/repair/sight.ts';
import { begin, step } from '#protocols/repair/repair.ts';
import type { Case, Effects, Repairing } from '#protocols/repair/state.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { from, moment, WALL } from '../moments.ts';
import { member, NETWORK, selfOf } from '../sample.ts';
import { CITY, LIST, made, PEOPLE, ROLL } from '../ledger/kept.ts';

const one = made('one');
const { manifest, cover, cert } = one.certified;
const { holders, spares } = manifest.placement;
const self = selfOf(CITY.genesis, CITY.delegates[0]!);
const NOW = LIST.head.at + 1_000;

const wishOf = (
  holder: NodeAddress,
  row: number,
  because: Because = 'room',
  more: Partial<Wish> = {},
): Wish => ({
  holder,
  nonce: new Uint8Array(16),
  at: NOW,
  rows: [{ txId: one.txId, row, pieceRoot: pieceTreeOf(manifest).root, because }],
  ...more,
});
const signedBy = (wish: Wish, node: NodeAddress = wish.holder): Leaving => {
  const { secrets } = PEOPLE.find(({ who }) => who.node === node)!.who;
  return Leaving.of({ wish, signature: sign(wishSignJob(NETWORK, wish, secrets.signing)) });
};

const toldWith = (more: Partial<Told> = {}, fate: Partial<Fate> = {}): Told =>
  Told.of({
    txId: one.txId,
    known: 'ordered',
    state: 'COMMITTED',
    cause: undefined,
    cover,
    manifest,
    cert,
    proof: undefined,
    quorum: undefined,
    expiresAt: WALL + 3_600_000,
    ...more,
    fate: { ...SOUND, ...fate },
  });

const stands = (of: Told, holder: NodeAddress, row = 2): Stands =>
  standsOf(of, wishOf(holder, row), 0);

describe('what a ledger says of a row', () => {
  const moved = { places: [{ row: 2, holder: holders[3]!, until: WALL + 9_999_999 }] };
  const stranger = PEOPLE.map(({ who }) => who.node).find(
    (node) => !holders.includes(node) && !spares.includes(node),
  )!;

  it("is that it is its holder's, until a renewal gave it to somebody else", () => {
    expect(stands(toldWith(), holders[2]!)).toBe('yours');
    expect(stands(toldWith({}, moved), holders[2]!)).toBe('gone');
    expect(stands(toldWith({}, moved), holders[3]!)).toBe('yours');
  });
  it('is that it is its own while somebody may repair it: its ack may be on its way', () => {
    const lease = { round: 2, by: self.node, rows: [2], sinceMs: NOW, untilMs: NOW + 45_000 };
    expect(stands(toldWith({}, { ...moved, lease }), holders[2]!)).toBe('yours');
  });
  it('leaves it to a spare, who may be the only one that has it, until it was renewed', () => {
    expect(stands(toldWith(), spares[0]!)).toBe('yours');
    expect(stands(toldWith({}, moved), spares[0]!)).toBe('gone');
  });
  it("is that it is nobody's who was never drawn for it, nor of another coding", () => {
    expect(stands(toldWith(), stranger)).toBe('gone');
    expect(stands(toldWith(), holders[3]!)).toBe('gone');
    const other = wishOf(holders[2]!, 2);
    const rows = [{ ...other.rows[0]!, pieceRoot: new Uint8Array(32) }];
    expect(standsOf(toldWith(), { ...other, rows }, 0)).toBe('gone');
  });
  it('lets go what is over, keeps what was not ordered yet, and says when it knows nothing', () => {
    for (const state of ['EXPIRED', 'REJECTED'] as const)
      expect(stands(toldWith({ state }), holders[2]!)).toBe('gone');
    expect(stands(toldWith({}, { isErased: true }), holders[2]!)).toBe('gone');
    expect(stands(toldWith({ known: 'certified' }), stranger)).toBe('yours');
    expect(stands(toldWith({ known: 'unknown', manifest: undefined }), holders[2]!)).toBe(
      'unknown',
    );
  });
});

describe('a wish', () => {
  let state: Repairing;
  beforeEach(() => {
    [state] = begin({ self, rules: DEFAULTS.repair }, moment(), new Map());
    state.replica.rolls = [ROLL];
    state.list = { digest: LIST.digest, at: LIST.head.at, heardAt: moment(0).now };
  });
  const hears = (message: Leaving, by: NodeAddress, now = 1_000): Effects =>
    step(state, message, from(address(by, 'holder'), now))[1];

  /** Answers what is asked for: signatures, and what the ledger says. */
  function ends(effects: Effects, told: Told, now = 1_000): Spoken[] {
    const said: Spoken[] = [];
    const open: Effect<Spoken>[] = [...effects];
    for (let effect = open.shift(); effect !== undefined; effect = open.shift()) {
      if (effect.do === 'send') said.push(effect.message);
      if (effect.do === 'ask') {
        const answer = { kind: 'answered', id: effect.id, message: told } as const;
        open.push(...step(state, answer, moment(now))[1]);
      }
      if (effect.do !== 'compute') continue;
      const output =
        effect.job === 'batch.sign'
          ? sign(effect.input as unknown as SignJob)
          : verifyMany(effect.input as unknown as VerifyJob[]);
      const back = { kind: 'computed', id: effect.id, output } as const;
      open.push(...step(state, back, moment(now))[1]);
    }
    return said;
  }
  const holder = holders[2]!;
  const casesOf = (): [number, NodeAddress][] =>
    [...state.cases.values()].flatMap((its) =>
      [...its.leaving].map(([row, { by }]): [number, NodeAddress] => [row, by]),
    );

  it("is answered by a signed word on it, with the city's time; and its rows are looked at", () => {
    const wish = wishOf(holder, 2);
    const [leave] = ends(hears(signedBy(wish), holder), toldWith()) as [Leave];
    expect(leave.word).toEqual({
      by: self.node,
      wish: wishDigest(wish),
      at: LIST.head.at + 1_000,
      stands: ['yours'],
    });
    const key = CITY.delegates[0]!.signing;
    expect(verify(wordVerifyJob(NETWORK, leave.word, leave.signature, key))).toBe(true);
    expect(casesOf()).toEqual([[2, holder]]);
    expect(state.wishes).toBe(0);
  });

  it("is nothing by another's signature, for another, from a stranger, or of nobody listed", () => {
    const other = holders.find((node) => node !== holder);
    expect(ends(hears(signedBy(wishOf(holder, 2), other), holder), toldWith())).toEqual([]);
    expect(hears(signedBy(wishOf(holder, 2)), other!)).toEqual([]);
    const nobody = member('nobody').node;
    expect(hears(signedBy(wishOf(nobody, 2), holder), nobody)).toEqual([]);
    expect(step(state, signedBy(wishOf(holder, 2)), from(address(holder, 'audit')))[1]).toEqual([]);
    expect([state.cases.size, state.wishes]).toEqual([0, 0]);
  });

  it("is answered and moves nothing where the row is another's, is only asked about, or was said long ago", () => {
    const other = holders[3]!;
    const old = wishOf(holder, 2, 'room', { at: NOW - 601_000 });
    for (const [wish, by] of [
      [wishOf(other, 2), other],
      [wishOf(holder, 2, 'question'), holder],
      [old, holder],
    ] as const) {
      expect(ends(hears(signedBy(wish), by), toldWith())).toHaveLength(1);
    }
    expect(state.cases.size).toBe(0);
  });

  it('is heard from one holder once in two seconds, and a few at once', () => {
    const wish = signedBy(wishOf(holder, 2));
    const heard = Array.from({ length: 20 }, () => hears(wish, holder)).filter(
      (effects) => effects.length > 0,
    );
    expect(heard).toHaveLength(3);
  });

  it('for want of time is a reason to look, and wishes no row away', () => {
    ends(hears(signedBy(wishOf(holder, 2, 'time')), holder), toldWith());
    expect([state.cases.size, casesOf()]).toEqual([1, []]);
  });
});

const rows = (sound: number, isOnline = true): SeenRow[] =>
  Array.from({ length: 10 }, (_, row) => ({
    missedMs: 14 * 86_400_000,
    holder: `h${row}` as NodeAddress,
    until: NOW + 1_000,
    isAcked: true,
    isDisproved: row >= sound,
    isOnline,
    seenAt: NOW,
  }));
const wishing = (...of: [number, string][]): Case =>
  ({
    leaving: new Map(of.map(([row, by]) => [row, { by: by as NodeAddress, at: 0 }])),
  }) as unknown as Case;

describe('rows that leave with a round', () => {
  it('are those of who says so, and has them', () => {
    const its = wishing([1, 'h1'], [2, 'h7'], [9, 'h9']);
    expect(rowsThatLeave(its, rows(9), 6, NOW)).toEqual([1]);
    expect(rowsThatLeave(its, rows(9, false), 6, NOW)).toEqual([]);
  });
  it('are no more than leave it above its floor, and one', () => {
    const all = wishing(...Array.from({ length: 10 }, (_, i): [number, string] => [i, `h${i}`]));
    expect(rowsThatLeave(all, rows(10), 6, NOW)).toEqual([0, 1, 2, 3]);
    expect(rowsThatLeave(all, rows(5), 6, NOW)).toEqual([0]);
  });
});
