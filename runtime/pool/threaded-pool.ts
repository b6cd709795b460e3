/**
 * A pool of worker threads.
 *
 *   run --> line --> worker 1 (up to 64 jobs) --> answers, several together
 *                --> worker 2 ...
 *
 * Jobs that are asked for within one turn leave together, shared out evenly; a worker that has nothing
 * left takes back half of what the fullest has not started. A cancelled job never starts if it has not,
 * and is not heard of if it has. A turn (turns.ts) comes when a worker has nothing left at all.
 *
 * A worker that crashes, hangs or runs out of memory fails the job that it was at, and no other: the
 * rest is done again elsewhere, which jobs allow. Where no job was at work, all it had fail, so that
 * nothing goes round for ever. It is replaced: at once the first time, then after 50 ms, 100 ms, up to
 * 5 s; one that lived for 10 s begins anew. While no worker ever gets ready (the module cannot be
 * loaded), each attempt fails whatever is in line, with the reason.
 */
import { availableParallelism } from 'node:os';
import type { Plain } from '#protocols/effect.ts';
import type { Computed, Pool } from '../ports.ts';
import { Turns } from './turns.ts';
import { fail, Worker, type Job, type Left, type Owner } from './worker.ts';

export interface ThreadedPoolOptions {
  /** One core is the loop's. */
  readonly threads?: number;
  /** A job that takes longer has its thread ended. The longest of ours take tens of milliseconds. */
  readonly jobMsMax?: number;
  /** Heap of one thread; bytes in buffers are not counted by the engine. */
  readonly heapMbMax?: number;
}

/** Beyond this the callers are told, who wait for nothing good. */
const LINE_MAX = 16_384;
const BACK_OFF_MS = 50;
const BACK_OFF_MS_MAX = 5_000;
/** A worker that lived so long did not crash because of how it was started. */
const SETTLED_MS = 10_000;

/** One of the pool's threads, over all its lives. */
interface Seat {
  worker: Worker | undefined;
  startedAt: number;
  /** Ends in a row of workers that did not settle. */
  ends: number;
  retry: NodeJS.Timeout | undefined;
}

export class ThreadedPool implements Pool {
  readonly #jobsUrl: string;
  readonly #jobMsMax: number;
  readonly #heapMbMax: number;
  readonly #seats: readonly Seat[];
  readonly #watch: NodeJS.Timeout;
  readonly #turns = new Turns(() => this.#flush());
  #line: Job[] = [];
  #isFlushDue = false;
  #isGrantDue = false;
  #closing: Promise<void> | undefined;

  /** `jobsUrl`: the module that exports `jobs`, e.g. `import.meta.resolve('#actors/jobs.ts')`. */
  constructor(jobsUrl: string, options: ThreadedPoolOptions = {}) {
    const { threads = availableParallelism() - 1, jobMsMax = 10_000, heapMbMax = 512 } = options;
    this.#jobsUrl = jobsUrl;
    this.#jobMsMax = jobMsMax;
    this.#heapMbMax = heapMbMax;
    this.#seats = Array.from({ length: Math.max(1, threads) }, () => ({
      worker: undefined,
      startedAt: 0,
      ends: 0,
      retry: undefined,
    }));
    for (const seat of this.#seats) this.#start(seat);
    this.#watch = setInterval(() => this.#endTheSlow(), Math.max(1, jobMsMax / 4));
    this.#watch.unref();
  }

  readonly run = (name: string, input: Plain, then: (outcome: Computed) => void): (() => void) => {
    const job: Job = { name, input, hear: then, callOff: undefined };
    if (this.#closing !== undefined) fail([job], 'the pool is closed');
    else if (this.#line.length >= LINE_MAX) fail([job], 'the pool is full');
    else {
      this.#line.push(job);
      this.#turns.used();
      this.#flushSoon();
    }
    return () => {
      job.hear = undefined;
      job.callOff?.();
    };
  };

  readonly turn = (then: () => void): (() => void) => {
    const callOff = this.#turns.ask(then);
    if (this.#closing === undefined) this.#flushSoon();
    else queueMicrotask(() => this.#turns.close());
    return callOff;
  };

  /** Ends all threads; whoever waits is told. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#watch);
    this.#turns.close();
    fail(this.#line.splice(0), 'the pool is closed');
    await Promise.all(
      this.#seats.map(({ worker, retry }) => {
        clearTimeout(retry);
        return worker?.end('the pool is closed');
      }),
    );
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    const workers = this.#workers().filter(({ room }) => room > 0);
    if (this.#line.length > 0) this.#line = this.#line.filter(({ hear }) => hear !== undefined);
    // Those with the least to do come first: what does not divide evenly is theirs.
    workers.sort((a, b) => a.unanswered - b.unanswered);
    for (const [i, worker] of workers.entries()) {
      const share = Math.ceil(this.#line.length / (workers.length - i));
      const jobs = this.#line.splice(0, Math.min(share, worker.room));
      if (jobs.length > 0) worker.give(jobs);
      else if (worker.unanswered === 0) this.#relieve(worker);
    }
    // Room is left over only by jobs that could not be sent: no answer will come to call for the next.
    if (this.#line.length > 0 && workers.some(({ room }) => room > 0)) this.#flushSoon();
    if (this.#turns.areAsked) this.#grantSoon();
  }

  /**
   * Not before the loop has gone round: what it has at hand may be jobs, or more of what a turn is for. On an idle
   * machine that is at once.
   */
  #grantSoon(): void {
    if (this.#isGrantDue) return;
    this.#isGrantDue = true;
    setImmediate(() => {
      this.#isGrantDue = false;
      if (this.#closing !== undefined) return;
      const idle = this.#workers().filter(({ room, unanswered }) => room > 0 && unanswered === 0);
      this.#turns.grant(idle.length);
    });
  }

  /** The line is empty, and a worker too: the fullest shares what it has not started. */
  #relieve(idle: Worker): void {
    const [fullest] = this.#workers().toSorted((a, b) => b.unanswered - a.unanswered);
    const jobs = fullest === undefined || fullest === idle ? [] : fullest.takeBack();
    if (jobs.length > 0) idle.give(jobs);
  }

  #workers(): Worker[] {
    return this.#seats.flatMap(({ worker }) => worker ?? []);
  }

  #start(seat: Seat): void {
    const owner: Owner = {
      ready: () => this.#flush(),
      answered: (_, answers) => {
        for (const [job, outcome] of answers) job.hear?.(outcome);
        this.#flush();
      },
      ended: (_, left) => this.#ended(seat, left),
    };
    seat.retry = undefined;
    seat.startedAt = performance.now();
    seat.worker = new Worker(this.#jobsUrl, this.#heapMbMax, owner);
  }

  #ended(seat: Seat, { why, wasReady, toBlame, others }: Left): void {
    seat.worker = undefined;
    fail(toBlame, why);
    if (this.#closing !== undefined) return fail(others, why);
    if (toBlame.length === 0) fail(others, why);
    else this.#line.unshift(...others);
    const isHopeless =
      !wasReady && this.#workers().every(({ room, unanswered }) => room + unanswered === 0);
    if (isHopeless) fail(this.#line.splice(0), why);
    this.#replace(seat);
    this.#flushSoon();
  }

  #replace(seat: Seat): void {
    const hasSettled = performance.now() - seat.startedAt >= SETTLED_MS;
    seat.ends = hasSettled ? 1 : seat.ends + 1;
    const waitMs = seat.ends === 1 ? 0 : BACK_OFF_MS * 2 ** Math.min(seat.ends - 2, 10);
    seat.retry = setTimeout(() => this.#start(seat), Math.min(waitMs, BACK_OFF_MS_MAX));
  }

  #endTheSlow(): void {
    for (const worker of this.#workers()) {
      if (worker.busyMs() < this.#jobMsMax) continue;
      void worker.end(`the job took longer than ${this.#jobMsMax} ms`);
    }
  }
}
