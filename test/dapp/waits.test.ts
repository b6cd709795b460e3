/** Waiting in the SDK: nothing is waited for after the client's end. */
import { describe, expect, it, vi } from 'vitest';
import { Waits } from '#dapp/waits.ts';

const never = new Promise<never>(() => undefined);
const late = 'late';

describe('a wait', () => {
  it('ends with what it is for', async () => {
    const waits = new Waits();
    expect(await waits.until(Promise.resolve(7), { withinMs: 60_000, late })).toBe(7);
    await expect(waits.until(Promise.reject(new Error(late)))).rejects.toThrow(late);
  });

  it('ends with its time, or when it is called off', async () => {
    vi.useFakeTimers();
    try {
      const waits = new Waits();
      const over = expect(waits.until(never, { withinMs: 10, late })).rejects.toThrow('late');
      const paused = waits.pause(10);
      const leaving = new AbortController();
      const { signal } = leaving;
      const left = expect(waits.until(never, { signal })).rejects.toMatchObject({
        word: 'ABORTED',
      });
      leaving.abort();
      await vi.advanceTimersByTimeAsync(10);
      await Promise.all([over, paused, left]);
      await expect(waits.until(never, { signal })).rejects.toMatchObject({ word: 'ABORTED' });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends with the client, and so does what is begun later', async () => {
    const waits = new Waits();
    const all = [waits.until(never), waits.until(never, { withinMs: 60_000 }), waits.pause(60_000)];
    const ended = all.map((each) => expect(each).rejects.toMatchObject({ word: 'CLOSED' }));
    waits.close();
    await Promise.all(ended);
    await expect(waits.until(Promise.resolve(1))).rejects.toMatchObject({ word: 'CLOSED' });
    await expect(waits.pause(0)).rejects.toMatchObject({ word: 'CLOSED' });
  });
});
