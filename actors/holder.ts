/**
 * The holder of a node (protocols/hold/): takes the pieces that are its to hold, acknowledges them when they are
 * on its disk, and lets none go that is alive before others have it. `role` says how many rows of one
 * transaction there may be, `marks` when it begins to look for others.
 */
import type { HolderRole } from '#protocols/eligibility.ts';
import { begin, invariants, step } from '#protocols/hold/hold.ts';
import type { Marks } from '#protocols/hold/partings.ts';
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

export function holder(self: Self, role: HolderRole, marks?: Marks): AnyActor {
  const actor: Actor<Holding, HolderHears, HolderSays> = {
    address: address(self.node, 'holder'),
    listens: HOLDER_HEARS,
    speaks: HOLDER_SAYS,
    start: (at) => begin({ ...self, role, marks }, at),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}
