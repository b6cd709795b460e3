/**
 * Chance that repeats itself: xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021), its state filled from a seed by SplitMix32. Fast and fair, and good for
 * simulations only: whoever sees four words knows all that follow.
 */
import type { Entropy } from '#protocols/effect.ts';

/** Uniform 32-bit words, the same for the same seed. */
export function seededWords(seed: number): () => number {
  let mixing = seed >>> 0;
  const mixed = (): number => {
    mixing = (mixing + 0x9e37_79b9) >>> 0;
    let word = mixing;
    word = Math.imul(word ^ (word >>> 16), 0x21f0_aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a_2d97);
    return (word ^ (word >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [mixed(), mixed(), mixed(), mixed()];
  return () => {
    const word = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return word;
  };
}

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

export function seededEntropy(seed: number): Entropy {
  const word = seededWords(seed);
  return {
    below: (bound) => {
      // What is above the largest multiple of the bound would favour small numbers: drawn again.
      const fair = 0x1_0000_0000 - (0x1_0000_0000 % bound);
      for (;;) {
        const drawn = word();
        if (drawn < fair) return drawn % bound;
      }
    },
    bytes: (count) => Uint8Array.from({ length: count }, () => word() & 0xff),
  };
}
