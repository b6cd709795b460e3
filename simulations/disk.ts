/**
 * The disk of one simulated node: what its process sees (the page cache) and what is really there (the
 * platter).
 *
 *   append, truncate --> cache --(datasync, after a drawn delay)---> platter
 *   create, unlink ----> names --(syncNames, after a drawn delay)--> names on the platter
 *
 * A kill loses nothing of the cache. A power cut leaves what is on the platter, and some of what was
 * not synced: each block by a draw of its own (so a later write may survive an earlier one), some of
 * them torn; of the names a first part, as a journal keeps them. A sync makes durable what was dirty
 * when it was called. One that fails marks everything clean without writing it, as Linux does, so that
 * a second sync succeeds and lies.
 *
 * The planted bug is a disk that answers a sync at once: whoever trusts it acknowledges too early.
 */
import { assert } from '#lib/assert.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import type { Entropy } from '#protocols/effect.ts';
import type { Clock, Disk, DiskDone, DiskFault, FileSize } from '#runtime/ports.ts';
import { between, happens, NEVER, type Ratio, type Span } from './chance.ts';
import { BLOCK_BYTES, SimulatedFile } from './disk-file.ts';

export interface DiskFaults {
  /** Reads, appends and the like. */
  readonly accessMs: Span;
  readonly syncMs: Span;
  /** How often a sync takes `slowSyncMs` instead. */
  readonly slowSync: Ratio;
  readonly slowSyncMs: Span;
  /** How often a read, an append, a sync answers EIO. */
  readonly readFails: Ratio;
  readonly appendFails: Ratio;
  readonly syncFails: Ratio;
  /** Beyond this an append answers ENOSPC, having written what fitted. */
  readonly bytesMax: number;
  /** How often a synced block lands in another place of its file. */
  readonly misdirected: Ratio;
  /** How often an unsynced block survives a power cut, and how often such a block is torn. */
  readonly kept: Ratio;
  readonly torn: Ratio;
}

export const CALM_DISK: DiskFaults = {
  accessMs: [0, 1],
  syncMs: [1, 10],
  slowSync: NEVER,
  slowSyncMs: [500, 5_000],
  readFails: NEVER,
  appendFails: NEVER,
  syncFails: NEVER,
  bytesMax: Number.MAX_SAFE_INTEGER,
  misdirected: NEVER,
  kept: [3, 10],
  torn: [1, 4],
};

export type DiskPlant = 'acknowledge-before-sync';

type Names = Map<string, SimulatedFile>;
type Rename = (names: Names) => void;
type Life = { isOver: boolean };

const DONE: DiskDone = ok(undefined);

export class SimulatedDisk {
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #plant: DiskPlant | undefined;
  #names: Names = new Map();
  #platterNames: Names = new Map();
  /** What was done to names and is not on the platter yet, in order. */
  #unsynced: Rename[] = [];
  #life: Life | undefined;
  faults: DiskFaults;

  constructor(clock: Clock, entropy: Entropy, faults = CALM_DISK, plant?: DiskPlant) {
    this.#clock = clock;
    this.#entropy = entropy;
    this.faults = faults;
    this.#plant = plant;
  }

  /** Opens the disk for a new life of its node. */
  attach(): Disk {
    assert(this.#life === undefined, 'one process at a time uses a disk');
    const life: Life = { isOver: false };
    this.#life = life;
    const access = <T>(then: (outcome: T) => void, action: () => T): void =>
      this.#after(life, between(this.#entropy, this.faults.accessMs), () => then(action()));
    return {
      list: (then) => access(then, () => ok(this.#list())),
      create: (name, then) => access(then, () => this.#create(name)),
      append: (name, bytes, then) => access(then, () => this.#append(name, bytes)),
      read: (name, at, length, then) => access(then, () => this.#read(name, at, length)),
      truncate: (name, length, then) =>
        access(then, () => this.#with(name, (file) => file.truncate(length))),
      unlink: (name, then) => access(then, () => this.#unlink(name)),
      datasync: (name, then) => this.#datasync(life, name, then),
      syncNames: (then) => this.#syncNames(life, then),
    };
  }

  /** The process is gone; the page cache is not. */
  kill(): void {
    if (this.#life !== undefined) this.#life.isOver = true;
    this.#life = undefined;
  }

  /** The process is gone, and what was not synced, but for what happened to reach the platter. */
  powerCut(): void {
    this.kill();
    const reached = this.#entropy.below(this.#unsynced.length + 1);
    for (const rename of this.#unsynced.slice(0, reached)) rename(this.#platterNames);
    this.#unsynced = [];
    this.#names = new Map(this.#platterNames);
    const { kept, torn } = this.faults;
    for (const name of [...this.#names.keys()].toSorted()) {
      this.#names.get(name)!.powerCut(this.#entropy, kept, torn);
    }
  }

  /** The bytes on the platter under a name that is on the platter: for oracles. */
  durable(name: string): Uint8Array | undefined {
    return this.#platterNames.get(name)?.durable;
  }

  /** The names on the platter, in order. */
  durableNames(): readonly string[] {
    return [...this.#platterNames.keys()].toSorted();
  }

  /** Bytes of all files, as the process sees them. */
  bytes(): number {
    let bytes = 0;
    for (const file of this.#names.values()) bytes += file.length;
    return bytes;
  }

  /** Turns one drawn bit over, at rest. Says where, or that there is nothing to damage. */
  rot(): { readonly name: string; readonly at: number } | undefined {
    const sizes = this.durableNames().map(
      (name) => [name, this.#platterNames.get(name)!.durableLength] as const,
    );
    const total = sizes.reduce((sum, [, length]) => sum + length, 0);
    if (total === 0) return undefined;
    let at = this.#entropy.below(total);
    const [name] = sizes.find(([, length]) => at < length || ((at -= length), false))!;
    this.flip(name, at, this.#entropy.below(8));
    return { name, at };
  }

  /** Turns a certain bit over, at rest. */
  flip(name: string, at: number, bit: number): void {
    this.#platterNames.get(name)?.flip(at, bit);
  }

  /** The platter as it is now, to start a later life from: amnesia, when it is an old one. */
  image(): ReadonlyMap<string, SimulatedFile> {
    return new Map([...this.#platterNames].map(([name, file]) => [name, file.copy()]));
  }

  /** Puts another disk in: an old image, or an empty one. */
  restore(image: ReadonlyMap<string, SimulatedFile> = new Map()): void {
    assert(this.#life === undefined, 'a disk is replaced while its node is down');
    this.#platterNames = new Map([...image].map(([name, file]) => [name, file.copy()]));
    this.#names = new Map(this.#platterNames);
    this.#unsynced = [];
  }

  #list(): FileSize[] {
    const names = [...this.#names.keys()].toSorted();
    return names.map((name) => ({ name, bytes: this.#names.get(name)!.length }));
  }

  #create(name: string): DiskDone {
    if (this.#names.has(name)) return fault('EEXIST', name);
    const file = new SimulatedFile();
    this.#rename((names) => names.set(name, file));
    return DONE;
  }

  #unlink(name: string): DiskDone {
    if (!this.#names.has(name)) return fault('ENOENT', name);
    this.#rename((names) => names.delete(name));
    return DONE;
  }

  #rename(rename: Rename): void {
    rename(this.#names);
    this.#unsynced.push(rename);
  }

  #with(name: string, action: (file: SimulatedFile) => void): DiskDone {
    const file = this.#names.get(name);
    if (file === undefined) return fault('ENOENT', name);
    action(file);
    return DONE;
  }

  #append(name: string, bytes: Uint8Array): DiskDone {
    const file = this.#names.get(name);
    if (file === undefined) return fault('ENOENT', name);
    const room = Math.max(0, this.faults.bytesMax - this.bytes());
    if (bytes.length > room) {
      file.append(bytes.subarray(0, room));
      return fault('ENOSPC', name);
    }
    if (happens(this.#entropy, this.faults.appendFails)) {
      file.append(bytes.subarray(0, this.#entropy.below(bytes.length + 1)));
      return fault('EIO', name);
    }
    file.append(bytes);
    return DONE;
  }

  #read(name: string, at: number, length: number): Result<Uint8Array, DiskFault> {
    const file = this.#names.get(name);
    if (file === undefined) return fault('ENOENT', name);
    if (happens(this.#entropy, this.faults.readFails)) return fault('EIO', name);
    return ok(file.read(at, length));
  }

  #datasync(life: Life, name: string, then: (outcome: DiskDone) => void): void {
    const file = this.#names.get(name);
    if (file === undefined) return this.#after(life, 0, () => then(fault('ENOENT', name)));
    const dirt = file.dirt();
    const fails = happens(this.#entropy, this.faults.syncFails);
    this.#sync(life, then, fails, () => {
      if (fails) file.lost(dirt);
      else file.synced(dirt, (block) => this.#place(file, block));
    });
  }

  #syncNames(life: Life, then: (outcome: DiskDone) => void): void {
    const called = new Set(this.#unsynced);
    const fails = happens(this.#entropy, this.faults.syncFails);
    this.#sync(life, then, fails, () => {
      if (!fails) for (const rename of called) rename(this.#platterNames);
      this.#unsynced = this.#unsynced.filter((rename) => !called.has(rename));
    });
  }

  #sync(life: Life, then: (outcome: DiskDone) => void, fails: boolean, finish: () => void): void {
    const { slowSync, slowSyncMs, syncMs, accessMs } = this.faults;
    const ms = between(this.#entropy, happens(this.#entropy, slowSync) ? slowSyncMs : syncMs);
    const outcome = fails ? fault('EIO', 'sync') : DONE;
    const isHonest = this.#plant === undefined;
    this.#after(life, ms, () => {
      finish();
      if (isHonest) then(outcome);
    });
    if (!isHonest) this.#after(life, between(this.#entropy, accessMs), () => then(outcome));
  }

  #place(file: SimulatedFile, block: number): number {
    if (!happens(this.#entropy, this.faults.misdirected)) return block;
    return this.#entropy.below(Math.ceil(file.length / BLOCK_BYTES));
  }

  #after(life: Life, ms: number, then: () => void): void {
    if (life.isOver) return;
    this.#clock.after(ms, () => {
      if (!life.isOver) then();
    });
  }
}

const fault = (code: string, detail: string): Result<never, DiskFault> =>
  fail({ code, detail: `${code}: ${detail}` });
