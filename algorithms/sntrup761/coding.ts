/**
 * Bytes of Streamlined NTRU Prime 761: polynomials with coefficients modulo 3 (four to a byte), and
 * the two dense forms of polynomials modulo 4591.
 *
 * The dense forms write a list of numbers r_i in [0, m_i) as one mixed-radix number, pairing
 * neighbours again and again and letting out a byte whenever a pair no longer fits 14 bits:
 *
 *   r0 r1 r2 r3 r4  ->  (r0 + m0 r1) (r2 + m2 r3) r4  ->  ...  ->  bytes
 *
 * 761 numbers below 4591 take 1158 bytes (public key), below 1531 take 1007 (ciphertext: multiples
 * of 3, divided by 3). Reference: NTRU Prime round 3 (2020), section 3.3 "Encode" and "Decode".
 *
 * Reading divides, and is for public bytes. Writing does not divide: after a decapsulation it
 * writes what depends on the secret.
 */
import { assert } from '#lib/assert.ts';
import { freeze3, HALF_Q, P, Q } from './ring.ts';

export const SMALL_BYTES = Math.ceil(P / 4);
export const DENSE_BYTES = 1_158;
export const ROUNDED_BYTES = 1_007;
/** A number is let out by bytes while its range is not below this, so that a pair fits 28 bits. */
const RANGE_MAX = 1 << 14;

/** How many values each coefficient of the two dense forms can take. */
const DENSE: readonly number[] = Array.from({ length: P }, () => Q);
const ROUNDED: readonly number[] = Array.from({ length: P }, () => (Q + 2) / 3);

/** Coefficients -1, 0, 1 as 0, 1, 2 in two bits each, the first lowest. */
export function writeSmall(polynomial: Int16Array): Uint8Array {
  const bytes = new Uint8Array(SMALL_BYTES);
  for (let i = 0; i < P; i++)
    bytes[i >> 2] = bytes[i >> 2]! | ((polynomial[i]! + 1) << (2 * (i & 3)));
  return bytes;
}

export const readSmall = (bytes: Uint8Array): Int16Array =>
  Int16Array.from({ length: P }, (_, i) => ((bytes[i >> 2]! >> (2 * (i & 3))) & 3) - 1);

export const writeDense = (polynomial: Int16Array): Uint8Array =>
  write(
    Array.from(polynomial, (coefficient) => coefficient + HALF_Q),
    DENSE,
    DENSE_BYTES,
  );

export const readDense = (bytes: Uint8Array): Int16Array =>
  Int16Array.from(read(bytes, DENSE), (value) => value - HALF_Q);

/** Each coefficient moved to the nearest multiple of three: what a ciphertext keeps of it. */
export const round = (polynomial: Int16Array): Int16Array =>
  polynomial.map((coefficient) => coefficient - freeze3(coefficient));

export const writeRounded = (rounded: Int16Array): Uint8Array =>
  write(
    Array.from(rounded, (multiple) => Math.imul(multiple + HALF_Q, 10_923) >> 15), // Exactly / 3.
    ROUNDED,
    ROUNDED_BYTES,
  );

export const readRounded = (bytes: Uint8Array): Int16Array =>
  Int16Array.from(read(bytes, ROUNDED), (third) => 3 * third - HALF_Q);

function write(values: readonly number[], limits: readonly number[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  let [row, below] = [values, limits];
  /** Lets out low bytes of `value`, all of it or down to 14 bits; what remains, and its range. */
  const drain = (value: number, range: number, until: number): [number, number] => {
    let [rest, limit] = [value, range];
    while (limit >= until) {
      bytes[at++] = rest;
      rest >>>= 8;
      limit = (limit + 255) >>> 8;
    }
    return [rest, limit];
  };
  while (row.length > 1) {
    const [nextRow, nextBelow]: [number[], number[]] = [[], []];
    for (let i = 0; i + 1 < row.length; i += 2) {
      const pair = row[i]! + Math.imul(row[i + 1]!, below[i]!);
      const [rest, range] = drain(pair, Math.imul(below[i]!, below[i + 1]!), RANGE_MAX);
      nextRow.push(rest);
      nextBelow.push(range);
    }
    if (row.length % 2 === 1) {
      nextRow.push(row.at(-1)!);
      nextBelow.push(below.at(-1)!);
    }
    [row, below] = [nextRow, nextBelow];
  }
  drain(row[0]!, below[0]!, 2);
  assert(at === length, 'the ranges alone decide the length');
  return bytes;
}

/** Total: any bytes give values in range, so that a forged text decodes to something to refuse. */
function read(bytes: Uint8Array, limits: readonly number[]): number[] {
  let at = 0;
  const readLevel = (below: readonly number[]): number[] => {
    if (below.length === 1) return [takeRest(below[0]!)];
    const pairs = Array.from({ length: below.length >> 1 }, (_, i) =>
      takeLow(Math.imul(below[2 * i]!, below[2 * i + 1]!)),
    );
    const next = pairs.map((pair) => pair.range);
    if (below.length % 2 === 1) next.push(below.at(-1)!);
    const high = readLevel(next);
    const values = pairs.flatMap(({ low, unit }, i) => {
      const pair = low + unit * high[i]!;
      const first = below[2 * i]!;
      return [pair % first, Math.floor(pair / first) % below[2 * i + 1]!];
    });
    return below.length % 2 === 1 ? [...values, high.at(-1)!] : values;
  };
  /** The bytes that `write` let out of a pair, and the range of what it kept. */
  const takeLow = (range: number): { low: number; unit: number; range: number } => {
    let [low, unit, kept] = [0, 1, range];
    while (kept >= RANGE_MAX) {
      low += unit * bytes[at++]!;
      unit *= 256;
      kept = (kept + 255) >>> 8;
    }
    return { low, unit, range: kept };
  };
  const takeRest = (range: number): number => {
    let [low, unit, kept] = [0, 1, range];
    while (kept > 1) {
      low += unit * bytes[at++]!;
      unit *= 256;
      kept = (kept + 255) >>> 8;
    }
    return low % range;
  };
  return readLevel(limits);
}
