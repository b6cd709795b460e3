/**
 * Names that come again and again on the wire (nodes, actors, kinds), found by their bytes: each is
 * decoded and checked once, and is then one string, so that comparing and looking it up is cheap.
 *
 * What belongs to somebody is read as that somebody's: the bytes `holder` of the node `x.y.z.n7` are
 * the name `x.y.z.n7.holder`.
 *
 * A table of so many places. Each name may stand in two, next to each other: a new one takes the first,
 * what stood there goes to the second, and what stood there is forgotten. So peers that invent names
 * cost time, never memory; and as long as there are a few times as many places as names, hardly two
 * names that are in use put each other out. The hash is FNV-1a.
 */
import { assert } from '#lib/assert.ts';
import { dotted } from './subjects.ts';

/** Whose names are meant: what stands before them, with a dot. */
export interface Owner {
  readonly prefix: string;
  readonly hash: number;
}

interface Known {
  readonly prefix: string;
  readonly bytes: Uint8Array;
  readonly name: string;
}

const PRIME = 0x0100_0193;
const BASIS = 0x811c_9dc5;

export function ownerOf(prefix: string): Owner {
  let hash = BASIS;
  for (let i = 0; i < prefix.length; i++) hash = Math.imul(hash ^ prefix.charCodeAt(i), PRIME);
  return { prefix, hash };
}

export const NOBODY: Owner = ownerOf('');

export class Names {
  readonly bytesMax: number;
  readonly accepts: (text: string) => boolean;
  readonly #places: (Known | undefined)[];
  /** Where the last search ended. */
  #place = 0;
  /** What comes again is often what came just before; that is one comparison, without a hash. */
  #last: Known | undefined;

  /** `places` is a power of two, and even. */
  constructor(bytesMax: number, accepts: (text: string) => boolean, places: number) {
    assert(places > 1 && (places & (places - 1)) === 0, 'a table has a power of two of places');
    this.bytesMax = bytesMax;
    this.accepts = accepts;
    this.#places = Array.from({ length: places });
  }

  find(from: Uint8Array, at: number, length: number, owner: Owner): string | undefined {
    const last = this.#last;
    if (last !== undefined && isIt(last, from, at, length, owner)) return last.name;
    this.#last = this.#search(from, at, length, owner);
    return this.#last?.name;
  }

  /** Remembers what the last `find` did not find. */
  keep(bytes: Uint8Array, text: string, { prefix }: Owner): string {
    const name = prefix === '' ? text : dotted(prefix, text);
    const former = this.#places[this.#place];
    if (former !== undefined) this.#places[this.#place ^ 1] = former;
    this.#places[this.#place] = { prefix, bytes, name };
    return name;
  }

  #search(from: Uint8Array, at: number, length: number, owner: Owner): Known | undefined {
    const end = at + length;
    let { hash } = owner;
    for (let i = at; i < end; i++) hash = Math.imul(hash ^ from[i]!, PRIME);
    this.#place = (hash ^ (hash >>> 15)) & (this.#places.length - 1);
    const first = this.#places[this.#place];
    if (first !== undefined && isIt(first, from, at, length, owner)) return first;
    const second = this.#places[this.#place ^ 1];
    if (second !== undefined && isIt(second, from, at, length, owner)) return second;
    return undefined;
  }
}

function isIt(
  { prefix, bytes }: Known,
  from: Uint8Array,
  at: number,
  length: number,
  owner: Owner,
): boolean {
  if (bytes.length !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[i] !== from[at + i]) return false;
  return prefix === owner.prefix;
}
