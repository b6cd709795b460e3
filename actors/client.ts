/**
 * The client of an application (protocols/client/): the one actor on an application's own node. What it has
 * to tell goes to `hear`, outside the step's own effects, because an application is no actor.
 */
import {
  Abandon,
  Find,
  FollowRoot,
  LeaveTx,
  Look,
  ReadTx,
  SayAct,
  Send,
  SurveyTx,
} from '#protocols/client.messages.ts';
import {
  begin,
  invariants,
  step,
  type Application,
  type Client,
  type Hears,
  type Says,
  type Told as Tells,
} from '#protocols/client/client.ts';
import { catalogue, union } from '#protocols/codec.ts';
import {
  ActDeclined,
  ActHeld,
  AskObject,
  AskTx,
  OfferAct,
  Told,
  ToldObject,
} from '#protocols/ledger.messages.ts';
import { READER_HEARS, READER_SAYS } from '#protocols/receiving.messages.ts';
import { AskRoot, RootTold } from '#protocols/rooting.messages.ts';
import { CLIENT_HEARS, CLIENT_SAYS } from '#protocols/sending.messages.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

const HEARS = union(
  union(CLIENT_HEARS, READER_HEARS),
  union(
    catalogue(Send, Abandon, Find, Look, ReadTx, SurveyTx, LeaveTx, SayAct, FollowRoot),
    catalogue(Told, ToldObject, ActHeld, ActDeclined, RootTold),
  ),
);
const SAYS = union(union(CLIENT_SAYS, READER_SAYS), catalogue(AskTx, AskObject, OfferAct, AskRoot));

export function client(
  node: NodeAddress,
  application: Application,
  hear: (told: Tells) => void,
): AnyActor {
  const actor: Actor<Client, Hears, Says> = {
    address: address(node, 'client'),
    listens: HEARS,
    speaks: SAYS,
    start: () => begin(application),
    receive: (state, input, at) => {
      const did = step(application, state, input, at);
      for (const told of state.told.splice(0)) hear(told);
      return did;
    },
    invariants,
  };
  return anyActor(actor);
}
