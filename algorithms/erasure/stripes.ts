/**
 * How a payload lies in pieces.
 *
 *   payload   | stripe 0 ................ | stripe 1 ................ | last stripe .. |
 *   stripe    | row 0 | row 1 | ... | row k-1 |   rows of ceil(length / k) bytes, zeros at the end
 *   piece i   | row i of stripe 0 | row i of stripe 1 | ... |
 *
 * A stripe is coded by itself, so that the memory in use is bounded whatever the payload. How long
 * the payload was stands in the `Shape`, which travels beside the pieces: the zeros at the end need
 * no mark and are never guessed.
 */
import { assert } from '#lib/assert.ts';

/** Elements of the field: no code has more pieces. */
export const PIECES_MAX = 256;
/** Its 42 rows take 275 KB, within a second-level cache. */
export const STRIPE_BYTES = 65_536;

/** What must be known to make pieces, and to read them. */
export interface Shape {
  /** Pieces that suffice. */
  readonly k: number;
  readonly payloadBytes: number;
  readonly stripeBytes: number;
}

interface Stripe {
  /** Where it begins in the payload, and how much of it is payload. */
  readonly from: number;
  readonly bytes: number;
  /** Where its row begins in a piece, and how long that is. */
  readonly at: number;
  readonly rowBytes: number;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0;

/** Is this a shape that exists? For shapes that a peer wrote down. */
export const isShape = ({ k, payloadBytes, stripeBytes }: Shape): boolean =>
  isCount(k) && k < PIECES_MAX && isCount(payloadBytes) && isCount(stripeBytes);

export function shapeOf(k: number, payloadBytes: number, stripeBytes = STRIPE_BYTES): Shape {
  const shape = { k, payloadBytes, stripeBytes };
  assert(isShape(shape), 'k is 1 to 255, and neither payload nor stripe is empty');
  return shape;
}

/** The length of each piece. */
export function pieceBytes({ k, payloadBytes, stripeBytes }: Shape): number {
  const whole = Math.floor(payloadBytes / stripeBytes);
  return whole * Math.ceil(stripeBytes / k) + Math.ceil((payloadBytes % stripeBytes) / k);
}

export const isStriped = (shape: Shape): boolean => shape.payloadBytes > shape.stripeBytes;

/** Every stripe, first to last. */
export function* stripesOf({ k, payloadBytes, stripeBytes }: Shape): Generator<Stripe> {
  for (let from = 0, at = 0; from < payloadBytes; from += stripeBytes) {
    const bytes = Math.min(stripeBytes, payloadBytes - from);
    const rowBytes = Math.ceil(bytes / k);
    yield { from, bytes, at, rowBytes };
    at += rowBytes;
  }
}

/** Lays the payload out as its k data pieces, one after another. */
export function cut(shape: Shape, payload: Uint8Array, data: Uint8Array): void {
  if (!isStriped(shape)) {
    data.set(payload);
    data.fill(0, payload.length);
    return;
  }
  data.fill(0);
  eachRow(shape, (piece, from, bytes) => data.set(payload.subarray(from, from + bytes), piece));
}

/** The payload, from its k data pieces one after another; may be a view of them. */
export function join(shape: Shape, data: Uint8Array): Uint8Array {
  if (!isStriped(shape)) return data.subarray(0, shape.payloadBytes);
  const payload = new Uint8Array(shape.payloadBytes);
  eachRow(shape, (piece, from, bytes) => payload.set(data.subarray(piece, piece + bytes), from));
  return payload;
}

/** Each row of each stripe that holds payload: where it lies in the data pieces and in the payload. */
function eachRow(shape: Shape, visit: (piece: number, from: number, bytes: number) => void): void {
  const length = pieceBytes(shape);
  for (const { from, bytes, at, rowBytes } of stripesOf(shape)) {
    for (let row = 0; row * rowBytes < bytes; row++) {
      const begin = row * rowBytes;
      visit(row * length + at, from + begin, Math.min(rowBytes, bytes - begin));
    }
  }
}
