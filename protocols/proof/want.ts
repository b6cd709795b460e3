/**
 * Wanting a bundle: any delegate of the city is asked again and again, until what it gives goes as far up as it is wanted,
 * or the time is over; and ledgers for the hand-overs that go with it, page after page. What is given is not believed here: who
 * wants it verifies it (verify.ts).
 *
 *   begin --proof.ask--> told: far enough ----------------------------------.
 *     ^                   |'-- less, busy, silence --(LOOK_MS)--.            |--> both: over
 *     '-------------------|-------------------------------------'            |
 *                         '--ledger.handovers--> a page --> the next page, until the last one
 *                                ^                '-- nothing, silence --(LOOK_MS)--.
 *                                '--------------------------------------------------'
 *   its time is over: the best there was, where its hand-overs are there --> over
 *
 * Bound: as many hand-overs as a bundle may have; of what is older than that there is no proof from this genesis.
 */
import { same } from '#lib/bytes.ts';
import { ask, wake, type Effect, type Moment, type Signal, type Step } from '../effect.ts';
import { FIRST_EPOCH } from '../genesis.ts';
import { AskHandovers, type HandedOver } from '../ledger.messages.ts';
import type { Handover } from '../lineage.ts';
import { AskProof, type ProofTold, type Unproved } from '../proof.messages.ts';
import { anyOf, type Place } from '../subjects.ts';
import {
  handoversOf,
  HANDOVERS_MAX,
  LAYERS,
  topOf,
  VERSION,
  type Bundle,
  type Root,
  type Rooted,
} from './bundle.ts';

const LOOK_MS = 500;
/** Four layers, a few members of each. */
const WITHIN_MS = 15_000;
const PAGE_WITHIN_MS = 3_000;

export interface Wish {
  readonly city: Place;
  readonly id: Uint8Array;
  readonly upTo: Root;
  readonly withinMs: number;
}

/** Nobody has said why: undefined. */
export type WhyNot = Unproved | 'too-long' | undefined;
/** The best of what was given; or why there is nothing. */
export type Outcome = { readonly bundle: Bundle } | { readonly why: WhyNot };

export interface Wanting {
  readonly wish: Wish;
  readonly endsAt: number;
  best: Rooted | undefined;
  /** Nobody is asked for more of it. */
  isFound: boolean;
  /** Since genesis, without a gap. */
  readonly handovers: Handover[];
  isPaging: boolean;
  why: WhyNot;
  outcome: Outcome | undefined;
}

export type WantSays = AskProof | AskHandovers;
export type WantHears = ProofTold | HandedOver;
type Effects = readonly Effect<WantSays>[];
type Did = Step<Wanting, WantSays>;

export function begin(wish: Wish, { now }: Moment): Did {
  const wanting: Wanting = {
    wish,
    endsAt: now + wish.withinMs,
    best: undefined,
    isFound: false,
    handovers: [],
    isPaging: false,
    why: undefined,
    outcome: undefined,
  };
  return [wanting, [question(wish), wake('over', wish.withinMs)]];
}

const question = ({ city, id }: Wish) =>
  ask<WantSays>('proof', anyOf(city, 'proof'), AskProof.of({ id }), WITHIN_MS);

export function step(state: Wanting, input: WantHears | Signal, { now }: Moment): Did {
  if (state.outcome !== undefined) return [state, []];
  const effects = heard(state, input, now < state.endsAt);
  const isOver = input.kind === 'wake' && now >= state.endsAt;
  if (isOver || (state.isFound && lacking(state) <= 0)) state.outcome = outcomeOf(state);
  return [state, state.outcome === undefined ? effects : []];
}

function heard(state: Wanting, input: WantHears | Signal, isTime: boolean): Effects {
  switch (input.kind) {
    case 'answered':
      return answered(state, input.id, input.message as WantHears);
    case 'unanswered':
      return again(input.id);
    case 'wake':
      if (!isTime || input.id === 'over') return [];
      return input.id === 'look' ? [question(state.wish)] : [page(state)];
    default:
      return [];
  }
}

const again = (id: string): Effects => [wake(id === 'proof' ? 'look' : 'page', LOOK_MS)];

/** Whoever is asked may answer with whatever is heard here at all: what is no answer is as good as none. */
function answered(state: Wanting, id: string, said: WantHears): Effects {
  if (id === 'proof' && said.kind === 'proof.told') return told(state, said);
  if (id === 'page' && said.kind === 'ledger.handed-over') return handed(state, said);
  return again(id);
}

function told(state: Wanting, { proof: given, why }: ProofTold): Effects {
  const { wish } = state;
  // A proof of something else may well be true: whoever verifies it would believe that of what was asked for.
  const isIts = given !== undefined && same(given.city.entry.txId, wish.id);
  const proof = isIts ? given : undefined;
  const isTooLong = proof !== undefined && handoversOf(proof) > HANDOVERS_MAX;
  state.why = isTooLong ? 'too-long' : why;
  if (proof !== undefined && !isTooLong && heightOf(proof) >= heightOf(state.best))
    state.best = proof;
  const isEnough = heightOf(state.best) >= LAYERS.indexOf(wish.upTo);
  // What is not known here will not be later; what did nothing where it stands never will.
  state.isFound = isEnough || why === 'unknown' || why === 'idle';
  return [...(state.isFound ? [] : [wake('look', LOOK_MS)]), ...pages(state)];
}

const heightOf = (proof: Rooted | undefined): number =>
  proof === undefined ? -1 : LAYERS.indexOf(topOf(proof));

/** Hand-overs that are not there yet. */
const lacking = ({ best, handovers }: Wanting): number =>
  best === undefined ? 0 : handoversOf(best) - handovers.length;

/** Asks for those that are lacking, if nobody is asked yet. */
function pages(state: Wanting): Effects {
  if (state.isPaging || lacking(state) <= 0) return [];
  state.isPaging = true;
  return [page(state)];
}

function page({ wish, handovers }: Wanting): Effect<WantSays> {
  const wanted = AskHandovers.of({ epoch: FIRST_EPOCH + handovers.length + 1 });
  return ask<WantSays>('page', anyOf(wish.city, 'ledger'), wanted, PAGE_WITHIN_MS);
}

/** Those that follow; a ledger that is behind has none yet. */
function handed(state: Wanting, { handovers }: HandedOver): Effects {
  const before = state.handovers.length;
  for (const each of handovers) {
    const isNext = each.head.epoch === FIRST_EPOCH + state.handovers.length;
    if (isNext && lacking(state) > 0) state.handovers.push(each);
  }
  if (state.handovers.length === before) return [wake('page', LOOK_MS)];
  state.isPaging = false;
  return pages(state);
}

function outcomeOf(state: Wanting): Outcome {
  const { best, handovers, why } = state;
  if (best === undefined) return { why };
  if (lacking(state) > 0) return { why: 'busy' };
  const { subject, ...rest } = best;
  return {
    bundle: {
      version: VERSION,
      subject,
      handovers: handovers.slice(0, handoversOf(best)),
      ...rest,
    },
  };
}
