/**
 * How this project measures: ratios taken in one run. A bench verifies its result first, then times
 * the candidates in turn (A B A B ...), so that a machine that slows down slows all of them, and
 * quotes medians of CPU time, which a busy neighbour disturbs least.
 */
import { threadCpuUsage } from 'node:process';

/** One figure. `against` and `ratio` say what it was measured beside; `goal` what it should reach. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly against?: string;
  readonly ratio?: number;
  /** As written in the design, e.g. `>= 1.5x` or `<= 40 us`. Reported, never enforced. */
  readonly goal?: string;
}

export interface Bench {
  readonly name: string;
  readonly question: string;
  readonly run: () => Promise<readonly Row[]>;
}

export interface Candidate {
  readonly name: string;
  /** Does `count` operations. */
  readonly run: (count: number) => void;
}

const REPEATS = 9;
const SLICE_MS = 40;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** CPU microseconds that this thread spends in `work`. */
export function cpuMicros(work: () => void): number {
  const before = threadCpuUsage();
  work();
  const spent = threadCpuUsage(before);
  return spent.user + spent.system;
}

/** Median CPU microseconds an operation of each candidate takes, interleaved, after a warm-up. */
export function compare(...candidates: readonly Candidate[]): Map<string, number> {
  const counts = candidates.map(calibrate);
  const samples = candidates.map((): number[] => []);
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (const [i, candidate] of candidates.entries()) {
      samples[i]!.push(cpuMicros(() => candidate.run(counts[i]!)) / counts[i]!);
    }
  }
  return new Map(candidates.map((candidate, i) => [candidate.name, median(samples[i]!)]));
}

/** How many operations fill a slice; warms the candidate up on the way. */
function calibrate(candidate: Candidate): number {
  let count = 1;
  for (;;) {
    const micros = cpuMicros(() => candidate.run(count));
    if (micros >= SLICE_MS * 1_000) return count;
    count = micros < 1_000 ? count * 8 : Math.ceil((count * SLICE_MS * 1_100) / micros);
  }
}
