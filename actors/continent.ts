/**
 * A delegate of a continent: orders sealed municipality batches together with the others. All decisions are in
 * protocols/continent/ and protocols/jolteon/.
 */
import * as machine from '#protocols/continent/continent.ts';
import { delegateOf, type DelegateSelf, type DelegateState } from '#protocols/continent/state.ts';
import { CONTINENT_SAYS, type ContinentSays } from '#protocols/continent.messages.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

const MAILBOX_MAX = 4_096;

export function continent(self: DelegateSelf): AnyActor {
  const actor: Actor<DelegateState, ContinentSays, ContinentSays> = {
    address: delegateOf(self.node),
    listens: CONTINENT_SAYS,
    speaks: CONTINENT_SAYS,
    keeps: 'live/',
    mailboxMax: MAILBOX_MAX,
    start: (_, kept) => machine.begin(self, kept),
    receive: (state, input, at) => machine.step(state, input, at),
    invariants: machine.invariants,
  };
  return anyActor(actor);
}
