/** Streams: in order, each once, bounded, and over when either side says so. */
import { describe, expect, it } from 'vitest';
import { stream } from '#dapp/stream.ts';

const numbers = (max = 10, left?: () => void) =>
  stream<number>({ max, lost: (count) => -count }, left);

async function read(from: AsyncIterable<number>, count = Infinity): Promise<number[]> {
  const all: number[] = [];
  for await (const value of from) if (all.push(value) >= count) break;
  return all;
}

describe('a stream', () => {
  it('hands out what was pushed before and after the reading began, and ends', async () => {
    const values = numbers();
    values.push(1);
    const reading = read(values);
    values.push(2);
    await Promise.resolve();
    values.push(3);
    values.end();
    values.push(4);
    expect(await reading).toEqual([1, 2, 3]);
  });

  it('throws what it ended with, after what was pushed', async () => {
    const values = numbers();
    values.push(1);
    values.end(new Error('over'));
    const seen: number[] = [];
    const reading = (async () => {
      for await (const value of values) seen.push(value);
    })();
    await expect(reading).rejects.toThrow('over');
    expect(seen).toEqual([1]);
  });

  it('loses the oldest beyond its bound, and says how many', async () => {
    const values = numbers(3);
    for (let value = 1; value <= 8; value++) values.push(value);
    values.end();
    expect(await read(values)).toEqual([-5, 6, 7, 8]);
  });

  it('tells once that its reader has left, and not when it ended by itself', async () => {
    let left = 0;
    const values = numbers(10, () => left++);
    values.push(1);
    values.push(2);
    expect(await read(values, 1)).toEqual([1]);
    expect(left).toBe(1);
    const ended = numbers(10, () => left++);
    ended.end();
    await read(ended);
    expect(left).toBe(1);
  });
});
