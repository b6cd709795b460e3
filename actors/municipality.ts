/**
 * A member of a municipality: agrees with the others on which batches of their cities are taken in. All decisions are in
 * protocols/municipality/.
 */
import * as machine from '#protocols/municipality/municipality.ts';
import {
  memberOf,
  type Hears,
  type Member,
  type MemberSelf,
  type Says,
} from '#protocols/municipality/state.ts';
import { catalogue, union } from '#protocols/codec.ts';
import { AskHandovers, HandedOver } from '#protocols/ledger.messages.ts';
import { Accusations, Accused, Offer, Taken } from '#protocols/level.messages.ts';
import {
  AskNewest,
  AskSealers,
  FindHead,
  FoundHead,
  MUNICIPALITY_SAYS,
  Newest,
  SealersTold,
} from '#protocols/municipality.messages.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

const MAILBOX_MAX = 4_096;

export function municipality(self: MemberSelf): AnyActor {
  const actor: Actor<Member, Hears, Says> = {
    address: memberOf(self.node),
    listens: union(
      MUNICIPALITY_SAYS,
      catalogue(FindHead, AskNewest, AskSealers, Taken, HandedOver, Accused),
    ),
    speaks: union(
      MUNICIPALITY_SAYS,
      catalogue(FoundHead, Newest, SealersTold, Offer, AskHandovers, Accusations),
    ),
    keeps: 'live/',
    anyone: true,
    mailboxMax: MAILBOX_MAX,
    start: (_, kept) => machine.begin(self, kept),
    receive: (state, input, at) => machine.step(state, input, at),
    invariants: machine.invariants,
  };
  return anyActor(actor);
}
