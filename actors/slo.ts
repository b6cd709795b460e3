/** The control of service levels of a delegate (protocols/slo/slo.ts): judges reads and writes, tells its policy. */
import type { Policy } from '#config/policy.ts';
import type { Self } from '#protocols/self.ts';
import { SLO_HEARS, SLO_SAYS, type SloHears, type SloSays } from '#protocols/slo.messages.ts';
import { begin, step, type Control } from '#protocols/slo/slo.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

/** `first`: what holds until the first word of the policy in force. */
export function slo(self: Self, first: Policy): AnyActor {
  const actor: Actor<Control, SloHears, SloSays> = {
    address: address(self.node, 'slo'),
    listens: SLO_HEARS,
    speaks: SLO_SAYS,
    start: (at) => begin(self, first, at),
    receive: step,
  };
  return anyActor(actor);
}
