/** The courier of a delegate (protocols/courier/): carries transfers between its city and others. */
import { catalogue } from '#protocols/codec.ts';
import {
  begin,
  invariants,
  step,
  type Courier,
  type CourierHears,
  type CourierSays,
} from '#protocols/courier/courier.ts';
import {
  ActDeclined,
  ActHeld,
  AskObject,
  AskTransfers,
  OfferAct,
  ToldObject,
  Transfers,
} from '#protocols/ledger.messages.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function courier(self: Self): AnyActor {
  const actor: Actor<Courier, CourierHears, CourierSays> = {
    address: address(self.node, 'courier'),
    listens: catalogue(ToldObject, Transfers, ActHeld, ActDeclined),
    speaks: catalogue(AskObject, AskTransfers, OfferAct),
    keeps: true,
    start: (_, kept) => begin(self, kept),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}
