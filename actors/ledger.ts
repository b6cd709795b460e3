/**
 * The ledger of a delegate: certificates, the order, and what it made of transactions. Any of a city answers.
 * All decisions are in protocols/ledger/.
 */
import type { Policy } from '#config/policy.ts';
import { catalogue, union } from '#protocols/codec.ts';
import {
  AskHandovers,
  ChangeCommitted,
  HandedOver,
  LEDGER_ANSWERS,
  LEDGER_ASKED,
  OfferAct,
  Want,
} from '#protocols/ledger.messages.ts';
import * as machine from '#protocols/ledger/ledger.ts';
import { LIVE } from '#protocols/ledger/records.ts';
import type { Ledger, LedgerSays } from '#protocols/ledger/state.ts';
import { Applied, Certified, ORDER_SAYS, Withdrawn } from '#protocols/order.messages.ts';
import { FOLLOWER_HEARS, FOLLOWER_SAYS } from '#protocols/presence.messages.ts';
import { Committed as ToldRooting } from '#protocols/rooting.messages.ts';
import type { Self } from '#protocols/self.ts';
import { Prove, Proved } from '#protocols/proof.messages.ts';
import { Declined, Held, Moved, Offer, Verified } from '#protocols/sending.messages.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

/** Offers of every delegate and questions of many people. */
const MAILBOX_MAX = 8_192;

const OFFERS = catalogue(Offer, Want, Held, Declined);
const HEARS = union(
  union(OFFERS, union(catalogue(Verified, Prove, HandedOver), LEDGER_ASKED)),
  union(ORDER_SAYS, FOLLOWER_HEARS),
);
const SAYS = union(
  union(OFFERS, LEDGER_ANSWERS),
  union(
    FOLLOWER_SAYS,
    union(
      catalogue(Certified, Withdrawn, Applied, Moved, OfferAct, ChangeCommitted),
      catalogue(Proved, ToldRooting, AskHandovers),
    ),
  ),
);

export interface LedgerOptions {
  /** The policy of the city's genesis, the same on all delegates; changes follow from batches. */
  readonly policy: Policy;
}

export function ledger(self: Self, { policy }: LedgerOptions): AnyActor {
  const actor: Actor<Ledger, machine.LedgerHears, LedgerSays> = {
    address: address(self.node, 'ledger'),
    listens: HEARS,
    speaks: SAYS,
    keeps: LIVE,
    anyone: true,
    mailboxMax: MAILBOX_MAX,
    start: (_, kept) => machine.begin(self, policy, kept),
    receive: (state, input, at) => machine.step(state, input, at),
    invariants: machine.invariants,
  };
  return anyActor(actor);
}
