/**
 * The manifest: how a transaction is kept, by whom, and by which rules.
 *
 *   rows        the body coded k of n, and a few rows more for escalation; each row is one piece
 *               0 ... lights-1 | anchor pieces, by continent | rows for escalation, anchors as well
 *   placement   who holds which row: drawn by rendezvous under a key that a delegate's VRF gives for this
 *               transaction and a frozen list, so that neither client nor delegate chose it
 *   spares      lights next in rank: one may take the row of a light that does not answer
 *   terms       the numbers of the policy in force when it was made
 *
 * Rows for escalation are coded and committed to from the beginning, but sent only when acks are short;
 * so a manifest never changes, and its hash is one. It is a claim until certificate and placement were
 * checked. From the hashes of the pieces follows their root; a holder keeps the manifest's hash, its piece
 * and its path.
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { HASH_BYTES, domain, hash } from '#algorithms/hash/hash.ts';
import { PIECES_MAX, shapeOf, type Shape } from '#algorithms/erasure/code.ts';
import { treeOf, type Tree } from '#algorithms/merkle/tree.ts';
import { oncePer } from '#lib/once.ts';
import { bytes, count, list, lookedAtOnce, record, toBytes, type Infer } from './codec.ts';
import { piecesOf, Resolved } from './policy.ts';
import type { NodeAddress } from './subjects.ts';
import { digest, nodeName, unixMs } from './terms.ts';
import { BODY_BYTES_MAX, type Core } from './transaction.ts';

export const SPARES_MAX = 64;
const VRF_PROOF_BYTES = 80;

export const Placement = record({
  /** The frozen list (eligibility.ts) that it was drawn from. */
  list: digest,
  /** The delegate that drew, and the proof that its draw was this one. */
  prover: nodeName,
  proof: bytes(VRF_PROOF_BYTES),
  /** By row; rows for escalation included. */
  holders: list(nodeName, PIECES_MAX),
  spares: list(nodeName, SPARES_MAX),
});
export type Placement = Infer<typeof Placement>;

/** It goes through all layers of a delegate: each of them would look at its names again. */
export const Manifest = lookedAtOnce(
  record({
    version: count(1),
    txId: digest,
    payloadBytes: count(BODY_BYTES_MAX),
    /** The hashes of all rows, one after another. */
    pieceHashes: bytes(HASH_BYTES, PIECES_MAX * HASH_BYTES),
    placement: Placement,
    terms: Resolved,
    /** Until when a light, an anchor promises to hold its pieces. */
    lightUntil: unixMs,
    anchorUntil: unixMs,
  }),
);
export type Manifest = Infer<typeof Manifest>;

const MANIFEST = domain('manifest');

export const manifestHashOf = oncePer((manifest: Manifest): Uint8Array =>
  hash(MANIFEST, toBytes(Manifest, manifest)),
);

export const shapeOfManifest = ({ payloadBytes, terms }: Manifest): Shape =>
  shapeOf(terms.k, payloadBytes, terms.stripeBytes);

export const pieceTreeOf = oncePer(({ pieceHashes }: Pick<Manifest, 'pieceHashes'>): Tree =>
  treeOf(pieceHashes),
);

export const rowsOf = ({ pieceHashes }: Pick<Manifest, 'pieceHashes'>): number =>
  pieceHashes.length / HASH_BYTES;

/** Rows that are sent at once; those from here on are for escalation. */
export const placedRows = ({ terms }: Pick<Manifest, 'terms'>): number => piecesOf(terms);

export const isLightRow = ({ terms }: Pick<Manifest, 'terms'>, row: number): boolean =>
  row < terms.lights;

/**
 * Until when a transaction is held: as long as the terms say from its making on, never beyond its own
 * end. Anchors hold it to its end where the terms name no time.
 */
export function heldTimes(
  { createdAt, expiresAt }: Pick<Core, 'createdAt' | 'expiresAt'>,
  { lightTtlMs, anchorTtlMs }: Pick<Resolved, 'lightTtlMs' | 'anchorTtlMs'>,
): Pick<Manifest, 'lightUntil' | 'anchorUntil'> {
  const { wallMs } = stampOf(createdAt);
  const lightUntil = Math.min(wallMs + lightTtlMs, expiresAt);
  const anchorUntil = anchorTtlMs === 0 ? expiresAt : Math.min(wallMs + anchorTtlMs, expiresAt);
  return { lightUntil, anchorUntil };
}

/** Until when whoever has this row promises to hold it. */
export const heldUntil = (
  manifest: Pick<Manifest, 'terms' | 'lightUntil' | 'anchorUntil'>,
  row: number,
): number => (isLightRow(manifest, row) ? manifest.lightUntil : manifest.anchorUntil);

/** Whether a node may have a row: as it was placed, or a spare instead of a light. */
export const mayHold = (
  manifest: Pick<Manifest, 'terms' | 'placement'>,
  row: number,
  node: NodeAddress,
): boolean =>
  manifest.placement.holders[row] === node ||
  (isLightRow(manifest, row) && manifest.placement.spares.includes(node));

/** What a manifest says of itself that cannot be true. What it says of others is checked elsewhere. */
export type ManifestFault = 'no-code' | 'other-rows';

export function manifestFault(manifest: Manifest): ManifestFault | undefined {
  const { pieceHashes, placement, terms, payloadBytes } = manifest;
  const { k, stripeBytes } = terms;
  const rows = rowsOf(manifest);
  if (k < 1 || stripeBytes < k || payloadBytes < 1 || !Number.isInteger(rows)) return 'no-code';
  const wanted = placedRows(manifest) + terms.escalatePieces;
  const fits = rows === wanted && placement.holders.length === rows && rows >= k;
  return fits && pieceHashes.length > 0 ? undefined : 'other-rows';
}
