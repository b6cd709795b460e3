/**
 * Counting the acks of one transaction: by row, one holder each, a light for one row.
 *
 * Counts what S4 says that stands (signature and path), and looks itself at who may hold what. The same ack
 * again, another holder of the same row, another row of the same light: none of them counts.
 */
import { ruleFault, type HeldRow } from '../ack-rule.ts';
import { ackFault, batchId } from '../certificate.ts';
import { certDigest, type Ack, type AckCert, type Batch } from '../holding.ts';
import { isLightRow, manifestHashOf, placedRows, type Manifest } from '../manifest.ts';
import type { KeepingPlant } from '../self.ts';
import type { NodeAddress } from '../subjects.ts';
import type { Cover } from '../transaction.ts';

export interface Counted {
  readonly row: number;
  readonly holder: NodeAddress;
  readonly ack: Ack;
  readonly batch: Batch;
  readonly batchId: string;
}

export interface Count {
  readonly cover: Cover;
  readonly manifest: Manifest;
  readonly manifestHash: Uint8Array;
  readonly rows: Map<number, Counted>;
  readonly lights: Set<NodeAddress>;
  /** With the planted bug: acks that came again. */
  again: number;
}

export const countOf = (cover: Cover, manifest: Manifest): Count => ({
  cover,
  manifest,
  manifestHash: manifestHashOf(manifest),
  rows: new Map(),
  lights: new Set(),
  again: 0,
});

/** True when it is one more. */
export function countAck(
  count: Count,
  ack: Ack,
  batch: Batch,
  epoch: number,
  plant?: KeepingPlant,
): boolean {
  const { manifest, rows, lights } = count;
  const holder = batch.head.signer;
  if (ackFault(manifest, ack, batch, epoch, plant) !== undefined) return false;
  const isLight = isLightRow(manifest, ack.row);
  if (rows.has(ack.row) || (isLight && lights.has(holder))) {
    if (plant === 'duplicate-ack-counted') count.again++;
    return plant === 'duplicate-ack-counted';
  }
  rows.set(ack.row, { row: ack.row, holder, ack, batch, batchId: batchId(batch) });
  if (isLight) lights.add(holder);
  return true;
}

export const acksOf = ({ rows, again }: Count): number => rows.size + again;

/** Whether the rule of the manifest is met. */
export function isEnough(count: Count, plant?: KeepingPlant): boolean {
  const held: HeldRow[] = [...count.rows.values()];
  for (let i = 0; i < count.again; i++) held.push(held[0]!);
  const { from } = count.cover.header.core;
  return ruleFault(count.manifest, from, held, plant) === undefined;
}

/** All that has been counted, by ascending row: a certificate as soon as it is enough. */
export function certOf({ manifest, manifestHash, rows }: Count): AckCert {
  const counted = [...rows.values()].toSorted((a, b) => a.row - b.row);
  return { txId: manifest.txId, manifestHash, acks: counted.map(({ ack }) => ack) };
}

/** What there is so far, by name: the cause of a transition that rests on it. */
export const digestOf = (count: Count): Uint8Array => certDigest(certOf(count));

/** Every anchor row that was placed is held. */
export function isDurable({ manifest, rows }: Count): boolean {
  for (let row = manifest.terms.lights; row < placedRows(manifest); row++) {
    if (!rows.has(row)) return false;
  }
  return true;
}

export const isWhole = ({ manifest, rows }: Count): boolean => {
  for (let row = 0; row < placedRows(manifest); row++) if (!rows.has(row)) return false;
  return true;
};
