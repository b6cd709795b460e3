/**
 * The world's side of probes: which places disturb, how often, and which interesting states were
 * reached. After FoundationDB's BUGGIFY: a run uses only some of the places, so that rare paths get
 * whole runs of their own, and each with odds of its own.
 */
import type { Probe } from '#lib/probe.ts';
import { happens, NEVER, type Ratio } from './chance.ts';
import type { Random } from './random.ts';

/** A run uses a place one time in four. */
const USED: Ratio = [1, 4];
const ODDS: readonly Ratio[] = [
  [1, 100],
  [1, 20],
  [1, 4],
];

export class Disturbance {
  /** How often each thing was reached. */
  readonly reached = new Map<string, number>();
  /** Nothing is disturbed before the scenario says so, nor after it has healed. */
  isOn = false;
  readonly probe: Probe;
  readonly #random: Random;
  readonly #odds = new Map<string, { readonly random: Random; readonly odds: Ratio }>();

  constructor(random: Random) {
    this.#random = random;
    this.probe = {
      buggify: (place) => this.#disturbs(place),
      sometimes: (what) => this.#reach(what),
    };
  }

  #disturbs(place: string): boolean {
    if (!this.isOn) return false;
    let known = this.#odds.get(place);
    if (known === undefined) {
      const random = this.#random.fork(place);
      known = { random, odds: happens(random, USED) ? random.pick(ODDS) : NEVER };
      this.#odds.set(place, known);
    }
    if (!happens(known.random, known.odds)) return false;
    this.#reach(`buggify: ${place}`);
    return true;
  }

  #reach(what: string): void {
    this.reached.set(what, (this.reached.get(what) ?? 0) + 1);
  }
}
