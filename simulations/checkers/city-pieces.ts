/**
 * Is what people are told is kept really on disks? Nothing but platters and what was said is believed.
 *
 * - An ack leaves an honest holder only when the piece is on its platter.
 * - A certificate that is offered to ledgers stands: enough rows, each acknowledged by one who may have it; and
 *   its holders are those that one of its provers drew, from a list, by a proof that stands.
 * - Whatever anybody is told is POH_ACK or COMMITTED has k pieces on platters at every look, and they make
 *   what its sender sent.
 */
import { decode } from '#algorithms/erasure/code.ts';
import { pieceHash } from '#algorithms/erasure/shards.ts';
import { nameText } from '#algorithms/identity.ts';
import { outputOf } from '#algorithms/vrf.ts';
import { HASH_BYTES } from '#algorithms/hash/hash.ts';
import { hex, same } from '#lib/bytes.ts';
import { whole, type Codec } from '#protocols/codec.ts';
import type { HolderRole } from '#protocols/eligibility.ts';
import type { Envelope } from '#protocols/envelope.ts';
import { pieceKey, readHeld } from '#protocols/hold/held-piece.ts';
import { ackLeafOf, batchDigest, isInBatch, type Batch } from '#protocols/holding.ts';
import { isLightRow, manifestHashOf, shapeOfManifest, type Manifest } from '#protocols/manifest.ts';
import { checkJobOf, placementFault } from '#protocols/placement.ts';
import { listOf, type Replica } from '#protocols/presence/replica.ts';
import { provers } from '#protocols/provers.ts';
import { HoldAcks, Offer, type Certified } from '#protocols/sending.messages.ts';
import { address, nodeOf, type NodeAddress } from '#protocols/subjects.ts';
import { EPOCH_MS } from '../clock.ts';
import type { Applications } from '../city/applications.ts';
import type { Town } from '../city/town.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { durablePieces } from '../durable-pieces.ts';
import type { Life } from '../machine.ts';
import type { Checker, World } from '../world.ts';

/** Longer than any jump of a clock. */
const CLOCKS_APART_MS = 4_000_000;
/** Within so long a certificate is offered to other ledgers, where we learn what it is about. */
const OFFERED_MS = 1_000;

type Platter = ReadonlyMap<string, Uint8Array>;

export interface PiecesChecker extends Checker {
  /** Somebody was told that it is kept. */
  readonly promised: (name: string) => void;
  /** Rows on platters now, each with whoever has it intact. */
  readonly rowsOf: (manifest: Manifest) => ReadonlyMap<number, Kept>;
  /** The piece that somebody has on its platter now, if it has that row. */
  readonly pieceAt: (node: NodeAddress, txId: Uint8Array, row: number) => Uint8Array | undefined;
  /** Whether a light has any row of a transaction: it takes no other. */
  readonly hasAny: (light: NodeAddress, txId: Uint8Array) => boolean;
}

export interface Kept {
  readonly piece: Uint8Array;
  readonly by: NodeAddress;
}

export function piecesChecker(world: World, town: Town, applications: Applications): PiecesChecker {
  const manifests = new Map<string, Map<string, Manifest>>();
  const batches = new Map<string, Batch>();
  /** Since when. */
  const promised = new Map<string, number>();
  const decoded = new Set<string>();
  let platters = new Map<NodeAddress, Platter>();
  let readAt = -1;
  const platterOf = (node: NodeAddress): Platter => {
    if (readAt !== world.timeline.now) [platters, readAt] = [new Map(), world.timeline.now];
    let platter = platters.get(node);
    if (platter === undefined) {
      const disk = town.machineOf.get(node)!.pieces.of(node);
      platters.set(node, (platter = disk === undefined ? new Map() : durablePieces(disk)));
    }
    return platter;
  };
  const pieceAt = (node: NodeAddress, txId: Uint8Array, row: number): Uint8Array | undefined => {
    const value = platterOf(node).get(pieceKey(town.roleOf.get(node) as HolderRole, txId, row));
    const held = value === undefined ? undefined : readHeld(value);
    return held?.row === row ? held.piece : undefined;
  };
  const acked = (node: NodeAddress, { acks }: Pick<HoldAcks, 'acks'>): void => {
    for (const { txId, row } of acks) {
      const isThere = pieceAt(node, txId, row) !== undefined;
      world.claim(
        isThere,
        () => `${node} acknowledges row ${row} of ${nameText(txId)} when it is durable`,
      );
    }
  };
  const offered = (
    { certified, batches: sent }: Omit<Offer, 'kind'>,
    node: NodeAddress,
    life: Life,
  ): void => {
    for (const batch of sent) batches.set(hex(batchDigest(batch)), batch);
    for (const each of certified) {
      const name = nameText(each.manifest.txId);
      const known = manifests.get(name) ?? new Map<string, Manifest>();
      manifests.set(name, known.set(hex(manifestHashOf(each.manifest)), each.manifest));
      const fault = faultOf(each, batches);
      world.claim(fault === undefined, () => `the certificate of ${name} stands: ${fault}`);
      const choice = choiceFault(town.genesis, each, node, life);
      world.claim(choice === undefined, () => `nobody chose the holders of ${name}: ${choice}`);
    }
  };
  const rowsOf = (manifest: Manifest): ReadonlyMap<number, Kept> => {
    const { holders, spares } = manifest.placement;
    const pieces = new Map<number, Kept>();
    for (const [row, holder] of holders.entries()) {
      const may = isLightRow(manifest, row) ? [holder, ...spares] : [holder];
      const hash = manifest.pieceHashes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES);
      for (const node of may) {
        const piece = pieceAt(node, manifest.txId, row);
        if (piece !== undefined && same(pieceHash(piece), hash))
          pieces.set(row, { piece, by: node });
      }
    }
    return pieces;
  };
  const best = (name: string) => {
    const all = [...(manifests.get(name)?.values() ?? [])];
    const counted = all.map((manifest) => ({ manifest, pieces: rowsOf(manifest) }));
    return counted.toSorted((a, b) => b.pieces.size - a.pieces.size)[0];
  };
  /** What is over on some clock may be gone. */
  const isOver = (name: string): boolean => {
    const { expiresAt } = applications.sent.get(name)!.tx.cover.header.core;
    return expiresAt < EPOCH_MS + world.nowMs + CLOCKS_APART_MS;
  };
  const lookAt = (name: string, since: number): void => {
    if (isOver(name)) return void promised.delete(name);
    const found = best(name);
    if (found === undefined && world.nowMs < since + OFFERED_MS) return;
    const k = found?.manifest.terms.k ?? 0;
    const count = found?.pieces.size ?? 0;
    world.claim(
      found !== undefined && count >= k,
      () => `${name} is kept: ${count} of ${k} pieces`,
    );
    if (found === undefined || count < k || decoded.has(name)) return;
    decoded.add(name);
    const pieces = Array.from(found.pieces, ([index, { piece }]) => ({
      index,
      bytes: piece,
    })).slice(0, k);
    const body = decode(shapeOfManifest(found.manifest), pieces);
    const { tx } = applications.sent.get(name)!;
    world.claim(body.ok && same(body.value, tx.body), () => `${name} is what its sender sent`);
  };
  return {
    promised: (name) => {
      if (!promised.has(name)) promised.set(name, world.nowMs);
    },
    rowsOf,
    pieceAt,
    hasAny: (light, txId) => platterOf(light).has(pieceKey('light', txId, 0)),
    sent: (envelope, life) => {
      const node = nodeOf(envelope.from);
      const acks = bodyOf(envelope, HoldAcks);
      if (acks !== undefined && !town.liars.has(node) && !town.perishable.has(node))
        acked(node, acks);
      const offer = bodyOf(envelope, Offer);
      if (offer !== undefined) offered(offer, node, life);
    },
    look: () => {
      for (const [name, since] of promised) lookAt(name, since);
    },
  };
}

/** Who drew, from what, and whether that is what came of it, by the lists of whoever offers it. */
function choiceFault(
  genesis: Genesis,
  { cover, manifest }: Certified,
  by: NodeAddress,
  { system }: Life,
): string | undefined {
  const { placement, terms, txId } = manifest;
  const prover = provers(genesis, txId).find(({ node }) => node === placement.prover);
  if (prover === undefined) return `${placement.prover} may not draw`;
  const output = outputOf(checkJobOf(genesis.network, txId, placement, prover));
  if (output === undefined) return 'nobody drew this';
  const select = system.stateOf(address(by, 'select'));
  const { copy } = (select ?? {}) as { readonly copy?: Replica };
  const list = copy && listOf(copy, placement.list);
  if (list === undefined) return undefined;
  return placementFault({ list, terms, from: cover.header.core.from, output }, placement);
}

/** The message of an envelope, if it is of a kind. */
export function bodyOf<T>(
  envelope: Envelope,
  of: { readonly kind: string; readonly body: Codec<T> },
): T | undefined {
  const isIt = 'kind' in envelope && envelope.kind === of.kind;
  return isIt ? whole(of.body, envelope.body) : undefined;
}

/** As anybody would look at a certificate who trusts neither its maker nor its code. */
function faultOf(
  { manifest, cert }: Certified,
  batches: ReadonlyMap<string, Batch>,
): string | undefined {
  const { holders, spares } = manifest.placement;
  const { k, ackNeeded } = manifest.terms;
  const rows = new Set<number>();
  const lights = new Set<NodeAddress>();
  for (const { row, batch: digest, leaf, path } of cert.acks) {
    const batch = batches.get(hex(digest));
    // It was offered to somebody else, whom we did not hear.
    if (batch === undefined) continue;
    const { signer } = batch.head;
    const isLight = isLightRow(manifest, row);
    if (holders[row] !== signer && !(isLight && spares.includes(signer)))
      return `${signer} may not have row ${row}`;
    if (isLight && lights.size === lights.add(signer).size) return `${signer} counts twice`;
    if (!isInBatch(batch.head, leaf, ackLeafOf(manifest, row), path))
      return `${signer} did not say row ${row}`;
    rows.add(row);
  }
  for (const { row } of cert.acks) rows.add(row);
  return rows.size < Math.max(k, ackNeeded) ? `${rows.size} rows of ${ackNeeded}` : undefined;
}
