/**
 * Continuous-time Markov chains with one loss: how long until it comes, and how likely within a time.
 *
 * States are numbers from 0, of which 0 is the start; moves have rates. The loss is a state of its own,
 * outside. Both answers are found without a subtraction, so that a loss once in 10^30 years has as many
 * good digits as one tomorrow: the mean time by the elimination of Grassmann, Taksar and Heyman ("
 * Regenerative analysis and steady state distributions for Markov chains", 1985) on the chain that
 * starts again after each loss, the chance by uniformisation (Jensen 1953).
 *
 * Cost: for the mean time the moves, and those that arise while states are taken out; for the chance
 * moves x steps.
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
  const chain = new Sparse(states + 1);
  // After a loss it begins anew, in one unit of time on average.
  chain.add(states, 0, 1);
  for (const { from, to, rate } of moves) {
    if (to !== from) chain.add(from, to === LOSS ? states : to, rate);
  }
  return stationary(chain, states + 1);
}

/** Rates from state to state, of which nearly all are none. */
class Sparse {
  readonly #from: readonly Map<number, number>[];
  readonly #to: readonly Map<number, number>[];

  constructor(states: number) {
    this.#from = Array.from({ length: states }, () => new Map<number, number>());
    this.#to = Array.from({ length: states }, () => new Map<number, number>());
  }

  add(from: number, to: number, rate: number): void {
    this.set(from, to, (this.#from[from]!.get(to) ?? 0) + rate);
  }

  set(from: number, to: number, rate: number): void {
    this.#from[from]!.set(to, rate);
    this.#to[to]!.set(from, rate);
  }

  /** The states before one that it leads to, and those before it that lead to it. */
  downFrom(state: number): [to: number, rate: number][] {
    return [...this.#from[state]!].filter(([to]) => to < state);
  }

  downTo(state: number): [from: number, rate: number][] {
    return [...this.#to[state]!].filter(([from]) => from < state);
  }
}

/** Grassmann-Taksar-Heyman: states are taken out from the last to the first, then put back. */
function stationary(chain: Sparse, size: number): Float64Array {
  for (let out = size - 1; out > 0; out--) {
    const onward = chain.downFrom(out);
    const leaving = onward.reduce((sum, [, rate]) => sum + rate, 0);
    assert(leaving > 0, 'every state leads on to an earlier one');
    for (const [from, rate] of chain.downTo(out)) {
      const share = rate / leaving;
      chain.set(from, out, share);
      for (const [to, further] of onward) {
        if (to !== from) chain.add(from, to, share * further);
      }
    }
  }
  const weights = new Float64Array(size);
  weights[0] = 1;
  let total = 1;
  for (let state = 1; state < size; state++) {
    for (const [from, share] of chain.downTo(state)) weights[state]! += weights[from]! * share;
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

/** What is less likely than this leads nowhere that shows. */
const NEGLIGIBLE = 1e-60;

/** The chance of a loss within `time` of the start. */
export function lossWithin({ states, moves }: Chain, time: number): number {
  const leaving = new Float64Array(states);
  for (const { from, rate } of moves) leaving[from]! += rate;
  const pace = Math.max(...leaving);
  if (pace === 0 || time === 0) return 0;
  const [starts, tos, parts] = byState({ states, moves }, pace);
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
    const next = new Float64Array(states);
    for (let from = 0; from < states; from++) {
      const weight = now[from]!;
      if (weight < NEGLIGIBLE) continue;
      next[from]! += weight * Math.max(0, 1 - leaving[from]! / pace);
      for (let i = starts[from]!; i < starts[from + 1]!; i++) {
        const to = tos[i]!;
        if (to === LOSS) lost += weight * parts[i]!;
        else next[to]! += weight * parts[i]!;
      }
    }
    now = next;
  }
  return chance;
}

/** Moves as columns, those of state i from `starts[i]` on: where to, and which part of the pace. */
function byState({ states, moves }: Chain, pace: number) {
  const starts = new Uint32Array(states + 1);
  for (const { from } of moves) starts[from + 1]!++;
  for (let state = 0; state < states; state++) starts[state + 1]! += starts[state]!;
  const next = starts.slice();
  const tos = new Int32Array(moves.length);
  const parts = new Float64Array(moves.length);
  for (const { from, to, rate } of moves) {
    const at = next[from]!++;
    tos[at] = to;
    parts[at] = rate / pace;
  }
  return [starts, tos, parts] as const;
}
