/**
 * What a city asks of its pool, counted by name: how often a job is done for one transaction, and how many
 * pieces of work come together in one. What is done more often than the protocol needs shows here first.
 */
import type { Plain } from '#protocols/effect.ts';
import type { OpenInput } from '#protocols/hold/jobs.ts';
import type { CheckInput } from '#protocols/ledger/jobs.ts';
import type { Pool } from '#runtime/ports.ts';

export interface Tally {
  jobs: number;
  /** Signatures, capsules, pieces, proofs in them: `works` says what counts. */
  works: number;
}

/** What the crypto floor prices, and jobs do. */
export type Operation = 'sign' | 'verify' | 'seal' | 'open' | 'prove' | 'check';
export type Operations = Record<Operation, number>;

export class CountedPool implements Pool {
  readonly #pool: Pool;
  readonly #tallies = new Map<string, Tally>();
  #operations = none();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  readonly run: Pool['run'] = (name, input, then) => {
    const label = labelOf(name, input);
    const tally = this.#tallies.get(label) ?? { jobs: 0, works: 0 };
    this.#tallies.set(label, tally);
    tally.jobs += 1;
    tally.works += worksOf(input);
    add(this.#operations, operationsOf(name, input));
    return this.#pool.run(name, input, then);
  };

  readonly turn: Pool['turn'] = (then) => this.#pool.turn(then);

  /** Operations since the last time this was asked. */
  done(): Operations {
    const done = this.#operations;
    this.#operations = none();
    return done;
  }

  /** Since the last time this was asked. */
  taken(): ReadonlyMap<string, Tally> {
    const taken = new Map(this.#tallies);
    this.#tallies.clear();
    return taken;
  }
}

const none = (): Operations => ({ sign: 0, verify: 0, seal: 0, open: 0, prove: 0, check: 0 });

/** In place: it is done for each job, and is part of what is measured. */
function add(to: Operations, more: Partial<Operations>): void {
  for (const what in more) to[what as Operation] += more[what as Operation]!;
}

function operationsOf(name: string, input: Plain): Partial<Operations> {
  switch (name) {
    case 'select.draw':
      return { verify: 1, prove: 1 };
    case 'attest.seal':
      return { seal: worksOf(input) };
    case 'hold.open': {
      const { orders, pieces } = input as unknown as OpenInput;
      return {
        verify: orders.length,
        open: pieces.filter(({ open }) => open !== undefined).length,
      };
    }
    case 'ledger.check': {
      const { signatures, draws } = input as unknown as CheckInput;
      return { verify: signatures.length, check: draws.length };
    }
    default:
      if (name.endsWith('.verify')) return { verify: worksOf(input) };
      return name.endsWith('.sign') || name === 'hold.prove' ? { sign: 1 } : {};
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
  let [works, isList] = [0, false];
  for (const each of Object.values(input)) {
    if (!Array.isArray(each)) continue;
    isList = true;
    works += each.length;
  }
  return isList ? works : 1;
}
