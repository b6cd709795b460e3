/** The piece store on the real disk, on the simulated one, and in memory. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '#lib/result.ts';
import { millis } from '#protocols/ids.ts';
import { openDisk } from '#runtime/disk.ts';
import { memoryDisk } from '#runtime/memory-disk.ts';
import { openPieces, type PieceOptions } from '#runtime/pieces/open.ts';
import type { Pieces } from '#runtime/pieces/pieces.ts';
import type { Clock, Disk } from '#runtime/ports.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { SimulatedDisk } from '#simulations/disk.ts';
import { Manual, seeded } from '#test/runtime/manual.ts';
import { scratch } from '#test/scratch.ts';
import { answered, REAL_TIME } from './answered.ts';
import { NOW, piecesContract } from './pieces.contract.ts';

const opened = async (
  start: (then: (opened: Result<Pieces>) => void) => void,
  drive = REAL_TIME,
): Promise<Pieces> => {
  const outcome = await answered(drive, start);
  if (!outcome.ok) throw new Error(outcome.error);
  return outcome.value;
};

piecesContract('real', async (options: PieceOptions) => {
  const { path, remove } = scratch();
  let skippedMs = 0;
  const clock: Clock = {
    ...wallClock,
    now: () => millis(wallClock.now() + skippedMs),
    wall: () => millis(NOW + skippedMs),
  };
  let disk = openDisk(path);
  const open = (): Promise<Pieces> =>
    opened((then) =>
      openPieces({ disk, clock, scheduler: eventLoop, entropy: seeded(3) }, options, then),
    );
  let pieces = await open();
  const close = async (): Promise<void> => {
    await new Promise<void>((resolve) => pieces.close(resolve));
    await new Promise<void>((resolve) => disk.close(resolve));
  };
  return {
    pieces,
    drive: REAL_TIME,
    reopen: async () => {
      await close();
      disk = openDisk(path);
      pieces = await open();
      return pieces;
    },
    bytesOnDisk: () =>
      readdirSync(path)
        .filter((name) => !name.startsWith('.'))
        .reduce((sum, name) => sum + statSync(join(path, name)).size, 0),
    later: (ms) => (skippedMs += ms),
    end: async () => {
      await close();
      remove();
    },
  };
});

piecesContract('simulated', async (options: PieceOptions) => {
  const world = new Manual();
  const device = new SimulatedDisk(world.clock, seeded(7));
  const drive = (isOver: () => boolean): void => {
    for (let ms = 0; !isOver() && ms < 10_000; ms++) world.pass(1);
  };
  const clock = { ...world.clock, wall: () => millis(NOW + world.clock.now()) };
  const { scheduler } = world;
  const open = (disk: Disk): Promise<Pieces> =>
    opened(
      (then) => openPieces({ disk, clock, scheduler, entropy: seeded(3) }, options, then),
      drive,
    );
  let pieces = await open(device.attach());
  return {
    pieces,
    drive,
    reopen: async () => {
      await answered(drive, (then: (closed: undefined) => void) =>
        pieces.close(() => then(undefined)),
      );
      device.kill();
      pieces = await open(device.attach());
      return pieces;
    },
    bytesOnDisk: () => device.bytes(),
    later: (ms) => world.pass(ms),
    end: async () => undefined,
  };
});

piecesContract('memory', async (options: PieceOptions) => {
  const disk = memoryDisk();
  let [skippedMs, bytes] = [0, 0];
  const clock: Clock = {
    ...wallClock,
    now: () => millis(wallClock.now() + skippedMs),
    wall: () => millis(NOW + skippedMs),
  };
  // Sizes are asked for within a call: whatever changes them says so first.
  const sized: Disk = {
    ...disk,
    append: (name, more, then) => {
      bytes += more.length;
      disk.append(name, more, then);
    },
    unlink: (name, then) =>
      disk.list((listed) => {
        if (listed.ok) bytes -= listed.value.find((each) => each.name === name)?.bytes ?? 0;
        disk.unlink(name, then);
      }),
  };
  const open = (): Promise<Pieces> =>
    opened((then) =>
      openPieces({ disk: sized, clock, scheduler: eventLoop, entropy: seeded(3) }, options, then),
    );
  let pieces = await open();
  return {
    pieces,
    drive: REAL_TIME,
    reopen: async () => {
      await new Promise<void>((resolve) => pieces.close(resolve));
      pieces = await open();
      return pieces;
    },
    bytesOnDisk: () => bytes,
    later: (ms) => (skippedMs += ms),
    end: async () => undefined,
  };
});
