/**
 * Asking for proofs (proof/).
 *
 * | kind                 | from    | to                  | answer                                                        |
 * | -------------------- | ------- | ------------------- | ------------------------------------------------------------- |
 * | `proof.ask`          | anybody | proof, of any delegate of the city | `proof.told`: what proves it, as far up as it is rooted |
 * | `ledger.prove`       | proof   | ledger of its node  | `ledger.proved`: what stands in the order, and what it did    |
 * | `municipality.find`  | proof   | a member            | `municipality.found`: the batch that a city's head stands in  |
 * | `level.find`         | proof   | a delegate of a level | `level.found` (level.messages.ts)                           |
 *
 * Each level serves the proof of what it took in, found by an index on its disk; the proof actor of a delegate
 * asks one after another, from below, and checks what it is given before it passes it on. Who ordered in the epoch of what is
 * proved any ledger of the city shows (`ledger.handovers`): with that it is a bundle.
 */
import { catalogue, message, oneOf, optional, record, type Infer } from './codec.ts';
import { Rooted } from './proof/bundle.ts';
import { CityProof } from './proof/city-proof.ts';
import { Subject } from './proof/subject.ts';
import { digest } from './terms.ts';

/** Of a transaction, or of an act. */
export const AskProof = message('proof.ask', { id: digest });
/**
 * `unknown`: this city's ledger has not heard of it. `waits`: it has no place in the order yet, or what became of it
 * there is not sealed yet. `idle`: it stands in the order and did nothing there. `busy`: ask again in a moment.
 */
export const Unproved = oneOf('unknown', 'waits', 'idle', 'busy');
export const ProofTold = message('proof.told', {
  id: digest,
  proof: optional(Rooted),
  why: optional(Unproved),
});

export const Prove = message('ledger.prove', { id: digest });
export const InCity = record({ subject: Subject, city: CityProof });
export const Proved = message('ledger.proved', {
  id: digest,
  proof: optional(InCity),
  why: optional(Unproved),
});

export type AskProof = Infer<typeof AskProof>;
export type ProofTold = Infer<typeof ProofTold>;
export type Unproved = Infer<typeof Unproved>;
export type Prove = Infer<typeof Prove>;
export type Proved = Infer<typeof Proved>;

export const PROOF_ASKED = catalogue(AskProof);
export const PROOF_ANSWERS = catalogue(ProofTold);
