/**
 * Which delegate draws the placement of a transaction: rendezvous over the delegates, for its id. So no
 * client chooses its prover; the next in rank draws when the one before is silent.
 */
import { rank } from '#algorithms/rendezvous/core.ts';
import { nodeTable, type NodeTable } from '#algorithms/rendezvous/scoring.ts';
import { utf8 } from '#lib/bytes.ts';
import type { Delegate, Genesis } from './genesis.ts';

const TABLES = new WeakMap<Genesis, NodeTable>();

function tableOf(genesis: Genesis): NodeTable {
  const known = TABLES.get(genesis);
  if (known !== undefined) return known;
  const table = nodeTable(genesis.delegates.map(({ node }) => utf8(node)));
  TABLES.set(genesis, table);
  return table;
}

/** All delegates, in the order in which they are to draw for this transaction. */
export function provers(genesis: Genesis, txId: Uint8Array): Delegate[] {
  return Array.from(rank(tableOf(genesis), txId), (i) => genesis.delegates[i]!);
}
