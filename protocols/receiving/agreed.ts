/**
 * Agreed: what became of a transaction since it was ordered, by the word of other ledgers.
 *
 *   shown, by ledger --(same state, end and fate)--> by more than a third of the stake: one of them is honest
 *
 * That it was ordered each of them proves. What acts made of it since (who holds its rows now, whether it was erased,
 * or shown to be a lie) no proof says; so nobody's word alone is handed on. Where no more can be heard, what is proved is handed
 * on, and whom else one may ask: a piece is the manifest's, or it is not.
 */
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import { hex } from '#lib/bytes.ts';
import { optional, record, toBytes } from '../codec.ts';
import { Fate, SOUND, type Place } from '../fate.ts';
import { hasHonest, stakeOf, type Genesis } from '../genesis.ts';
import type { Told } from '../ledger.messages.ts';
import { heldUntil, type Manifest } from '../manifest.ts';
import { ShownState } from '../sending.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import { unixMs } from '../terms.ts';

const Became = record({ state: ShownState, expiresAt: optional(unixMs), fate: Fate });

export function agreed(
  genesis: Pick<Genesis, 'delegates'>,
  shown: ReadonlyMap<NodeAddress, Told>,
): Told | undefined {
  const stakes = new Map(genesis.delegates.map(({ node, stake }) => [node, stake]));
  const alike = Map.groupBy(shown, ([, told]) => hex(toBytes(Became, told)));
  for (const group of alike.values()) {
    const stake = group.reduce((sum, [node]) => sum + (stakes.get(node) ?? 0n), 0n);
    if (hasHonest(stake, stakeOf(genesis))) return group[0]![1];
  }
  return undefined;
}

/** What each of them proves, without what only some say became of it; nothing where nobody proves anything. */
export function ordered(shown: ReadonlyMap<NodeAddress, Told>): Told | undefined {
  const all = [...shown.values()];
  const [first] = all;
  if (first?.manifest === undefined) return undefined;
  const { length: rows } = first.manifest.placement.holders;
  const moved = all.flatMap(({ fate }) => oncePerRow(fate.places, rows));
  const drawn = drawnBeside(first.manifest, moved);
  const once = new Map(
    [...drawn, ...moved].map((place) => [`${place.row} ${place.holder}`, place]),
  );
  // With those of whom nobody says anything they are no more than can be asked (locate.ts).
  const most = PIECES_MAX - rows + drawn.length;
  const fate = { ...SOUND, places: [...once.values()].slice(0, most) };
  return { ...first, state: 'COMMITTED', cause: undefined, expiresAt: undefined, fate };
}

/** One holder of each row there is, as ledgers have it: a lie leaves room for what others say. */
const oncePerRow = (places: readonly Place[], rows: number): Place[] =>
  [...new Map(places.map((place) => [place.row, place])).values()].filter(({ row }) => row < rows);

/** Who was drawn for rows that somebody else is said to have. */
function drawnBeside(manifest: Manifest, moved: readonly Place[]): Place[] {
  const rows = new Set(moved.map(({ row }) => row));
  return manifest.placement.holders.flatMap((holder, row) =>
    rows.has(row) ? [{ row, holder, until: heldUntil(manifest, row) }] : [],
  );
}
