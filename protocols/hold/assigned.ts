/**
 * Whether a piece is this node's to hold: what hashing shows, before any signature is looked at.
 *
 *   order --(path)--> batch, of a delegate of the genesis, of this epoch, of now
 *     '-- assignments --(path)--> this row (or, for a spare, any light's), this node, until then
 *
 * A holder knows no list of nodes and recomputes no placement: it trusts the delegates' signature, and
 * delegates check each other. A piece that nobody ordered for it is never stored, whoever sends it.
 */
import { isIncluded } from '#algorithms/merkle/tree.ts';
import { isAhead } from '../ahead.ts';
import { FIRST_EPOCH, type Genesis } from '../genesis.ts';
import { ANY_LIGHT_ROW, assignmentLeaf, isInBatch, orderLeaf, type Batch } from '../holding.ts';
import type { HoldReason, SealedPiece } from '../sending.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import type { VerifyingKey } from '../terms.ts';

/** By which key a batch of orders is verified; `undefined` when it is none that this city can have made. */
export function orderKey(
  { delegates }: Genesis,
  { head }: Batch,
  wall: number,
): VerifyingKey | undefined {
  if (head.epoch !== FIRST_EPOCH || isAhead(head.at, wall)) return undefined;
  return delegates.find(({ node }) => node === head.signer)?.signing;
}

export function pieceFault(
  node: NodeAddress,
  { head }: Batch,
  piece: SealedPiece,
  wall: number,
): HoldReason | undefined {
  const { order, leaf, path, row, until } = piece;
  if (row >= order.rows || !isInBatch(head, leaf, orderLeaf(order), path)) return 'malformed';
  if (!isAssigned(node, piece)) return 'not-assigned';
  return until <= wall ? 'expired' : undefined;
}

/** First in the tree of assignments stand the rows, then the spares. */
function isAssigned(node: NodeAddress, piece: SealedPiece): boolean {
  const { order, row, assignment, assignmentPath, until } = piece;
  const isSpare = assignment >= order.rows;
  // A row's own assignment names the row, so at another place there is another.
  const leaf = assignmentLeaf({ row: isSpare ? ANY_LIGHT_ROW : row, holder: node, until });
  const head = { root: order.assignments, count: order.assigned };
  return isIncluded(head, assignment, leaf, assignmentPath);
}
