/**
 * Names that come again and again on the wire (addresses, nodes, kinds), found by their bytes: each is
 * decoded and checked once, and is then one string, so that comparing and looking it up is cheap.
 *
 * A table of so many places. A name that falls on a taken place replaces what was there, so peers that
 * invent names cost time, never memory. The hash is FNV-1a.
 */
import { assert } from '#lib/assert.ts';

interface Known {
  readonly bytes: Uint8Array;
  readonly text: string;
}

export class Names {
  readonly bytesMax: number;
  readonly accepts: (text: string) => boolean;
  readonly #places: (Known | undefined)[];
  /** The place at which the last search ended. */
  #place = 0;

  /** `places` is a power of two. */
  constructor(bytesMax: number, accepts: (text: string) => boolean, places: number) {
    assert((places & (places - 1)) === 0, 'a table of names has a power of two of places');
    this.bytesMax = bytesMax;
    this.accepts = accepts;
    this.#places = Array.from({ length: places });
  }

  find(from: Uint8Array, at: number, length: number): string | undefined {
    const end = at + length;
    let hash = 0x811c_9dc5;
    for (let i = at; i < end; i++) hash = Math.imul(hash ^ from[i]!, 0x0100_0193);
    this.#place = (hash ^ (hash >>> 15)) & (this.#places.length - 1);
    const known = this.#places[this.#place];
    if (known === undefined || known.bytes.length !== length) return undefined;
    const { bytes } = known;
    for (let i = 0; i < length; i++) if (bytes[i] !== from[at + i]) return undefined;
    return known.text;
  }

  /** Remembers what the last `find` did not find. */
  keep(bytes: Uint8Array, text: string): void {
    this.#places[this.#place] = { bytes, text };
  }
}
