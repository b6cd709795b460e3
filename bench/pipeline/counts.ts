/** What actors of a city handled, and what was read from the files of holders, counted: beside traffic.ts, what a read is made of. */
import { roleOf, type Address } from '#protocols/subjects.ts';
import type { Observer, PieceStore } from '#runtime/ports.ts';

export class Counts {
  #pieces = 0;
  #inputs = new Map<Address, Map<string, number>>();

  readonly observer: Observer = {
    handled: (who, kind) => {
      const own = this.#inputs.get(who) ?? new Map<string, number>();
      this.#inputs.set(who, own.set(kind, (own.get(kind) ?? 0) + 1));
    },
  };

  /** Since the last time this was asked: messages and signals by role and kind, and pieces. */
  taken(): { readonly inputs: ReadonlyMap<string, number>; readonly pieces: number } {
    const inputs = new Map<string, number>();
    for (const [who, kinds] of this.#inputs) {
      for (const [kind, count] of kinds) {
        const label = `${roleOf(who)} ${kind}`;
        inputs.set(label, (inputs.get(label) ?? 0) + count);
      }
    }
    const pieces = this.#pieces;
    this.#pieces = 0;
    this.#inputs = new Map();
    return { inputs, pieces };
  }

  pieces(inner: PieceStore): PieceStore {
    return {
      put: (piece, then) => inner.put(piece, then),
      peek: (key, then) => inner.peek(key, then),
      drop: (key, then) => inner.drop(key, then),
      list: (after, then) => inner.list(after, then),
      tally: (then) => inner.tally(then),
      nominate: (then) => inner.nominate(then),
      lapse: (before) => inner.lapse(before),
      get: (key, then) => {
        this.#pieces++;
        inner.get(key, then);
      },
    };
  }
}
