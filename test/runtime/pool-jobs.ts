/** Jobs that misbehave as real ones may: a crash, a loop, a leak, an error after the fact. */
import { appendFileSync, existsSync } from 'node:fs';
import type { Plain } from '#protocols/effect.ts';
import { jobs as wellBehaved } from '#test/contract/jobs.ts';
import type { Jobs } from '#runtime/pool/jobs.ts';

export const jobs: Jobs = {
  ...wellBehaved,
  /** Leaves a mark, so that a test sees whether and how often it was started. */
  mark: (input) => {
    appendFileSync(input as string, 'x');
    return 'marked';
  },
  /** At work until a test makes that file. */
  waitFor: (file) => {
    const never = new Int32Array(new SharedArrayBuffer(4));
    while (!existsSync(file as string)) Atomics.wait(never, 0, 0, 5);
    return 'there';
  },
  leak: () => {
    const all: unknown[] = [];
    for (;;) all.push(Array.from({ length: 1_000 }, (_, i) => ({ i })));
  },
  throwLater: () => {
    setTimeout(() => {
      throw new Error('after the fact');
    }, 1);
    return 'so far so good';
  },
  giveFunction: () => ({ it: () => 1 }) as unknown as Plain,
};
