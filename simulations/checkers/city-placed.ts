/**
 * Once healed, is every row of what is committed on a platter: with the one that it was placed on, or a spare?
 *
 * Whoever sends rows, S4 of the delegate that drew, sends them until all are held; if it dies after the
 * certificate, what it had not placed is left to repair, and is not claimed here. Nor are as many rows of a
 * transaction as there are lights that lie, or whose disk was allowed to perish: each has one at most. A light that
 * was given another row of the transaction, by an earlier placement, takes no second one; once it has learned that the
 * one that it has is nobody's by the order it drops it, perhaps when the minute of S4 is over.
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { hex } from '#lib/bytes.ts';
import type { Json } from '#protocols/effect.ts';
import { isLightRow, placedRows, type Manifest } from '#protocols/manifest.ts';
import { HoldRefused } from '#protocols/sending.messages.ts';
import { nameOf, nodeOf, type NodeAddress } from '#protocols/subjects.ts';
import type { Applications, Sent } from '../city/applications.ts';
import { certifiedOf } from '../city/disks.ts';
import type { Town } from '../city/town.ts';
import type { Checker, World } from '../world.ts';
import type { OrderChecker } from './city-order.ts';
import { bodyOf, type PiecesChecker } from './city-pieces.ts';

/** What is over sooner than this is nobody's to place. */
const LONG_MS = 3_600_000;

export interface PlacedChecker extends Checker {
  /** Committed transactions with the rows that they lack. */
  readonly lacking: () => readonly string[];
}

export function placedChecker(
  world: World,
  town: Town,
  applications: Applications,
  pieces: PiecesChecker,
  order: OrderChecker,
): PlacedChecker {
  const certifiedAt = new Map<string, number>();
  /** When each delegate's S4 began its life. */
  const bornAt = new Map<NodeAddress, number>();
  const lossy = new Set([...town.liars, ...town.perishable]).size;
  const isLeft = (name: string, { placement }: Manifest): boolean =>
    bornAt.get(placement.prover)! > (certifiedAt.get(name) ?? -1);
  /** Lights that had another row of a transaction when they refused one. */
  const taken = new Set<string>();
  const isTaken = (manifest: Manifest, row: number): boolean => {
    if (!isLightRow(manifest, row)) return false;
    const { txId, placement } = manifest;
    const light = placement.holders[row]!;
    return taken.has(keyOf(light, txId)) || pieces.hasAny(light, txId);
  };
  const lackOf = (sent: Sent): readonly number[] => {
    if (!isLong(sent) || !order.isCommitted(sent.name)) return [];
    const manifest = certifiedOf(town, town.delegates[0]!, sent)!.manifest;
    if (isLeft(sent.name, manifest)) return [];
    const kept = pieces.rowsOf(manifest);
    const rows = Array.from({ length: placedRows(manifest) }, (_, row) => row);
    const missing = rows.filter((row) => !kept.has(row) && !isTaken(manifest, row));
    return missing.length <= lossy ? [] : missing;
  };
  return {
    sent: (envelope) => {
      const refused = bodyOf(envelope, HoldRefused);
      const light = nodeOf(envelope.from);
      if (refused !== undefined && pieces.hasAny(light, refused.txId))
        taken.add(keyOf(light, refused.txId));
    },
    spawned: (who) => {
      if (nameOf(who) === 'distribute') bornAt.set(nodeOf(who), world.timeline.now);
    },
    noted: (_, fact: Json) => {
      const { txId, state } = fact as { readonly txId?: string; readonly state?: string };
      if (txId !== undefined && state === 'POH_ACK') certifiedAt.set(txId, world.timeline.now);
    },
    lacking: () =>
      [...applications.sent.values()].flatMap((sent) => {
        const missing = lackOf(sent);
        return missing.length === 0 ? [] : [`${sent.name} lacks ${missing.join(' ')}`];
      }),
  };
}

const keyOf = (light: NodeAddress, txId: Uint8Array): string => `${light} ${hex(txId)}`;

function isLong({ tx }: Sent): boolean {
  const { expiresAt, createdAt } = tx.cover.header.core;
  return expiresAt - stampOf(createdAt).wallMs > LONG_MS;
}
