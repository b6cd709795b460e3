/**
 * The erasure code: a payload becomes n pieces, any k of which bring it back.
 *
 * Column by column, the k data bytes are the values at 0 .. k-1 of a polynomial p of degree < k over
 * GF(2^8), and byte i of the column is p(i). Hence pieces 0 .. k-1 are the payload itself, piece i
 * never depends on n, and pieces up to 255 can be made later, from the payload or from any k pieces,
 * without touching the first. Byte-compatible with the Rust crate reed-solomon-erasure, Backblaze
 * and klauspost's default (Plank, "A Tutorial on Reed-Solomon Coding", 1997, with the correction of
 * 2003: a Vandermonde matrix made systematic, which is interpolation). How a payload lies in pieces
 * is told in stripes.ts, how the arithmetic is done in transform.ts and rows.ts.
 *
 * The code does not notice a damaged piece: hash each, and re-encode what was decoded (shards.ts).
 */
import { assert } from '#lib/assert.ts';
import { concat, hex } from '#lib/bytes.ts';
import { lru } from '#lib/lru.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import { primitive } from '../backend.ts';
import { lagrange } from './lagrange.ts';
import { portableRows } from './portable-rows.ts';
import type { RowMachine, RowMap, Rows } from './rows.ts';
import { cut, isStriped, join, PIECES_MAX, pieceBytes, stripesOf, type Shape } from './stripes.ts';
import { encodingSteps } from './transform.ts';
import { wasmRows } from './wasm-rows.ts';

export { isShape, PIECES_MAX, pieceBytes, shapeOf, STRIPE_BYTES, type Shape } from './stripes.ts';

export interface Piece {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** Why pieces do not bring a payload back. */
export type PiecesRefused = 'too-few' | 'index-out-of-range' | 'duplicate-index' | 'wrong-length';

const ROWS = primitive<RowMachine>('erasure', passes, [wasmRows, portableRows]);

/** Encoding maps kept; a network has one code, or two while its policy changes. */
const ENCODINGS_MAX = 8;
const encodings = lru<number, RowMap>(ENCODINGS_MAX);

/**
 * Pieces 0 .. n-1, one after another, in `block` (n x pieceBytes). A block given is overwritten
 * whole: to encode without allocating.
 */
export function encode(
  shape: Shape,
  payload: Uint8Array,
  n: number,
  block: Uint8Array = new Uint8Array(n * pieceBytes(shape)),
): Uint8Array {
  const bytes = pieceBytes(shape);
  assert(payload.length === shape.payloadBytes, 'the payload is as long as its shape says');
  assert(Number.isInteger(n) && n >= shape.k && n <= PIECES_MAX, 'k <= n <= 256');
  assert(block.length === n * bytes, 'the block holds n pieces');
  const data = block.subarray(0, shape.k * bytes);
  cut(shape, payload, data);
  if (n > shape.k) {
    const rows = isStriped(shape) ? piecesOf(shape, data) : [data];
    apply(encoding(shape.k, n), shape, rows, block.subarray(data.length));
  }
  return block;
}

/** The pieces of a block, as views of it: copy what is to outlive the block. */
export function piecesOf(shape: Shape, block: Uint8Array): readonly Uint8Array[] {
  const bytes = pieceBytes(shape);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < block.length; at += bytes) pieces.push(block.subarray(at, at + bytes));
  return pieces;
}

/** The payload, from any k of its pieces. More than k are welcome, and cheaper where they are data. */
export function decode(shape: Shape, pieces: readonly Piece[]): Result<Uint8Array, PiecesRefused> {
  const data = regenerate(shape, pieces, firsts(shape.k));
  return data.ok ? ok(join(shape, data.value)) : data;
}

/** The pieces at `indices` (0 to 255), one after another, from any k pieces of one payload. */
export function regenerate(
  shape: Shape,
  pieces: readonly Piece[],
  indices: readonly number[],
): Result<Uint8Array, PiecesRefused> {
  assert(indices.every(isIndex), 'indices to make are 0 to 255');
  const bytes = pieceBytes(shape);
  const held = byIndex(bytes, pieces);
  if (typeof held === 'string') return fail(held);
  if (pieces.length < shape.k) return fail('too-few');
  const missing = indices.filter((index) => held[index] === undefined);
  if (missing.length === 0) return ok(concat(...indices.map((index) => held[index]!)));
  const made = interpolated(shape, held, missing);
  if (missing.length === indices.length) return ok(made);
  let next = 0;
  const take = (): Uint8Array => made.subarray(next, (next += bytes));
  return ok(concat(...indices.map((index) => held[index] ?? take())));
}

type Held = readonly (Uint8Array | undefined)[];

const isIndex = (index: number): boolean =>
  Number.isInteger(index) && index >= 0 && index < PIECES_MAX;

function firsts(count: number): readonly number[] {
  const indices: number[] = [];
  for (let i = 0; i < count; i++) indices.push(i);
  return indices;
}

/** The pieces in their places, or why they are none. */
function byIndex(bytes: number, pieces: readonly Piece[]): Held | PiecesRefused {
  const held: (Uint8Array | undefined)[] = [];
  for (const piece of pieces) {
    if (!isIndex(piece.index)) return 'index-out-of-range';
    if (held[piece.index] !== undefined) return 'duplicate-index';
    if (piece.bytes.length !== bytes) return 'wrong-length';
    held[piece.index] = piece.bytes;
  }
  return held;
}

/** The rows at `missing`, from the k lowest pieces held: which are used never depends on their order. */
function interpolated(shape: Shape, held: Held, missing: readonly number[]): Uint8Array {
  const points: number[] = [];
  for (let index = 0; points.length < shape.k; index++) {
    if (held[index] !== undefined) points.push(index);
  }
  const factors = lagrange(points, missing);
  const map = { inputs: shape.k, outputs: missing.length, factors };
  const output = new Uint8Array(missing.length * pieceBytes(shape));
  const rows = points.map((index) => held[index]!);
  apply(map, shape, rows, output);
  return output;
}

function encoding(k: number, n: number): RowMap {
  const key = k * (PIECES_MAX + 1) + n;
  const made = encodings.get(key) ?? encodingMap(k, n);
  encodings.put(key, made);
  return made;
}

/** Rows k .. n-1 from rows 0 .. k-1. */
export function encodingMap(k: number, n: number): RowMap {
  const points = Array.from({ length: n }, (_, i) => i);
  const factors = lagrange(points.slice(0, k), points.slice(k));
  return { inputs: k, outputs: n - k, factors, shortcut: encodingSteps(k, n) };
}

/** Applies the map to each stripe: `input` are pieces, `output` pieces one after another. */
function apply(map: RowMap, shape: Shape, input: Rows, output: Uint8Array): void {
  const machine = ROWS.use();
  const bytes = pieceBytes(shape);
  if (!isStriped(shape)) return machine.apply(map, bytes, input, output);
  for (const { at, rowBytes } of stripesOf(shape)) {
    const from = input.map((piece) => piece.subarray(at, at + rowBytes));
    const to = new Uint8Array(map.outputs * rowBytes);
    machine.apply(map, rowBytes, from, to);
    for (let i = 0; i < map.outputs; i++) {
      output.set(to.subarray(i * rowBytes, (i + 1) * rowBytes), i * bytes + at);
    }
  }
}

/** Pieces 10 .. 41 of the data bytes 01 .. 0a, from the Rust crate. */
const KNOWN = '45f212762af2f4e4b883ecf996a0e954062076a9db974200650ee077d96f791d';

/** Encodes and decodes a known row, of a length that leaves a broken unit. */
function passes(machine: RowMachine): boolean {
  const width = 45;
  const column = Uint8Array.from({ length: 10 }, (_, i) => i + 1);
  const data = Uint8Array.from({ length: 10 * width }, (_, i) => column[Math.floor(i / width)]!);
  const parity = new Uint8Array(32 * width);
  machine.apply(encodingMap(10, 42), width, [data], parity);
  const columns = Array.from({ length: width }, (_, c) => parity.filter((_, i) => i % width === c));
  const points = Array.from({ length: 10 }, (_, i) => 20 + i);
  const back = {
    inputs: 10,
    outputs: 10,
    factors: lagrange(points, [...column.keys()]),
  };
  const again = new Uint8Array(10 * width);
  machine.apply(back, width, [parity.subarray(10 * width, 20 * width)], again);
  return columns.every((bytes) => hex(bytes) === KNOWN) && hex(again) === hex(data);
}
