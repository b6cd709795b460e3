/**
 * Scenarios in few words, for the statements of supervision: what is played is the real supervisor on
 * the real engine (simulations/supervision/replay.ts); what is compared are sentences.
 */
import type { Json } from '#protocols/effect.ts';
import { replay, type Outcome } from '#simulations/supervision/replay.ts';
import { readScenario } from '#simulations/supervision/scenario.ts';

export interface Scene {
  readonly flags?: Json;
  readonly children: Json;
  readonly setup?: Json;
  readonly otp?: boolean;
}

export interface Seen {
  /** `started a 1`, `stopped b 1 shutdown`, ... up to the end of the start. */
  readonly start: readonly string[];
  /** The same for each step. */
  readonly steps: readonly (readonly string[])[];
  readonly results: readonly Json[];
  /** `a 1`, `b restarting`, `c -`. */
  readonly children: readonly string[];
  readonly sup: Json;
  readonly refused: Json | undefined;
}

/** Plays the steps and says what was seen. */
export function played({ flags = {}, children, setup = [], otp }: Scene, ...ops: Json[]): Seen {
  const steps = ops.map((op) => ({ op }));
  const line = JSON.stringify({ name: 'scene', flags, children, setup, steps });
  return seen(replay(readScenario(line), otp === undefined ? {} : { otp }));
}

function seen({ start, start_events, steps, final }: Outcome): Seen {
  return {
    start: start_events.map(sentence),
    steps: steps.map(({ events }) => events.map(sentence)),
    results: steps.map(({ result }) => result),
    children: (final.children as readonly (readonly [string, Json])[]).map(shown),
    sup: final.sup,
    refused: start,
  };
}

const sentence = (event: readonly Json[]): string =>
  event.map((word) => (typeof word === 'object' ? JSON.stringify(word) : String(word))).join(' ');

function shown([id, state]: readonly [string, Json]): string {
  if (Array.isArray(state))
    return id === 'undefined' ? state.slice(1).join(' ') : `${id} ${state[2]}`;
  return `${id} ${state === 'undefined' ? '-' : String(state)}`;
}

/** Children with all defaults. */
export const of = (...ids: readonly string[]): { readonly id: string }[] =>
  ids.map((id) => ({ id }));

/** Flags that do not get in the way: plenty of restarts. */
export const plenty = (strategy = 'one_for_one'): { readonly [key: string]: Json } => ({
  strategy,
  intensity: 100,
  period: 5,
});

export const GROUPS = ['one_for_one', 'one_for_all', 'rest_for_one'] as const;
