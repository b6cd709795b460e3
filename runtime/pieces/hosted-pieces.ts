/**
 * The piece stores of the nodes of one process, each in a directory of its own, opened on demand.
 *
 *   <folder>/<node>/  0000000001-<salt>.v1.seg ...  .lock
 *
 * A directory is named by its node and not by a process: whichever process hosts the node finds its pieces
 * there. One at a time: while another process has it, the store cannot be opened, and says so to whoever
 * asks. Nothing is made for a node that never asks.
 */
import { join } from 'node:path';
import { fail, type Result } from '#lib/result.ts';
import type { Entropy, PieceTally } from '#protocols/effect.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { UnfitDirectory } from '../directory-lock.ts';
import { openDisk, type OwnDisk } from '../disk.ts';
import { makeFolder } from '../durable-folder.ts';
import type { Clock, Scheduler } from '../ports.ts';
import { OnDemandPieces, type ClosablePieces } from './on-demand.ts';
import { openPieces, type PieceOptions } from './open.ts';
import type { PieceReport } from './reclaim.ts';

export interface HostedPiecesOptions {
  readonly folder: string;
  /** How much each node may hold. */
  readonly optionsOf: (node: NodeAddress) => Omit<PieceOptions, 'report'>;
  readonly report: (node: NodeAddress, event: PieceReport) => void;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly entropy: Entropy;
}

export class HostedPieces {
  readonly #options: HostedPiecesOptions;
  readonly #stores = new Map<NodeAddress, OnDemandPieces>();
  #closed: Promise<void> | undefined;

  constructor(options: HostedPiecesOptions) {
    this.#options = options;
  }

  /** The `pieces` of a system. */
  readonly of = (node: NodeAddress): OnDemandPieces => {
    const known = this.#stores.get(node);
    if (known !== undefined) return known;
    const store = new OnDemandPieces((then) => this.#open(node, then), this.#options.scheduler);
    this.#stores.set(node, store);
    return store;
  };

  /** Of those that somebody has asked for, and that could be opened: all of them together, or some. */
  async tally(of: (node: NodeAddress) => boolean = () => true): Promise<PieceTally> {
    const wanted = [...this.#stores].flatMap(([node, store]) =>
      store.isWanted && of(node) ? [store] : [],
    );
    const tallies = await Promise.all(
      wanted.map((store) => new Promise<Result<PieceTally>>((resolve) => store.tally(resolve))),
    );
    return tallies.flatMap((each) => (each.ok ? [each.value] : [])).reduce(sum, EMPTY);
  }

  /** Answers what is waiting, seals what grows, and lets go of the directories. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const stores = [...this.#stores.values()];
    await Promise.all(stores.map((store) => new Promise<void>((resolve) => store.close(resolve))));
  }

  #open(node: NodeAddress, then: (opened: Result<ClosablePieces>) => void): void {
    const { folder, clock, scheduler, entropy, optionsOf, report } = this.#options;
    const disk = locked(folder, node);
    if (!disk.ok) return scheduler.soon(() => then(disk));
    const options = { ...optionsOf(node), report: (event: PieceReport) => report(node, event) };
    openPieces({ disk: disk.value, clock, scheduler, entropy }, options, (opened) => {
      if (!opened.ok) return disk.value.close(() => then(opened));
      const pieces = opened.value;
      then({
        ok: true,
        value: {
          put: (piece, answer) => pieces.put(piece, answer),
          get: (key, answer) => pieces.get(key, answer),
          peek: (key, answer) => pieces.peek(key, answer),
          drop: (key, answer) => pieces.drop(key, answer),
          list: (after, answer) => pieces.list(after, answer),
          tally: (answer) => pieces.tally(answer),
          nominate: (answer) => pieces.nominate(answer),
          lapse: (before) => pieces.lapse(before),
          close: (closed) => pieces.close(() => disk.value.close(closed)),
        },
      });
    });
  }
}

function locked(folder: string, node: NodeAddress): Result<OwnDisk> {
  try {
    // Also where another process made it, and has ended since.
    makeFolder(folder);
    return { ok: true, value: openDisk(join(folder, node)) };
  } catch (error) {
    // What the system refused names the call; a mistake of ours has a code at most.
    const isRefused = (error as NodeJS.ErrnoException).syscall !== undefined;
    if (error instanceof UnfitDirectory || isRefused) return fail((error as Error).message);
    throw error;
  }
}

const EMPTY: PieceTally = {
  pieces: 0,
  bytesMax: 0,
  bytesUsed: 0,
  bytesFree: 0,
  damaged: 0,
};

const sum = (a: PieceTally, b: PieceTally): PieceTally => ({
  pieces: a.pieces + b.pieces,
  bytesMax: a.bytesMax + b.bytesMax,
  bytesUsed: a.bytesUsed + b.bytesUsed,
  bytesFree: a.bytesFree + b.bytesFree,
  damaged: a.damaged + b.damaged,
});
