/**
 * Reading the one byte form of this network, by itself: a subset of MessagePack in which each value has exactly one encoding
 * (docs/protocols/proof.md, "Bytes"). Part of the bridge verifier: nothing of the project is imported here, so that it can
 * be carried elsewhere line by line.
 *
 *   uint    the shortest of 0xxxxxxx, cc, cd, ce, cf        text    the shortest of a0-bf, d9, da
 *   bytes   the shortest of c4, c5, c6                      list    the shortest of 90-9f, dc, dd
 *   record  a list of its fields, in order                  nothing c0
 *
 * What is hashed or signed is hashed as it stands: `raw` gives the bytes of what was read.
 */

/** Bytes that are no bundle, or not in the one form. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Nothing that is proved lies deeper. */
const DEPTH_MAX = 16;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Reader {
  readonly #from: Uint8Array;
  #at = 0;

  constructor(from: Uint8Array) {
    this.#from = from;
  }

  get at(): number {
    return this.#at;
  }

  /** What was read since then. */
  raw(since: number): Uint8Array {
    return this.#from.slice(since, this.#at);
  }

  end(): void {
    if (this.#at !== this.#from.length) throw new Unreadable('bytes after the end');
  }

  isNothing(): boolean {
    if (this.#from[this.#at] !== 0xc0) return false;
    this.#at++;
    return true;
  }

  uint(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Unreadable('a number above 2^53 - 1');
    return Number(value);
  }

  u64(): bigint {
    const tag = this.#byte();
    if (tag < 0x80) return BigInt(tag);
    const width = tag - 0xcc;
    if (width < 0 || width > 3) throw new Unreadable('expected a number');
    const least = [0x80n, 0x100n, 0x1_0000n, 0x1_0000_0000n][width]!;
    return this.#atLeast(this.#big(1 << width), least);
  }

  text(): string {
    const tag = this.#byte();
    const length = (tag & 0xe0) === 0xa0 ? tag & 0x1f : this.#length(tag, 0xd9, 2, 32n);
    try {
      return decoder.decode(this.#take(length));
    } catch {
      throw new Unreadable('text is not UTF-8');
    }
  }

  bytes(length?: number): Uint8Array {
    const found = this.#take(this.#length(this.#byte(), 0xc4, 3, 0n));
    if (length !== undefined && found.length !== length)
      throw new Unreadable('bytes of another length');
    return found;
  }

  /** How many there are of a list that may have so many. */
  list(max = Number.MAX_SAFE_INTEGER): number {
    const count = this.#count();
    if (count > max) throw new Unreadable('a longer list than there may be');
    return count;
  }

  #count(): number {
    const tag = this.#byte();
    if ((tag & 0xf0) === 0x90) return tag & 0x0f;
    if (tag !== 0xdc && tag !== 0xdd) throw new Unreadable('expected a list');
    const [width, least] = tag === 0xdc ? [2, 16n] : [4, 0x1_0000n];
    return Number(this.#atLeast(this.#big(width as 2 | 4), least as bigint));
  }

  /** A record of so many fields. */
  record(fields: number): void {
    if (this.list() !== fields) throw new Unreadable(`expected ${fields} fields`);
  }

  /** So many values of any kind. */
  skip(count = 1, depth = 0): void {
    if (depth > DEPTH_MAX) throw new Unreadable('too deep');
    for (let i = 0; i < count; i++) this.#skipOne(depth);
  }

  #skipOne(depth: number): void {
    const tag = this.#from[this.#at];
    if (tag === undefined) throw new Unreadable('bytes end too early');
    if (tag === 0xc0 || tag === 0xc2 || tag === 0xc3) this.#at++;
    else if (tag < 0x80 || (tag >= 0xcc && tag <= 0xcf)) this.u64();
    else if ((tag & 0xe0) === 0xa0 || tag === 0xd9 || tag === 0xda) this.text();
    else if (tag >= 0xc4 && tag <= 0xc6) this.bytes();
    else this.skip(this.list(), depth + 1);
  }

  /** Tags from `first` on mean lengths of 1, 2, 4 bytes. */
  #length(tag: number, first: number, widths: number, least: bigint): number {
    const width = tag - first;
    if (width < 0 || width >= widths) throw new Unreadable('a value of another kind');
    return Number(this.#atLeast(this.#big(1 << width), [least, 0x100n, 0x1_0000n][width]!));
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#from.length) throw new Unreadable('bytes end too early');
    const found = this.#from.slice(this.#at, end);
    this.#at = end;
    return found;
  }

  #byte(): number {
    return this.#take(1)[0]!;
  }

  #big(width: number): bigint {
    let value = 0n;
    for (const byte of this.#take(width)) value = (value << 8n) | BigInt(byte);
    return value;
  }

  #atLeast(value: bigint, least: bigint): bigint {
    if (value < least) throw new Unreadable('longer than needed');
    return value;
  }
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The few things that are put together anew, in the same form: what members sign. */
export const written = {
  /** Of at most 15 fields. */
  record: (...fields: readonly Uint8Array[]): Uint8Array =>
    joined(Uint8Array.of(0x90 | fields.length), ...fields),
  text: (value: string): Uint8Array => {
    const bytes = utf8(value);
    const head = bytes.length < 32 ? [0xa0 | bytes.length] : [0xd9, bytes.length];
    return joined(Uint8Array.from(head), bytes);
  },
  /** Of at most 255. */
  bytes: (value: Uint8Array): Uint8Array => joined(Uint8Array.of(0xc4, value.length), value),
  uint: (value: number): Uint8Array => {
    if (value < 0x80) return Uint8Array.of(value);
    const width = value < 0x100 ? 0 : value < 0x1_0000 ? 1 : value < 0x1_0000_0000 ? 2 : 3;
    const bytes = Array.from({ length: 1 << width }, (_, i) =>
      Number((BigInt(value) >> BigInt(8 * ((1 << width) - 1 - i))) & 0xffn),
    );
    return Uint8Array.of(0xcc + width, ...bytes);
  },
} as const;

export const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
