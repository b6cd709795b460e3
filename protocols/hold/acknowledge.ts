/**
 * Acknowledging: the leaf of a piece that is durable goes into a batch, and the signed batch with the
 * leaf's path to whoever waits for it. What was signed of late is told again as it was.
 */
import { pieceHash } from '#algorithms/erasure/shards.ts';
import { ackLeaf } from '#algorithms/identity.ts';
import { pathOf } from '#algorithms/merkle/tree.ts';
import { hex } from '#lib/bytes.ts';
import { collect, type Signed } from '../batching.ts';
import { NOTHING, send, type Effect, type Moment } from '../effect.ts';
import { HoldAcks } from '../sending.messages.ts';
import type { Address } from '../subjects.ts';
import type { AckItem, Holding, Take } from './state.ts';

type Did = readonly Effect<HoldAcks>[];

export function acknowledge(holding: Holding, take: Take, at: Moment): Did {
  const { sealed, order, held, from } = take;
  const { epoch } = order.head;
  const { row, until } = sealed;
  const { txId } = sealed.order;
  const leaf = ackLeaf(txId, row, pieceHash(held!.piece), until);
  const leafKey = `${epoch} ${hex(leaf)}`;
  const known = holding.signed.get(leafKey);
  if (known !== undefined) {
    const { batch, leaf: place, path } = known;
    return [send(from, HoldAcks.of({ batch, acks: [{ txId, row, leaf: place, path }] }))];
  }
  const waiting = holding.awaiting.get(leafKey);
  if (waiting !== undefined) return wait(waiting, from);
  const did = collect(holding.acks, epoch, leaf, { txId, row, leafKey }, at);
  // Too many wait for the signer: whoever sent it sends it again.
  if (did === undefined) return NOTHING;
  holding.awaiting.set(leafKey, new Set([from]));
  return did;
}

function wait(waiting: Set<Address>, from: Address): Did {
  waiting.add(from);
  return NOTHING;
}

/** A batch is signed: each of those who wait gets it once, with the paths that are theirs. */
export function tell(holding: Holding, { batch, tree, items }: Signed<AckItem>): Did {
  const told = new Map<Address, HoldAcks['acks'][number][]>();
  for (const [leaf, { txId, row, leafKey }] of items.entries()) {
    const path = pathOf(tree, leaf);
    holding.signed.put(leafKey, { batch, leaf, path });
    for (const who of holding.awaiting.get(leafKey) ?? []) {
      const acks = told.get(who);
      if (acks === undefined) told.set(who, [{ txId, row, leaf, path }]);
      else acks.push({ txId, row, leaf, path });
    }
    holding.awaiting.delete(leafKey);
  }
  return Array.from(told, ([who, acks]) => send(who, HoldAcks.of({ batch, acks })));
}

/** The signer failed: nobody waits any more, and whoever sent a piece sends it again. */
export function untold(holding: Holding, items: readonly AckItem[]): void {
  for (const { leafKey } of items) holding.awaiting.delete(leafKey);
}
