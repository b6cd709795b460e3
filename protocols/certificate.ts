/**
 * Certificates, checked by anyone: offline, with the manifest, the batches and the holders' keys.
 *
 *   certified (cover, manifest, cert) + batches --certFault--> nothing wrong that hashing shows
 *                                               --verifyJobs-> signatures still to be verified: a job
 *
 * Cheap checks come first: what is signed is worth verifying only if it would then stand. A batch is in
 * many certificates; what was verified before is remembered by digest, so that each batch costs one
 * verification in a process.
 *
 * An ack is none for another transaction, row or deadline (its leaf), nor for another holder or epoch
 * (its batch's head). Not checked here: that the placement was drawn as it should be, and the sender's
 * own signature (transaction.ts).
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import { hex, same } from '#lib/bytes.ts';
import { lru, type Lru } from '#lib/lru.ts';
import { oncePer } from '#lib/once.ts';
import { ruleFault, type HeldRow, type RuleFault } from './ack-rule.ts';
import {
  ackLeafOf,
  batchDigest,
  batchVerifyJob,
  isInBatch,
  type Ack,
  type AckCert,
  type Batch,
} from './holding.ts';
import {
  isLightRow,
  manifestFault,
  manifestHashOf,
  mayHold,
  rowsOf,
  type Manifest,
} from './manifest.ts';
import type { KeepingPlant } from './self.ts';
import type { Certified } from './sending.messages.ts';
import type { NodeAddress } from './subjects.ts';
import type { VerifyingKey } from './terms.ts';
import { txIdOf } from './transaction.ts';

export type AckFault = 'no-such-row' | 'other-epoch' | 'not-placed' | 'not-in-batch';

export type CertFault =
  | 'other-transaction'
  | 'bad-manifest'
  | 'rows-out-of-order'
  | 'unknown-batch'
  | 'light-twice'
  | AckFault
  | RuleFault;

/** Batches by their digests, as they came with certificates. */
export type BatchOf = (digest: Uint8Array) => Batch | undefined;
export type KeyOf = (node: NodeAddress) => VerifyingKey | undefined;

/** What is wrong with an ack, apart from the signature of its batch. */
export function ackFault(
  manifest: Manifest,
  { row, leaf, path }: Pick<Ack, 'row' | 'leaf' | 'path'>,
  { head }: Batch,
  epoch: number,
  plant?: KeepingPlant,
): AckFault | undefined {
  if (row >= rowsOf(manifest)) return 'no-such-row';
  if (head.epoch !== epoch) return 'other-epoch';
  if (plant !== 'no-holder-check' && !mayHold(manifest, row, head.signer)) return 'not-placed';
  return isInBatch(head, leaf, ackLeafOf(manifest, row), path) ? undefined : 'not-in-batch';
}

/** What hashing shows to be wrong with a certificate; `undefined` leaves its batches to be verified. */
export function certFault(
  { cover, manifest, cert }: Certified,
  batchOf: BatchOf,
  epoch: number,
  plant?: KeepingPlant,
): CertFault | undefined {
  if (!isAbout(cert, manifest) || !same(txIdOf(cover.header), cert.txId)) {
    return 'other-transaction';
  }
  if (manifestFault(manifest) !== undefined) return 'bad-manifest';
  const held: HeldRow[] = [];
  const lights = new Set<NodeAddress>();
  for (const [at, ack] of cert.acks.entries()) {
    if (at > 0 && cert.acks[at - 1]!.row >= ack.row) return 'rows-out-of-order';
    const batch = batchOf(ack.batch);
    if (batch === undefined) return 'unknown-batch';
    const fault = ackFault(manifest, ack, batch, epoch, plant);
    if (fault !== undefined) return fault;
    const holder = batch.head.signer;
    if (isLightRow(manifest, ack.row) && lights.size === lights.add(holder).size) {
      return 'light-twice';
    }
    held.push({ row: ack.row, holder });
  }
  return ruleFault(manifest, cover.header.core.from, held, plant);
}

const isAbout = ({ txId, manifestHash }: AckCert, manifest: Manifest): boolean =>
  same(txId, manifest.txId) && same(manifestHash, manifestHashOf(manifest));

/** A batch in tables. */
export const batchId = oncePer((batch: Batch): string => hex(batchDigest(batch)));

/** Batches whose signatures this process has verified; the least recently used leave. */
export interface VerifiedBatches {
  readonly has: (id: string) => boolean;
  readonly add: (id: string) => void;
}

export function verifiedBatches(most: number): VerifiedBatches {
  const known: Lru<string, true> = lru(most);
  return { has: (id) => known.get(id) === true, add: (id) => known.put(id, true) };
}

/** The different batches that a certificate refers to: `batchOf` knows all of them. */
export function batchesOf({ acks }: AckCert, batchOf: BatchOf): readonly Batch[] {
  const batches = new Map(acks.map(({ batch }) => [hex(batch), batchOf(batch)]));
  return [...batches.values()].filter((batch) => batch !== undefined);
}

/**
 * What remains to be verified of ack batches, as input of the job `batch.verify`; `undefined` when the
 * key of one of their signers is not known.
 */
export function verifyJobs(
  network: Uint8Array,
  batches: readonly Batch[],
  keyOf: KeyOf,
): readonly VerifyJob[] | undefined {
  const jobs: VerifyJob[] = [];
  for (const batch of batches) {
    const key = keyOf(batch.head.signer);
    if (key === undefined) return undefined;
    jobs.push(batchVerifyJob('ack', network, batch, key));
  }
  return jobs;
}
