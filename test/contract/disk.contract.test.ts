/** The contract of disks, on the real one, on the simulated one, and in memory. */
import { openDisk, type OwnDisk } from '#runtime/disk.ts';
import { memoryDisk } from '#runtime/memory-disk.ts';
import { SimulatedDisk } from '#simulations/disk.ts';
import { Manual, seeded } from '#test/runtime/manual.ts';
import { scratch } from '#test/scratch.ts';
import { REAL_TIME } from './answered.ts';
import { diskContract } from './disk.contract.ts';

const closed = (disk: OwnDisk): Promise<void> => new Promise((resolve) => disk.close(resolve));

diskContract('real', async () => {
  const { path, remove } = scratch();
  let disk = openDisk(path);
  return {
    disk,
    drive: REAL_TIME,
    reopen: async () => {
      await closed(disk);
      disk = openDisk(path);
      return disk;
    },
    end: async () => {
      await closed(disk);
      remove();
    },
  };
});

diskContract('simulated', async () => {
  const world = new Manual();
  const disk = new SimulatedDisk(world.clock, seeded(7));
  return {
    disk: disk.attach(),
    drive: (isOver) => {
      for (let ms = 0; !isOver() && ms < 10_000; ms++) world.pass(1);
    },
    reopen: async () => {
      disk.powerCut();
      return disk.attach();
    },
    end: async () => undefined,
  };
});

diskContract('memory', async () => {
  const disk = memoryDisk();
  return { disk, drive: REAL_TIME, reopen: async () => disk, end: async () => undefined };
});
