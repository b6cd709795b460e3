/**
 * The ingress of a delegate: takes transactions from anyone, and drives them (protocols/ingress/). Answers for
 * its role in its city, so that a client needs to know no delegate by name.
 */
import {
  begin,
  invariants,
  step,
  type Door,
  type Hears,
  type Says,
} from '#protocols/ingress/ingress.ts';
import type { Ingress } from '#protocols/ingress/state.ts';
import type { Allowance } from '#protocols/allowance.ts';
import type { Self } from '#protocols/self.ts';
import { catalogue, union } from '#protocols/codec.ts';
import { AskTx, Told } from '#protocols/ledger.messages.ts';
import { INGRESS_HEARS, INGRESS_SAYS } from '#protocols/sending.messages.ts';
import { Saw } from '#protocols/slo.messages.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

const HEARS = union(INGRESS_HEARS, catalogue(Told));
const SAYS = union(INGRESS_SAYS, catalogue(AskTx, Saw));

export function ingress(self: Self, allowance: Allowance): AnyActor {
  const door: Door = { self, allowance };
  const actor: Actor<Ingress, Hears, Says> = {
    address: address(self.node, 'ingress'),
    listens: HEARS,
    speaks: SAYS,
    keeps: true,
    anyone: true,
    start: ({ now }, kept) => begin(door, kept, now),
    receive: (state, input, at) => step(door, state, input, at),
    invariants,
  };
  return anyActor(actor);
}
