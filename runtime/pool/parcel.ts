/**
 * Bytes on their way between threads: what is small lies in one block, and the block changes hands.
 *
 *   { path: [32], batch: { signature: [3309] } }  -->  block [ path | signature ], and the same value of views of it
 *
 * A structured clone of a view copies all that lies under it, into the message and out of it: ten bytes of a chunk of
 * 64 KiB travel as 64 KiB, twice. And each array of bytes that travels by itself has memory of its own on the other
 * side, which takes longer to get and to sweep than 32 bytes take to copy. A block is copied once, whatever is in it.
 *
 * Who keeps a view keeps its block: so what is given back shares a block with what came of the same job alone.
 */
import type { Plain } from '#protocols/effect.ts';

/** What has so many bytes to itself is given away as it is. */
const LARGE_BYTES = 16 * 1024;

/** Values, and what of them is to be transferred. */
export class Parcel {
  readonly transfer: ArrayBuffer[] = [];

  /** Values that remain their owners': all of their bytes are copied. */
  lent(values: readonly Plain[]): Plain[] {
    return this.#packed(values, () => false) as Plain[];
  }

  /** A value that is ours to give away. */
  given(value: Plain): Plain {
    return this.#packed(value, isLarge);
  }

  #packed(value: Plain, goesAlone: (bytes: Uint8Array) => boolean): Plain {
    const block = new Uint8Array(bytesIn(value, goesAlone));
    let at = 0;
    const packed = withBytes(value, (bytes) => {
      if (goesAlone(bytes)) return this.#alone(bytes);
      block.set(bytes, at);
      return block.subarray(at, (at += bytes.length));
    });
    if (at > 0) this.transfer.push(block.buffer);
    return packed;
  }

  #alone(bytes: Uint8Array): Uint8Array {
    const { buffer } = bytes;
    if (buffer instanceof ArrayBuffer && !this.transfer.includes(buffer))
      this.transfer.push(buffer);
    return bytes;
  }
}

const isLarge = (bytes: Uint8Array): boolean =>
  bytes.length >= LARGE_BYTES && bytes.length === bytes.buffer.byteLength;

/** Of all that goes into the block. */
function bytesIn(value: Plain, goesAlone: (bytes: Uint8Array) => boolean): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (value instanceof Uint8Array) return goesAlone(value) ? 0 : value.length;
  let sum = 0;
  for (const each of Array.isArray(value) ? value : Object.values(value))
    sum += bytesIn(each, goesAlone);
  return sum;
}

function withBytes(value: Plain, take: (bytes: Uint8Array) => Uint8Array): Plain {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return take(value);
  if (Array.isArray(value)) return value.map((each: Plain) => withBytes(each, take));
  const fields = value as Readonly<Record<string, Plain>>;
  const moved: Record<string, Plain> = {};
  for (const name of Object.keys(fields)) moved[name] = withBytes(fields[name], take);
  return moved;
}
