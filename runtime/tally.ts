/**
 * What the engine counts of itself, for each role: numbers only, so that counting costs nothing that
 * could be measured. Metrics read them when they are asked.
 */
import { roleOf, type Address } from '#protocols/subjects.ts';
import type { DeadLetterReason } from './ports.ts';

export interface Tally {
  handled: number;
  started: number;
  restarted: number;
  /** Ends that were not wanted: crashes and kills. */
  failed: number;
  readonly dead: Map<DeadLetterReason, number>;
}

export class Tallies {
  readonly #byRole = new Map<string, Tally>();
  #lastRole = '';
  #last: Tally = makeTally();

  of(who: Address): Tally {
    // Most arrive where one of the same role arrived just before; no string is made for those.
    if (hasRole(who, this.#lastRole)) return this.#last;
    const role = roleOf(who);
    const tally = this.#byRole.get(role) ?? makeTally();
    this.#byRole.set(role, tally);
    this.#lastRole = role;
    this.#last = tally;
    return tally;
  }

  deadLetter(to: Address, why: DeadLetterReason): void {
    const { dead } = this.of(to);
    dead.set(why, (dead.get(why) ?? 0) + 1);
  }

  entries(): Iterable<readonly [role: string, tally: Tally]> {
    return this.#byRole.entries();
  }
}

function hasRole(who: Address, role: string): boolean {
  const at = who.lastIndexOf('.') + 1;
  if (role === '' || !who.startsWith(role, at)) return false;
  const after = at + role.length;
  return after === who.length || who[after] === '_';
}

const makeTally = (): Tally => ({
  handled: 0,
  started: 0,
  restarted: 0,
  failed: 0,
  dead: new Map(),
});
