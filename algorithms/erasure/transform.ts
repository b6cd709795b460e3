/**
 * Encoding by an additive Fourier transform: the same bytes as the matrix, with about a quarter of
 * the multiplications (71 instead of 320 for 10 of 42).
 *
 * The k data bytes are the values at the points 0, 1, ..., k-1 of a polynomial of degree < k; the
 * pieces are its values at k, k+1, ... In the basis of Lin, Chung and Han ("Novel Polynomial Basis
 * and Its Application to Reed-Solomon Erasure Codes", FOCS 2014, section III) a polynomial with 2h
 * coefficients splits into u (the first h) and v (the last h) such that on 2h consecutive points
 *
 *     u ---------(+)-----------> first half:  u + t v         t = s(first point): s is the subspace
 *                 ^ t     |                                   polynomial that vanishes on 0 .. h-1,
 *     v ----------+------(+)---> second half: u + t v + v     scaled so that s(h) = 1
 *
 * and each half is the same problem again. k is not a power of two, so the way from values to
 * coefficients is truncated (after van der Hoeven, "The Truncated Fourier Transform", ISSAC 2004):
 * the known half gives u + t v, its continuation into the other half is subtracted there, and what
 * remains determines v.
 *
 * This file only writes down the steps, as a straight-line program over values that are assigned
 * once; kernels run it on rows of bytes. Nothing here depends on data.
 */
import { assert } from '#lib/assert.ts';
import { inv, mul } from '../gf256.ts';

/** Value `sum` = a + factor * b, and where asked for also `both` = sum + b: a butterfly. */
export interface Step {
  readonly factor: number;
  readonly a: number;
  readonly b: number;
  readonly sum: number;
  readonly both?: number;
}

/** A value known to be zero everywhere. */
const ZERO = -1;
/** A value nobody asked for. */
const UNUSED = -2;

/** The steps from k data rows (values 0 .. k-1) to the rows k .. n-1, whose values are `outputs`. */
export function encodingSteps(k: number, n: number): { steps: Step[]; outputs: number[] } {
  assert(k >= 1 && k < n && n <= 256, '1 <= k < n <= 256');
  const tape = new Tape(k);
  const data = Array.from({ length: k }, (_, i) => i);
  const coefficients = interpolate(tape, 0, log2Ceil(k), data);
  const levels = log2Ceil(n);
  const values = evaluate(tape, 0, levels, padded(coefficients, 1 << levels), { from: k, to: n });
  return { steps: tape.steps, outputs: values.slice(k, n) };
}

/** Values at `start` .. `start + 2^levels - 1` of the polynomial; those outside `wanted` unused. */
function evaluate(
  tape: Tape,
  start: number,
  levels: number,
  coefficients: readonly number[],
  wanted: { readonly from: number; readonly to: number },
): readonly number[] {
  const size = 1 << levels;
  if (start >= wanted.to || start + size <= wanted.from) return padded([], size, UNUSED);
  if (levels === 0) return coefficients;
  const half = size >> 1;
  const t = subspaceValue(levels - 1, start);
  const wantFirst = start + half > wanted.from;
  const wantSecond = start + half < wanted.to;
  const first: number[] = [];
  const second: number[] = [];
  for (let j = 0; j < half; j++) {
    const [u, v] = [coefficients[j]!, coefficients[j + half]!];
    const [x, y] = tape.butterfly(u, v, t, wantFirst, wantSecond);
    first.push(x);
    second.push(y);
  }
  return [
    ...evaluate(tape, start, levels - 1, first, wanted),
    ...evaluate(tape, start + half, levels - 1, second, wanted),
  ];
}

/** The coefficients of the polynomial of degree < `known.length` with the `known` values from `start`. */
function interpolate(
  tape: Tape,
  start: number,
  levels: number,
  known: readonly number[],
): readonly number[] {
  if (levels === 0) return known;
  const half = 1 << (levels - 1);
  if (known.length <= half) {
    return padded(interpolate(tape, start, levels - 1, known), 2 * half);
  }
  const t = subspaceValue(levels - 1, start);
  const firsts = interpolate(tape, start, levels - 1, known.slice(0, half));
  const rest = known.slice(half);
  const seconds =
    rest.length === half
      ? sums(tape, interpolate(tape, start + half, levels - 1, rest), firsts)
      : interpolate(
          tape,
          start + half,
          levels - 1,
          sums(tape, rest, continued(tape, start + half, levels - 1, firsts, rest.length)),
        );
  return [...firsts.map((value, j) => tape.sum(value, seconds[j]!, t)), ...seconds];
}

const continued = (
  tape: Tape,
  start: number,
  levels: number,
  coefficients: readonly number[],
  count: number,
): readonly number[] =>
  evaluate(tape, start, levels, coefficients, { from: start, to: start + count });

const sums = (tape: Tape, as: readonly number[], bs: readonly number[]): readonly number[] =>
  as.map((a, j) => tape.sum(a, bs[j]!, 1));

/** The scaled subspace polynomial of level i at x: product of (x - v), over the same at 2^i. */
function subspaceValue(level: number, x: number): number {
  const product = (at: number): number => {
    let value = 1;
    for (let v = 0; v < 1 << level; v++) value = mul(value, at ^ v);
    return value;
  };
  return mul(product(x), inv(product(1 << level)));
}

const log2Ceil = (count: number): number => 32 - Math.clz32(count - 1);

const padded = (values: readonly number[], length: number, filler = ZERO): readonly number[] => [
  ...values,
  ...Array.from({ length: length - values.length }, () => filler),
];

/** Writes steps down, leaving out those whose result is already there. */
class Tape {
  readonly steps: Step[] = [];
  #next: number;

  constructor(inputs: number) {
    this.#next = inputs;
  }

  /** a + factor * b. */
  sum(a: number, b: number, factor: number): number {
    if (b === ZERO || factor === 0) return a;
    if (a === ZERO && factor === 1) return b;
    assert(a !== ZERO && a !== UNUSED && b !== UNUSED, 'zeros end every row of coefficients');
    const sum = this.#next++;
    this.steps.push({ factor, a, b, sum });
    return sum;
  }

  /** u + t v and u + t v + v, each where it is wanted. */
  butterfly(
    u: number,
    v: number,
    t: number,
    first: boolean,
    second: boolean,
  ): readonly [number, number] {
    if (v === ZERO) return [u, u];
    if (!second) return [this.sum(u, v, t), UNUSED];
    if (!first) return [UNUSED, this.sum(u, v, t ^ 1)];
    if (t === 0) return [u, this.sum(u, v, 1)];
    assert(t !== 1, 'only the block after the first has 1 for its subspace value');
    const [sum, both] = [this.#next++, this.#next++];
    this.steps.push({ factor: t, a: u, b: v, sum, both });
    return [sum, both];
  }
}
