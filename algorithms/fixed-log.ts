/**
 * The binary logarithm in integers, so that every engine and every CPU finds the same bits.
 *
 * ECMAScript leaves the last bits of `Math.log` to the implementation; two nodes that use it may
 * choose different holders. Here -log2(u) of a uniform draw u = (draw + 1) / 2^64 is an integer in
 * Q56 fixed point, by squaring: the mantissa x of 1 <= x < 2 is squared 56 times, and each time that
 * it reaches 2 a bit of the logarithm is 1 and x is halved (Knuth, TAOCP 1, section 1.2.2, ex. 25).
 * Each squaring is cut to 63 bits, hence 0 <= negLog2(draw) / 2^56 + log2(u) < 2^-55, and the result
 * never rises when the draw does.
 *
 * `negLog2` costs about 10 us. To order many draws, bound them first: `negLog2Upper` costs 3 ns and
 * lies above by less than LOG2_SLACK. Its table and its sums use only + - * / of doubles, which
 * ECMAScript does specify to the last bit, and its error is a hundred times below the slack.
 */
import { assert } from '#lib/assert.ts';

/** Bits behind the point of `negLog2`. */
export const LOG2_BITS = 56n;
/** The number of bits of a draw, so the largest `negLog2` is 64 of its units. */
const DRAW_BITS = 64n;
const MANTISSA_BITS = 63n;
const TWO = 1n << (MANTISSA_BITS + 1n);

/** -log2((draw + 1) / 2^64) in Q56, for 0 <= draw < 2^64. Decisions compare this. */
export function negLog2(draw: bigint): bigint {
  assert(draw >= 0n && draw >> DRAW_BITS === 0n, 'a draw has 64 bits');
  const value = draw + 1n;
  const exponent = BigInt(value.toString(2).length - 1);
  // Of 2^64 the mantissa is 1: shifted right it loses nothing.
  let mantissa = (value << MANTISSA_BITS) >> exponent;
  let fraction = 0n;
  for (let bit = 0n; bit < LOG2_BITS; bit++) {
    mantissa = (mantissa * mantissa) >> MANTISSA_BITS;
    fraction <<= 1n;
    if (mantissa < TWO) continue;
    mantissa >>= 1n;
    fraction |= 1n;
  }
  return ((DRAW_BITS - exponent) << LOG2_BITS) - fraction;
}

/** The chord of log2 between two of these points is below it by less than 2^-22.4. */
const POINT_BITS = 10;
const STEP_BITS = 31 - POINT_BITS;
const STEP = 2 ** STEP_BITS;
const POINTS = Float64Array.from({ length: 2 ** POINT_BITS + 1 }, (_, i) =>
  log2(1 + i / 2 ** POINT_BITS),
);

/**
 * `negLog2Upper` minus this is a lower bound. The chord's gap is at most h^2 / (8 ln 2) = 2^-22.47
 * for h = 2^-10; the cut of the mantissa to 31 bits adds 2^-30.4, the margin twice 2^-40.
 */
export const LOG2_SLACK = 2 ** -22;
/** Room for the roundings of doubles (below 2^-46) and of `negLog2` itself (2^-55). */
const MARGIN = 2 ** -40;

/**
 * At or above negLog2(draw) / 2^56, by less than LOG2_SLACK, of the draw with these halves. The high
 * half is not 0: such a draw (one in 2^32) is only known to lie within [32, 64].
 */
export function negLog2Upper(high: number, low: number): number {
  const zeros = Math.clz32(high);
  // The leading 32 bits of the draw. A shift by 32 would be one by 0.
  const mantissa = zeros === 0 ? high : ((high << zeros) | (low >>> (32 - zeros))) >>> 0;
  const point = (mantissa >>> STEP_BITS) & (2 ** POINT_BITS - 1);
  const below = POINTS[point]!;
  const chord = below + ((mantissa & (STEP - 1)) / STEP) * (POINTS[point + 1]! - below);
  return 1 + zeros - chord + MARGIN;
}

/** log2 of 1 <= y <= 2 to about 2^-50: 2 artanh(z) / ln 2, z = (y - 1) / (y + 1) <= 1/3. */
function log2(y: number): number {
  const z = (y - 1) / (y + 1);
  let sum = 0;
  // From the smallest term on; the next one would be below 3^-37 / 37.
  for (let power = 35; power >= 1; power -= 2) sum = sum * z * z + 1 / power;
  return (2 * z * sum) / Math.LN2;
}
