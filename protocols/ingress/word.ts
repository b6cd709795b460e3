/**
 * Words about a transaction that an ingress drives, and what it believes of whom.
 *
 *   its own ledger           anything. It has checked the certificate (POH_ACK), or applied the batch (an end).
 *   layers of its own node   up to POH_ACK: its S5 counts what its S4 has verified; and a refusal is an end.
 *   layers of others         news: that they are at work, and with how many acks. Shown as FRESH, and believed for
 *                            a while only: after `NEWS_MS` without a certificate the next in rank is asked.
 *   anybody else             nothing.
 *
 * So one lying delegate makes no ingress tell its clients that something is kept, committed or over, and stalls
 * nothing for long. It costs no signature: every certificate is offered to the ledger of every delegate, and each
 * tells its own ingress which ones are on its disk. A client that asks the ingress of whoever draws, as it does
 * first (decision 96), hears of POH_ACK from the S5 of that node, and waits for no ledger.
 */
import type { Order } from '../lifecycle.ts';
import type { Told } from '../ledger.messages.ts';
import { placedRows } from '../manifest.ts';
import type { Self } from '../self.ts';
import { Moved } from '../sending.messages.ts';
import { address, nameOf, nodeOf, type Address } from '../subjects.ts';
import type { Driven, Standing } from './state.ts';

/** So long news of one delegate puts off asking the next. */
export const NEWS_MS = 30_000;

export type Weight = 'truth' | 'news';

export const ownLedger = ({ node }: Pick<Self, 'node'>): Address => address(node, 'ledger');

/** Layers that a transaction goes through on whichever delegate draws for it. */
const LAYERS: ReadonlySet<string> = new Set(['select', 'shard', 'attest', 'commit']);
/** What a layer may say of a transaction; what was ordered is the ledger's word. */
const BY_LAYERS: ReadonlySet<Moved['state']> = new Set([
  'FRESH',
  'POH_ACK',
  'REPAIR_REQ',
  'REJECTED',
]);

/** What this word weighs, of whom it is; `undefined`: it is not that one's to say. */
export function weightOf(
  { genesis, node, probe }: Self,
  { state }: Moved,
  from: Address | undefined,
): Weight | undefined {
  if (from === undefined) return undefined;
  if (from === ownLedger({ node })) return 'truth';
  const by = nodeOf(from);
  const isDelegate = genesis.delegates.some((each) => each.node === by);
  if (isDelegate && LAYERS.has(nameOf(from)) && BY_LAYERS.has(state))
    return by === node ? 'truth' : 'news';
  probe.sometimes('ingress: word came of somebody whose it is not to say');
  return undefined;
}

/** How far an order has come; nothing goes back. */
const PLACES: Readonly<Record<Order, number>> = {
  FRESH: 0,
  POH_ACK: 1,
  COMMITTED: 2,
  REJECTED: 3,
  EXPIRED: 3,
};

const isOrder = (state: Standing['state']): state is Order => Object.hasOwn(PLACES, state);

/** Takes word of a transaction; false when it is none that leads on. */
export function takeWord(driven: Driven, word: Moved, weight: Weight): boolean {
  const { acks, needed, rows, cause, height, reason, effect } = word;
  if (reason === 'no-capacity' || (weight === 'news' && word.state === 'REJECTED'))
    return isNews(driven, reason);
  const isClaim = weight === 'news' && word.state === 'POH_ACK' && driven.order === 'FRESH';
  const state = isClaim ? 'FRESH' : word.state;
  if (isOrder(state)) {
    if (PLACES[state] < PLACES[driven.order]) return false;
    driven.order = state;
  }
  const by = isClaim ? undefined : cause;
  driven.standing = { state, acks, needed, rows, cause: by, height, reason, effect };
  return true;
}

/**
 * Of one delegate, of now: another may have placed it already, or will when there are holders again. So it is no
 * end, or what is committed could have been told to be rejected; whoever waits hears why.
 */
function isNews(driven: Driven, reason: Moved['reason']): boolean {
  if (driven.order !== 'FRESH' || driven.standing.reason === reason) return false;
  driven.standing = { ...driven.standing, reason };
  return true;
}

/** It needs no more of what the window is for: its pieces are held, or nobody will hold them. */
export const isThrough = ({ order }: Driven): boolean => PLACES[order] >= PLACES.POH_ACK;

/** Nothing will happen to it any more that an ingress could bring about. */
export const isOver = ({ order }: Driven): boolean => PLACES[order] >= PLACES.COMMITTED;

/** What our ledger answers about it, as a word; `undefined` where it knows no more than we do. */
export function wordOf(told: Told, so: Standing) {
  const { known, txId, state, cause, cert, manifest, proof, effect } = told;
  if (known === 'unknown') return undefined;
  const isCounted = cert !== undefined && manifest !== undefined;
  return Moved.of({
    txId,
    state,
    acks: isCounted ? cert.acks.length : so.acks,
    needed: isCounted ? manifest.terms.ackNeeded : so.needed,
    rows: isCounted ? placedRows(manifest) : so.rows,
    cause,
    height: proof?.head.height,
    reason: state === 'REJECTED' ? 'seq-used' : undefined,
    effect,
  });
}
