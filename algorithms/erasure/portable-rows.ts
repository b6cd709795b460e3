/**
 * Linear maps over rows in plain TypeScript, where WebAssembly SIMD is missing.
 *
 * For each input row a table from byte to that byte's share in sixteen output rows, packed in four
 * 32-bit words; so a column of k bytes costs 4k look-ups and XORs for sixteen rows. The tables
 * (k x 4 KiB for each sixteen rows) are built by doubling and kept with their map.
 */
import { concat } from '#lib/bytes.ts';
import type { Backend } from '../backend.ts';
import { mul } from '../gf256.ts';
import { assertFits, type RowMachine, type RowMap, type Rows } from './rows.ts';

const WORDS = 4;
const GROUP_ROWS = 4 * WORDS;
const TABLE_WORDS = 256 * WORDS;

const built = new WeakMap<RowMap, readonly Uint32Array[]>();

export const portableRows: Backend<RowMachine> = { name: 'portable', make: () => ({ apply }) };

function apply(map: RowMap, rowBytes: number, input: Rows, output: Uint8Array): void {
  assertFits(map, rowBytes, input, output);
  const block = input.length === 1 ? input[0]! : concat(...input);
  const tables = built.get(map) ?? tablesOf(map);
  built.set(map, tables);
  const groupBytes = GROUP_ROWS * rowBytes;
  // Not for-of: `combine`, inlined into its try-block, would run a third slower.
  for (let group = 0; group < tables.length; group++) {
    const rows = output.subarray(group * groupBytes, (group + 1) * groupBytes);
    // A last group of fewer rows goes through a whole one: no store below is ever out of bounds.
    const whole = rows.length === groupBytes ? rows : new Uint8Array(groupBytes);
    combine(tables[group]!, rowBytes, block, whole);
    if (whole !== rows) rows.set(whole.subarray(0, rows.length));
  }
}

/** One table a group of sixteen output rows. */
function tablesOf(map: RowMap): readonly Uint32Array[] {
  return Array.from({ length: Math.ceil(map.outputs / GROUP_ROWS) }, (_, group) => {
    const table = new Uint32Array(map.inputs * TABLE_WORDS);
    for (let j = 0; j < map.inputs; j++) {
      fill(table.subarray(j * TABLE_WORDS, (j + 1) * TABLE_WORDS), map, group, j);
    }
    return table;
  });
}

function fill(table: Uint32Array, map: RowMap, group: number, j: number): void {
  const rows = Math.min(GROUP_ROWS, map.outputs - group * GROUP_ROWS);
  for (let bit = 1; bit < 256; bit <<= 1) {
    for (let row = 0; row < rows; row++) {
      const factor = map.factors[(group * GROUP_ROWS + row) * map.inputs + j]!;
      table[bit * WORDS + (row >> 2)]! |= mul(factor, bit) << (8 * (row & 3));
    }
    // Multiplication is linear: the share of bit + low is the sum of theirs.
    for (let i = WORDS; i < bit * WORDS; i++) {
      table[bit * WORDS + i] = table[i]! ^ table[bit * WORDS + (i % WORDS)]!;
    }
  }
}

function combine(
  table: Uint32Array,
  rowBytes: number,
  input: Uint8Array,
  output: Uint8Array,
): void {
  for (let column = 0; column < rowBytes; column++) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let at = column, base = 0; at < input.length; at += rowBytes, base += TABLE_WORDS) {
      const entry = base + WORDS * input[at]!;
      a ^= table[entry]!;
      b ^= table[entry + 1]!;
      c ^= table[entry + 2]!;
      d ^= table[entry + 3]!;
    }
    let to = column;
    output[to] = a;
    output[(to += rowBytes)] = a >>> 8;
    output[(to += rowBytes)] = a >>> 16;
    output[(to += rowBytes)] = a >>> 24;
    output[(to += rowBytes)] = b;
    output[(to += rowBytes)] = b >>> 8;
    output[(to += rowBytes)] = b >>> 16;
    output[(to += rowBytes)] = b >>> 24;
    output[(to += rowBytes)] = c;
    output[(to += rowBytes)] = c >>> 8;
    output[(to += rowBytes)] = c >>> 16;
    output[(to += rowBytes)] = c >>> 24;
    output[(to += rowBytes)] = d;
    output[(to += rowBytes)] = d >>> 8;
    output[(to += rowBytes)] = d >>> 16;
    output[(to += rowBytes)] = d >>> 24;
  }
}
