/**
 * Wanting a bundle: any delegate of the city is asked again and again, until what it gives goes as far up as it is wanted,
 * or the time is over. What is given is not believed here: who wants it verifies it (verify.ts).
 *
 *   begin --proof.ask--> told: far enough -----------------------------> over
 *     ^                    '-- less, busy, silence --(LOOK_MS)--.
 *     '---------------------------------------------------------'   its time is over: the best there was --> over
 */
import { ask, wake, type Moment, type Signal, type Step } from '../effect.ts';
import { AskProof, type ProofTold, type Unproved } from '../proof.messages.ts';
import { anyOf, type Place } from '../subjects.ts';
import { LAYERS, topOf, type Bundle, type Root } from './bundle.ts';

const LOOK_MS = 500;
/** Four layers, a few members of each. */
const WITHIN_MS = 15_000;

export interface Wish {
  readonly city: Place;
  readonly id: Uint8Array;
  readonly upTo: Root;
  readonly withinMs: number;
}

/** The best of what was given; or why there is nothing, where anybody said so. */
export type Outcome = { readonly bundle: Bundle } | { readonly why: Unproved | undefined };

export interface Wanting {
  readonly wish: Wish;
  readonly endsAt: number;
  best: Bundle | undefined;
  why: Unproved | undefined;
  outcome: Outcome | undefined;
}

type Did = Step<Wanting, AskProof>;

export function begin(wish: Wish, { now }: Moment): Did {
  const endsAt = now + wish.withinMs;
  const wanting = { wish, endsAt, best: undefined, why: undefined, outcome: undefined };
  return [wanting, [question(wish), wake('over', wish.withinMs)]];
}

const question = ({ city, id }: Wish) =>
  ask<AskProof>('proof', anyOf(city, 'proof'), AskProof.of({ id }), WITHIN_MS);

export function step(state: Wanting, input: ProofTold | Signal, { now }: Moment): Did {
  if (state.outcome !== undefined) return [state, []];
  switch (input.kind) {
    case 'answered':
      return [state, told(state, input.message as ProofTold)];
    case 'unanswered':
      return [state, [wake('look', LOOK_MS)]];
    case 'wake':
      if (input.id === 'look' && now < state.endsAt) return [state, [question(state.wish)]];
      state.outcome = outcomeOf(state);
      return [state, []];
    default:
      return [state, []];
  }
}

function told(state: Wanting, { bundle, why }: ProofTold) {
  const { wish, best } = state;
  state.why = why;
  if (bundle !== undefined && heightOf(bundle) >= heightOf(best)) state.best = bundle;
  const isEnough = heightOf(state.best) >= LAYERS.indexOf(wish.upTo);
  // What is not known here will not be later; what did nothing where it stands never will.
  if (!isEnough && why !== 'unknown' && why !== 'idle') return [wake('look', LOOK_MS)];
  state.outcome = outcomeOf(state);
  return [];
}

const outcomeOf = ({ best, why }: Wanting): Outcome =>
  best === undefined ? { why } : { bundle: best };

const heightOf = (bundle: Bundle | undefined): number =>
  bundle === undefined ? -1 : LAYERS.indexOf(topOf(bundle));
