/**
 * What a city asks of its pool, counted by name: how often a job is done for one transaction, and how many
 * pieces of work come together in one. What is done more often than the protocol needs shows here first.
 */
import type { Plain } from '#protocols/effect.ts';
import type { Pool } from '#runtime/ports.ts';

export interface Tally {
  jobs: number;
  /** Signatures, capsules, pieces, proofs in them: `works` says what counts. */
  works: number;
}

export class CountedPool implements Pool {
  readonly #pool: Pool;
  readonly #tallies = new Map<string, Tally>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  readonly run: Pool['run'] = (name, input, then) => {
    const label = labelOf(name, input);
    const tally = this.#tallies.get(label) ?? { jobs: 0, works: 0 };
    this.#tallies.set(label, tally);
    tally.jobs += 1;
    tally.works += worksOf(input);
    return this.#pool.run(name, input, then);
  };

  readonly turn: Pool['turn'] = (then) => this.#pool.turn(then);

  /** Since the last time this was asked. */
  taken(): ReadonlyMap<string, Tally> {
    const taken = new Map(this.#tallies);
    this.#tallies.clear();
    return taken;
  }
}

/** A signature is told apart by what it is for. */
const labelOf = (name: string, input: Plain): string =>
  typeof input === 'object' && input !== null && 'purpose' in input
    ? `${name} (${String(input.purpose)})`
    : name;

/** A list is so many; a job over lists (orders to verify, pieces to open) is as many as they hold. */
function worksOf(input: Plain): number {
  if (Array.isArray(input)) return input.length;
  if (typeof input !== 'object' || input === null || input instanceof Uint8Array) return 1;
  const lists = Object.values(input).filter((each) => Array.isArray(each));
  return lists.length === 0 ? 1 : lists.reduce((sum, list) => sum + list.length, 0);
}
