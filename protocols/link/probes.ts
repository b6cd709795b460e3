/**
 * Probes: asking the other end where it stands, instead of repeating on a guess. When the answer
 * comes, whatever was sent before the probe has arrived or is lost. Changes in place.
 */

/** The most beats of `isDue` between two probes, for an end that does not answer. */
const PATIENCE_MAX = 8;

export class Probes {
  /** The other end's probe that the next word answers; 0: none. */
  owed = 0;
  #last = 0;
  /** Reliable envelopes below this number had been sent when the last probe left. */
  #before = 0;
  #isOpen = false;
  #progress = -1;
  #waited = 0;
  #patience = 1;
  #hasRepeated = false;

  /** A new probe; only its answer counts from now on. */
  ask(before: number): number {
    this.#before = before;
    this.#isOpen = true;
    return ++this.#last;
  }

  /** What had been sent before the probe, if it is the last one that is answered. */
  answered(probe: number): number | undefined {
    if (probe === 0 || probe !== this.#last || !this.#isOpen) return undefined;
    this.#isOpen = false;
    return this.#before;
  }

  /** Whether it is time to ask, when every word of progress so far came to `progress`. */
  isDue(progress: number): boolean {
    this.#hasRepeated = false;
    if (progress !== this.#progress) {
      this.#progress = progress;
      this.progressed();
      return false;
    }
    if (++this.#waited < this.#patience) return false;
    this.#waited = 0;
    this.#patience = Math.min(PATIENCE_MAX, 2 * this.#patience);
    return true;
  }

  progressed(): void {
    this.#waited = 0;
    this.#patience = 1;
    this.#hasRepeated = false;
  }

  /** Once, until something is confirmed or time has passed: one gap is reported by many frames. */
  mayRepeat(): boolean {
    if (this.#hasRepeated) return false;
    this.#hasRepeated = true;
    return true;
  }

  restart(): void {
    this.owed = 0;
    this.#isOpen = false;
    this.progressed();
  }
}
