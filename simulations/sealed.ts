/** The quorum of a batch, as delegates would give it whose keys somebody has: for those who only need batches. */
import { sign } from '#algorithms/signature.ts';
import { headDigest, NONE, type CityHead, type Quorum } from '#protocols/city-batch.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { vertexSignJob } from '#protocols/vertex-head.ts';

/** Each member's key signs a vertex two rounds after the turn of the batch. */
export function sealedBy(
  network: Uint8Array,
  head: CityHead,
  signers: readonly { readonly member: number; readonly key: NodeSecrets['signing'] }[],
): Quorum {
  const { place, epoch } = head;
  const said = { place, epoch, round: head.round + 2, content: NONE, sealed: headDigest(head) };
  const votes = signers.map(({ member, key }) => {
    const signature = sign(vertexSignJob(network, { ...said, author: member }, key));
    return { member, round: said.round, content: said.content, signature };
  });
  return { votes };
}
