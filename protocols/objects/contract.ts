/**
 * A contract: a pure function over cells, which are objects of its own, that a transaction calls.
 *
 *   declared cells as they are | input, sender --(run)--> cells that change | refusal
 *
 * A call may touch what its transaction declares (`objects` of the core, signed): keys of 32 bytes. The object of a key has a
 * name that follows from the key and from the contract with its version (`cellName`), so no key that anybody can think of is
 * an account, an escrow, or a cell of another contract. What is read is known before any contract has run.
 *
 * Safety: a call is done wholly or changes nothing. Whatever a contract throws is caught, and whatever it takes beyond the meter or
 * asks for beyond what is declared ends it, even where it catches that itself. It is given copies, and copies are kept.
 * Cost: the meter counts what is read and made, in one place for all contracts. It does not count steps: a contract is code
 * of the release that everybody has read, and its steps are to be bounded by its input (decision 253).
 */
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import type { Change, Read } from './desk.ts';
import { CELL_BYTES_MAX, cellName } from './object.ts';
import type { OpEffect } from './op.ts';

export const METER = {
  /** As often as it reads a cell, also the same one. */
  reads: 64,
  writes: 16,
  /** Of its input, of all that it reads, and of all that it writes. */
  bytes: 16_384,
} as const;

export interface Call {
  /** What is in a cell: `undefined` while nothing is. */
  readonly read: (cell: Uint8Array) => Uint8Array | undefined;
  readonly input: Uint8Array;
  /** The fingerprint of the key that signed. */
  readonly sender: Uint8Array;
}

export type Refusal = 'malformed' | 'not-yours';
export type Write = readonly [cell: Uint8Array, bytes: Uint8Array];

export interface Contract {
  /** Of what it is given alone: no clock, no chance, nothing that it remembers; and no recursion, which ends elsewhere on each machine. */
  readonly run: (call: Call) => readonly Write[] | Refusal;
  /** What whoever calls it with this input should declare. Asked on a sender's device, never by a city. */
  readonly cells: (input: Uint8Array) => readonly Uint8Array[];
}

/** What a transaction says of its call. */
export interface Calling {
  readonly sender: Uint8Array;
  readonly input: Uint8Array;
  readonly declared: readonly Uint8Array[];
}

export function called(
  name: string,
  { run }: Contract,
  { sender, input, declared }: Calling,
  read: Read,
): OpEffect | readonly Change[] {
  const meter = new Meter(new Map(declared.map((cell) => [hex(cell), inCell(name, cell, read)])));
  try {
    meter.spend('bytes', input.length);
    const call = { read: meter.read, input: input.slice(), sender: sender.slice() };
    const made = run(call);
    if (meter.fault !== undefined) return meter.fault;
    return typeof made === 'string' ? made : changesOf(name, meter.written(made));
  } catch {
    return meter.fault ?? 'failed';
  }
}

function inCell(contract: string, cell: Uint8Array, read: Read): Uint8Array | undefined {
  const value = read(cellName(contract, cell))?.value;
  if (value === undefined) return undefined;
  assert(value.is === 'cell', 'the name of a cell is of nothing else');
  return value.bytes;
}

/** Each cell once: what was written last. */
function changesOf(contract: string, writes: readonly Write[]): Change[] {
  const last = new Map(writes.map((write) => [hex(write[0]), write]));
  return [...last.values()].map(([cell, bytes]) => [
    cellName(contract, cell),
    { is: 'cell', contract, bytes },
  ]);
}

type Fault = Extract<OpEffect, 'undeclared' | 'over-meter'>;

/** One call's. What it has found stands, whatever the contract does about it. */
class Meter {
  fault: Fault | undefined;
  readonly #spent = { reads: 0, writes: 0, bytes: 0 };
  readonly #cells: ReadonlyMap<string, Uint8Array | undefined>;

  constructor(cells: ReadonlyMap<string, Uint8Array | undefined>) {
    this.#cells = cells;
  }

  readonly read = (cell: Uint8Array): Uint8Array | undefined => {
    this.spend('reads', 1);
    const bytes = this.#cells.get(this.#declared(cell));
    this.spend('bytes', bytes?.length ?? 0);
    return bytes?.slice();
  };

  written(writes: readonly Write[]): Write[] {
    this.spend('writes', writes.length);
    return writes.map(([cell, bytes]) => {
      this.#declared(cell);
      this.spend('bytes', bytes.length);
      if (bytes.length > CELL_BYTES_MAX) this.#end('over-meter');
      return [cell, bytes.slice()];
    });
  }

  spend(what: keyof typeof METER, more: number): void {
    this.#spent[what] += more;
    if (this.#spent[what] > METER[what]) this.#end('over-meter');
  }

  #declared(cell: Uint8Array): string {
    const key = hex(cell);
    return this.#cells.has(key) ? key : this.#end('undeclared');
  }

  #end(fault: Fault): never {
    this.fault ??= fault;
    throw new Error(fault);
  }
}
