/**
 * Linear maps over rows of bytes: each output row is a sum of input rows, each times a factor in
 * GF(2^8). Encoding is one such map, decoding and regenerating are others; a `RowMachine` carries
 * them out, and there is one with WASM SIMD and one in plain TypeScript.
 *
 * A map says the same thing twice: as `factors`, what it means, and as `steps`, a cheaper way to
 * compute it where one is known (transform.ts).
 */
import { assert } from '#lib/assert.ts';
import type { Step } from './transform.ts';

export interface RowMap {
  readonly inputs: number;
  readonly outputs: number;
  /** `outputs` rows of `inputs` factors. */
  readonly factors: Uint8Array;
  /** A straight-line program that computes the same; its last values are the outputs. */
  readonly shortcut?: { readonly steps: readonly Step[]; readonly outputs: readonly number[] };
}

export interface RowMachine {
  /**
   * Computes `output` (outputs x rowBytes, one after another) from the input rows: each in an array
   * of its own, or all one after another in one.
   */
  readonly apply: (map: RowMap, rowBytes: number, input: Rows, output: Uint8Array) => void;
}

export type Rows = readonly Uint8Array[];

/** What both machines may rely on. */
export function assertFits(map: RowMap, rowBytes: number, input: Rows, output: Uint8Array): void {
  assert(map.factors.length === map.inputs * map.outputs, 'a factor for each pair of rows');
  assert(rowBytes > 0, 'rows are not empty');
  assert(
    input.length === 1 || input.length === map.inputs,
    'all rows in one array, or each in its',
  );
  const bytes = (map.inputs / input.length) * rowBytes;
  for (const part of input) assert(part.length === bytes, 'the input holds the input rows');
  assert(output.length === map.outputs * rowBytes, 'the output holds the output rows');
}
