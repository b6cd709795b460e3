/**
 * Erasing: a sender's own word that a transaction is to be forgotten, and the pieces that go with it.
 *
 *   holder.erase { header, act, rows } --(header is the transaction's, its sender's key)--> signature, in a job
 *                                                                      '--> discard --> holder.erased, when it cannot come back
 *
 * Nobody needs to be believed for it: the header's hash is the transaction's id, and it names the sender's key. So
 * it makes no difference who passes it on, or how often. What is not here is erased already.
 *
 * Bounded: `ERASING_MAX` at once; beyond that whoever passed it on does so again.
 */
import { same } from '#lib/bytes.ts';
import { actVerifyJob } from '../act.ts';
import {
  compute,
  discard,
  NOTHING,
  reply,
  type Effect,
  type Moment,
  type Plain,
} from '../effect.ts';
import { Erased, type Erase } from '../holder.messages.ts';
import { fingerprintOf, txIdOf } from '../transaction.ts';
import { pieceKey } from './held-piece.ts';
import type { Holder } from './state.ts';

export const ERASING_MAX = 256;
const VERIFY = 'erase?';
const DISCARD = 'erase!';

interface Erasure {
  readonly txId: Uint8Array;
  readonly keys: readonly string[];
  readonly asker: Pick<Moment, 'from' | 'ticket'>;
  left: number;
}

export interface Erasing {
  begun: number;
  readonly underWay: Map<string, Erasure>;
}

export const noneErased = (): Erasing => ({ begun: 0, underWay: new Map() });

export const isErasing = (id: string): boolean => id.startsWith(VERIFY) || id.startsWith(DISCARD);

type Did = readonly Effect<Erased>[];

export function erase(
  erasing: Erasing,
  { genesis, role }: Holder,
  { header, erase: signed, rows }: Erase,
  { from, ticket }: Moment,
): Did {
  const txId = txIdOf(header);
  const { about, what } = signed.act;
  const isItsSenders =
    what.says === 'erase' &&
    about !== undefined &&
    same(about, txId) &&
    same(fingerprintOf(signed.key), header.core.sender);
  if (!isItsSenders || erasing.underWay.size >= ERASING_MAX) return NOTHING;
  const id = String(++erasing.begun);
  const keys = [
    ...new Set((rows.length === 0 ? [0] : rows).map((row) => pieceKey(role, txId, row))),
  ];
  erasing.underWay.set(id, { txId, keys, asker: { from, ticket }, left: keys.length });
  const job = [actVerifyJob(genesis.network, signed)];
  return [compute(VERIFY + id, 'batch.verify', job as unknown as Plain)];
}

/** The signature was looked at. */
export function eraseVerified(erasing: Erasing, work: string, output: Plain | undefined): Did {
  const id = work.slice(VERIFY.length);
  const its = erasing.underWay.get(id);
  const [stands] = (output ?? []) as readonly boolean[];
  if (its !== undefined && stands === true)
    return its.keys.map((key, i) => discard(`${DISCARD}${id}/${i}`, key));
  erasing.underWay.delete(id);
  return NOTHING;
}

/** One of its pieces cannot come back; or, where too much waits for the disk, it is told again. */
export function eraseDiscarded(erasing: Erasing, work: string, outcome: 'gone' | 'full'): Did {
  const id = work.slice(DISCARD.length).split('/')[0]!;
  const its = erasing.underWay.get(id);
  if (its === undefined) return NOTHING;
  if (outcome === 'gone' && --its.left > 0) return NOTHING;
  erasing.underWay.delete(id);
  return outcome === 'gone' ? reply(its.asker, Erased.of({ txId: its.txId })) : NOTHING;
}
