/** Chance from the operating system, drawn in larger helpings: a call for four bytes costs as much. */
import { randomFillSync } from 'node:crypto';
import type { Entropy } from '#protocols/effect.ts';

const HELPING_BYTES = 4_096;

export function systemEntropy(): Entropy {
  const helping = new Uint8Array(HELPING_BYTES);
  const view = new DataView(helping.buffer);
  let at = HELPING_BYTES;
  const take = (count: number): number => {
    if (at + count > HELPING_BYTES) {
      randomFillSync(helping);
      at = 0;
    }
    at += count;
    return at - count;
  };
  return {
    below: (bound) => {
      // What is above the largest multiple of the bound would favour small numbers: drawn again.
      const fair = 0x1_0000_0000 - (0x1_0000_0000 % bound);
      for (;;) {
        const drawn = view.getUint32(take(4));
        if (drawn < fair) return drawn % bound;
      }
    },
    bytes: (count) => {
      if (count > HELPING_BYTES) return randomFillSync(new Uint8Array(count));
      const from = take(count);
      return helping.slice(from, from + count);
    },
  };
}
