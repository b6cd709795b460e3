/**
 * Older lists: those that are not valid for placements any more, but that certificates still name.
 *
 *   valid --(newer ones come)--> older --(`PLACED_MS`, or too many)--> gone
 *
 * Whoever checks certificates, and whoever serves lists, keeps them so long: a delegate that was away gets from
 * another what it needs to judge a certificate as the others did. A list shares its members with the one after it,
 * so an older one costs four words a node.
 */
import { PLACED_MS } from '../eligibility.ts';
import type { Roll } from './roll.ts';

const OLDER_MAX = 64;
/** Of all older lists together: 32 MB of words. */
const OLDER_NODES_MAX = 1_000_000;

/** The older lists, the newest first, with those that have just become so. */
export function withOlder(older: readonly Roll[], news: readonly Roll[], newest: Roll): Roll[] {
  const all = [...older, ...news].toSorted((a, b) => b.list.head.number - a.list.head.number);
  const kept: Roll[] = [];
  let nodes = 0;
  for (const roll of all) {
    const { at, count } = roll.list.head;
    nodes += count;
    if (kept.length === OLDER_MAX || nodes > OLDER_NODES_MAX) break;
    if (at + PLACED_MS > newest.list.head.at) kept.push(roll);
  }
  return kept;
}
