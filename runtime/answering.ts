/**
 * Whether another process still answers: it is asked again and again, and given up after so many
 * questions in vain. Whoever is frozen, or turns in a loop that never ends, is not dead, and nobody but
 * its silence tells of it.
 *
 * Counted in questions and not in milliseconds, so that a process which was itself suspended for an hour
 * does not take its own absence for the other's.
 */
const QUESTIONS_MAX = 5;

export class Answering {
  readonly #ask: () => void;
  readonly #silent: () => void;
  readonly #timer: NodeJS.Timeout;
  #unanswered = 0;

  /** `silent` is called once, about `withinMs` after the last answer, unless `stop` is called before. */
  constructor(withinMs: number, ask: () => void, silent: () => void) {
    this.#ask = ask;
    this.#silent = silent;
    this.#timer = setInterval(() => this.#look(), withinMs / QUESTIONS_MAX);
  }

  heard(): void {
    this.#unanswered = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (this.#unanswered++ < QUESTIONS_MAX) return this.#ask();
    this.stop();
    this.#silent();
  }
}
