/** How far a delegate's city is rooted above it. All decisions are in protocols/rooting/. */
import * as machine from '#protocols/rooting/rooting.ts';
import { rootingOf, type Rooting, type RootingSelf } from '#protocols/rooting/state.ts';
import {
  ROOTING_HEARS,
  ROOTING_SAYS,
  type RootingHears,
  type RootingSays,
} from '#protocols/rooting.messages.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

const MAILBOX_MAX = 1_024;

export function rooting(self: RootingSelf): AnyActor {
  const actor: Actor<Rooting, RootingHears, RootingSays> = {
    address: rootingOf(self.node),
    listens: ROOTING_HEARS,
    speaks: ROOTING_SAYS,
    keeps: 'live/',
    anyone: true,
    mailboxMax: MAILBOX_MAX,
    start: (_, kept) => machine.begin(self, kept),
    receive: (state, input, at) => machine.step(state, input, at),
    invariants: machine.invariants,
  };
  return anyActor(actor);
}
