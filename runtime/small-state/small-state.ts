/**
 * Small state on a disk: the production side of the `Store` port.
 *
 *   commit, read, scan --> queue --> group --(one transaction, one sync)--> answered, in order
 *                                    in a thread of its own: the loop never waits for a disk
 *
 * Whoever calls while a group is on its way shares the next one. A group is durable as a whole or not
 * at all. A disk that does not sync, a damaged file or a thread that dies is the end of this store: it
 * answers every call with the reason from then on, and its actors' supervisors judge.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { assert } from '#lib/assert.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import type { Write } from '#protocols/effect.ts';
import { makeFolder } from '../durable-folder.ts';
import type { Committed, Store } from '../ports.ts';
import { packCalls, unpackEnd, type Answer, type Call, type Ended } from './calls.ts';

const FILE = 'state.db';
/** A group larger than this gains nothing, and those behind it wait longer. */
const GROUP_BYTES_MAX = 4 * 1024 * 1024;
const VALUE_BYTES_MAX = 64 * 1024 * 1024;

/** A call, and who waits for it. */
interface Waiting {
  readonly call: Call;
  readonly bytes: number;
  readonly answer: (answer: Answer) => void;
  readonly refuse: (error: string) => void;
}

/** A store that somebody opened, and closes. */
export interface SmallState extends Store {
  /** Answers what is waiting, then closes the file. */
  readonly close: (then: () => void) => void;
}

/** Opens the store of a directory, making it where there is none. The error is a sentence for people. */
export function openSmallState(
  directory: string,
  then: (opened: Result<SmallState>) => void,
): void {
  let isSettled = false;
  const settle = (opened: Result<SmallState>): void => {
    if (!isSettled) then(opened);
    isSettled = true;
  };
  setImmediate(() => {
    try {
      makeFolder(directory);
    } catch (error) {
      return settle(fail(`${directory}: cannot be used (${(error as Error).message})`));
    }
    const workerData = join(directory, FILE);
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
    worker.once('error', ({ message }) => settle(fail(message)));
    worker.once('exit', (code) => settle(fail(`its thread ended with ${code}`)));
    worker.once('message', (said: string) =>
      settle(said === 'open' ? ok(new ThreadedStore(worker)) : fail(said)),
    );
  });
}

class ThreadedStore implements SmallState {
  readonly #worker: Worker;
  #queue: Waiting[] = [];
  /** On its way, until the thread answers. */
  #group: Waiting[] = [];
  /** Why there is no thread any more. */
  #failure: string | undefined;
  #onClosed: (() => void) | undefined;
  #isClosed = false;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.unref();
    worker.on('message', (end: Uint8Array | 'closed') => {
      if (end !== 'closed') return this.#ended(unpackEnd(end));
      this.#isClosed = true;
      this.#onClosed?.();
    });
    worker.on('error', (error) => this.#died(error.message));
    worker.on('exit', (code) => this.#died(`its thread ended with ${code}`));
  }

  commit(writes: readonly Write[], then: (outcome: Committed) => void): void {
    const own = writes.map(({ key, value }) => ({ key, value: value?.slice() }));
    assert(
      own.every(({ value }) => value === undefined || value.length <= VALUE_BYTES_MAX),
      'a value of small state is small',
    );
    const bytes = own.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
    this.#take({
      call: { do: 'commit', writes: own },
      bytes,
      answer: () => then({ ok: true }),
      refuse: (error) => then({ ok: false, error }),
    });
  }

  read(key: string, then: Parameters<Store['read']>[1]): void {
    this.#take({
      call: { do: 'read', key },
      bytes: key.length,
      answer: (answer) => then(resultOf((answer as Extract<Answer, { do: 'read' }>).value)),
      refuse: (error) => then(fail(error)),
    });
  }

  scan(prefix: string, then: Parameters<Store['scan']>[1]): void {
    this.#take({
      call: { do: 'scan', prefix },
      bytes: prefix.length,
      answer: (answer) => then(resultOf((answer as Extract<Answer, { do: 'scan' }>).entries)),
      refuse: (error) => then(fail(error)),
    });
  }

  close(then: () => void): void {
    assert(this.#onClosed === undefined, 'a store is closed once');
    this.#onClosed = then;
    this.#worker.ref();
    this.#closeWhenIdle();
  }

  #take(waiting: Waiting): void {
    assert(this.#onClosed === undefined, 'a store that is being closed is left alone');
    this.#queue.push(waiting);
    // Not at once: whoever calls in the same step shares the group.
    if (this.#queue.length === 1 && this.#group.length === 0) queueMicrotask(() => this.#next());
  }

  #next(): void {
    if (this.#group.length > 0 || this.#queue.length === 0) return;
    if (this.#failure !== undefined) return this.#refuseAll(this.#failure);
    this.#group = this.#queue.splice(0, this.#fitting());
    const bytes = packCalls(this.#group.map(({ call }) => call));
    this.#worker.ref();
    this.#worker.postMessage(bytes, [bytes.buffer]);
  }

  #fitting(): number {
    let [count, bytes] = [0, 0];
    for (const each of this.#queue) {
      bytes += each.bytes;
      if (count > 0 && bytes > GROUP_BYTES_MAX) break;
      count++;
    }
    return count;
  }

  #ended(end: Ended): void {
    const group = this.#group;
    this.#group = [];
    this.#worker.unref();
    for (const [i, waiting] of group.entries()) {
      if (end.as === 'done') waiting.answer(end.answers[i]!);
      else waiting.refuse(end.error);
    }
    this.#next();
    this.#closeWhenIdle();
  }

  #refuseAll(error: string): void {
    const all = [...this.#group, ...this.#queue];
    this.#group = [];
    this.#queue = [];
    for (const { refuse } of all) refuse(error);
  }

  #died(why: string): void {
    if (this.#isClosed) return;
    this.#failure ??= why;
    this.#refuseAll(this.#failure);
    this.#isClosed = true;
    this.#onClosed?.();
  }

  #closeWhenIdle(): void {
    const isIdle = this.#group.length === 0 && this.#queue.length === 0;
    if (this.#onClosed === undefined || !isIdle) return;
    if (this.#isClosed) return this.#onClosed();
    this.#worker.postMessage('close', []);
  }
}

const resultOf = <T>(found: T | string): Result<T> =>
  typeof found === 'string' ? fail(found) : ok(found);
