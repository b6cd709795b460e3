/**
 * The chain of one delegate, as its ledger has it on the disk: checked from the genesis on, and played again.
 *
 *   batch/1 ... batch/h   each whole, each naming the one before, each with the signatures of more than two
 *                         thirds of the stake that orders in its epoch, by the hand-overs of the chain itself
 *   what they did         by the judge's own rule: the first of a (sender, seq) that is ordered in time wins
 *   tx/<id>               must say the same
 *
 * Of the ledger's own code nothing is used but the form of its records.
 */
import { verify } from '#algorithms/signature.ts';
import { stampOf } from '#algorithms/clock/hlc.ts';
import { nameText } from '#algorithms/identity.ts';
import { hex, same } from '#lib/bytes.ts';
import {
  Committed,
  headDigest,
  isAct,
  isQuorumOf,
  isWholeBatch,
  NONE,
  quorumVerifyJobs,
  type Entry,
} from '#protocols/city-batch.ts';
import { Malformed, whole, type Codec } from '#protocols/codec.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { actKey, KeptAct } from '#protocols/ledger/act-records.ts';
import {
  batchKey,
  certRow,
  Certified,
  HEAD,
  Head,
  TxRow,
  txKey,
} from '#protocols/ledger/records.ts';
import { committeeFor, handedOver, lineageOf, type Lineage } from '#protocols/lineage.ts';
import type { NodeAddress } from '#protocols/subjects.ts';

/** What a delegate's ledger kept, by key. */
export type Rows = ReadonlyMap<string, Uint8Array>;

/** How a transaction was decided, and by which certificate. */
export interface Decided {
  readonly order: 'COMMITTED' | 'REJECTED' | 'EXPIRED';
  readonly height: number;
  readonly certified: Certified;
}

export interface Chain {
  readonly node: NodeAddress;
  /** By height; the first is of height 1. */
  readonly digests: readonly string[];
  /** By the id as text. */
  readonly decided: ReadonlyMap<string, Decided>;
  readonly faults: readonly string[];
}

/** Signatures are verified once for all delegates that have the same batch. */
export type Verified = Set<string>;

interface Playing {
  readonly rows: Rows;
  /** The time of the last batch. */
  readonly lastMs: number;
  readonly decided: Map<string, Decided>;
  /** Who has a sender's number. */
  readonly winners: Map<string, string>;
  readonly faults: string[];
}

export function chainOf(
  node: NodeAddress,
  rows: Rows,
  genesis: Genesis,
  verified: Verified,
): Chain {
  const head = read(Head, rows.get(HEAD));
  const lastMs = head === undefined ? 0 : stampOf(head.at).wallMs;
  const playing: Playing = { rows, lastMs, decided: new Map(), winners: new Map(), faults: [] };
  const digests: string[] = [];
  let before: Uint8Array = NONE;
  let lineage = lineageOf(genesis);
  for (let height = 1; rows.has(batchKey(height)); height++) {
    const committed = read(Committed, rows.get(batchKey(height)));
    const fault = committed === undefined ? 'unreadable' : batchFault(committed, height, before);
    if (committed === undefined || fault !== undefined) {
      playing.faults.push(`batch ${height}: ${fault}`);
      break;
    }
    before = headDigest(committed.batch.head);
    if (!isFinal(committed, hex(before), lineage, verified))
      playing.faults.push(`batch ${height}: no quorum`);
    lineage = handedOver(lineage, committed.batch.head);
    digests.push(hex(before));
    play(playing, committed, height);
  }
  return { node, digests, decided: playing.decided, faults: playing.faults };
}

function batchFault({ batch }: Committed, height: number, before: Uint8Array): string | undefined {
  if (batch.head.height !== height) return 'of another height';
  if (!same(batch.head.prev, before)) return 'does not follow the one before';
  return isWholeBatch(batch) ? undefined : 'not what its head says';
}

function isFinal(
  { batch, quorum }: Committed,
  digest: string,
  lineage: Lineage,
  verified: Verified,
): boolean {
  if (verified.has(digest)) return true;
  const committee = committeeFor(lineage, batch.head);
  if (committee === undefined || !isQuorumOf(committee, quorum)) return false;
  const jobs = quorumVerifyJobs(lineage.genesis.network, committee, batch.head, quorum);
  if (!jobs.every(verify)) return false;
  verified.add(digest);
  return true;
}

function play(playing: Playing, { batch }: Committed, height: number): void {
  const { wallMs } = stampOf(batch.head.at);
  for (const [index, entry] of batch.entries.entries()) {
    if (isAct(entry)) {
      playAct(playing, entry, height);
      continue;
    }
    const txId = nameText(entry.txId);
    if (playing.decided.has(txId)) continue;
    const certified = read(Certified, playing.rows.get(certRow(hex(entry.cert))));
    if (certified === undefined) {
      playing.faults.push(`${txId}: ordered, and its certificate is not there`);
      continue;
    }
    const order = orderOf(playing, certified, txId, wallMs);
    playing.decided.set(txId, { order, height, certified });
    const said = read(TxRow, playing.rows.get(txKey(hex(entry.txId))));
    if (!isSaid(playing, said, order, entry, height, index))
      playing.faults.push(`${txId}: is ${order} by the order, and ${said?.order} by its ledger`);
  }
}

/** That it stands here the ledger has to know; what it means is not judged. */
function playAct({ rows, faults }: Playing, { cert }: Entry, height: number): void {
  const row = read(KeptAct, rows.get(actKey(hex(cert))));
  const at = row?.ordered?.height;
  if (at === undefined || at > height)
    faults.push(`act ${nameText(cert)}: ordered at ${height}, and its ledger says ${at}`);
}

function orderOf(
  { winners }: Playing,
  { cover }: Certified,
  txId: string,
  wallMs: number,
): Decided['order'] {
  const { sender, seq, expiresAt } = cover.header.core;
  if (wallMs >= expiresAt) return 'EXPIRED';
  const slot = `${hex(sender)}/${seq}`;
  const winner = winners.get(slot) ?? txId;
  winners.set(slot, winner);
  return winner === txId ? 'COMMITTED' : 'REJECTED';
}

/** What was committed may be over by the time of the last batch. */
const isSaid = (
  { lastMs }: Playing,
  said: TxRow | undefined,
  order: Decided['order'],
  { cert }: Entry,
  height: number,
  index: number,
): boolean =>
  said !== undefined &&
  (said.order === order ||
    (order === 'COMMITTED' && said.order === 'EXPIRED' && said.expiresAt <= lastMs)) &&
  same(said.cert, cert) &&
  said.ordered?.height === height &&
  said.ordered.index === index;

/** What is not there, or cannot be read, is nothing. */
export function read<T>(codec: Codec<T>, bytes: Uint8Array | undefined): T | undefined {
  if (bytes === undefined) return undefined;
  try {
    return whole(codec, bytes);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
