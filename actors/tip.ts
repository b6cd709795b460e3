/** The tip of a delegate or an anchor (protocols/tip/): how far the order of its city is. */
import type { Self } from '#protocols/self.ts';
import { TIP_HEARS, TIP_SAYS, type TipHears, type TipSays } from '#protocols/tip.messages.ts';
import { begin, step, tipOf, type Tips } from '#protocols/tip/tip.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function tip(self: Self): AnyActor {
  const actor: Actor<Tips, TipHears, TipSays> = {
    address: tipOf(self.node),
    listens: TIP_HEARS,
    speaks: TIP_SAYS,
    start: (at) => begin(self, at),
    receive: step,
  };
  return anyActor(actor);
}
