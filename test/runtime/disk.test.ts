/** The real disk: what is not in its contract. A second process is tried in store.e2e.test.ts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDisk } from '#runtime/disk.ts';
import { UnfitDirectory } from '#runtime/directory-lock.ts';
import { REAL_TIME } from '#test/contract/answered.ts';
import { awaitable } from '#test/contract/disk.contract.ts';
import { scratch } from '#test/scratch.ts';

describe('the real disk', () => {
  it('is for one user at a time, also within a process', async () => {
    const { path, remove } = scratch();
    const disk = openDisk(path);
    expect(() => openDisk(path)).toThrow(UnfitDirectory);
    expect(() => openDisk(path)).toThrow(`in use by another process (process ${process.pid})`);
    await new Promise<void>((resolve) => disk.close(resolve));
    const again = openDisk(path);
    await new Promise<void>((resolve) => again.close(resolve));
    remove();
  });

  it('refuses a directory that cannot be one', () => {
    const { path, remove } = scratch();
    writeFileSync(join(path, 'file'), '');
    expect(() => openDisk(join(path, 'file'))).toThrow(
      /file: cannot be used .*expected a directory/,
    );
    remove();
  });

  it('has no way out of its directory', async () => {
    const { path, remove } = scratch();
    const disk = openDisk(path);
    const use = awaitable(disk, REAL_TIME);
    for (const name of ['../x', '/x', '.lock', 'a/b', '', 'A']) {
      await expect(use.read(name, 0, 1)).rejects.toThrow('a file has a plain name');
      await expect(use.create(name)).rejects.toThrow('a file has a plain name');
      await expect(use.unlink(name)).rejects.toThrow('a file has a plain name');
    }
    await new Promise<void>((resolve) => disk.close(resolve));
    remove();
  });

  it('finishes what is under way before it closes', async () => {
    const { path, remove } = scratch();
    const disk = openDisk(path);
    const order: string[] = [];
    disk.create('a', () => order.push('created'));
    await new Promise<void>((resolve) => disk.close(resolve));
    expect(order).toEqual(['created']);
    remove();
  });
});
