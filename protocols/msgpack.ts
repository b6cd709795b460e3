/**
 * MessagePack, the strict subset with one form for each value: nil, booleans, unsigned integers in
 * the fewest bytes, UTF-8 text, binary, arrays. Everything else (floats, negative numbers, maps,
 * extensions, 0xc1) is refused, and so is a longer form of what has a shorter one.
 *
 * A `Writer` fills large chunks one after another and hands out views of them, never the same byte
 * twice: the NATS client keeps a reference to what it was given until it flushes.
 */
import { assert } from '#lib/assert.ts';
import { NOBODY, type Names, type Owner } from './names.ts';

export type MalformedWhy =
  | 'truncated'
  | 'trailing'
  | 'type'
  | 'range'
  | 'too-long'
  | 'not-canonical'
  | 'not-utf8'
  | 'unknown-kind'
  | 'version';

/** Bytes that are not what they should be: caused by a peer or a disk, thrown by readers only. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
  readonly why: MalformedWhy;
  constructor(why: MalformedWhy, detail: string) {
    super(`${why}: ${detail}`);
    this.why = why;
  }
}

const CHUNK_BYTES = 64 * 1024;
const U32 = 0x1_0000_0000;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Copies of these lengths share slabs: an allocation of its own costs three times the copying. */
const SHARED_BYTES_MIN = 65;
const SHARED_BYTES_MAX = 1_024;
/** Small, because whoever keeps one of its copies keeps all of it. */
const SLAB_BYTES = 8 * 1_024;
let slab = new Uint8Array(SLAB_BYTES);
let slabAt = 0;

/** Bytes of their own. The shortest live among ordinary objects, the long ones by themselves. */
function copyOf(from: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length < SHARED_BYTES_MIN || length > SHARED_BYTES_MAX) return from.slice(start, end);
  if (slabAt + length > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    slabAt = 0;
  }
  const at = slabAt;
  slabAt += length;
  slab.set(from.subarray(start, end), at);
  return slab.subarray(at, slabAt);
}

export class Writer {
  #chunk: Uint8Array;
  #start = 0;
  #at = 0;

  constructor(chunkBytes = 256) {
    this.#chunk = new Uint8Array(chunkBytes);
  }

  /** What was written since the last `take`. The bytes are the caller's for ever. */
  take(): Uint8Array {
    const taken = this.#chunk.subarray(this.#start, this.#at);
    this.#start = this.#at;
    return taken;
  }

  /** The same, in memory of its own; the chunk is used again after `clear`. */
  copy(): Uint8Array {
    return this.#chunk.slice(this.#start, this.#at);
  }

  /** Forgets what was written and not taken. */
  clear(): void {
    this.#at = this.#start;
  }

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#at - this.#start;
  }

  nil(): void {
    this.#byte(0xc0);
  }

  bool(value: boolean): void {
    this.#byte(value ? 0xc3 : 0xc2);
  }

  uint(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'a written integer is safe and not negative');
    if (value < 0x80) this.#byte(value);
    else if (value <= 0xff) this.#tagged(0xcc, value, 1);
    else if (value <= 0xffff) this.#tagged(0xcd, value, 2);
    else if (value < U32) this.#tagged(0xce, value, 4);
    else {
      this.#tagged(0xcf, Math.floor(value / U32), 4);
      this.#big(value >>> 0, 4);
    }
  }

  u64(value: bigint): void {
    assert(value >= 0n && value < 1n << 64n, 'a written u64 fits 64 bits');
    if (value < BigInt(U32)) return this.uint(Number(value));
    this.#tagged(0xcf, Number(value >> 32n), 4);
    this.#big(Number(value & 0xffff_ffffn), 4);
  }

  str(value: string): void {
    // Room for the worst case, so that the text is written once, in place.
    this.#reserve(5 + value.length * 3);
    const head = strHeadBytes(value.length);
    const written = this.#text(value, this.#at + head);
    const needed = strHeadBytes(written);
    if (needed !== head) {
      this.#chunk.copyWithin(this.#at + needed, this.#at + head, this.#at + head + written);
    }
    if (written < 32) this.#chunk[this.#at++] = 0xa0 | written;
    else if (written <= 0xff) this.#tagged(0xd9, written, 1);
    else if (written <= 0xffff) this.#tagged(0xda, written, 2);
    else this.#tagged(0xdb, written, 4);
    this.#at += written;
  }

  /** The rest of a short ASCII text from `start`, without making a text of it. */
  tail(value: string, start: number): void {
    const length = value.length - start;
    assert(length >= 0 && length < 256, 'a tail is short');
    this.#reserve(2 + length);
    if (length < 32) this.#chunk[this.#at++] = 0xa0 | length;
    else this.#tagged(0xd9, length, 1);
    for (let i = start; i < value.length; i++) this.#chunk[this.#at++] = value.charCodeAt(i);
  }

  bin(value: Uint8Array): void {
    this.#reserve(5 + value.length);
    if (value.length <= 0xff) this.#tagged(0xc4, value.length, 1);
    else if (value.length <= 0xffff) this.#tagged(0xc5, value.length, 2);
    else this.#tagged(0xc6, value.length, 4);
    this.#chunk.set(value, this.#at);
    this.#at += value.length;
  }

  array(length: number): void {
    if (length < 16) this.#byte(0x90 | length);
    else if (length <= 0xffff) this.#tagged(0xdc, length, 2);
    else this.#tagged(0xdd, length, 4);
  }

  /** Bytes that are already in the one form: a message's body, written once. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#chunk.set(value, this.#at);
    this.#at += value.length;
  }

  #byte(value: number): void {
    if (this.#at === this.#chunk.length) this.#reserve(1);
    this.#chunk[this.#at++] = value;
  }

  #tagged(tag: number, value: number, width: 1 | 2 | 4): void {
    this.#reserve(1 + width);
    this.#chunk[this.#at++] = tag;
    this.#big(value, width);
  }

  #big(value: number, width: 1 | 2 | 4): void {
    this.#reserve(width);
    for (let shift = (width - 1) * 8; shift >= 0; shift -= 8) {
      this.#chunk[this.#at++] = value >>> shift;
    }
  }

  /** Short ASCII, which most texts are, is copied by hand: a call into the encoder costs more. */
  #text(value: string, at: number): number {
    if (value.length <= 64) {
      let i = 0;
      for (; i < value.length; i++) {
        const unit = value.charCodeAt(i);
        if (unit >= 0x80) break;
        this.#chunk[at + i] = unit;
      }
      if (i === value.length) return i;
    }
    return encoder.encodeInto(value, this.#chunk.subarray(at)).written;
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#chunk.length) return;
    const begun = this.#chunk.subarray(this.#start, this.#at);
    // Who writes one value pays for about that; who goes on writing soon has large chunks.
    const ample = Math.min(CHUNK_BYTES, 4 * this.#chunk.length);
    const chunk = new Uint8Array(Math.max(ample, 2 * (begun.length + length)));
    chunk.set(begun);
    this.#chunk = chunk;
    this.#start = 0;
    this.#at = begun.length;
  }
}

const isPlain = (bytes: Uint8Array): boolean =>
  Object.getPrototypeOf(bytes) === Uint8Array.prototype;

const strHeadBytes = (length: number): number =>
  length < 32 ? 1 : length <= 0xff ? 2 : length <= 0xffff ? 3 : 5;

export class Reader {
  readonly #from: Uint8Array;
  readonly #isLent: boolean;
  #at: number;

  /** `isLent`: the bytes of what is read may be views. */
  constructor(from: Uint8Array, at = 0, isLent = false) {
    // What files and sockets give is a Buffer, whose `slice` copies nothing: whoever kept a slice would
    // keep a view of bytes that change under it.
    this.#from = isPlain(from) ? from : new Uint8Array(from.buffer, from.byteOffset, from.length);
    this.#at = at;
    this.#isLent = isLent;
  }

  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#from.length;
  }

  /** Refuses whatever follows. */
  end(): void {
    if (this.#at !== this.#from.length) throw new Malformed('trailing', 'bytes after the end');
  }

  takeNil(): boolean {
    if (this.#at >= this.#from.length || this.#from[this.#at] !== 0xc0) return false;
    this.#at++;
    return true;
  }

  bool(): boolean {
    const tag = this.#byte();
    if (tag !== 0xc2 && tag !== 0xc3) throw new Malformed('type', 'expected a boolean');
    return tag === 0xc3;
  }

  uint(): number {
    const tag = this.#byte();
    if (tag < 0x80) return tag;
    if (tag === 0xcc) return this.#atLeast(this.#big(1), 0x80);
    if (tag === 0xcd) return this.#atLeast(this.#big(2), 0x100);
    if (tag === 0xce) return this.#atLeast(this.#big(4), 0x1_0000);
    if (tag !== 0xcf) throw new Malformed('type', 'expected an unsigned integer');
    const value = this.#big(4) * U32 + this.#big(4);
    if (!Number.isSafeInteger(value)) throw new Malformed('range', 'integer above 2^53 - 1');
    return this.#atLeast(value, U32);
  }

  u64(): bigint {
    if (this.#from[this.#at] !== 0xcf) return BigInt(this.uint());
    this.#at++;
    const value = (BigInt(this.#big(4)) << 32n) | BigInt(this.#big(4));
    if (value < BigInt(U32)) throw new Malformed('not-canonical', 'integer longer than needed');
    return value;
  }

  str(bytesMax: number): string {
    const length = this.#strBytes();
    return this.#text(this.#span(length, 0, bytesMax), length);
  }

  /** A text that comes again and again, decoded and checked once; read as a name of its owner. */
  name(names: Names, owner: Owner = NOBODY): string {
    const length = this.#strBytes();
    const at = this.#span(length, 0, names.bytesMax);
    const known = names.find(this.#from, at, length, owner);
    if (known !== undefined) return known;
    const text = this.#text(at, length);
    if (!names.accepts(text)) throw new Malformed('range', 'text of the wrong form');
    return names.keep(this.#from.slice(at, at + length), text, owner);
  }

  /** A copy, unless it is lent: what arrives is a view of a socket's buffer. */
  bin(min: number, max: number): Uint8Array {
    const at = this.#bin(min, max);
    if (this.#isLent) return this.#from.subarray(at, this.#at);
    return copyOf(this.#from, at, this.#at);
  }

  /** Not a copy: for what is read on at once. */
  binView(min: number, max: number): Uint8Array {
    const at = this.#bin(min, max);
    return this.#from.subarray(at, this.#at);
  }

  array(max: number): number {
    const tag = this.#byte();
    let length: number;
    if ((tag & 0xf0) === 0x90) length = tag & 0x0f;
    else if (tag === 0xdc) length = this.#atLeast(this.#big(2), 16);
    else if (tag === 0xdd) length = this.#atLeast(this.#big(4), 0x1_0000);
    else throw new Malformed('type', 'expected a list');
    if (length > max) throw new Malformed('too-long', `list of more than ${max}`);
    return length;
  }

  /** A list of exactly so many: a record. */
  arrayOf(length: number): void {
    if (this.array(length) !== length) throw new Malformed('range', `expected ${length} fields`);
  }

  #strBytes(): number {
    const tag = this.#byte();
    if ((tag & 0xe0) === 0xa0) return tag & 0x1f;
    if (tag === 0xd9) return this.#atLeast(this.#big(1), 32);
    if (tag === 0xda) return this.#atLeast(this.#big(2), 0x100);
    if (tag === 0xdb) return this.#atLeast(this.#big(4), 0x1_0000);
    throw new Malformed('type', 'expected text');
  }

  #bin(min: number, max: number): number {
    const tag = this.#byte();
    let length: number;
    if (tag === 0xc4) length = this.#big(1);
    else if (tag === 0xc5) length = this.#atLeast(this.#big(2), 0x100);
    else if (tag === 0xc6) length = this.#atLeast(this.#big(4), 0x1_0000);
    else throw new Malformed('type', 'expected bytes');
    return this.#span(length, min, max);
  }

  #span(length: number, min: number, max: number): number {
    if (length > max) throw new Malformed('too-long', `more than ${max} bytes`);
    if (length < min) throw new Malformed('range', `fewer than ${min} bytes`);
    const at = this.#at;
    if (at + length > this.#from.length) throw new Malformed('truncated', 'bytes end too early');
    this.#at = at + length;
    return at;
  }

  #text(at: number, length: number): string {
    if (length <= 24) {
      let value = '';
      let i = 0;
      for (; i < length; i++) {
        const unit = this.#from[at + i]!;
        if (unit >= 0x80) break;
        value += String.fromCharCode(unit);
      }
      if (i === length) return value;
    }
    try {
      return decoder.decode(this.#from.subarray(at, at + length));
    } catch {
      throw new Malformed('not-utf8', 'text is not UTF-8');
    }
  }

  #byte(): number {
    if (this.#at >= this.#from.length) throw new Malformed('truncated', 'bytes end too early');
    return this.#from[this.#at++]!;
  }

  #big(width: 1 | 2 | 4): number {
    if (this.#at + width > this.#from.length) {
      throw new Malformed('truncated', 'bytes end too early');
    }
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + this.#from[this.#at++]!;
    return value;
  }

  #atLeast(value: number, least: number): number {
    if (value < least) throw new Malformed('not-canonical', 'longer than needed');
    return value;
  }
}
