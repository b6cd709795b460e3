/** What a store lost since it was opened, counted on the way to whoever else listens. */
import type { PieceReport } from './reclaim.ts';

export class Losses {
  readonly #hear: (event: PieceReport) => void;
  damaged = 0;

  constructor(hear: (event: PieceReport) => void) {
    this.#hear = hear;
  }

  report(event: PieceReport): void {
    if (event.kind === 'damaged') this.damaged++;
    this.#hear(event);
  }
}
