/** What every `Disk` must do: the real one and the simulated one, in fair weather. */
import { afterEach, describe, expect, it } from 'vitest';
import { concat } from '#lib/bytes.ts';
import type { Result } from '#lib/result.ts';
import type { Disk, DiskDone, DiskFault, FileSize } from '#runtime/ports.ts';
import { answered, type Drive } from './answered.ts';

export interface DiskUnderTest {
  readonly disk: Disk;
  readonly drive: Drive;
  /** Ends the process' use of the disk and begins another. */
  readonly reopen: () => Promise<Disk>;
  readonly end: () => Promise<void>;
}

/** Promises instead of callbacks, and faults thrown by their code. */
export function awaitable(disk: Disk, drive: Drive) {
  const done = async (start: (then: (outcome: DiskDone) => void) => void): Promise<string> => {
    const outcome = await answered(drive, start);
    return outcome.ok ? 'done' : outcome.error.code;
  };
  return {
    create: (name: string) => done((then) => disk.create(name, then)),
    append: (name: string, bytes: Uint8Array) => done((then) => disk.append(name, bytes, then)),
    datasync: (name: string) => done((then) => disk.datasync(name, then)),
    truncate: (name: string, length: number) => done((then) => disk.truncate(name, length, then)),
    unlink: (name: string) => done((then) => disk.unlink(name, then)),
    syncNames: () => done((then) => disk.syncNames(then)),
    read: async (name: string, at: number, length: number) => {
      const found = await answered<Result<Uint8Array, DiskFault>>(drive, (then) =>
        disk.read(name, at, length, then),
      );
      return found.ok ? found.value : found.error.code;
    },
    list: async () => {
      const found = await answered<Result<readonly FileSize[], DiskFault>>(drive, (then) =>
        disk.list(then),
      );
      return found.ok ? found.value : found.error.code;
    },
  };
}

const bytes = (length: number, from = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (from + i) * 7);

export function diskContract(name: string, make: () => Promise<DiskUnderTest>): void {
  describe(`disk: ${name}`, () => {
    let ends: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const end of ends) await end();
      ends = [];
    });
    const opened = async () => {
      const it = await make();
      ends.push(it.end);
      const reopen = async () => awaitable(await it.reopen(), it.drive);
      return { ...awaitable(it.disk, it.drive), disk: it.disk, drive: it.drive, reopen };
    };

    it('is empty at first', async () => {
      const { list } = await opened();
      expect(await list()).toEqual([]);
    });

    it('appends, and reads any part of it', async () => {
      const { create, append, read, list } = await opened();
      expect(await create('a.seg')).toBe('done');
      expect(await read('a.seg', 0, 10)).toEqual(new Uint8Array(0));
      expect(await append('a.seg', bytes(5_000))).toBe('done');
      expect(await append('a.seg', bytes(5_000, 5_000))).toBe('done');
      expect(await read('a.seg', 0, 10_000)).toEqual(bytes(10_000));
      expect(await read('a.seg', 4_999, 2)).toEqual(bytes(2, 4_999));
      expect(await list()).toEqual([{ name: 'a.seg', bytes: 10_000 }]);
    });

    it('reads fewer bytes where the file ends', async () => {
      const { create, append, read } = await opened();
      await create('a');
      await append('a', bytes(10));
      expect(await read('a', 8, 100)).toEqual(bytes(2, 8));
      expect(await read('a', 10, 1)).toEqual(new Uint8Array(0));
      expect(await read('a', 1_000, 1)).toEqual(new Uint8Array(0));
    });

    it('appends nothing, and a view of something larger', async () => {
      const { create, append, read } = await opened();
      await create('a');
      expect(await append('a', new Uint8Array(0))).toBe('done');
      expect(await append('a', bytes(100).subarray(40, 42))).toBe('done');
      expect(await read('a', 0, 100)).toEqual(bytes(2, 40));
    });

    it('makes no file twice, and none by itself', async () => {
      const { create, append, read, datasync, truncate, unlink } = await opened();
      await create('a');
      await append('a', bytes(3));
      expect(await create('a')).toBe('EEXIST');
      expect(await read('a', 0, 3)).toEqual(bytes(3));
      for (const missing of [
        append('b', bytes(1)),
        read('b', 0, 1),
        datasync('b'),
        truncate('b', 0),
        unlink('b'),
      ]) {
        expect(await missing).toBe('ENOENT');
      }
      expect(await create('b')).toBe('done');
    });

    it('truncates, and goes on from there', async () => {
      const { create, append, truncate, read, list } = await opened();
      await create('a');
      await append('a', bytes(9_000));
      expect(await truncate('a', 5_000)).toBe('done');
      expect(await list()).toEqual([{ name: 'a', bytes: 5_000 }]);
      await append('a', bytes(1, 77));
      expect(await read('a', 0, 9_000)).toEqual(concat(bytes(5_000), bytes(1, 77)));
      await truncate('a', 0);
      expect(await read('a', 0, 9_000)).toEqual(new Uint8Array(0));
    });

    it('unlinks, and then the name is free for another file', async () => {
      const { create, append, unlink, read, list } = await opened();
      await create('a');
      await append('a', bytes(10));
      await read('a', 0, 10);
      expect(await unlink('a')).toBe('done');
      expect(await read('a', 0, 10)).toBe('ENOENT');
      expect(await list()).toEqual([]);
      expect(await create('a')).toBe('done');
      expect(await read('a', 0, 10)).toEqual(new Uint8Array(0));
    });

    it('answers reads that were under way when their file was unlinked', async () => {
      const { disk, drive, create, append } = await opened();
      await create('a');
      await append('a', bytes(100));
      const heard = await answered(drive, (then: (heard: unknown[]) => void) => {
        const all: unknown[] = [];
        const hear = (outcome: unknown): void => {
          if (all.push(outcome) === 21) then(all);
        };
        for (let i = 0; i < 20; i++) disk.read('a', i, 1, hear);
        disk.unlink('a', hear);
      });
      for (const [i, each] of heard.entries()) {
        const { ok, value, error } = each as { ok: boolean; value?: unknown; error?: DiskFault };
        if (ok && value !== undefined) expect((value as Uint8Array).length).toBe(1);
        else if (!ok) expect([i, error!.code]).toEqual([i, 'ENOENT']);
      }
    });

    it('syncs files and names', async () => {
      const { create, append, datasync, syncNames } = await opened();
      await create('a');
      await append('a', bytes(10));
      expect(await datasync('a')).toBe('done');
      expect(await syncNames()).toBe('done');
    });

    it('lists in the order of the names', async () => {
      const { create, append, list } = await opened();
      for (const name of ['b', 'a.hint', '10', '9', 'a.seg', 'a-1', 'a_1']) await create(name);
      await append('9', bytes(3));
      expect(await list()).toEqual(
        ['10', '9', 'a-1', 'a.hint', 'a.seg', 'a_1', 'b'].map((name) => ({
          name,
          bytes: name === '9' ? 3 : 0,
        })),
      );
    });

    it('has more files than it keeps open', async () => {
      const { create, append, datasync, read, list } = await opened();
      const names = Array.from({ length: 100 }, (_, i) => `f${String(i).padStart(3, '0')}`);
      for (const [i, name] of names.entries()) {
        await create(name);
        await append(name, bytes(2, i));
        if (i % 2 === 0) await datasync(name);
      }
      const found = await Promise.all(names.map((name) => read(name, 0, 10)));
      expect(found).toEqual(names.map((_, i) => bytes(2, i)));
      expect(await list()).toHaveLength(100);
    });

    it('never calls back within the call', async () => {
      const { disk, drive } = await opened();
      let isInside = true;
      const within = await answered(drive, (then: (within: boolean[]) => void) => {
        const all: boolean[] = [];
        const hear = (): void => {
          if (all.push(isInside) === 4) then(all);
        };
        disk.create('a', hear);
        disk.list(hear);
        disk.syncNames(hear);
        disk.datasync('nothing', hear);
        isInside = false;
      });
      expect(within).toEqual([false, false, false, false]);
    });

    it('has it all when it is opened again', async () => {
      const { create, append, datasync, syncNames, unlink, reopen } = await opened();
      await create('a');
      await create('b');
      await append('a', bytes(10));
      await datasync('a');
      await unlink('b');
      await syncNames();
      const again = await reopen();
      expect(await again.list()).toEqual([{ name: 'a', bytes: 10 }]);
      expect(await again.read('a', 0, 10)).toEqual(bytes(10));
      expect(await again.append('a', bytes(10, 10))).toBe('done');
      expect(await again.read('a', 0, 20)).toEqual(bytes(20));
    });
  });
}
