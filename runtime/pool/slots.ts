/**
 * The slots of one worker thread: memory that the pool and the thread share, so that a job is started
 * or called off, never both, and so that the pool knows what a thread was at when it hung or died.
 *
 *            claim (thread)             finish (thread)
 *   WAITING ----------------> STARTED ------------------> DONE
 *      |
 *      +--------------------> CALLED_OFF
 *            callOff (pool)
 *
 * Both arrows out of WAITING are one compare-and-exchange: exactly one side wins. A slot belongs to a
 * job from when it is sent until its answer is there, and an answer comes in each case.
 */
const WAITING = 0;
const STARTED = 1;
const DONE = 2;
const CALLED_OFF = 3;

/**
 * Jobs that a thread has at a time. Enough that the way there and back is shared by many; those not
 * started can be had back at any time, so a line behind a slow job is no loss.
 */
export const SLOTS = 64;

export class Slots {
  readonly memory: SharedArrayBuffer;
  readonly #states: Int32Array;
  readonly #startedAt: Int32Array;

  constructor(memory = new SharedArrayBuffer(2 * 4 * SLOTS)) {
    this.memory = memory;
    this.#states = new Int32Array(memory, 0, SLOTS);
    this.#startedAt = new Int32Array(memory, 4 * SLOTS, SLOTS);
  }

  // --- the pool -------------------------------------------------------------------------------------

  open(slot: number): void {
    Atomics.store(this.#states, slot, WAITING);
  }

  /** Whether the job will not be started: it was not yet. */
  callOff(slot: number): boolean {
    return Atomics.compareExchange(this.#states, slot, WAITING, CALLED_OFF) === WAITING;
  }

  isStarted(slot: number): boolean {
    return Atomics.load(this.#states, slot) === STARTED;
  }

  /** How long ago a started job was started. */
  ageMs(slot: number): number {
    return (nowMs() - Atomics.load(this.#startedAt, slot)) | 0;
  }

  // --- the thread -----------------------------------------------------------------------------------

  /** Whether the job is this thread's to do: nobody called it off. */
  claim(slot: number): boolean {
    Atomics.store(this.#startedAt, slot, nowMs());
    return Atomics.compareExchange(this.#states, slot, WAITING, STARTED) === WAITING;
  }

  finish(slot: number): void {
    Atomics.store(this.#states, slot, DONE);
  }
}

/** The one monotonic clock that threads of a process share; 32 bits of it, which go round in 49 days. */
export const nowMs = (): number => {
  const [seconds, nanos] = process.hrtime();
  return (seconds * 1_000 + Math.trunc(nanos / 1e6)) | 0;
};
