/** What every `Pool` must do: inline, simulated, and on worker threads. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Plain } from '#protocols/effect.ts';
import type { Computed, Pool } from '#runtime/ports.ts';
import { answered, type Drive } from './answered.ts';

export interface PoolUnderTest {
  readonly pool: Pool;
  readonly drive: Drive;
  readonly end: () => Promise<void>;
}

/** `make` is given no jobs: every pool under test runs those of ./jobs.ts. */
export function poolContract(name: string, make: () => Promise<PoolUnderTest>): void {
  describe(`pool: ${name}`, () => {
    let ends: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const end of ends) await end();
      ends = [];
    });
    const opened = async () => {
      const it = await make();
      ends.push(it.end);
      const run = (job: string, input?: Plain): Promise<Computed> =>
        answered(it.drive, (then) => void it.pool.run(job, input, then));
      return { ...it, run };
    };

    it('computes', async () => {
      const { run } = await opened();
      expect(await run('add', { a: 2, b: 3 })).toEqual({ ok: true, output: 5 });
    });

    it('carries every kind of plain value there and back', async () => {
      const { run } = await opened();
      const everything = {
        nothing: undefined,
        none: null,
        yes: true,
        number: -1.5,
        not: Number.NaN,
        big: 2n ** 70n,
        text: 'テキスト',
        bytes: Uint8Array.of(1, 2, 3),
        empty: new Uint8Array(0),
        list: [1, [2, Uint8Array.of(4)], {}],
        nested: { deep: { deeper: [Uint8Array.of(5)] } },
      };
      expect(await run('echo', everything)).toEqual({ ok: true, output: everything });
    });

    it('leaves the input with its owner, as it was', async () => {
      const { run } = await opened();
      const whole = Uint8Array.of(0, 1, 2, 3, 0);
      const view = whole.subarray(1, 4);
      expect(await run('reverse', view)).toEqual({ ok: true, output: Uint8Array.of(3, 2, 1) });
      expect(await run('reverse', whole)).toMatchObject({ ok: true });
      expect(whole).toEqual(Uint8Array.of(0, 1, 2, 3, 0));
      expect(view.length).toBe(3);
      // Large enough that a pool would rather give it away than copy it.
      const large = new Uint8Array(100_000).fill(5);
      expect(await run('echo', large)).toEqual({ ok: true, output: large });
      expect(await run('echo', large.subarray(7))).toMatchObject({ ok: true });
      expect(large).toEqual(new Uint8Array(100_000).fill(5));
    });

    it('returns large outputs, views, and the same bytes twice', async () => {
      const { run } = await opened();
      const million = new Uint8Array(1_000_000).fill(7);
      expect(await run('grow', 1_000_000)).toEqual({ ok: true, output: million });
      expect(await run('view')).toEqual({ ok: true, output: new Uint8Array(10).fill(3) });
      const first = new Uint8Array(5_000).fill(1);
      const second = Uint8Array.of(1, 1);
      expect(await run('twice')).toEqual({ ok: true, output: { first, second, again: first } });
    });

    it('says why a job came to nothing, and goes on', async () => {
      const { run } = await opened();
      expect(await run('fail')).toEqual({ ok: false, why: 'RangeError: of no use' });
      expect(await run('no such job')).toMatchObject({ ok: false });
      expect(await run('toString')).toMatchObject({ ok: false });
      expect(await run('add', { a: 1, b: 1 })).toEqual({ ok: true, output: 2 });
    });

    it('never calls back within the call', async () => {
      const { pool, drive } = await opened();
      let isInside = true;
      const within = answered(
        drive,
        (then: (within: boolean) => void) => void pool.run('echo', 1, () => then(isInside)),
      );
      isInside = false;
      expect(await within).toBe(false);
    });

    it('computes many at once, and each is answered once', async () => {
      const { run } = await opened();
      const all = await Promise.all(
        Array.from({ length: 200 }, (_, i) => run('add', { a: i, b: i })),
      );
      expect(all).toEqual(Array.from({ length: 200 }, (_, i) => ({ ok: true, output: 2 * i })));
    });

    it('gives turns, in the order in which they were asked for, never within the call', async () => {
      const { pool, run } = await opened();
      const heard: number[] = [];
      let isInside = true;
      const cancels = Array.from({ length: 20 }, (_, i) =>
        pool.turn(() => heard.push(isInside ? -1 : i)),
      );
      isInside = false;
      for (const [i, cancel] of cancels.entries()) if (i % 2 === 0) cancel();
      while (heard.length < 10) await run('echo');
      await run('echo');
      expect(heard).toEqual(Array.from({ length: 10 }, (_, i) => 2 * i + 1));
      cancels[1]!(); // Too late, and harmless.
    });

    it('says nothing of a job that was cancelled', async () => {
      const { pool, run } = await opened();
      const heard: number[] = [];
      const cancels = Array.from({ length: 100 }, (_, i) =>
        pool.run('echo', i, () => heard.push(i)),
      );
      for (const [i, cancel] of cancels.entries()) if (i % 2 === 0) cancel();
      while (heard.length < 50) await run('echo');
      await run('echo');
      expect(heard.toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 50 }, (_, i) => 2 * i + 1),
      );
      cancels[1]!(); // Too late, and harmless.
    });
  });
}
