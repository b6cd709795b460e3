/**
 * Crowd: who has brought how many of the transactions that are to be looked at, so that nobody fills the table.
 *
 *   acts of the order, the own audit and S4    whatever there is room for
 *   another delegate                           an eighth of the table each
 *   holders                                    few each, a quarter of the table together
 *
 * Pure counts. What was kept over a restart nobody has brought.
 */
import type { NodeAddress } from '../subjects.ts';

export interface Bringer {
  readonly node: NodeAddress;
  readonly as: 'delegate' | 'holder';
}

export interface Crowd {
  readonly most: number;
  readonly by: Map<NodeAddress, number>;
  holders: number;
}

/** Of one holder, as many as it may name in one message. */
const OF_HOLDER_MAX = 64;
const PART_OF_DELEGATE = 8;
const PART_OF_HOLDERS = 4;

export const emptyCrowd = (most: number): Crowd => ({ most, by: new Map(), holders: 0 });

export function mayBring({ most, by, holders }: Crowd, { node, as }: Bringer): boolean {
  const own = by.get(node) ?? 0;
  if (as === 'delegate') return own < most / PART_OF_DELEGATE;
  return own < OF_HOLDER_MAX && holders < most / PART_OF_HOLDERS;
}

export function count(crowd: Crowd, { node, as }: Bringer, change: 1 | -1): void {
  const own = (crowd.by.get(node) ?? 0) + change;
  if (own === 0) crowd.by.delete(node);
  else crowd.by.set(node, own);
  if (as === 'holder') crowd.holders += change;
}
