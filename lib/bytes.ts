/**
 * Bytes: comparing, joining, hexadecimal and text. Everything here works in a browser too.
 */

/** The codes of the two digits of each byte. */
const DIGITS = Uint8Array.from({ length: 512 }, (_, at) =>
  '0123456789abcdef'.charCodeAt(((at >> 1) >> (at % 2 === 0 ? 4 : 0)) & 15),
);
/** More arguments than this may be too many for a call. */
const HEX_BYTES_AT_ONCE = 4_096;
const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const EMPTY: Uint8Array = new Uint8Array(0);

/** One flat text: joined from digits it would be a tree of them, a kilobyte for a name that is a key. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += HEX_BYTES_AT_ONCE) {
    const end = Math.min(bytes.length, at + HEX_BYTES_AT_ONCE);
    const codes: number[] = [];
    for (let i = at, to = 0; i < end; i++) {
      const digit = 2 * bytes[i]!;
      codes[to++] = DIGITS[digit]!;
      codes[to++] = DIGITS[digit + 1]!;
    }
    text += String.fromCharCode(...codes);
  }
  return text;
}

/** The bytes of lower- or upper-case hexadecimal text; `undefined` when it is not that. */
export function unhex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}

export const utf8 = (text: string): Uint8Array => utf8Encoder.encode(text);

/** Throws `TypeError` when the bytes are not well-formed UTF-8. */
export const text = (bytes: Uint8Array): string => utf8Decoder.decode(bytes);

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Lexicographic order, shorter first where one begins the other. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** Not constant-time: for public data only. */
export const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && compare(a, b) === 0;

/** True for all inputs of one length in the same time: for secrets and tags. */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}
