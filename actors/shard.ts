/** S2 of a delegate (protocols/shard.ts): makes rows and manifests. */
import { begin, invariants, step, type Sharding } from '#protocols/shard.ts';
import type { Self } from '#protocols/self.ts';
import { SHARD_HEARS, SHARD_SAYS } from '#protocols/sending.messages.ts';
import type { Infer } from '#protocols/codec.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function shard(self: Self): AnyActor {
  const actor: Actor<Sharding, Infer<typeof SHARD_HEARS>, Infer<typeof SHARD_SAYS>> = {
    address: address(self.node, 'shard'),
    listens: SHARD_HEARS,
    speaks: SHARD_SAYS,
    start: () => begin(self),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}
