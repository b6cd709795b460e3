/**
 * What an application waits for. Each wait ends with what it is for, with its time, with whoever called it off, or with the client:
 * then it is `CLOSED`, and so is all that is begun after that. The one place of the SDK that has a clock and timers for it.
 */
import { CityError } from '#protocols/errors.ts';
import { wallClock } from '#runtime/wall-clock.ts';

export interface Limit {
  /** Without it, as long as it takes: whoever is asked has a deadline. */
  readonly withinMs?: number;
  /** What did not come then. */
  readonly late?: string;
  readonly signal?: AbortSignal | undefined;
}

export class Waits {
  readonly #waiting = new Set<(error: CityError) => void>();
  #isClosed = false;

  /** Milliseconds since 1970. */
  get wallMs(): number {
    return wallClock.wall();
  }

  async until<T>(what: Promise<T>, limit: Limit = {}): Promise<T> {
    const { withinMs, late, signal } = limit;
    if (this.#isClosed) throw new CityError('CLOSED');
    if (signal?.aborted === true) throw new CityError('ABORTED');
    const over = Promise.withResolvers<never>();
    const abort = (): void => over.reject(new CityError('ABORTED'));
    const timer =
      withinMs === undefined
        ? undefined
        : setTimeout(() => over.reject(new CityError('NOT_CONNECTED', late)), withinMs);
    signal?.addEventListener('abort', abort, { once: true });
    this.#waiting.add(over.reject);
    try {
      return await Promise.race([what, over.promise]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      this.#waiting.delete(over.reject);
    }
  }

  async pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    try {
      await this.until(promise);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const end of this.#waiting) end(new CityError('CLOSED'));
  }
}
