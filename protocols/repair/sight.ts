/**
 * Sight: what is known of each row of a transaction, from ledger, node list and holders; the tally to judge
 * by, and which rows a repair makes anew.
 *
 *   ledger       who has the row, until when, whether that was ever acknowledged
 *   node list    whether the holder is here, or since when it is not
 *   holder       shows the piece, or has it not: only of rows that somebody doubts
 *
 * Pure. The word of a holder counts before that of the ledger: what it cannot show is not there.
 */
import type { Manifest } from '../manifest.ts';
import { isLightRow, placedRows } from '../manifest.ts';
import type { Resolved } from '../policy.ts';
import { continentOf, type NodeAddress } from '../subjects.ts';
import { stateOf, type PieceState, type Sight, type Tally, type Wanted } from './judge.ts';

/** One row, and its holder. */
export interface SeenRow extends Sight {
  readonly holder: NodeAddress;
  readonly isOnline: boolean;
}

/**
 * Whether somebody has a row of which the order has no ack, when nobody asked him: if he was there while it was
 * sent to him. S4 reports what it could not place, and audits ask whoever is there for it.
 */
export const isTakenAsHeld = (of: {
  readonly isListed: boolean;
  readonly seenAt: number;
  readonly sentUntil: number;
}): boolean => of.isListed || of.seenAt > of.sentUntil;

type Terms = Pick<Manifest, 'terms'>;

export function tallyOf(manifest: Terms, rows: readonly SeenRow[], at: number): Tally {
  const anchors = new Map<string, number>();
  let [lights, online, anchorLeftMs] = [0, 0, Infinity];
  for (const [row, seen] of rows.entries()) {
    if (stateOf(seen, at) !== 'sound') continue;
    if (seen.isOnline) online++;
    if (isLightRow(manifest, row)) {
      lights++;
      continue;
    }
    const continent = continentOf(seen.holder);
    anchors.set(continent, (anchors.get(continent) ?? 0) + 1);
    anchorLeftMs = Math.min(anchorLeftMs, seen.until - at);
  }
  return { lights, anchors, online, anchorLeftMs };
}

export const statesOf = (rows: readonly SeenRow[], at: number): readonly PieceState[] =>
  rows.map((seen) => stateOf(seen, at));

/**
 * Rows that are to be held anew: those of lights that are not sound, and of anchors as many as each continent
 * that is there is short of. A sound row of its that others hold comes back to it last.
 */
export function rowsToRenew(
  manifest: Terms,
  rows: readonly SeenRow[],
  wanted: Wanted,
  present: ReadonlySet<string>,
  at: number,
): readonly number[] {
  const { terms } = manifest;
  const isSound = (row: number): boolean => stateOf(rows[row]!, at) === 'sound';
  const lights = rows.flatMap((_, row) => (row < terms.lights && !isSound(row) ? [row] : []));
  const anchors =
    wanted.continents.length === 0 ? [] : anchorsToRenew(terms, rows, present, isSound);
  const all = [...(wanted.lights > 0 ? lights : []), ...anchors];
  return all.filter((row) => row < placedRows(manifest)).toSorted((a, b) => a - b);
}

function anchorsToRenew(
  terms: Resolved,
  rows: readonly SeenRow[],
  present: ReadonlySet<string>,
  isSound: (row: number) => boolean,
): readonly number[] {
  if (terms.continents.every(({ continent }) => !present.has(continent))) return [];
  const groups = groupsOf(terms);
  const own = groups
    .filter(({ continent }) => present.has(continent))
    .flatMap(({ continent, of }) => {
      const isThere = (row: number): boolean =>
        isSound(row) && continentOf(rows[row]!.holder) === continent;
      const sound = rows.filter((_, row) => row >= terms.lights && isThere(row)).length;
      const lost = of.filter((row) => !isSound(row));
      const away = of.filter((row) => isSound(row) && !isThere(row));
      return [...lost, ...away].slice(0, Math.max(0, of.length - sound));
    });
  const held = rows.filter((_, row) => row >= terms.lights && isSound(row)).length;
  const gained = own.filter((row) => !isSound(row)).length;
  const all = groups.reduce((sum, { of }) => sum + of.length, 0);
  const dark = groups
    .filter(({ continent }) => !present.has(continent))
    .flatMap(({ of }) => of.filter((row) => !isSound(row)));
  return [...own, ...dark.slice(0, Math.max(0, all - held - gained))];
}

/** The anchor rows of each continent. */
function groupsOf({ lights, continents }: Resolved) {
  let from = lights;
  return continents.map(({ continent, pieces }) => {
    const of = Array.from({ length: pieces }, (_, i) => from + i);
    from += pieces;
    return { continent, of };
  });
}
