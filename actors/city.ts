/**
 * The city of a delegate: agrees with the other delegates on the order of what its ledger holds.
 * All decisions are in protocols/dag/; who else may stand here: protocols/order.messages.ts.
 */
import { Led } from '#protocols/clock.messages.ts';
import { AskAccused, Accusations, CITIES_SAY } from '#protocols/dag.messages.ts';
import * as order from '#protocols/dag/order.ts';
import type { City, CitySays } from '#protocols/dag/state.ts';
import { catalogue, union } from '#protocols/codec.ts';
import { AskChain, Chained } from '#protocols/ledger.messages.ts';
import { ORDER_HEARS, ORDER_SAYS } from '#protocols/order.messages.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

/** Vertices of some rounds from every other delegate, and what the ledger says meanwhile. */
const MAILBOX_MAX = 4_096;

const HEARS = union(union(ORDER_HEARS, CITIES_SAY), catalogue(AskAccused, Chained, Led));
const SAYS = union(union(ORDER_SAYS, CITIES_SAY), catalogue(Accusations, AskChain));

export function city(self: Self): AnyActor {
  const actor: Actor<City, order.CityHears, CitySays> = {
    address: address(self.node, 'city'),
    listens: HEARS,
    speaks: SAYS,
    keeps: true,
    mailboxMax: MAILBOX_MAX,
    start: (_, kept) => order.begin(self, kept),
    receive: (state, input, at) => order.step(state, input, at),
    invariants: order.invariants,
  };
  return anyActor(actor);
}
