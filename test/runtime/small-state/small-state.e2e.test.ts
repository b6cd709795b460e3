/** Small state and its thread: what its contract does not say. The database is in database.test.ts. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { Result } from '#lib/result.ts';
import { put } from '#protocols/effect.ts';
import { openSmallState, type SmallState } from '#runtime/small-state/small-state.ts';
import { scratch } from '#test/scratch.ts';

const opened = (path: string): Promise<Result<SmallState>> =>
  new Promise((resolve) => openSmallState(path, resolve));

describe('small state', () => {
  it('answers everything with the reason when its thread dies, and closes', async () => {
    const { path, remove } = scratch();
    const thread = once(process, 'worker') as Promise<[Worker]>;
    const store = (await opened(path)) as Extract<Result<SmallState>, { ok: true }>;
    const heard: unknown[] = [];
    const hear = (outcome: { readonly ok: boolean }): void => void heard.push(outcome.ok);
    const [worker] = await thread;
    store.value.commit([put('a', new Uint8Array(1))], hear);
    store.value.read('a', hear);
    await worker.terminate();
    await new Promise<void>((resolve) => {
      store.value.scan('', (outcome) => {
        hear(outcome);
        expect(outcome).toMatchObject({
          ok: false,
          error: expect.stringContaining('thread ended'),
        });
        resolve();
      });
    });
    expect(heard).toEqual([false, false, false]);
    await new Promise<void>((resolve) => store.value.close(resolve));
    remove();
  });

  it('is not opened where there is no directory, or a file that is none of its own', async () => {
    const { path, remove } = scratch();
    writeFileSync(join(path, 'file'), 'x');
    expect(await opened(join(path, 'file'))).toMatchObject({ ok: false });
    writeFileSync(join(path, 'state.db'), 'x'.repeat(5_000));
    expect(await opened(path)).toMatchObject({
      ok: false,
      error: expect.stringContaining('move it away to begin with an empty one'),
    });
    remove();
  });

  it('answers what is waiting before it closes', async () => {
    const { path, remove } = scratch();
    const store = (await opened(path)) as Extract<Result<SmallState>, { ok: true }>;
    const heard: boolean[] = [];
    for (let i = 0; i < 20; i++) {
      store.value.commit([put(`k${i}`, new Uint8Array(1_000_000))], ({ ok }) => heard.push(ok));
    }
    await new Promise<void>((resolve) => store.value.close(resolve));
    expect(heard).toEqual(Array.from({ length: 20 }, () => true));
    remove();
  });
});
