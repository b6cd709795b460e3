/**
 * Linear maps over rows by the WASM SIMD kernel (kernel.wat): a map becomes a program of row
 * operations, its rows are copied into the kernel's memory, and the outputs are copied out.
 *
 * Where a map has a shortcut, its values are given places: outputs their rows, the others slots
 * that are used again as soon as a value has been read for the last time, so that few are needed
 * and all stay in the first-level cache. Other maps are computed as they are written, factor by
 * factor. One instance a thread; its memory grows to the largest map seen (a stripe of 64 KiB: 2 MB).
 */
import { assert } from '#lib/assert.ts';
import type { Backend } from '../backend.ts';
import { mul } from '../gf256.ts';
import { instantiate, PAGE_BYTES, type WasmMemory } from '../wasm.ts';
import { KERNEL } from './kernel.wasm.ts';
import { assertFits, type RowMachine, type RowMap, type Rows } from './rows.ts';

interface Kernel {
  readonly memory: WasmMemory;
  readonly run: (step: number, end: number, rows: number, stride: number, width: number) => void;
}

/** Steps in the kernel's form, and the slots they use. */
interface Program {
  readonly words: Int32Array;
  readonly slots: number;
}

/** What the kernel takes at a time: no row may be shorter. */
const UNIT_BYTES = 32;
const SLOTS_AT = 8_192;
const SLOT_BYTES = 512;
const STEP_WORDS = 5;
/** The kernel's mark for "no second output". */
const NONE = 0x7fff_ffff;
/** And for "together with the next step". */
const PAIR = 0x7fff_fffe;
/** The slot that is never written. */
const ZERO_SLOT = -1;

export const wasmRows: Backend<RowMachine> = {
  name: 'wasm',
  make: () => {
    const kernel = instantiate<Kernel>(KERNEL);
    return kernel === undefined ? undefined : machine(kernel);
  },
};

function machine(kernel: Kernel): RowMachine {
  const programs = new WeakMap<RowMap, Program>();
  let loaded: Program | undefined;
  let bytes = new Uint8Array(kernel.memory.buffer);
  fillProducts(bytes);

  const reserve = (needed: number): void => {
    const missing = needed - bytes.length;
    if (missing <= 0) return;
    kernel.memory.grow(Math.ceil(missing / PAGE_BYTES));
    bytes = new Uint8Array(kernel.memory.buffer);
  };
  const programOf = (map: RowMap): Program => {
    if (map.shortcut === undefined) return written(map); // Used once: not worth keeping.
    const program = programs.get(map) ?? placed(map);
    programs.set(map, program);
    return program;
  };
  const load = (program: Program, at: number): void => {
    if (loaded === program) return;
    new Int32Array(bytes.buffer).set(program.words, at / 4);
    loaded = program;
  };

  return {
    apply: (map, rowBytes, input, output) => {
      assertFits(map, rowBytes, input, output);
      const program = programOf(map);
      const stride = Math.max(rowBytes, UNIT_BYTES);
      const programAt = SLOTS_AT + program.slots * SLOT_BYTES;
      const rowsAt = programAt + program.words.byteLength;
      reserve(rowsAt + (map.inputs + map.outputs) * stride);
      load(program, programAt);
      copyIn(bytes, rowsAt, stride, input, rowBytes);
      kernel.run(programAt, rowsAt, rowsAt, stride, stride);
      copyOut(bytes, rowsAt + map.inputs * stride, stride, output, rowBytes);
    },
  };
}

/** For each factor its products with the low and with the high nibbles. */
function fillProducts(bytes: Uint8Array): void {
  for (let factor = 0; factor < 256; factor++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      bytes[factor * 32 + nibble] = mul(factor, nibble);
      bytes[factor * 32 + 16 + nibble] = mul(factor, nibble << 4);
    }
  }
}

function copyIn(to: Uint8Array, at: number, stride: number, from: Rows, row: number): void {
  let next = at;
  for (const part of from) {
    // Rows shorter than a stride are laid out one by one.
    const step = stride === row ? part.length : row;
    for (let i = 0; i < part.length; i += step, next += Math.max(step, stride)) {
      to.set(step === part.length ? part : part.subarray(i, i + step), next);
    }
  }
}

function copyOut(from: Uint8Array, at: number, stride: number, to: Uint8Array, row: number): void {
  if (stride === row) return to.set(from.subarray(at, at + to.length));
  for (let i = 0; i * row < to.length; i++) {
    to.set(from.subarray(at + i * stride, at + i * stride + row), i * row);
  }
}

/** The map as it is written: each output row gathers its inputs, two at a time. */
function written({ inputs, outputs, factors }: RowMap): Program {
  const words = new Int32Array(STEP_WORDS * outputs * inputs);
  let at = 0;
  for (let output = 0; output < outputs; output++) {
    const row = inputs + output;
    for (let input = 0; input < inputs; input++, at += STEP_WORDS) {
      words[at] = factors[output * inputs + input]!;
      words[at + 1] = input === 0 ? ZERO_SLOT : row;
      words[at + 2] = input;
      words[at + 3] = row;
      words[at + 4] = input % 2 === 0 && input + 1 < inputs ? PAIR : NONE;
    }
  }
  return { words, slots: 1 };
}

/** The map's shortcut, with a place for each value. */
function placed(map: RowMap): Program {
  const { steps, outputs } = map.shortcut!;
  const homes = new Map(outputs.map((value, i) => [value, map.inputs + i]));
  const lastUse = new Map(steps.flatMap((step, i) => [[step.a, i] as const, [step.b, i] as const]));
  const places = new Map(Array.from({ length: map.inputs }, (_, i) => [i, i]));
  const free: number[] = [];
  let slots = 1;

  const release = (value: number, now: number): void => {
    const place = places.get(value)!;
    if (place < 0 && lastUse.get(value) === now && !free.includes(place)) free.push(place);
  };
  const place = (value: number | undefined): number => {
    if (value === undefined) return NONE;
    const chosen = homes.get(value) ?? free.pop() ?? -++slots;
    places.set(value, chosen);
    return chosen;
  };
  const words = steps.flatMap(({ factor, a, b, sum, both }, now) => {
    const [from, times] = [places.get(a)!, places.get(b)!];
    release(a, now);
    release(b, now);
    return [factor, from, times, place(sum), place(both)];
  });
  // An output that is another output or an input (k = 1) is not the sum of any step.
  for (const [i, value] of outputs.entries()) {
    const found = places.get(value);
    assert(found !== undefined && (found >= 0 || homes.has(value)), 'an output has a place');
    if (found !== map.inputs + i) words.push(1, ZERO_SLOT, found, map.inputs + i, NONE);
  }
  return { words: Int32Array.from(words), slots };
}
