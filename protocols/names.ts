/**
 * Names that come again and again on the wire (nodes, actors, kinds), found by their bytes: each is
 * decoded and checked once, and is then one string, so that comparing and looking it up is cheap.
 *
 * What belongs to somebody is read as that somebody's: the bytes `holder` of the node `x.y.z.n7` are
 * the name `x.y.z.n7.holder`.
 *
 * A table of so many places. A name that falls on a taken place replaces what was there, so peers that
 * invent names cost time, never memory. The hash is FNV-1a.
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

  /** `places` is a power of two. */
  constructor(bytesMax: number, accepts: (text: string) => boolean, places: number) {
    assert((places & (places - 1)) === 0, 'a table of names has a power of two of places');
    this.bytesMax = bytesMax;
    this.accepts = accepts;
    this.#places = Array.from({ length: places });
  }

  find(from: Uint8Array, at: number, length: number, owner: Owner): string | undefined {
    const end = at + length;
    let { hash } = owner;
    for (let i = at; i < end; i++) hash = Math.imul(hash ^ from[i]!, PRIME);
    this.#place = (hash ^ (hash >>> 15)) & (this.#places.length - 1);
    const known = this.#places[this.#place];
    if (known === undefined || known.bytes.length !== length) return undefined;
    const { bytes } = known;
    for (let i = 0; i < length; i++) if (bytes[i] !== from[at + i]) return undefined;
    return known.prefix === owner.prefix ? known.name : undefined;
  }

  /** Remembers what the last `find` did not find. */
  keep(bytes: Uint8Array, text: string, { prefix }: Owner): string {
    const name = prefix === '' ? text : dotted(prefix, text);
    this.#places[this.#place] = { prefix, bytes, name };
    return name;
  }
}
