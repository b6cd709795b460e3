/**
 * Continuous-time Markov chains with one loss: how long until it comes, and how likely within a time.
 *
 * States are numbers from 0, of which 0 is the start; moves have rates. The loss is a state of its own,
 * outside. Both answers are found without a subtraction, so that a loss once in 10^30 years has as many
 * good digits as one tomorrow: the mean time by the elimination of Grassmann, Taksar and Heyman ("
 * Regenerative analysis and steady state distributions for Markov chains", 1985) on the chain that
 * starts again after each loss, the chance by uniformisation (Jensen 1953).
 *
 * Cost: states^3 for the mean time, states x moves x steps for the chance.
 */
import { assert } from '#lib/assert.ts';

export interface Move {
  readonly from: number;
  /** `LOSS` ends it. */
  readonly to: number;
  /** Per unit of time. */
  readonly rate: number;
}

export const LOSS = -1;

export interface Chain {
  readonly states: number;
  readonly moves: readonly Move[];
}

/** The share of time spent in each state, starting again after each loss; the last is the loss. */
function shares({ states, moves }: Chain): Float64Array {
  const size = states + 1;
  const rates = Array.from({ length: size }, () => new Float64Array(size));
  // After a loss it begins anew, in one unit of time on average.
  rates[states]![0] = 1;
  for (const { from, to, rate } of moves) {
    if (to !== from) rates[from]![to === LOSS ? states : to]! += rate;
  }
  return stationary(rates);
}

/** Grassmann-Taksar-Heyman: states are taken out from the last to the first, then put back. */
function stationary(rates: readonly Float64Array[]): Float64Array {
  const size = rates.length;
  for (let out = size - 1; out > 0; out--) {
    let leaving = 0;
    for (let to = 0; to < out; to++) leaving += rates[out]![to]!;
    assert(leaving > 0, 'every state leads on to an earlier one');
    for (let from = 0; from < out; from++) {
      const share = (rates[from]![out]! /= leaving);
      if (share === 0) continue;
      for (let to = 0; to < out; to++) {
        if (to !== from) rates[from]![to]! += share * rates[out]![to]!;
      }
    }
  }
  const weights = new Float64Array(size);
  weights[0] = 1;
  let total = 1;
  for (let state = 1; state < size; state++) {
    for (let from = 0; from < state; from++) {
      weights[state]! += weights[from]! * rates[from]![state]!;
    }
    total += weights[state]!;
  }
  return weights.map((weight) => weight / total);
}

export interface LongRun {
  /** From the start to the loss. */
  readonly meanTime: number;
  /** Of the time before a loss, the share spent in each state. */
  readonly share: Float64Array;
}

export function longRun(chain: Chain): LongRun {
  const all = shares(chain);
  const lost = all[chain.states]!;
  // A cycle is the time until the loss and one unit after it: their shares are as their lengths.
  let alive = 0;
  for (let state = 0; state < chain.states; state++) alive += all[state]!;
  return { meanTime: alive / lost, share: all.subarray(0, chain.states).map((x) => x / alive) };
}

/** The chance of a loss within `time` of the start. */
export function lossWithin({ states, moves }: Chain, time: number): number {
  const leaving = new Float64Array(states);
  for (const { from, rate } of moves) leaving[from]! += rate;
  const pace = Math.max(...leaving);
  if (pace === 0 || time === 0) return 0;
  let now = new Float64Array(states);
  now[0] = 1;
  let lost = 0;
  let chance = 0;
  const mean = pace * time;
  let logFactorial = 0;
  // Beyond ten deviations a Poisson number has less than 1e-20 left, of chances that hardly change.
  const stepsMax = Math.ceil(mean + 10 * Math.sqrt(mean) + 40);
  for (let step = 0; step <= stepsMax; step++) {
    if (step > 0) logFactorial += Math.log(step);
    chance += Math.exp(step * Math.log(mean) - mean - logFactorial) * lost;
    const next = now.map((weight, state) => weight * Math.max(0, 1 - leaving[state]! / pace));
    for (const { from, to, rate } of moves) {
      const moved = (now[from]! * rate) / pace;
      if (to === LOSS) lost += moved;
      else next[to]! += moved;
    }
    now = next;
  }
  return chance;
}
