/**
 * A simulated machine: a clock, a disk, a place in the network, and a process on it that lives, dies
 * and is started again.
 *
 *            boot                    kill, power cut, leave, its own end
 *   down -----------> up <--> paused ------------------------------> down
 *                   (pause, resume)
 *
 * What a life leaves behind is the disk, less whatever was not synced when the power was cut. Starting
 * again is nothing but a boot from that disk; an empty or an old one can be put in while it is down.
 */
import { assert } from '#lib/assert.ts';
import type { Address, NodeAddress, Place } from '#protocols/subjects.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { lifeFrom } from '#runtime/links/life.ts';
import { Links, type LinkOptions } from '#runtime/links/links.ts';
import type { PieceOptions } from '#runtime/pieces/open.ts';
import type { Jobs } from '#runtime/pool/jobs.ts';
import type { Clock, Scheduler } from '#runtime/ports.ts';
import type { PlantedBug as EngineBug } from '#runtime/engine.ts';
import { System } from '#runtime/system.ts';
import { delayMs, type Backoff } from '#supervision/restart.ts';
import { DRIFT_PPM_MAX, Hardware } from './clock.ts';
import { CALM_DISK } from './disk.ts';
import type { Station } from './network/network.ts';
import { SimulatedWire } from './network/wire.ts';
import { FAILING_DISK, PieceDisks, PIECES, SLOW_DISK, type PieceImages } from './piece-disks.ts';
import type { Plant } from './plants.ts';
import { CALM_POOL, simulatedPool, type PoolFaults } from './pool.ts';
import type { Random } from './random.ts';
import type { SortedMap } from '#runtime/sorted-map.ts';
import { CALM_STORE, FAILING_STORE, SimulatedStore, SLOW_STORE } from './store.ts';
import { ownerOf, type Owner } from './timeline.ts';
import type { World } from './world.ts';

/** From the moment a process is killed until the servers hear of it: its sockets are closed for it. */
const KILL_NOTICED_US = 1_000;
/** Nobody closes the sockets of a machine without power: the servers find out by themselves. */
const POWER_CUT_NOTICED_US = 2_000_000;
/** What one turn of the loop takes: so that no loop of messages stops time. */
const TURN_US = 20;
/** Wall clocks of two machines differ by up to twice as much from the start. */
const OFFSET_MS_MAX = 500;
/** How a process that ended by itself is started again. */
const RESTART: Backoff = { minMs: 100, maxMs: 1_000, factor: 2, jitter: 0.2, resetAfterMs: 2_000 };

/** One life of the process on a machine. */
export interface Life {
  readonly machine: Machine;
  /** 1 is the first. */
  readonly number: number;
  readonly owner: Owner;
  readonly clock: Clock;
  readonly wire: SimulatedWire;
  readonly system: System;
}

export interface MachineOptions {
  readonly name: string;
  readonly place: Place;
  /** Those that live there, from the first moment on. */
  readonly nodes: readonly NodeAddress[];
  readonly jobs?: Jobs;
  /** How many pieces a node of it has room for, and whether live ones make room. */
  readonly piecesOf?: (node: NodeAddress) => PieceOptions;
  /** Makes what runs there: one actor with all others below it. When it ends, so does the process. */
  readonly root: () => AnyActor;
}

/** What all disks of a machine held at one moment. */
export interface DiskImage {
  readonly small: SortedMap;
  readonly pieces: PieceImages;
}

/** How all disks of a machine are: `slow` takes its time to sync, `failing` never does. */
export type DiskHealth = 'calm' | 'slow' | 'failing';

const HEALTH = {
  calm: { small: CALM_STORE, pieces: CALM_DISK },
  slow: { small: SLOW_STORE, pieces: SLOW_DISK },
  failing: { small: FAILING_STORE, pieces: FAILING_DISK },
} as const;

export type MachineState = 'down' | 'up' | 'paused';

export class Machine {
  readonly name: string;
  readonly station: Station;
  readonly hardware: Hardware;
  /** Of the small state of all of its nodes. */
  readonly disk: SimulatedStore;
  readonly pieces: PieceDisks;
  poolFaults: PoolFaults = CALM_POOL;
  /** A turn takes so many times as long: a busy neighbour, a long collection of garbage. */
  slowness = 1;
  lives = 0;
  life: Life | undefined = undefined;
  readonly #world: World;
  readonly #random: Random;
  readonly #options: MachineOptions;
  /** What the disk does belongs to no life, but stands still while the machine does. */
  readonly #device: Owner;
  #root: Address | undefined = undefined;
  #isLeaving = false;
  #bootedAt = 0;
  #failures = 0;

  constructor(world: World, options: MachineOptions) {
    const { name, place } = options;
    const { timeline, network, plant } = world;
    this.#world = world;
    this.#options = options;
    this.#random = world.random.fork('machine').fork(name);
    this.#device = ownerOf(name);
    this.name = name;
    this.station = network.station(name, place);
    const drawn = this.#random.fork('clock');
    const driftPpm = drawn.below(2 * DRIFT_PPM_MAX + 1) - DRIFT_PPM_MAX;
    this.hardware = new Hardware(timeline, driftPpm, drawn.below(2 * OFFSET_MS_MAX));
    const lies = plant === 'acknowledge-before-sync' ? plant : undefined;
    this.disk = new SimulatedStore(
      this.hardware.clock(this.#device, 'disk'),
      this.#random.fork('disk'),
      CALM_STORE,
      lies,
    );
    this.pieces = new PieceDisks(
      () => this.hardware.clock(this.#device, 'pieces'),
      this.#random.fork('pieces'),
      options.piecesOf ?? (() => PIECES),
      lies,
    );
  }

  get state(): MachineState {
    if (this.life === undefined) return 'down';
    return this.life.owner.isPaused ? 'paused' : 'up';
  }

  get system(): System {
    assert(this.life !== undefined, 'a system lives while its process does');
    return this.life.system;
  }

  boot(): void {
    assert(this.life === undefined, 'a machine runs one process at a time');
    const number = ++this.lives;
    const owner = ownerOf(this.name);
    this.life = this.#live(number, owner);
    const { timeline } = this.#world;
    this.#bootedAt = timeline.now;
    this.#world.tell(this.name, 'boots', `life ${number}`);
    this.system.host(...this.#options.nodes);
    const root = this.#options.root();
    this.#root = root.address;
    this.#isLeaving = false;
    this.system.spawn(root, (signal) => {
      if (signal.kind !== 'started') timeline.after(0, 'exits', () => this.#exit(), owner);
    });
  }

  /** SIGTERM: everything on it ends in order, and nobody starts it again by himself. */
  leave(): void {
    if (this.state !== 'up') return;
    this.#isLeaving = true;
    this.system.stop(this.#root!, 'stop');
  }

  /** Whoever is still leaving is started again as after any end. */
  stay(): void {
    this.#isLeaving = false;
  }

  /** SIGKILL: the page cache stays. */
  kill(why = 'killed'): void {
    this.#end(why, KILL_NOTICED_US);
    this.disk.kill();
    this.pieces.kill();
  }

  powerCut(): void {
    this.#end('power cut', POWER_CUT_NOTICED_US);
    this.disk.powerCut();
    this.pieces.powerCut();
  }

  set diskHealth(health: DiskHealth) {
    this.disk.faults = HEALTH[health].small;
    this.pieces.faults = HEALTH[health].pieces;
  }

  /** All of its disks as they are now, to start a later life from: amnesia, when it is an old one. */
  image(): DiskImage {
    return { small: this.disk.image(), pieces: this.pieces.image() };
  }

  /** Puts other disks in, while it is down: an old image, or empty ones. */
  restore(image?: DiskImage): void {
    this.disk.restore(image?.small);
    this.pieces.restore(image?.pieces);
  }

  /** SIGSTOP: whatever is for it waits, and time passes. */
  pause(): void {
    if (this.state !== 'up') return;
    this.life!.owner.isPaused = this.#device.isPaused = true;
    this.#world.tell(this.name, 'pauses');
  }

  resume(): void {
    if (this.state !== 'paused') return;
    this.#world.tell(this.name, 'resumes');
    this.#world.timeline.resume(this.#device);
    this.#world.timeline.resume(this.life!.owner);
  }

  #live(number: number, owner: Owner): Life {
    const { network, plant } = this.#world;
    const random = this.#random.fork(number);
    const clock = this.hardware.clock(owner);
    const observer = this.#world.observerOf(this);
    const wire = new SimulatedWire(network, this.station, owner, observer);
    // As in production: wall clocks that jumped back or stood still are a case of their own.
    const life = lifeFrom(clock.wall(), random.fork('life'));
    const links = new Links(
      { wire, clock, turnEnd: this.#turnEnd(owner), observer },
      bugged({ life }, plant),
    );
    const system = new System(
      {
        clock,
        scheduler: this.#scheduler(owner),
        entropy: random.fork('app'),
        store: this.disk.attach(),
        pieces: this.pieces.attach({
          clock,
          scheduler: this.#scheduler(owner),
          entropy: (node) => random.fork('pieces').fork(node),
        }),
        pool: this.#pool(clock, random.fork('pool')),
        carrier: this.#world.tapped(this, links),
        observer,
      },
      {
        encodesLocal: true,
        checksInvariants: !this.#world.isBare,
        plantedBug: isOfEngine(plant) ? plant : undefined,
      },
    );
    return { machine: this, number, owner, clock, wire, system };
  }

  #scheduler(owner: Owner): Scheduler {
    const { timeline } = this.#world;
    return {
      soon: (turn) => void timeline.after(TURN_US * this.slowness, 'turn', turn, owner),
    };
  }

  #pool(clock: Clock, random: Random): ReturnType<typeof simulatedPool> {
    return simulatedPool(clock, random, this.#options.jobs ?? {}, () => this.poolFaults);
  }

  #turnEnd(owner: Owner): Scheduler {
    const { timeline } = this.#world;
    return { soon: (flush) => void timeline.after(0, 'flush', flush, owner) };
  }

  /** Its root has ended. Somebody starts the process again, after a while that grows. */
  #exit(): void {
    const { timeline, probe } = this.#world;
    if (this.#isLeaving) return this.kill('left');
    probe.sometimes('a process ended by itself');
    const livedMs = (timeline.now - this.#bootedAt) / 1_000;
    this.#failures = livedMs > RESTART.resetAfterMs ? 0 : this.#failures + 1;
    this.kill('ends by itself');
    this.#world.later(delayMs(RESTART, this.#failures, this.#random), () => {
      if (this.state === 'down') this.boot();
    });
  }

  #end(why: string, noticedAfterUs: number): void {
    const { life } = this;
    if (life === undefined) return;
    this.#world.tell(this.name, why);
    life.owner.isOver = true;
    life.owner.held.length = 0;
    life.wire.abandon(noticedAfterUs);
    this.#world.timeline.resume(this.#device);
    this.life = undefined;
  }
}

const isOfEngine = (plant: Plant | undefined): plant is EngineBug =>
  plant === 'signal-dropped' || plant === 'stale-end-believed';

const bugged = (options: LinkOptions, plant: Plant | undefined): LinkOptions =>
  plant === 'reordering-unnoticed' ? { ...options, plantedBug: plant } : options;
