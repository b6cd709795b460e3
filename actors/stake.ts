/** The steward of a delegate (protocols/stake/steward.ts): brings evidence and draws of the beacon into the order. */
import type { Self } from '#protocols/self.ts';
import {
  STAKE_HEARS,
  STAKE_SAYS,
  type StakeHears,
  type StakeSays,
} from '#protocols/stake.messages.ts';
import { begin, step, type Steward } from '#protocols/stake/steward.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function stake(self: Self): AnyActor {
  const actor: Actor<Steward, StakeHears, StakeSays> = {
    address: address(self.node, 'stake'),
    listens: STAKE_HEARS,
    speaks: STAKE_SAYS,
    start: () => begin(self),
    receive: step,
  };
  return anyActor(actor);
}
