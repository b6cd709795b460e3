/**
 * Metrics of what a process does beside its actors: the pieces that its nodes hold, and the jobs of its
 * pool. Sums over nodes; labels are names of jobs and closed words.
 */
import { Counter, Gauge, Histogram, type Registry } from './prometheus.ts';
import type { PieceTally } from '#protocols/effect.ts';
import type { Pool } from '../ports.ts';
import { LATENCY_EDGES } from './latency.ts';

const SIZES = {
  pieces: { name: 'city_chain_pieces', help: 'Pieces that nodes of this process hold.' },
  bytesUsed: {
    name: 'city_chain_piece_bytes_used',
    help: 'Bytes that the files of their stores take.',
  },
  bytesFree: {
    name: 'city_chain_piece_bytes_free',
    help: 'Room for pieces that is there at once.',
  },
  bytesMax: { name: 'city_chain_piece_bytes_max', help: 'What their stores may take.' },
} as const;
const LOSSES = {
  damaged: 'Pieces found damaged, since the stores were opened.',
} as const;

export function showPieces(registry: Registry, tally: () => Promise<PieceTally>): void {
  const registers = [registry];
  let look: Promise<PieceTally> | undefined;
  // All that is shown at once is of one look at the stores.
  const latest = (): Promise<PieceTally> => (look ??= tally().finally(() => (look = undefined)));
  for (const [what, { name, help }] of entriesOf(SIZES)) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers,
      collect: async () => {
        gauge.set((await latest())[what]);
      },
    });
  }
  for (const [what, help] of entriesOf(LOSSES)) {
    const name = `city_chain_pieces_${what}_total`;
    const collect = async (): Promise<void> => {
      const lost = (await latest())[what];
      counter.reset();
      counter.inc(lost);
    };
    const counter: Counter = new Counter({ name, help, registers, collect });
  }
}

/** How full the holders of a role are in each city: those of this process that somebody has asked for, together. */
export function showFill(
  registry: Registry,
  role: 'light' | 'anchor',
  tallies: ReadonlyMap<string, () => Promise<PieceTally>>,
): void {
  const gauge: Gauge<'city'> = new Gauge({
    name: `${role}_fill`,
    help: `The share of what ${role}s of a city give in this process that is taken; absent where there is none.`,
    labelNames: ['city'],
    registers: [registry],
    collect: async () => {
      const all = await Promise.all(
        Array.from(tallies, async ([city, tally]) => [city, await tally()] as const),
      );
      gauge.reset();
      for (const [city, { bytesUsed, bytesMax }] of all)
        if (bytesMax > 0) gauge.set({ city }, bytesUsed / bytesMax);
    },
  });
}

const entriesOf = <K extends string, V>(of: Readonly<Record<K, V>>): [K, V][] =>
  Object.entries(of) as [K, V][];

/** A pool that is counted and timed. */
export function watchedPool(registry: Registry, pool: Pool): Pool {
  const registers = [registry];
  const seconds = new Histogram({
    name: 'city_chain_job_seconds',
    help: 'Time from asking for a job to its outcome.',
    labelNames: ['job', 'outcome'],
    buckets: LATENCY_EDGES,
    registers,
  });
  const waiting = new Gauge({
    name: 'city_chain_jobs',
    help: 'Jobs that were asked for and have no outcome yet.',
    labelNames: ['job'],
    registers,
  });
  return {
    turn: pool.turn,
    run: (job, input, then) => {
      const beganAt = performance.now();
      let isOpen = true;
      const close = (): boolean => {
        const wasOpen = isOpen;
        isOpen = false;
        if (wasOpen) waiting.dec({ job });
        return wasOpen;
      };
      waiting.inc({ job });
      const cancel = pool.run(job, input, (outcome) => {
        close();
        const word = outcome.ok ? 'computed' : 'uncomputed';
        seconds.observe({ job, outcome: word }, (performance.now() - beganAt) / 1_000);
        then(outcome);
      });
      return () => {
        if (close()) cancel();
      };
    },
  };
}
