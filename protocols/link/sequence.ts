/**
 * The numbers of a plain lane, as its receiver sees them: what is new, what was lost, what came twice
 * and what came too late. In order or not at all: a number that was passed over is never delivered,
 * even if it comes.
 *
 *   heard  1 2 3 . . 6 7          next = 8, one hole 4..5
 *   now 8: new      now 10: new, 8..9 are a hole      now 5: late      now 3: a repetition
 *
 * Changes in place. Holes are remembered only to tell late from repeated, so only the last few.
 */

const HOLES_MAX = 16;

export type Judged = 'new' | 'repeated' | 'late';

export class Sequence {
  /** The number expected next; 0 before anything was heard. */
  next = 0;
  /** How many numbers the last `judge` passed over. */
  lost = 0;
  #holes: (readonly [first: number, end: number])[] = [];

  /** Judges envelopes `first`..`first + count - 1`. A life of which nothing was heard starts anywhere. */
  judge(first: number, count: number): Judged {
    this.lost = 0;
    if (first < this.next) return this.#past(first);
    if (this.next > 0 && first > this.next) this.#passOver(first);
    this.next = first + count;
    return 'new';
  }

  /** The sender's word that the number to come is `next`: what did not come until now is lost. */
  settle(next: number): number {
    this.lost = 0;
    if (next > this.next) this.judge(next, 0);
    return this.lost;
  }

  /** The sender started anew, and numbers from 1. */
  restart(): void {
    this.next = 1;
    this.#holes = [];
  }

  #passOver(first: number): void {
    this.lost = first - this.next;
    this.#holes.push([this.next, first]);
    if (this.#holes.length > HOLES_MAX) this.#holes.shift();
  }

  /** A late frame may come again; then it is a repetition. */
  #past(first: number): Judged {
    const hole = this.#holes.findIndex(([from, end]) => first >= from && first < end);
    if (hole < 0) return 'repeated';
    const [from, end] = this.#holes[hole]!;
    // What came late ends somewhere in the hole; counting it once is enough to tell of it.
    this.#holes.splice(
      hole,
      1,
      ...[[from, first] as const, [first + 1, end] as const].filter(isHole),
    );
    return 'late';
  }
}

const isHole = ([first, end]: readonly [number, number]): boolean => first < end;
