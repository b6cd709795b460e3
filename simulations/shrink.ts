/**
 * The fewest faults that still break the claim. The seed fixes everything but the faults of the plan,
 * which are fast-check's input: it leaves some out, runs again, and keeps what still fails.
 */
import fc from 'fast-check';
import { drawn, runSeed, type RunOptions, type Scenario } from './scenario.ts';

export interface Shrunk {
  /** By their places in the drawn plan. */
  readonly faults: readonly number[];
  readonly runs: number;
}

/** `undefined` when the run does not fail, even with all its faults. */
export function shrink(scenario: Scenario, seed: number, options: RunOptions): Shrunk | undefined {
  const all = drawn(scenario, seed).plan.faults.map((_, place) => place);
  let runs = 0;
  const holds = (faults: readonly number[]): boolean => {
    runs++;
    return runSeed(scenario, seed, { ...options, faults }).failure === undefined;
  };
  const { failed, counterexample } = fc.check(fc.property(fc.subarray(all), holds), {
    // The whole plan first: that it fails is known; fast-check then looks for less.
    examples: [[all]],
    numRuns: 1,
  });
  return failed ? { faults: counterexample![0], runs } : undefined;
}
