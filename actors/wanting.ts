/** Somebody who wants a proof (protocols/proof/want.ts), on a node of an application: tells the outcome once. */
import { catalogue } from '#protocols/codec.ts';
import { AskHandovers, HandedOver } from '#protocols/ledger.messages.ts';
import { AskSealers, SealersTold } from '#protocols/municipality.messages.ts';
import { AskProof, ProofTold } from '#protocols/proof.messages.ts';
import {
  begin,
  step,
  type Outcome,
  type WantHears,
  type Wanting,
  type WantSays,
  type Wish,
} from '#protocols/proof/want.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

/** `nth`: of those on this node. */
export function wanting(
  node: NodeAddress,
  nth: number,
  wish: Wish,
  tell: (outcome: Outcome) => void,
): AnyActor {
  const actor: Actor<Wanting, WantHears, WantSays> = {
    address: address(node, `wanting-${nth}`),
    listens: catalogue(ProofTold, HandedOver, SealersTold),
    speaks: catalogue(AskProof, AskHandovers, AskSealers),
    start: (at) => begin(wish, at),
    receive: (state, input, at) => {
      const isOpen = state.outcome === undefined;
      const did = step(state, input, at);
      if (isOpen && state.outcome !== undefined) tell(state.outcome);
      return did;
    },
  };
  return anyActor(actor);
}
