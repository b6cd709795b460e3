/**
 * What is said of a node and counts for its weight: how well it does in audits, and that it does not come back.
 *
 *   own audit  --score--> permille           weight in the next list
 *   own repair --gone---> nothing at all
 *
 * Who is said to be gone has no weight: it may be on the list while it still beats, but nobody draws it. So a repair does
 * not have to pass over it. Durable, since who says so says it once. Bounds: so many of each.
 */
import { lru, type Lru } from '#lib/lru.ts';
import { count, toBytes, whole } from '../codec.ts';
import { forget, put, type Write } from '../effect.ts';
import type { Parted, Score } from '../presence.messages.ts';
import { isNodeAddress, type NodeAddress } from '../subjects.ts';

const NODES_MAX = 65_536;
const SCORE = 'score/';
const GONE = 'gone/';
const ScoreKept = count(1_000);

export interface Scores {
  readonly audited: Lru<NodeAddress, number>;
  readonly gone: Set<NodeAddress>;
}

export function scoresOf(kept: ReadonlyMap<string, Uint8Array>): Scores {
  const scores: Scores = { audited: lru(NODES_MAX), gone: new Set() };
  for (const [key, value] of kept) {
    const node = key.slice(key.indexOf('/') + 1);
    if (!isNodeAddress(node)) continue;
    if (key.startsWith(SCORE)) scores.audited.put(node, whole(ScoreKept, value));
    if (key.startsWith(GONE)) scores.gone.add(node);
  }
  return scores;
}

/** In thousandths; nothing where nobody has audited it. */
export const scoreOf = ({ audited, gone }: Scores, node: NodeAddress): number | undefined =>
  gone.has(node) ? 0 : audited.get(node);

export function scored({ audited }: Scores, { node, permille }: Score): readonly Write[] {
  if (audited.get(node) === permille) return [];
  audited.put(node, permille);
  return [put(SCORE + node, toBytes(ScoreKept, permille))];
}

export function parted({ gone }: Scores, { node, isBack }: Parted): readonly Write[] {
  if (isBack) return gone.delete(node) ? [forget(GONE + node)] : [];
  if (gone.has(node) || gone.size >= NODES_MAX) return [];
  gone.add(node);
  return [put(GONE + node, new Uint8Array(0))];
}
