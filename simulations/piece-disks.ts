/**
 * The piece disks of one simulated machine: one for each of its nodes, made when the node first asks for
 * pieces, so that whoever has none pays nothing and draws nothing.
 *
 *   life 1 --pieces(node)--> store on demand --+
 *   life 2 --pieces(node)--> store on demand --+--> the node's disk, which outlives them
 *
 * The disks share their machine's fate: kills, power cuts, replacement by others, weather.
 */
import type { Entropy } from '#protocols/effect.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { OnDemandPieces } from '#runtime/pieces/on-demand.ts';
import { openPieces, type PieceOptions } from '#runtime/pieces/open.ts';
import type { Clock, PieceStore, Scheduler } from '#runtime/ports.ts';
import { ALWAYS } from './chance.ts';
import { CALM_DISK, SimulatedDisk, type DiskFaults, type DiskPlant } from './disk.ts';
import type { Random } from './random.ts';

/** What the store of one life of a process runs on. */
export interface PieceLife {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly entropy: (node: NodeAddress) => Entropy;
}

export type PieceImages = ReadonlyMap<NodeAddress, ReturnType<SimulatedDisk['image']>>;

/** What a node has that nobody says more about: small, so that it fills up. */
export const PIECES: PieceOptions = { bytesMax: 4 * 1024 * 1024 };

export const SLOW_DISK: DiskFaults = { ...CALM_DISK, slowSync: [1, 2] };
export const FAILING_DISK: DiskFaults = { ...CALM_DISK, syncFails: ALWAYS };

export class PieceDisks {
  readonly #clock: () => Clock;
  readonly #random: Random;
  readonly #optionsOf: (node: NodeAddress) => PieceOptions;
  readonly #plant: DiskPlant | undefined;
  readonly #disks = new Map<NodeAddress, SimulatedDisk>();
  /** What its owner gives to each node from the next life on, instead of what the machine was made with. */
  bytesMax: number | undefined = undefined;
  #faults: DiskFaults = CALM_DISK;

  constructor(
    clock: () => Clock,
    random: Random,
    optionsOf: (node: NodeAddress) => PieceOptions,
    plant: DiskPlant | undefined,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#optionsOf = optionsOf;
    this.#plant = plant;
  }

  /** The `pieces` of a system: for one life of the process. */
  attach(life: PieceLife): (node: NodeAddress) => PieceStore {
    const stores = new Map<NodeAddress, PieceStore>();
    return (node) => {
      const store = stores.get(node) ?? this.#store(node, life);
      stores.set(node, store);
      return store;
    };
  }

  /** How much room a node has, from its next life on. */
  optionsOf(node: NodeAddress): PieceOptions {
    const options = this.#optionsOf(node);
    return this.bytesMax === undefined ? options : { ...options, bytesMax: this.bytesMax };
  }

  /** The disk of a node, if it has asked for one: for oracles. */
  of(node: NodeAddress): SimulatedDisk | undefined {
    return this.#disks.get(node);
  }

  kill(): void {
    for (const disk of this.#disks.values()) disk.kill();
  }

  powerCut(): void {
    for (const disk of this.#disks.values()) disk.powerCut();
  }

  image(): PieceImages {
    return new Map([...this.#disks].map(([node, disk]) => [node, disk.image()]));
  }

  /** Puts other disks in: old ones, or empty ones where there were none. */
  restore(images: PieceImages = new Map()): void {
    for (const [node, disk] of this.#disks) disk.restore(images.get(node));
  }

  set faults(faults: DiskFaults) {
    this.#faults = faults;
    for (const disk of this.#disks.values()) disk.faults = faults;
  }

  /** From now on, until the faults are others, each has room for so much more. */
  fill(bytesMore: number): void {
    for (const disk of this.#disks.values()) {
      disk.faults = { ...this.#faults, bytesMax: disk.bytes() + bytesMore };
    }
  }

  /** Turns over one bit on each. */
  rot(): void {
    for (const disk of this.#disks.values()) disk.rot();
  }

  #store(node: NodeAddress, { clock, scheduler, entropy }: PieceLife): PieceStore {
    return new OnDemandPieces((then) => {
      const disk = this.#disk(node).attach();
      openPieces({ disk, clock, scheduler, entropy: entropy(node) }, this.optionsOf(node), then);
    }, scheduler);
  }

  #disk(node: NodeAddress): SimulatedDisk {
    const known = this.#disks.get(node);
    if (known !== undefined) return known;
    const random = this.#random.fork(node);
    const disk = new SimulatedDisk(this.#clock(), random, this.#faults, this.#plant);
    this.#disks.set(node, disk);
    return disk;
  }
}
