/**
 * Who is responsible for a key: the answer to `select.rank`, and how many of them a node gives.
 *
 * Scoring takes time in proportion to the nodes, and anyone may ask. So each answer is paid for from an
 * allowance of nodes, which fills again with time: beyond it the answer is `busy`, and transactions are
 * not held up.
 */
import { orderByScore } from '#algorithms/rendezvous/core.ts';
import { best } from '#algorithms/rendezvous/order.ts';
import {
  nodeTable,
  SCORE_BYTES,
  scoresOf,
  type NodeTable,
} from '#algorithms/rendezvous/scoring.ts';
import { orderByWeight, weightsOf, type Weights } from '#algorithms/rendezvous/weighted.ts';
import { utf8 } from '#lib/bytes.ts';
import type { EligibleList } from './eligibility.ts';
import { Ranked, RankRefused, type RankNodes } from './select.messages.ts';

/** A fifth of a core at most; and so much at once. */
const NODES_A_MS = 1_000;
const NODES_MAX = 200_000;
/** What an answer costs besides its nodes. */
const NODES_AT_LEAST = 100;

export interface Allowance {
  nodes: number;
  at: number;
}

export const allowance = (at: number): Allowance => ({ nodes: NODES_MAX, at });

function isAllowed(own: Allowance, nodes: number, now: number): boolean {
  own.nodes = Math.min(NODES_MAX, own.nodes + Math.max(0, now - own.at) * NODES_A_MS);
  own.at = now;
  const cost = Math.max(NODES_AT_LEAST, nodes);
  // A list that is larger than the allowance is ranked when all of it is there.
  if (own.nodes < Math.min(cost, NODES_MAX)) return false;
  own.nodes -= cost;
  return true;
}

interface Rankable {
  readonly names: readonly string[];
  readonly table: NodeTable;
  readonly weights: Weights;
}

/** Answers a request; `list` is the one in force. */
export function answerRank(
  asked: RankNodes,
  list: EligibleList | undefined,
  own: Allowance,
  now: number,
): Ranked | RankRefused {
  const { among } = asked;
  if (among === undefined && list === undefined) return RankRefused.of({ reason: 'no-list' });
  const nodes = among?.length ?? list!.nodes.length;
  if (!isAllowed(own, nodes, now)) return RankRefused.of({ reason: 'busy' });
  if (among === undefined) return ranked(asked, rankableOf(list!), list!.digest);
  if (new Set(among.map(({ node }) => node)).size < among.length)
    return RankRefused.of({ reason: 'named-twice' });
  return ranked(asked, rankable(among), undefined);
}

const known = new WeakMap<EligibleList, Rankable>();

function rankableOf(list: EligibleList): Rankable {
  const found = known.get(list) ?? rankable(list.nodes);
  known.set(list, found);
  return found;
}

function rankable(nodes: readonly { readonly node: string; readonly weight: number }[]): Rankable {
  const names = nodes.map(({ node }) => node);
  const table = nodeTable(names.map(utf8));
  const weights = weightsOf(
    table,
    nodes.map(({ weight }) => weight),
  );
  return { names, table, weights };
}

function ranked(
  { key, count, by }: RankNodes,
  { names, table, weights }: Rankable,
  list: Uint8Array | undefined,
): Ranked {
  const scores = scoresOf(table, key);
  const order =
    by === 'weight' ? orderByWeight(table, weights, scores) : orderByScore(table, scores);
  const nodes = Array.from(best(order, count), (i) => ({
    node: names[i]!,
    score: scores.slice(i * SCORE_BYTES, (i + 1) * SCORE_BYTES),
    weight: weights[i]!,
  }));
  return Ranked.of({ list, nodes });
}
