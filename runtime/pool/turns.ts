/**
 * Turns: who waits for a pool to have nothing else to do. What grows cheaper while it waits, such as one
 * signature over all that has come, is decided when a worker is free for it, not when it is first wanted.
 *
 *   asked for --> waiting --(a worker is idle | waited `WAIT_MS_MAX`)--> lent --(a job comes | `LENT_MS`)--> over
 *
 * A worker is lent to one at a time: what its turn is for is a few steps away, and a second one in these
 * moments would be of work that is there already. Liveness: every turn comes, however busy the pool is. Which
 * job is of whose turn is not known; a wrong guess makes a turn come a little sooner or later, no more.
 */

/** So late that nothing is gained by it on a machine that keeps up with its work. */
export const WAIT_MS_MAX = 1_000;
/** In so long whoever has a turn has asked for its job, or will not. */
export const LENT_MS = 5;

interface Waiting {
  /** `undefined` when it was called off. */
  hear: (() => void) | undefined;
  readonly until: number;
}

export class Turns {
  readonly #look: () => void;
  #waiting: Waiting[] = [];
  #lent = 0;
  #lentUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  get areAsked(): boolean {
    return this.#waiting.length > 0;
  }

  /** `look` is called when turns may be due: it answers with `grant`. */
  constructor(look: () => void) {
    this.#look = look;
  }

  /** The result calls it off. */
  ask(then: () => void): () => void {
    const asked: Waiting = { hear: then, until: performance.now() + WAIT_MS_MAX };
    this.#waiting.push(asked);
    return () => {
      asked.hear = undefined;
    };
  }

  /** A job has come: most likely of whoever had the last turn. */
  used(): void {
    if (this.#lent > 0) this.#lent--;
  }

  /** So many workers have nothing to do. */
  grant(idle: number): void {
    const now = performance.now();
    if (now >= this.#lentUntil) this.#lent = 0;
    let free = idle - this.#lent;
    while (this.#waiting.length > 0) {
      const { hear, until } = this.#waiting[0]!;
      if (hear !== undefined && free <= 0 && now < until) break;
      this.#waiting.shift();
      if (hear === undefined) continue;
      free--;
      this.#lent++;
      this.#lentUntil = now + LENT_MS;
      hear();
    }
    if (this.#waiting.length > 0) this.#lookLater();
  }

  /** Whoever waits has its turn: what it asks for then is told what has become of the pool. */
  close(): void {
    clearTimeout(this.#timer);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { hear } of waiting) hear?.();
  }

  #lookLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, LENT_MS);
  }
}
