/** Something that is done every now and then, for as long as it says that there is more to do. */
import type { Clock } from '../ports.ts';

export class Recurring {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #run: () => boolean;
  #disarm: (() => void) | undefined = undefined;

  constructor(clock: Clock, everyMs: number, run: () => boolean) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#run = run;
  }

  arm(): void {
    this.#disarm ??= this.#clock.after(this.#everyMs, () => {
      this.#disarm = undefined;
      if (this.#run()) this.arm();
    });
  }

  disarm(): void {
    this.#disarm?.();
    this.#disarm = undefined;
  }
}
