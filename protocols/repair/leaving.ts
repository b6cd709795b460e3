/**
 * Leaving, seen from repair: holders wish rows away; what that leads to, and what they are told.
 *
 *   repair.leaving --(listed? its own signature? not too often?)--> ledger.ask, of each row's transaction
 *                                                                      |
 *        word: yours, gone, unknown; our time; signed <----------------+--> room, time: a case, by rank
 *
 *   look.ts: a row whose holder shows it, and wants to be rid of it, is made anew, whatever the verdict; after
 *   everything else that is queued, and no more of a transaction at once than leaves it above its floor, were all who
 *   take them liars.
 *
 * Safety: a word says what our ledger has on its disk, from the order. `gone` is a row that a renewal gave to
 * somebody else, with that one's ack; or one that the ordered manifest does not give to whoever asks. A spare has its
 * row until a renewal moves it: the order does not say which spare took it. Nothing is remembered of what was said,
 * so nothing can be let go one after another. A wish moves rows of its signer alone.
 * Bounds: `WISHES_MAX` at once; of one holder one in two seconds; so many cases that are nothing but wishes.
 */
import { same } from '#lib/bytes.ts';
import { takeOne } from '../allowance.ts';
import { SIGN_JOB } from '../batching.ts';
import { keep, NOTHING, reply, type Moment } from '../effect.ts';
import { placesOf } from '../fate.ts';
import { AskTx, type Told } from '../ledger.messages.ts';
import {
  wishDigest,
  wishVerifyJob,
  wordSignJob,
  type Stands,
  type Wish,
  type Word,
} from '../leaving.ts';
import { Leave, type Leaving } from '../leaving.messages.ts';
import { isLightRow, pieceTreeOf, type Manifest } from '../manifest.ts';
import { listedIn } from '../presence/replica.ts';
import { address, nameOf, nodeOf, type NodeAddress } from '../subjects.ts';
import { admit, rankFor } from './cases.ts';
import { stateOf } from './judge.ts';
import type { SeenRow } from './sight.ts';
import {
  askFor,
  cityTime,
  computeFor,
  newestList,
  type Case,
  type Effects,
  type Repairing,
} from './state.ts';

/** Wishes that are looked into at once: each is a question to the own ledger for each of its rows. */
export const WISHES_MAX = 8;
const ALLOWANCE = { perSecond: 0.5, burst: 3 };
/** A wish is acted on when it is new: one that was overheard moves nothing a while later. */
const OLD_MS = 600_000;
const LEDGER_MS = 3_000;
/** Cases in which nothing but a wish is the reason. */
const CASES_MAX = 512;
/** A holder repeats its wish while it has it. */
export const WISHED_MS = 120_000;

type Asker = Pick<Moment, 'from' | 'ticket'>;

export function leaving(state: Repairing, message: Leaving, at: Moment): Effects {
  const { wish, signature } = message;
  const from = at.from ?? at.ticket?.asker;
  const list = newestList(state);
  if (from === undefined || list === undefined || cityTime(state, at) === undefined) return NOTHING;
  const isIts = nameOf(from) === 'holder' && nodeOf(from) === wish.holder;
  const listed = isIts ? listedIn(state.replica, list.digest, wish.holder) : undefined;
  if (listed === undefined || state.wishes >= WISHES_MAX) return NOTHING;
  if (!takeOne(state.wished, wish.holder, at.now, ALLOWANCE)) return NOTHING;
  state.wishes++;
  const asker = { from: at.from, ticket: at.ticket };
  const job = wishVerifyJob(state.self.genesis.network, wish, signature, listed.signing);
  return [
    computeFor<readonly boolean[]>(state, 'batch.verify', [job], (stand, then) => {
      if (stand?.[0] === true) return lookedUp(state, wish, asker, then);
      state.wishes--;
      return NOTHING;
    }),
  ];
}

/** Asks the own ledger of each row; the last answer makes the word. */
function lookedUp(state: Repairing, wish: Wish, asker: Asker, at: Moment): Effects {
  const stands: Stands[] = wish.rows.map(() => 'yours');
  let left = wish.rows.length;
  if (left === 0) return say(state, wish, stands, asker, at);
  const ledger = address(state.self.node, 'ledger');
  return wish.rows.map(({ txId }, i) =>
    askFor<Told>(state, ledger, AskTx.of({ txId }), LEDGER_MS, (told, then) => {
      if (told !== undefined) stands[i] = standsOf(told, wish, i);
      return --left > 0 ? NOTHING : say(state, wish, stands, asker, then);
    }),
  );
}

/** What the own ledger says of a row that somebody has. */
export function standsOf(told: Told, { holder, rows }: Wish, i: number): Stands {
  const { row, pieceRoot } = rows[i]!;
  const { known, state, manifest, fate } = told;
  if (known === 'unknown') return 'unknown';
  if (state === 'EXPIRED' || state === 'REJECTED' || fate.isErased || fate.isFalse) return 'gone';
  // While somebody may repair it, an ack of this very holder may be on its way into the order.
  if (known !== 'ordered' || manifest === undefined || fate.lease !== undefined) return 'yours';
  const isOfIt =
    same(pieceRoot, pieceTreeOf(manifest).root) && isDrawnFor(manifest, fate, row, holder);
  return isOfIt ? 'yours' : 'gone';
}

function isDrawnFor(
  manifest: Manifest,
  fate: Told['fate'],
  row: number,
  holder: NodeAddress,
): boolean {
  if (placesOf(manifest, fate)[row]?.holder === holder) return true;
  const isRenewed = fate.places.some((place) => place.row === row);
  return !isRenewed && isLightRow(manifest, row) && manifest.placement.spares.includes(holder);
}

/** The word, once it is signed; and what is to be done about the rows. */
function say(
  state: Repairing,
  wish: Wish,
  stands: readonly Stands[],
  asker: Asker,
  at: Moment,
): Effects {
  const { genesis, node, secrets } = state.self;
  const now = Math.floor(cityTime(state, at)!);
  const word: Word = { by: node, wish: wishDigest(wish), at: now, stands: [...stands] };
  const job = {
    ...wordSignJob(genesis.network, word, secrets.signing),
    hedge: at.entropy.bytes(32),
  };
  return [
    ...heeded(state, wish, stands, now, at),
    computeFor<Uint8Array>(state, SIGN_JOB, job, (signature) => {
      state.wishes--;
      return signature === undefined ? NOTHING : reply(asker, Leave.of({ word, signature }));
    }),
  ];
}

/** Rows that are its own, and that it wants to be rid of, are a reason to look. */
function heeded(
  state: Repairing,
  { holder, rows, at: wishedAt }: Wish,
  stands: readonly Stands[],
  now: number,
  at: Moment,
): Effects {
  if (Math.abs(now - wishedAt) > OLD_MS) return NOTHING;
  const writes = rows.flatMap(({ txId, row, because }, i) => {
    if (stands[i] !== 'yours' || because === 'question' || isCrowded(state)) return [];
    const rank = rankFor(state, txId);
    const leaves = because === 'room' ? [{ row, by: holder, at: at.now }] : [];
    return (
      admit(state, txId, { leaving: leaves, rank, by: { node: holder, as: 'holder' } }, at) ?? []
    );
  });
  return writes.length === 0 ? NOTHING : [keep('case', ...writes)];
}

function isCrowded({ cases }: Repairing): boolean {
  let count = 0;
  for (const { leaving: of } of cases.values()) if (of.size > 0) count++;
  return count >= CASES_MAX;
}

/** Wishes that nobody has repeated for long are none any more. */
export function forgetWishes({ leaving: of }: Case, { now }: Pick<Moment, 'now'>): void {
  for (const [row, { at }] of of) if (now - at >= WISHED_MS) of.delete(row);
}

/** Rows that leave with this round: sound ones, of those who wish it, as many as the others can do without. */
export function rowsThatLeave(
  { leaving: of }: Case,
  rows: readonly SeenRow[],
  floor: number,
  now: number,
): readonly number[] {
  const isSound = (seen: SeenRow): boolean => stateOf(seen, now) === 'sound';
  const spare = rows.filter(isSound).length - floor;
  const own = [...of].flatMap(([row, { by }]) => {
    const seen = rows[row];
    return seen !== undefined && seen.holder === by && seen.isOnline && isSound(seen) ? [row] : [];
  });
  return own.toSorted((a, b) => a - b).slice(0, Math.max(1, spare));
}
