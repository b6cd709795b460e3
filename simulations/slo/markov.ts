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

  /** Where a state leads, and what leads to it: as it is now, also while rates that are there change. */
  leadingFrom(state: number): ReadonlyMap<number, number> {
    return this.#from[state]!;
  }

  leadingTo(state: number): ReadonlyMap<number, number> {
    return this.#to[state]!;
  }
}

/** Grassmann-Taksar-Heyman: states are taken out from the last to the first, then put back. */
function stationary(chain: Sparse, size: number): Float64Array {
  for (let out = size - 1; out > 0; out--) takeOut(chain, out);
  const weights = new Float64Array(size);
  weights[0] = 1;
  let total = 1;
  for (let state = 1; state < size; state++) {
    let weight = 0;
    for (const [from, share] of chain.leadingTo(state)) {
      if (from < state) weight += weights[from]! * share;
    }
    weights[state] = weight;
    total += weight;
  }
  return weights.map((weight) => weight / total);
}

/** Whatever led to it leads to the earlier states that it led to; what led to it is kept as a share. */
function takeOut(chain: Sparse, out: number): void {
  const tos: number[] = [];
  const rates: number[] = [];
  let leaving = 0;
  for (const [to, rate] of chain.leadingFrom(out)) {
    if (to >= out) continue;
    tos.push(to);
    rates.push(rate);
    leaving += rate;
  }
  assert(leaving > 0, 'every state leads on to an earlier one');
  for (const [from, rate] of chain.leadingTo(out)) {
    if (from >= out) continue;
    const share = rate / leaving;
    chain.set(from, out, share);
    for (const [i, to] of tos.entries()) {
      if (to !== from) chain.add(from, to, share * rates[i]!);
    }
  }
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
export function lossWithin(chain: Chain, time: number): number {
  const columns = columnsOf(chain);
  if (columns.pace === 0 || time === 0) return 0;
  let now = new Float64Array(chain.states);
  let next = new Float64Array(chain.states);
  now[0] = 1;
  let lost = 0;
  let chance = 0;
  const mean = columns.pace * time;
  let logFactorial = 0;
  // Beyond ten deviations a Poisson number has less than 1e-20 left, of chances that hardly change.
  const stepsMax = Math.ceil(mean + 10 * Math.sqrt(mean) + 40);
  for (let step = 0; step <= stepsMax; step++) {
    if (step > 0) logFactorial += Math.log(step);
    chance += Math.exp(step * Math.log(mean) - mean - logFactorial) * lost;
    lost += onward(columns, now, next);
    [now, next] = [next, now];
  }
  return chance;
}

/**
 * One step of every state; what is lost in it. Each gathers what comes to it, so that nothing is written twice;
 * whoever returns to the start is added up once.
 */
function onward(columns: Columns, now: Float64Array, next: Float64Array): number {
  const { starts, froms, parts, stays, returns, losses } = columns;
  let [lost, returned] = [0, 0];
  for (let to = 0; to < now.length; to++) {
    const own = now[to]!;
    let weight = own * stays[to]!;
    const end = starts[to + 1]!;
    for (let i = starts[to]!; i < end; i++) weight += now[froms[i]!]! * parts[i]!;
    next[to] = weight;
    returned += own * returns[to]!;
    lost += own * losses[to]!;
  }
  next[0]! += returned;
  return lost;
}

/** Moves as columns, those to state i from `starts[i]` on: where from, and which part of the pace. */
interface Columns {
  /** The rate of the state that is left fastest: one step takes so long on average. */
  readonly pace: number;
  readonly starts: Uint32Array;
  readonly froms: Uint32Array;
  readonly parts: Float64Array;
  /** By state: which part stays, goes back to the start, is lost. */
  readonly stays: Float64Array;
  readonly returns: Float64Array;
  readonly losses: Float64Array;
}

function columnsOf({ states, moves }: Chain): Columns {
  const [leaving, returns, losses] = [sums(states), sums(states), sums(states)];
  for (const { from, rate } of moves) leaving[from]! += rate;
  const pace = leaving.reduce((most, rate) => Math.max(most, rate), 0);
  for (const { from, to, rate } of moves) {
    if (to === 0) returns[from]! += rate / pace;
    else if (to === LOSS) losses[from]! += rate / pace;
  }
  const others = moves.filter(({ to }) => to > 0);
  const starts = new Uint32Array(states + 1);
  for (const { to } of others) starts[to + 1]!++;
  for (let state = 0; state < states; state++) starts[state + 1]! += starts[state]!;
  const next = starts.slice();
  const [froms, parts] = [new Uint32Array(others.length), sums(others.length)];
  for (const { from, to, rate } of others) {
    const at = next[to]!++;
    froms[at] = from;
    parts[at] = rate / pace;
  }
  const stays = leaving.map((rate) => Math.max(0, 1 - rate / pace));
  return { pace, starts, froms, parts, stays, returns, losses };
}

const sums = (length: number): Float64Array<ArrayBuffer> => new Float64Array(length);
