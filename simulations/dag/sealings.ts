/** Whether each batch of a chain is sealed by those who order at its height, and whoever was convicted orders in no later epoch. */
import { hex } from '#lib/bytes.ts';
import { isQuorumOf, type Committed } from '#protocols/city-batch.ts';
import type { Genesis } from '#protocols/genesis.ts';
import {
  committeeFor,
  committeesIn,
  handedOver,
  lineageOf,
  type Lineage,
} from '#protocols/lineage.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import type { Reckoning } from './reckoning.ts';

export class Sealings {
  /** Of the last batch that was looked at. */
  height = 0;
  /** An epoch began without somebody who was convicted. */
  hasFreed = false;
  readonly #reckoning: Reckoning;
  /** By the hand-overs of honest chains. */
  #lineage: Lineage;
  readonly #convicted = new Set<number>();

  constructor(genesis: Genesis, reckoning: Reckoning) {
    this.#reckoning = reckoning;
    this.#lineage = lineageOf(genesis);
  }

  authorOf(epoch: number, author: number): NodeAddress | undefined {
    return committeesIn(this.#lineage)(epoch)?.members[author]?.node;
  }

  /** The batch after the last one; what is wrong with it. */
  next({ batch: { head, entries }, quorum }: Committed): string | undefined {
    const committee = committeeFor(this.#lineage, head);
    if (committee === undefined || !isQuorumOf(committee, quorum))
      return `batch ${head.height} is sealed by its own committee`;
    const next = head.next?.map(({ of }) => of) ?? [];
    if (next.some((of) => this.#convicted.has(of)))
      return `who was convicted before ${head.height} orders no more`;
    if (next.length > 0 && this.#convicted.size > 0) this.hasFreed = true;
    for (const { cert } of entries) {
      const who = this.#reckoning.convicts.get(hex(cert));
      if (who !== undefined) this.#convicted.add(who);
    }
    this.#lineage = handedOver(this.#lineage, head);
    this.height = head.height;
    return undefined;
  }
}
