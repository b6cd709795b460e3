/**
 * S1 of a delegate (protocols/select.ts): places transactions. Follows the presence of its own node for the
 * lists that it places by, and answers whoever wants to know who is responsible for a key.
 */
import { begin, invariants, step, type Selecting } from '#protocols/select.ts';
import {
  SELECT_HEARS,
  SELECT_SAYS,
  type SelectHears,
  type SelectSays,
} from '#protocols/select.messages.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import type { TermsOf } from '#protocols/terms-of.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export interface SelectOptions {
  /** The policy in force. */
  readonly terms: TermsOf;
}

export function select(self: Self, { terms }: SelectOptions): AnyActor {
  const actor: Actor<Selecting, SelectHears, SelectSays> = {
    address: address(self.node, 'select'),
    listens: SELECT_HEARS,
    speaks: SELECT_SAYS,
    keeps: true,
    anyone: true,
    start: (at, kept) => begin({ self, terms }, at, kept),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}
