/**
 * What this thread spent on collecting garbage, between moments: in a process that simulates a whole city each
 * collection goes through the memory of all nodes, which in production are as many processes.
 */
import { PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';

/** Taken now: a simulated world hides the clock. */
const now = performance.now.bind(performance);

export class Collecting {
  readonly #entries: PerformanceEntry[] = [];
  readonly #observer = new PerformanceObserver((list) => this.#entries.push(...list.getEntries()));
  readonly #spans: { readonly from: number; readonly to: number }[] = [];

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** Does `work`, as one span. */
  span(work: () => void): void {
    const from = now();
    work();
    this.#spans.push({ from, to: now() });
  }

  /** Microseconds, by span: the loop hears of collections only when it comes to turn. */
  async done(): Promise<number[]> {
    await new Promise((resolve) => setTimeout(resolve, 50));
    this.#observer.disconnect();
    return this.#spans.map(({ from, to }) =>
      this.#entries
        .filter(({ startTime }) => startTime >= from && startTime < to)
        .reduce((sum, { duration }) => sum + 1_000 * duration, 0),
    );
  }
}
