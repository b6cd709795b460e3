/** The proof actor of a delegate: gathers what proves a transaction, up to the globe. All decisions are in protocols/proof/. */
import { catalogue, union } from '#protocols/codec.ts';
import { Find, Found } from '#protocols/level.messages.ts';
import { AskSealers, FindHead, FoundHead, SealersTold } from '#protocols/municipality.messages.ts';
import { PROOF_ANSWERS, PROOF_ASKED, Prove, Proved } from '#protocols/proof.messages.ts';
import {
  begin,
  invariants,
  step,
  type Proofs,
  type ProofHears,
  type ProofSays,
  type ProofSelf,
} from '#protocols/proof/gather.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

/** What is asked, and what those whom it asks answer. */
const HEARS = union(PROOF_ASKED, catalogue(Proved, FoundHead, Found, SealersTold));
const SAYS = union(PROOF_ANSWERS, catalogue(Prove, FindHead, Find, AskSealers));

export function proof(self: ProofSelf): AnyActor {
  const actor: Actor<Proofs, ProofHears, ProofSays> = {
    address: address(self.node, 'proof'),
    listens: HEARS,
    speaks: SAYS,
    anyone: true,
    start: () => begin(self),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}
