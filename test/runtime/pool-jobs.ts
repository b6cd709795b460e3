/** Jobs that misbehave as real ones may: a crash, a loop, a leak, an error after the fact. */
import { appendFileSync } from 'node:fs';
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
