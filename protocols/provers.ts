/**
 * Which delegate draws the placement of a transaction: rendezvous over the delegates, for its id. So no
 * client chooses its prover; the next in rank draws when the one before is silent.
 */
import { rank } from '#algorithms/rendezvous/core.ts';
import { nodeTable, type NodeTable } from '#algorithms/rendezvous/scoring.ts';
import { utf8 } from '#lib/bytes.ts';
import { stakeOf, type Delegate, type Genesis } from './genesis.ts';
import type { NodeAddress } from './subjects.ts';

const TABLES = new WeakMap<Genesis, NodeTable>();

function tableOf(genesis: Genesis): NodeTable {
  const known = TABLES.get(genesis);
  if (known !== undefined) return known;
  const table = nodeTable(genesis.delegates.map(({ node }) => utf8(node)));
  TABLES.set(genesis, table);
  return table;
}

/**
 * The delegates that may draw for this transaction, in the order in which they are to. As many as have a
 * third of the stake, so that one of them is alive and honest while the city is; no more, because each
 * would draw another placement, and a client could wait for the one that it likes.
 */
export function provers(genesis: Genesis, txId: Uint8Array): Delegate[] {
  const whole = stakeOf(genesis);
  const ranked: Delegate[] = [];
  let stake = 0n;
  for (const i of rank(tableOf(genesis), txId)) {
    if (stake * 3n >= whole) break;
    const delegate = genesis.delegates[i]!;
    stake += delegate.stake;
    ranked.push(delegate);
  }
  return ranked;
}

export const mayProve = (genesis: Genesis, txId: Uint8Array, node: NodeAddress): boolean =>
  provers(genesis, txId).some((delegate) => delegate.node === node);

/** All delegates, as they stand in rank for a transaction: who is to repair it, the first that is there. */
export const rankedDelegates = (genesis: Genesis, txId: Uint8Array): Delegate[] =>
  Array.from(rank(tableOf(genesis), txId), (i) => genesis.delegates[i]!);
