/**
 * The holder of a node (protocols/hold/): takes the pieces that are its to hold, and acknowledges them when
 * they are on its disk. A light's store has 500 MB and gives up what expires first; an anchor's is large
 * and never gives up what is alive. That is the store's business (runtime/pieces/); `role` says how many
 * rows of one transaction there may be.
 */
import type { HolderRole } from '#protocols/eligibility.ts';
import { begin, invariants, step } from '#protocols/hold/hold.ts';
import type { Holding } from '#protocols/hold/state.ts';
import {
  HOLDER_HEARS,
  HOLDER_SAYS,
  type HolderHears,
  type HolderSays,
} from '#protocols/holder.messages.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function holder(self: Self, role: HolderRole): AnyActor {
  const actor: Actor<Holding, HolderHears, HolderSays> = {
    address: address(self.node, 'holder'),
    listens: HOLDER_HEARS,
    speaks: HOLDER_SAYS,
    start: (at) => begin({ ...self, role }, at),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}
