/**
 * The simulated disk under faults. Method: one disk, a clock moved by hand, everything drawn from a
 * seed. What it promises in fair weather is in test/contract/disk.contract.ts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { same } from '#lib/bytes.ts';
import type { Disk } from '#runtime/ports.ts';
import { ALWAYS, NEVER } from '#simulations/chance.ts';
import { BLOCK_BYTES } from '#simulations/disk-file.ts';
import { CALM_DISK, SimulatedDisk, type DiskFaults, type DiskPlant } from '#simulations/disk.ts';
import { awaitable } from '#test/contract/disk.contract.ts';
import { Manual, seeded } from '#test/runtime/manual.ts';

const bytes = (length: number, byte = 1): Uint8Array => new Uint8Array(length).fill(byte);

function node(faults: Partial<DiskFaults> = {}, seed = 1, plant?: DiskPlant) {
  const world = new Manual();
  const all = { ...CALM_DISK, accessMs: [0, 0] as const, syncMs: [10, 10] as const, ...faults };
  const disk = new SimulatedDisk(world.clock, seeded(seed), all, plant);
  const drive = (isOver: () => boolean): void => {
    for (let ms = 0; !isOver() && ms < 10_000; ms++) world.pass(1);
  };
  const use = (of: Disk) => awaitable(of, drive);
  return { world, disk, use };
}

async function synced(it: ReturnType<typeof node>, name: string, content: Uint8Array) {
  const use = it.use(it.disk.attach());
  await use.create(name);
  await use.append(name, content);
  await use.datasync(name);
  await use.syncNames();
  return use;
}

/** Three files in a race with a power cut: what was answered, and what is left. */
function race(seed: number): unknown {
  const { world, disk } = node({ kept: [1, 2], torn: [1, 2], syncMs: [1, 30] }, seed);
  const use = disk.attach();
  const order: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    use.create(name, () => {
      use.append(name, bytes(20_000), () => use.datasync(name, () => order.push(name)));
    });
  }
  world.pass(1);
  use.syncNames(() => order.push('names'));
  world.pass(15);
  disk.powerCut();
  return [order, disk.durableNames().map((name) => Array.from(disk.durable(name)!))];
}

describe('the simulated disk', () => {
  it('keeps everything when its process is killed', async () => {
    const it = node();
    const use = it.use(it.disk.attach());
    await use.create('a');
    await use.append('a', bytes(10));
    it.disk.kill();
    const again = it.use(it.disk.attach());
    expect(await again.read('a', 0, 10)).toEqual(bytes(10));
    expect(it.disk.durable('a')).toBeUndefined();
  });

  it('keeps through a power cut what was synced, and no more, if nothing else reached it', async () => {
    const it = node({ kept: NEVER });
    const use = await synced(it, 'a', bytes(5_000));
    await use.append('a', bytes(5_000, 2));
    it.disk.powerCut();
    const found = (await it.use(it.disk.attach()).read('a', 0, 10_000)) as Uint8Array;
    expect(found.subarray(0, 5_000)).toEqual(bytes(5_000));
    expect(found.subarray(5_000).every((byte) => byte === 0)).toBe(true);
  });

  it('keeps later blocks without earlier ones, and torn ones, but nothing that was never written', () => {
    const seen = { whole: 0, hole: 0, torn: 0 };
    for (let seed = 1; seed <= 100; seed++) {
      const { world, disk } = node({ kept: [3, 4], torn: [1, 4] }, seed);
      const use = disk.attach();
      use.create('a', () => use.append('a', bytes(4 * BLOCK_BYTES), () => undefined));
      use.syncNames(() => undefined);
      world.pass(100);
      use.syncNames(() => undefined);
      world.pass(100);
      disk.powerCut();
      const left = disk.durable('a')!;
      expect(left.every((byte) => byte <= 1)).toBe(true);
      const blocks = Array.from({ length: Math.floor(left.length / BLOCK_BYTES) }, (_, i) =>
        left.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES).reduce((sum, byte) => sum + byte, 0),
      );
      if (blocks.some((sum) => sum > 0 && sum < BLOCK_BYTES)) seen.torn++;
      if (blocks.some((sum, i) => sum === 0 && blocks.slice(i).some((sum) => sum > 0))) seen.hole++;
      if (blocks.length === 4 && blocks.every((sum) => sum === BLOCK_BYTES)) seen.whole++;
    }
    expect(Math.min(seen.torn, seen.hole, seen.whole)).toBeGreaterThan(0);
  });

  it('loses files whose names were not synced, and brings back those whose end was not', () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 30; seed++) {
      const { world, disk } = node({}, seed);
      const use = disk.attach();
      use.create('old', () => undefined);
      world.pass(1);
      use.syncNames(() => undefined);
      world.pass(100);
      for (const name of ['new', 'newer']) use.create(name, () => undefined);
      world.pass(1);
      use.unlink('old', () => undefined);
      world.pass(1);
      disk.powerCut();
      outcomes.add(disk.durableNames().join());
    }
    // What reaches the platter of a journal is a first part of what was done.
    expect([...outcomes].toSorted()).toEqual(['new,newer', 'new,newer,old', 'new,old', 'old']);
  });

  it('makes durable what was dirty when the sync was called', async () => {
    const { world, disk } = node({ kept: NEVER });
    const use = disk.attach();
    use.create('a', () => undefined);
    world.pass(1);
    use.append('a', bytes(10), () => undefined);
    world.pass(1);
    use.datasync('a', () => undefined);
    use.syncNames(() => undefined);
    use.append('a', bytes(10, 2), () => undefined);
    world.pass(20);
    expect(disk.durable('a')).toEqual(bytes(10));
    use.datasync('a', () => undefined);
    world.pass(20);
    expect(disk.durable('a')!.length).toBe(20);
  });

  it('truncates for good with the next sync, and perhaps before', async () => {
    const lengths = new Set<number>();
    for (let seed = 1; seed <= 20; seed++) {
      const it = node({ kept: NEVER }, seed);
      const use = await synced(it, 'a', bytes(9_000));
      await use.truncate('a', 100);
      if (seed > 10) await use.datasync('a');
      it.disk.powerCut();
      const left = it.disk.durable('a')!;
      expect(left).toEqual(bytes(left.length));
      if (seed > 10) expect(left.length).toBe(100);
      else lengths.add(left.length);
    }
    expect([...lengths].toSorted()).toEqual([100, 9_000]);
  });

  it('lies after a sync that failed: a second one succeeds, and the bytes are not there', async () => {
    const it = node({ syncFails: ALWAYS, kept: ALWAYS, torn: NEVER });
    const use = it.use(it.disk.attach());
    await use.create('a');
    it.disk.faults = { ...it.disk.faults, syncFails: NEVER };
    await use.syncNames();
    it.disk.faults = { ...it.disk.faults, syncFails: ALWAYS };
    await use.append('a', bytes(10));
    expect(await use.datasync('a')).toBe('EIO');
    it.disk.faults = { ...it.disk.faults, syncFails: NEVER };
    expect(await use.datasync('a')).toBe('done');
    expect(await use.read('a', 0, 10)).toEqual(bytes(10));
    it.disk.powerCut();
    expect(it.disk.durable('a')!.some((byte) => byte !== 0)).toBe(false);
  });

  it('is full at a certain number of bytes, having written what fitted', async () => {
    const it = node({ bytesMax: 15 });
    const use = it.use(it.disk.attach());
    await use.create('a');
    expect(await use.append('a', bytes(10))).toBe('done');
    expect(await use.append('a', bytes(10))).toBe('ENOSPC');
    expect(it.disk.bytes()).toBe(15);
    await use.truncate('a', 10);
    expect(await use.append('a', bytes(5))).toBe('done');
  });

  it('answers EIO to reads and appends', async () => {
    const it = node({ readFails: ALWAYS, appendFails: ALWAYS });
    const use = it.use(it.disk.attach());
    await use.create('a');
    expect(await use.append('a', bytes(10))).toBe('EIO');
    expect(await use.read('a', 0, 10)).toBe('EIO');
  });

  it('rots: one bit, visible at once', async () => {
    const it = node();
    const use = await synced(it, 'a', bytes(5_000, 0));
    const { name, at } = it.disk.rot()!;
    expect(name).toBe('a');
    const found = (await use.read('a', 0, 5_000)) as Uint8Array;
    expect([...found].filter((byte) => byte !== 0)).toHaveLength(1);
    expect(Math.log2(found[at]!) % 1).toBe(0);
    expect(node().disk.rot()).toBeUndefined();
  });

  it('puts a block in the wrong place', async () => {
    const it = node({ misdirected: ALWAYS }, 3);
    const content = Uint8Array.from({ length: 4 * BLOCK_BYTES }, (_, i) => i >> 12);
    const use = await synced(it, 'a', content);
    const found = (await use.read('a', 0, content.length)) as Uint8Array;
    expect(found.length).toBe(content.length);
    expect(same(found, content)).toBe(false);
  });

  it('says nothing to a process that is gone', () => {
    const { world, disk } = node();
    let heard = 0;
    const use = disk.attach();
    use.create('a', () => heard++);
    use.syncNames(() => heard++);
    disk.kill();
    use.list(() => heard++);
    world.pass(100);
    expect(heard).toBe(0);
  });

  it('starts a life from an old image, or from nothing', async () => {
    const it = node();
    const use = await synced(it, 'a', bytes(1));
    const old = it.disk.image();
    await use.append('a', bytes(1, 2));
    await use.datasync('a');
    it.disk.kill();
    it.disk.restore(old);
    expect(it.disk.durable('a')).toEqual(bytes(1));
    it.disk.restore();
    expect(it.disk.durableNames()).toEqual([]);
  });

  it('acknowledges too early when that bug is planted: the bug is one', async () => {
    const it = node({ kept: NEVER }, 1, 'acknowledge-before-sync');
    const use = it.use(it.disk.attach());
    await use.create('a');
    await use.append('a', bytes(10));
    expect(await use.syncNames()).toBe('done');
    expect(await use.datasync('a')).toBe('done');
    expect(it.disk.durable('a')?.length ?? 0).toBe(0);
  });

  it('does the same for the same seed', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(race(seed)).toEqual(race(seed));
      }),
      { numRuns: 5 },
    );
  });
});
