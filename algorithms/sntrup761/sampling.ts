/**
 * Random polynomials of Streamlined NTRU Prime 761, from a stream of bytes that the caller gives:
 * the same stream makes the same polynomials, byte for byte as in the reference implementation.
 *
 * A short polynomial has exactly 286 coefficients that are not zero. It is 286 random words marked
 * "sign" and 475 marked "zero", sorted as numbers: the marks come out in random places. The sort is
 * Batcher's merge exchange (Knuth, The Art of Computer Programming 3, algorithm 5.2.2M), whose
 * comparisons are the same for every input. Reference: NTRU Prime round 3 (2020), section 3.2.
 */
import { P } from './ring.ts';

/** The next `length` bytes of entropy. */
export type Draw = (length: number) => Uint8Array;

/** Coefficients of a short polynomial that are not zero. */
export const WEIGHT = 286;

/** Uniform coefficients -1, 0, 1 (within 2^-28). */
export const drawSmall = (draw: Draw): Int16Array =>
  Int16Array.from(
    { length: P },
    () => Math.floor(((drawWord(draw) & 0x3fff_ffff) * 3) / 2 ** 30) - 1,
  );

/** Uniform among the polynomials with 286 coefficients 1 or -1 (ties of 2^32 aside). */
export function drawShort(draw: Draw): Int16Array {
  const words = Uint32Array.from({ length: P }, () => drawWord(draw));
  for (let i = 0; i < P; i++) words[i] = i < WEIGHT ? words[i]! & ~1 : (words[i]! & ~3) | 1;
  sort(words);
  return Int16Array.from(words, (word) => (word & 3) - 1);
}

function drawWord(draw: Draw): number {
  const bytes = draw(4);
  return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
}

/** Ascending, in place, comparing the same pairs whatever the words are. */
export function sort(words: Uint32Array): void {
  const { length } = words;
  let top = 1;
  while (top < length - top) top *= 2;
  for (let bit = top; bit >= 1; bit >>= 1) {
    let [stride, side] = [bit, 0];
    for (let wide = top; ; wide >>= 1) {
      for (let i = 0; i + stride < length; i++) if ((i & bit) === side) order(words, i, i + stride);
      if (wide === bit) break;
      [stride, side] = [wide - bit, bit];
    }
  }
}

function order(words: Uint32Array, low: number, high: number): void {
  const a = words[low]!;
  const b = words[high]!;
  const borrow = (~b & a) | (~(a ^ b) & (b - a)); // Its top bit: b < a, unsigned.
  const swap = (a ^ b) & (borrow >> 31);
  words[low] = a ^ swap;
  words[high] = b ^ swap;
}
