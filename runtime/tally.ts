/**
 * What the engine counts of itself, for each role: numbers only, so that counting costs nothing that
 * could be measured. Metrics read them when they are asked.
 */
import { dotted, nodeOf, roleOf, type Address, type NodeAddress } from '#protocols/subjects.ts';
import type { DeadLetterReason } from './ports.ts';

export interface Tally {
  handled: number;
  started: number;
  restarted: number;
  /** Ends that were not wanted: crashes and kills. */
  failed: number;
  readonly dead: Map<DeadLetterReason, number>;
}

/** What the instances of one role on one node have in common. */
export interface Kin {
  readonly node: NodeAddress;
  readonly tally: Tally;
}

export class Tallies {
  readonly #byRole = new Map<string, Tally>();
  /** Node and role of whoever was asked for last. */
  #stem = '';
  #kin: Kin | undefined;

  kinOf(who: Address): Kin {
    // Most arrive where one of the same role arrived just before; no string is made for those.
    if (this.#kin !== undefined && hasStem(who, this.#stem)) return this.#kin;
    const [node, role] = [nodeOf(who), roleOf(who)];
    const tally = this.#byRole.get(role) ?? makeTally();
    this.#byRole.set(role, tally);
    this.#stem = dotted(node, role);
    this.#kin = { node, tally };
    return this.#kin;
  }

  deadLetter(to: Address, why: DeadLetterReason): void {
    const { dead } = this.kinOf(to).tally;
    dead.set(why, (dead.get(why) ?? 0) + 1);
  }

  entries(): Iterable<readonly [role: string, tally: Tally]> {
    return this.#byRole.entries();
  }
}

/** Whether an address is of this node and role, whatever the instance. */
function hasStem(who: Address, stem: string): boolean {
  const isWhole = who.length === stem.length || who.charCodeAt(stem.length) === 0x5f;
  return isWhole && who.startsWith(stem);
}

const makeTally = (): Tally => ({
  handled: 0,
  started: 0,
  restarted: 0,
  failed: 0,
  dead: new Map(),
});
