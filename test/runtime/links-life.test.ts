/** The number of a life: later is greater, and a clock that stands still gives no number twice. */
import { describe, expect, it } from 'vitest';
import { millis } from '#protocols/ids.ts';
import { lifeFrom } from '#runtime/links/life.ts';
import { seeded } from './manual.ts';

const NOW = 1_800_000_000_000;

describe('the number of a life', () => {
  it('is greater a second later, with room for the links of the life before', () => {
    const entropy = seeded(1);
    const lives = Array.from({ length: 1_000 }, (_, i) =>
      lifeFrom(millis(NOW + i * 1_000), entropy),
    );
    expect(lives).toEqual(lives.toSorted((a, b) => a - b));
    expect(lives.every(Number.isSafeInteger)).toBe(true);
  });

  it('is another one also when the clock stands still', () => {
    const entropy = seeded(2);
    const lives = Array.from({ length: 100 }, () => lifeFrom(millis(NOW), entropy));
    expect(new Set(lives).size).toBe(lives.length);
  });
});
