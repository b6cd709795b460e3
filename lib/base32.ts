/**
 * Base32, lower-case and without padding (RFC 4648, section 6): bytes as text that is one token of a
 * subject and one name of a host. One text for each value: unused bits at the end are zero.
 */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

export function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(pending >> (bits - 5)) & 31]!;
    pending &= 0xff;
  }
  return bits === 0 ? text : text + ALPHABET[(pending << (5 - bits)) & 31]!;
}

/** The bytes, or `undefined` for text that `base32` does not make. */
export function unbase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let at = 0;
  let bits = 0;
  let pending = 0;
  for (const char of text) {
    const value = ALPHABET.indexOf(char);
    if (value < 0) return undefined;
    pending = ((pending << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) bytes[at++] = pending >> (bits -= 8);
  }
  const isCanonical = bits < 5 && (pending & ((1 << bits) - 1)) === 0;
  return isCanonical ? bytes : undefined;
}
