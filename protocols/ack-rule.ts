/**
 * The ack rule: when enough holders have said that they hold a transaction.
 *
 *   acks       so many rows, each by one holder; a light counts for one row
 *   local      of the anchor pieces placed on the sender's continent, such a share: rows for escalation
 *              that are held there count as well
 *   anchors    so many different anchors among them
 *
 * The numbers are those of the manifest. Whoever counts (S5) and whoever checks (a ledger, anyone
 * offline) asks this one function; so a certificate that one makes is one that the others take.
 */
import type { Manifest } from './manifest.ts';
import { isLightRow, placedRows } from './manifest.ts';
import type { KeepingPlant } from './self.ts';
import type { NodeAddress, Place } from './subjects.ts';

/** A row, and who has acknowledged it. */
export interface HeldRow {
  readonly row: number;
  readonly holder: NodeAddress;
}

export type RuleFault = 'too-few' | 'few-local' | 'few-anchors';

type Terms = Pick<Manifest, 'terms'>;

/** The first word of a place or a node. */
export const continentOf = (at: Place | NodeAddress): string => at.slice(0, at.indexOf('.'));

/** The anchor rows of a continent, from and up to; both the same where there are none. */
function rowsOn({ terms }: Terms, continent: string): readonly [from: number, to: number] {
  let from = terms.lights;
  for (const { continent: on, pieces } of terms.continents) {
    if (on === continent) return [from, from + pieces];
    from += pieces;
  }
  return [from, from];
}

const isLocalAnchor = (manifest: Terms, continent: string, { row, holder }: HeldRow): boolean => {
  const [from, to] = rowsOn(manifest, continent);
  if (row < placedRows(manifest)) return row >= from && row < to;
  return continentOf(holder) === continent;
};

/**
 * What is still missing; `undefined` when nothing is. Each row is there at most once, and each light.
 */
export function ruleFault(
  manifest: Terms,
  sender: Place,
  held: readonly HeldRow[],
  plant?: KeepingPlant,
): RuleFault | undefined {
  const { ackNeeded, ackLocalPermille, ackAnchors, k } = manifest.terms;
  if (plant === 'commit-below-k') return held.length < k - 1 ? 'too-few' : undefined;
  // However little a policy asks for, what nobody could bring back is not held.
  if (held.length < Math.max(ackNeeded, k)) return 'too-few';
  const continent = continentOf(sender);
  const [from, to] = rowsOn(manifest, continent);
  const local = held.filter((each) => isLocalAnchor(manifest, continent, each)).length;
  if (local * 1_000 < ackLocalPermille * (to - from)) return 'few-local';
  const anchors = held.filter(({ row }) => !isLightRow(manifest, row));
  const different = new Set(anchors.map(({ holder }) => holder)).size;
  return different < ackAnchors ? 'few-anchors' : undefined;
}
