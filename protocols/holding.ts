/**
 * Orders, acks and certificates: the signed words about who is to hold a piece, who does, and that
 * enough do.
 *
 * One signature of the default suite is twice as large as a piece, and takes longer than everything else
 * together. So nobody signs one thing: a signer collects what waits while it is busy, signs the root of a
 * tree over all of it, and gives each thing its path. A batch of one is a batch.
 *
 *   order   a delegate to holders: this transaction, its pieces, these holders       leaf of an order batch
 *     '- assignment   row and holder, under the order's own root: what one holder is shown of it
 *   ack     a holder to anyone: this piece is on my disk, until then                 leaf of an ack batch
 *   cert    enough acks by the rule of the manifest, with the batches they stand in; checked offline with
 *           nothing but the manifest and the holders' keys
 *
 *   manifest --(hash)--> order --(leaf)--> batch --(signed by a delegate)--> holder
 *   holder: ack --(leaf)--> batch --(signed by the holder)--> delegate: ack + ack + ... = certificate
 *
 * An ack names transaction, row, the piece's hash and until when (`ackLeaf` of algorithms/identity.ts);
 * its batch names holder, epoch and time. So an ack replayed for another transaction, row, holder or
 * epoch is none. Certificates refer to batches by digest, so that a batch travels once for all
 * certificates that need it.
 */
import { ackLeaf } from '#algorithms/identity.ts';
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import { domain, hash, HASH_BYTES } from '#algorithms/hash/hash.ts';
import { isIncluded, treeOf, type Tree } from '#algorithms/merkle/tree.ts';
import type { Binding } from '#algorithms/seal.ts';
import type { Purpose, SignJob, VerifyJob } from '#algorithms/signature.ts';
import { concat, utf8 } from '#lib/bytes.ts';
import { oncePer } from '#lib/once.ts';
import { bytes, count, list, record, toBytes, type Infer } from './codec.ts';
import { heldUntil, type Manifest } from './manifest.ts';
import { signed, type SigningKey } from './signed.ts';
import type { NodeAddress } from './subjects.ts';
import { digest, nodeName, signature, stamp, type VerifyingKey } from './terms.ts';

/** Leaves of one batch: what a signer may collect while it is busy. */
export const BATCH_MAX = 64;
/** Paths in trees of that many leaves, and of as many rows as there can be. */
const BATCH_PATH_MAX = 6 * HASH_BYTES;
const ROW_PATH_MAX = 9 * HASH_BYTES;

export const row = count(PIECES_MAX - 1);
export const batchPath = bytes(0, BATCH_PATH_MAX);
export const rowPath = bytes(0, ROW_PATH_MAX);

/** What is signed: all of a batch but the signature. */
export const BatchHead = record({
  signer: nodeName,
  epoch: count(Number.MAX_SAFE_INTEGER),
  at: stamp,
  root: digest,
  count: count(BATCH_MAX),
});
export type BatchHead = Infer<typeof BatchHead>;

export const Batch = record({ head: BatchHead, signature });
export type Batch = Infer<typeof Batch>;

/** Where something stands in a batch. */
export const batchLeaf = count(BATCH_MAX - 1);

const BATCH = domain('batch');
export const batchDigest = oncePer(({ head, signature: made }: Batch): Uint8Array =>
  hash(BATCH, concat(toBytes(BatchHead, head), made)),
);

export type BatchPurpose = Extract<Purpose, 'order' | 'ack'>;

const BATCHES = { order: signed(BatchHead, 'order'), ack: signed(BatchHead, 'ack') };

export const batchSignJob = (
  purpose: BatchPurpose,
  network: Uint8Array,
  head: BatchHead,
  key: SigningKey,
): SignJob => BATCHES[purpose].sign(network, head, key);

export const batchVerifyJob = (
  purpose: BatchPurpose,
  network: Uint8Array,
  { head, signature: made }: Batch,
  key: VerifyingKey,
): VerifyJob => BATCHES[purpose].verify(network, head, made, key);

/** Is this the hash at a leaf of a batch? */
export const isInBatch = (
  { root, count: leaves }: Pick<BatchHead, 'root' | 'count'>,
  leaf: number,
  hashed: Uint8Array,
  path: Uint8Array,
): boolean => isIncluded({ root, count: leaves }, leaf, hashed, path);

/** What a delegate orders for one transaction. */
export const Order = record({
  txId: digest,
  manifestHash: digest,
  pieceRoot: digest,
  rows: count(PIECES_MAX),
  /** Over the assignments: first the rows, then the spares. */
  assignments: digest,
  assigned: count(2 * PIECES_MAX),
  policyVersion: count(0xffff_ffff),
});
export type Order = Infer<typeof Order>;

const ORDER = domain('order');
const ASSIGNMENT = domain('assignment');
/** A spare stands for the row of any light. */
export const ANY_LIGHT_ROW = 0xffff;

const Assignment = record({
  row: count(0xffff),
  holder: nodeName,
  until: count(Number.MAX_SAFE_INTEGER),
});

export const orderLeaf = (order: Order): Uint8Array => hash(ORDER, toBytes(Order, order));
export const assignmentLeaf = (assignment: Infer<typeof Assignment>): Uint8Array =>
  hash(ASSIGNMENT, toBytes(Assignment, assignment));

/** Who may hold what of a manifest, as the leaves of one tree: by row, then the spares. */
export const assignmentTree = oncePer((manifest: Manifest): Tree => {
  const { holders, spares } = manifest.placement;
  const rows = holders.map((holder, at) =>
    assignmentLeaf({ row: at, holder, until: heldUntil(manifest, at) }),
  );
  const others = spares.map((holder) =>
    assignmentLeaf({ row: ANY_LIGHT_ROW, holder, until: manifest.lightUntil }),
  );
  return treeOf(concat(...rows, ...others));
});

/** What the capsule of a row is bound to: one holder's, for one piece of one order. */
export const holderBinding = (
  network: Uint8Array,
  { txId, pieceRoot, policyVersion }: Pick<Order, 'txId' | 'pieceRoot' | 'policyVersion'>,
  at: number,
  holder: NodeAddress,
  fingerprint: Uint8Array,
): Binding => ({
  role: 'holder',
  network,
  transaction: txId,
  pieceRoot,
  recipient: utf8(holder),
  fingerprint,
  index: at,
  policyVersion,
});

/** An ack, by the batch that it stands in. Its holder is the batch's signer. */
export const Ack = record({ row, batch: digest, leaf: batchLeaf, path: batchPath });
export type Ack = Infer<typeof Ack>;

/** The leaf of the ack of a row of a manifest. */
export const ackLeafOf = (manifest: Manifest, at: number): Uint8Array =>
  ackLeaf(
    manifest.txId,
    at,
    manifest.pieceHashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
    heldUntil(manifest, at),
  );

export const AckCert = record({
  txId: digest,
  manifestHash: digest,
  /** By ascending row, at most one a row. */
  acks: list(Ack, PIECES_MAX),
});
export type AckCert = Infer<typeof AckCert>;

const CERT = domain('ack certificate');
export const certDigest = oncePer((cert: AckCert): Uint8Array =>
  hash(CERT, toBytes(AckCert, cert)),
);
