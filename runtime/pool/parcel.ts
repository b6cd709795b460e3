/**
 * Bytes on their way between threads, with no copy that is not needed.
 *
 * A structured clone of a view copies all that lies under it: ten bytes of a chunk of 64 KiB travel as
 * 64 KiB. And it copies twice, into the message and out of it, where a transfer copies nothing but
 * takes the bytes away from whoever sent them, and costs about as much as copying a few KiB.
 */
import type { Plain } from '#protocols/effect.ts';

/** From here on, a transfer is cheaper than the second copy. */
const TRANSFER_BYTES = 16 * 1024;

/** What is to be sent, and what of it is to be transferred. */
export class Parcel {
  readonly transfer = new Set<ArrayBuffer>();

  /** A value that remains its owner's: large bytes travel as a copy that is ours to give away. */
  lent(value: Plain): Plain {
    return withBytes(value, (bytes) =>
      bytes.length < TRANSFER_BYTES ? narrow(bytes) : this.#given(copyOf(bytes)),
    );
  }

  /** A value that is ours to give away, with all that lies under it. */
  given(value: Plain): Plain {
    return withBytes(value, (bytes) => {
      const own = narrow(bytes);
      return own.length < TRANSFER_BYTES ? own : this.#given(own);
    });
  }

  #given(bytes: Uint8Array): Uint8Array {
    if (bytes.buffer instanceof ArrayBuffer) this.transfer.add(bytes.buffer);
    return bytes;
  }
}

/** With nothing under it but itself. */
const narrow = (bytes: Uint8Array): Uint8Array =>
  bytes.length === bytes.buffer.byteLength ? bytes : copyOf(bytes);

const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

function withBytes(value: Plain, take: (bytes: Uint8Array) => Uint8Array): Plain {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return take(value);
  if (Array.isArray(value)) return value.map((each: Plain) => withBytes(each, take));
  const entries = Object.entries(value).map(([key, each]) => [key, withBytes(each, take)]);
  return Object.fromEntries(entries) as Plain;
}
