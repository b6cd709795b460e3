/**
 * One worker thread of a pool, from outside: what was sent to it and is not answered yet. It lives
 * once; the pool replaces it. Its end comes with the jobs it leaves behind, judged by their slots:
 * whichever was started is to blame, those that were not may be done elsewhere.
 */
import { Worker as Thread } from 'node:worker_threads';
import { assert } from '#lib/assert.ts';
import type { Plain } from '#protocols/effect.ts';
import type { Computed } from '../ports.ts';
import { refused } from './jobs.ts';
import { Parcel } from './parcel.ts';
import { Slots, SLOTS } from './slots.ts';
import { READY, type Answer, type Order, type Start } from './talk.ts';

export interface Job {
  readonly name: string;
  readonly input: Plain;
  /** `undefined` when nobody waits any more. */
  hear: ((outcome: Computed) => void) | undefined;
  /** Where it is, while it is with a worker. */
  callOff: (() => void) | undefined;
}

export interface Left {
  readonly why: string;
  readonly wasReady: boolean;
  /** It was at these when it ended. */
  readonly toBlame: readonly Job[];
  /** These it had not started, or had done without a word. */
  readonly others: readonly Job[];
}

export interface Owner {
  readonly ready: (worker: Worker) => void;
  readonly answered: (worker: Worker, answers: readonly (readonly [Job, Computed])[]) => void;
  readonly ended: (worker: Worker, left: Left) => void;
}

export class Worker {
  readonly #owner: Owner;
  readonly #thread: Thread;
  readonly #slots = new Slots();
  readonly #jobs: (Job | undefined)[] = Array.from({ length: SLOTS });
  readonly #free = Array.from({ length: SLOTS }, (_, slot) => slot);
  #isReady = false;
  #why: string | undefined;

  constructor(jobsUrl: string, heapMbMax: number, owner: Owner) {
    this.#owner = owner;
    const start: Start = { jobsUrl, memory: this.#slots.memory };
    this.#thread = new Thread(new URL('./thread.ts', import.meta.url), {
      workerData: start,
      resourceLimits: { maxOldGenerationSizeMb: heapMbMax },
    });
    this.#thread.on('message', (said: typeof READY | readonly Answer[]) => this.#hear(said));
    this.#thread.on('messageerror', (error) =>
      this.end(`an answer cannot be read: ${error.message}`),
    );
    this.#thread.on('error', (error) => {
      this.#why ??= error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    });
    this.#thread.on('exit', (code) => this.#ended(`the worker crashed (exit ${code})`));
  }

  /** How many more jobs it takes. */
  get room(): number {
    return this.#isReady && this.#why === undefined ? this.#free.length : 0;
  }

  get unanswered(): number {
    return SLOTS - this.#free.length;
  }

  give(jobs: readonly Job[]): void {
    assert(jobs.length <= this.room, 'a worker is given what it has room for');
    const slots = jobs.map((job) => this.#open(job));
    try {
      const parcel = new Parcel();
      const inputs = parcel.lent(jobs.map(({ input }) => input));
      const orders = jobs.map(({ name }, i): Order => [slots[i]!, name, inputs[i]]);
      this.#thread.postMessage(orders, parcel.transfer);
    } catch (error) {
      // What cannot travel must not keep back what was to leave together with it.
      for (const slot of slots) this.#close(slot);
      if (jobs.length > 1) for (const job of jobs) this.give([job]);
      else fail(jobs, `the input cannot be sent: ${String(error)}`);
    }
  }

  /** Takes back up to half of what it has not started, for a worker that has nothing to do. */
  takeBack(): readonly Job[] {
    const back: Job[] = [];
    const enough = this.unanswered >> 1;
    for (const [slot, job] of this.#jobs.entries()) {
      if (back.length >= enough) break;
      if (job?.hear === undefined || !this.#slots.callOff(slot)) continue;
      // The slot is free when the thread has seen that its job was called off.
      this.#jobs[slot] = { ...job, hear: undefined };
      job.callOff = undefined;
      back.push(job);
    }
    return back;
  }

  /** How long it has been at one job. */
  busyMs(): number {
    const slot = this.#jobs.findIndex((job, i) => job !== undefined && this.#slots.isStarted(i));
    return slot < 0 ? 0 : this.#slots.ageMs(slot);
  }

  /** Ends the thread wherever it is. */
  end(why: string): Promise<number> {
    this.#why ??= why;
    return this.#thread.terminate();
  }

  #hear(said: typeof READY | readonly Answer[]): void {
    if (said === READY) {
      this.#isReady = true;
      return this.#owner.ready(this);
    }
    const answers = said.flatMap(([slot, outcome]): (readonly [Job, Computed])[] => {
      const job = this.#close(slot);
      return outcome === undefined ? [] : [[job, outcome]];
    });
    this.#owner.answered(this, answers);
  }

  #open(job: Job): number {
    const slot = this.#free.pop()!;
    this.#slots.open(slot);
    this.#jobs[slot] = job;
    job.callOff = () => void this.#slots.callOff(slot);
    return slot;
  }

  #close(slot: number): Job {
    const job = this.#jobs[slot]!;
    this.#jobs[slot] = undefined;
    this.#free.push(slot);
    job.callOff = undefined;
    return job;
  }

  #ended(exit: string): void {
    const [toBlame, others]: [Job[], Job[]] = [[], []];
    for (const [slot, job] of this.#jobs.entries()) {
      if (job === undefined) continue;
      (this.#slots.isStarted(slot) ? toBlame : others).push(job);
    }
    const why = this.#why ?? exit;
    this.#why = why;
    this.#owner.ended(this, { why, wasReady: this.#isReady, toBlame, others });
  }
}

/** Later: nobody is called back from within a call of theirs. */
export function fail(jobs: readonly Job[], why: string): void {
  for (const job of jobs) queueMicrotask(() => job.hear?.(refused(why)));
}
