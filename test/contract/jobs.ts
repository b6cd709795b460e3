/** Jobs to try pools with. Some of them are badly behaved: they are the point. */
import type { Plain } from '#protocols/effect.ts';
import type { Jobs } from '#runtime/pool/jobs.ts';

const numbers = (input: Plain): { a: number; b: number } => input as { a: number; b: number };

export const jobs: Jobs = {
  add: (input) => numbers(input).a + numbers(input).b,
  echo: (input) => input,
  reverse: (input) => (input as Uint8Array).toReversed(),
  grow: (input) => new Uint8Array(input as number).fill(7),
  /** A view of something larger, as many libraries return. */
  view: () => new Uint8Array(100_000).fill(3).subarray(10, 20),
  twice: () => {
    const bytes = new Uint8Array(5_000).fill(1);
    return { first: bytes, second: bytes.subarray(1, 3), again: bytes };
  },
  fail: () => {
    throw new RangeError('of no use');
  },
  crash: () => {
    process.exit(3);
  },
  hang: () => {
    for (;;);
  },
  wait: (input) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, input as number);
    return input;
  },
};
