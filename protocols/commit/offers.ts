/**
 * Offers: a certified transaction to the ledger of every delegate, until each holds it.
 *
 *   certified --> pending of each ledger --(end of the moment)--> offer: certificates and new batches
 *                       ^                                             |
 *                       '-- silent, busy: 250 ms, 500, 1 s ... ------ held | declined | 30 s
 *                           longer where ledgers take longer (patience.ts)
 *
 * What comes at once leaves together. A batch stands in many certificates, and is sent to a ledger once: a
 * ledger keeps what it was sent. When it is silent or declines, it may have lost it, so the next time all
 * batches go along.
 */
import { lru, type Lru } from '#lib/lru.ts';
import { send, wake, NOTHING, type Effect, type Moment } from '../effect.ts';
import type { Genesis } from '../genesis.ts';
import { BATCH_MAX, type Batch } from '../holding.ts';
import { learn, patience, pauseMs, type Patience } from '../patience.ts';
import { Offer, type Certified, type Declined } from '../sending.messages.ts';
import { address, type Address } from '../subjects.ts';

export const OFFER_WAKE = 'offer';
export const RETRY_WAKE = 'retry';
/** How often those that are silent are looked at. */
const RETRY_MS = 250;
export const OFFER_MS = 30_000;
/** Batches that a ledger is known to have been sent. */
const SENT_MAX = 4_096;
/** Of one message: a wire takes no more than some hundred KB. */
const MESSAGE_BYTES_MAX = 384 * 1024;
/** What a certified transaction is beside its batches and acks, at most, and one ack. */
const CERTIFIED_BYTES = 16 * 1024;
const ACK_BYTES = 256;

/** A certified transaction with the batches that its certificate refers to, by their ids. */
export interface Offered {
  readonly key: string;
  /** Of the certificate, and the same for tables. */
  readonly name: Uint8Array;
  readonly digest: string;
  readonly certified: Certified;
  readonly batches: ReadonlyMap<string, Batch>;
}

interface Open {
  readonly offered: Offered;
  readonly begunAt: number;
  attempts: number;
  dueAt: number;
}

interface Ledger {
  readonly address: Address;
  readonly open: Map<string, Open>;
  readonly sent: Lru<string, true>;
}

export interface Offers {
  readonly ledgers: ReadonlyMap<Address, Ledger>;
  readonly patience: Patience;
  isLeaving: boolean;
  isRetrying: boolean;
}

type Effects = readonly Effect<Offer>[];

export function offersTo({ delegates }: Genesis): Offers {
  const ledgers = delegates.map(({ node }): [Address, Ledger] => {
    const at = address(node, 'ledger');
    return [at, { address: at, open: new Map(), sent: lru(SENT_MAX) }];
  });
  return {
    ledgers: new Map(ledgers),
    patience: patience(),
    isLeaving: false,
    isRetrying: false,
  };
}

/** To everybody who does not hold it yet; `held` have said that they do. */
export function offer(
  offers: Offers,
  offered: Offered,
  held: ReadonlySet<Address>,
  { now }: Moment,
): Effects {
  for (const ledger of offers.ledgers.values()) {
    if (held.has(ledger.address) || ledger.open.has(offered.digest)) continue;
    ledger.open.set(offered.digest, { offered, begunAt: now, attempts: 0, dueAt: now });
  }
  return leaveSoon(offers);
}

function leaveSoon(offers: Offers): Effects {
  if (offers.isLeaving) return NOTHING;
  offers.isLeaving = true;
  return [wake(OFFER_WAKE, 0)];
}

/** `OFFER_WAKE` and `RETRY_WAKE`: all that is due, to each ledger in as few messages as it takes. */
export function leave(offers: Offers, id: string, at: Moment): Effects {
  if (id === OFFER_WAKE) offers.isLeaving = false;
  else offers.isRetrying = false;
  const said = [...offers.ledgers.values()].flatMap((ledger) =>
    leaveFor(offers.patience, ledger, at),
  );
  const isOpen = [...offers.ledgers.values()].some(({ open }) => open.size > 0);
  if (!isOpen || offers.isRetrying) return said;
  offers.isRetrying = true;
  return [...said, wake(RETRY_WAKE, RETRY_MS)];
}

function leaveFor(of: Patience, ledger: Ledger, { now }: Moment): Effects {
  const due: Open[] = [];
  for (const [digest, open] of ledger.open) {
    if (now >= open.begunAt + OFFER_MS) ledger.open.delete(digest);
    else if (now >= open.dueAt) due.push(open);
  }
  const messages = inMessages(ledger, due);
  for (const open of due) {
    open.dueAt = now + pauseMs(of, open.attempts);
    open.attempts++;
  }
  return messages.map((message) => send(ledger.address, message));
}

interface Filling {
  readonly certified: Certified[];
  readonly batches: Batch[];
  room: number;
}

function inMessages(ledger: Ledger, due: readonly Open[]): Offer[] {
  const filled: Filling[] = [];
  for (const { offered, attempts } of due) {
    const { certified, batches } = offered;
    const isNew = ([id]: readonly [string, Batch]): boolean =>
      attempts > 0 || ledger.sent.get(id) === undefined;
    const news = [...batches].filter(isNew);
    const acks = certified.cert.acks.length * ACK_BYTES;
    const signatures = news.reduce(
      (sum, [, { signature }]) => sum + signature.length + ACK_BYTES,
      0,
    );
    const bytes = CERTIFIED_BYTES + acks + signatures;
    let last = filled.at(-1);
    if (last === undefined || last.room < bytes || last.certified.length === BATCH_MAX) {
      last = { certified: [], batches: [], room: MESSAGE_BYTES_MAX };
      filled.push(last);
    }
    last.room -= bytes;
    last.certified.push(certified);
    for (const [id, batch] of news) {
      last.batches.push(batch);
      ledger.sent.put(id, true);
    }
  }
  return filled.map(({ certified, batches }) => Offer.of({ certified, batches }));
}

/** A ledger holds it. False when it was not asked to. */
export function isHeldBy(
  offers: Offers,
  digest: string,
  by: Address | undefined,
  { now }: Moment,
): boolean {
  const ledger = by === undefined ? undefined : offers.ledgers.get(by);
  const open = ledger?.open.get(digest);
  if (ledger === undefined || open === undefined) return false;
  learn(offers.patience, now - open.begunAt);
  return ledger.open.delete(digest);
}

/**
 * A ledger does not take it: one that is busy is asked again, and one that may lack a batch; what it finds
 * wrong otherwise will not become right.
 */
export function declinedBy(
  { ledgers }: Offers,
  digest: string,
  reason: Declined['reason'],
  by: Address | undefined,
): void {
  const ledger = by === undefined ? undefined : ledgers.get(by);
  const mayBecomeRight = reason === 'busy' || reason === 'malformed' || reason === 'bad-signature';
  if (!mayBecomeRight) ledger?.open.delete(digest);
}

/** Nobody is asked any more about this certificate. */
export function withdraw({ ledgers }: Offers, digest: string): void {
  for (const { open } of ledgers.values()) open.delete(digest);
}

/** Whether somebody has still to say that it holds it. */
export const isOpenFor = ({ ledgers }: Offers, digest: string): boolean =>
  [...ledgers.values()].some(({ open }) => open.has(digest));
