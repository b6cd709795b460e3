/** A piece store on a simulated disk, under a clock moved by hand: what the tests of this folder share. */
import type { Result } from '#lib/result.ts';
import type { Bookmark, PieceEntry, PiecePage } from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import { openPieces, type PieceOptions } from '#runtime/pieces/open.ts';
import type { Pieces } from '#runtime/pieces/pieces.ts';
import type { PieceReport } from '#runtime/pieces/reclaim.ts';
import type { Disk, Piece, PieceDropped, PieceGot, PiecePut } from '#runtime/ports.ts';
import { CALM_DISK, SimulatedDisk, type DiskFaults, type DiskPlant } from '#simulations/disk.ts';
import { NOW, SMALL, valueOf } from '#test/contract/pieces.contract.ts';
import { Manual, seeded } from '#test/runtime/manual.ts';

type OpenPieces = (then: (opened: Result<Pieces>) => void) => void;

export interface World {
  readonly world: Manual;
  readonly device: SimulatedDisk;
  readonly reports: PieceReport[];
  /** Opens the store; a text when it refuses. */
  readonly open: () => Pieces | string;
  /** Begins to open the store, and is killed or loses its power `ms` later. */
  readonly stumble: (ms: number, how: 'kill' | 'cut') => void;
  readonly put: (pieces: Pieces, key: string, expiresAt?: number, value?: Uint8Array) => PiecePut;
  readonly get: (pieces: Pieces, key: string) => PieceGot;
  readonly drop: (pieces: Pieces, key: string) => PieceDropped;
  readonly close: (pieces: Pieces) => void;
}

/** What `start` is called back with, once the clock has moved far enough. */
export function settled<T>(world: Manual, start: (then: (outcome: T) => void) => void): T {
  const heard: T[] = [];
  start((outcome) => heard.push(outcome));
  for (let ms = 0; heard.length === 0; ms++) {
    if (ms > 60_000) throw new Error('no answer within a minute');
    world.pass(1);
  }
  return heard[0]!;
}

export function pieceWorld(
  faults: Partial<DiskFaults> = {},
  options: PieceOptions = SMALL,
  seed = 1,
  plant?: DiskPlant,
  around: (disk: Disk) => Disk = (disk) => disk,
): World {
  const world = new Manual();
  const device = new SimulatedDisk(world.clock, seeded(seed), { ...CALM_DISK, ...faults }, plant);
  const clock = { ...world.clock, wall: () => millis(NOW + world.clock.now()) };
  const reports: PieceReport[] = [];
  const report = (event: PieceReport): void => void reports.push(event);
  const open: OpenPieces = (then) => {
    const disk = around(device.attach());
    const ports = { disk, clock, scheduler: world.scheduler, entropy: seeded(seed + 1) };
    openPieces(ports, { ...options, report }, then);
  };
  return {
    world,
    device,
    reports,
    open: () => {
      const outcome = settled(world, open);
      return outcome.ok ? outcome.value : outcome.error;
    },
    stumble: (ms, how) => {
      open(() => undefined);
      world.pass(ms);
      if (how === 'kill') device.kill();
      else device.powerCut();
    },
    put: (pieces, key, expiresAt = NOW + 1e9, value = valueOf(key)) =>
      settled(world, (then) => pieces.put({ key, value, expiresAt: millis(expiresAt) }, then)),
    get: (pieces, key) => settled(world, (then) => pieces.get(key, then)),
    drop: (pieces, key) => settled(world, (then) => pieces.drop(key, then)),
    close: (pieces) => {
      settled(world, (then: (closed: true) => void) => pieces.close(() => then(true)));
      device.kill();
    },
  };
}

export function opened(pieces: Pieces | string): Pieces {
  if (typeof pieces === 'string') throw new Error(pieces);
  return pieces;
}

export function page(it: World, pieces: Pieces, after?: Bookmark): PiecePage {
  const found = settled<Result<PiecePage>>(it.world, (then) => pieces.list(after, then));
  if (!found.ok) throw new Error(found.error);
  return found.value;
}

/** Drops what the store would rather be rid of, as if others had it now; says how many. */
export function shed(it: World, pieces: Pieces): number {
  const found = settled<Result<readonly PieceEntry[]>>(it.world, (then) => pieces.nominate(then));
  if (!found.ok) throw new Error(found.error);
  for (const { key } of found.value) it.drop(pieces, key);
  return found.value.length;
}

/** Puts all of these at once; what finds no room, once more when something was shed. */
export function putShedding(it: World, pieces: Pieces, wanted: readonly Piece[]): void {
  for (let left = wanted; left.length > 0;) {
    const refused: Piece[] = [];
    const asked = left;
    settled<true>(it.world, (then) => {
      let heard = 0;
      for (const piece of asked) {
        pieces.put(piece, ({ ok }) => {
          if (!ok) refused.push(piece);
          if (++heard === asked.length) then(true);
        });
      }
    });
    if (refused.length > 0) shed(it, pieces);
    left = refused;
  }
}

/** The keys on all pages, in their order. */
export function listedKeys(it: World, pieces: Pieces): string[] {
  const keys: string[] = [];
  for (let next: PiecePage | undefined = page(it, pieces); next !== undefined;) {
    keys.push(...next.pieces.map(({ key }) => key));
    next = next.next && page(it, pieces, next.next);
  }
  return keys;
}
