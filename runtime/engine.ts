/** What the parts of one system of actors share: the ports, the options, and the table of cells. */
import type { Entropy } from '#protocols/effect.ts';
import type { Millis } from '#protocols/ids.ts';
import type { Address, NodeAddress } from '#protocols/subjects.ts';
import { Asks } from './asks.ts';
import { noCarrier, type Carrier } from './carrier.ts';
import type { Cell } from './cell.ts';
import type { World } from './delivery.ts';
import { harmlessObserver } from './harmless.ts';
import { Loop, type Batch } from './loop.ts';
import type { Clock, Observer, PieceStore, Pool, Scheduler, Store } from './ports.ts';
import { Tallies } from './tally.ts';
import { Timers } from './timers.ts';

export interface Ports {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly entropy: Entropy;
  readonly store?: Store;
  /** The pieces of a node that lives here: the same store each time. */
  readonly pieces?: (node: NodeAddress) => PieceStore;
  readonly pool?: Pool;
  readonly carrier?: Carrier;
  readonly observer?: Observer;
}

export interface Options {
  /** Local messages are written and read as if they had travelled. Always on in simulations. */
  readonly encodesLocal?: boolean;
  /** Runs each actor's `invariants` after each of its steps. */
  readonly checksInvariants?: boolean;
  /** For simulations, to see that it is caught. */
  readonly plantedBug?: PlantedBug | undefined;
}

/**
 * Signals count towards a mailbox's bound, and are dropped like messages; an end from elsewhere is told
 * to whatever watch there is.
 */
export type PlantedBug = 'signal-dropped' | 'stale-end-believed';

export class Engine implements World {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly store: Store | undefined;
  readonly pieces: ((node: NodeAddress) => PieceStore) | undefined;
  readonly pool: Pool | undefined;
  readonly carrier: Carrier;
  readonly observer: Observer;
  readonly encodesLocal: boolean;
  readonly checksInvariants: boolean;
  readonly plantedBug: PlantedBug | undefined;
  readonly cells = new Map<Address, Cell>();
  /** The nodes that live here; each leaves the carrier by its value. */
  readonly hosts = new Map<NodeAddress, () => void>();
  readonly timers: Timers;
  readonly loop: Loop;
  readonly asks: Asks;
  readonly tallies = new Tallies();

  constructor(ports: Ports, options: Options, batch: Batch) {
    this.clock = ports.clock;
    this.entropy = ports.entropy;
    this.store = ports.store;
    this.pieces = ports.pieces;
    this.pool = ports.pool;
    this.carrier = ports.carrier ?? noCarrier();
    this.observer = harmlessObserver(ports.observer ?? {});
    this.encodesLocal = options.encodesLocal ?? false;
    this.checksInvariants = options.checksInvariants ?? false;
    this.plantedBug = options.plantedBug;
    this.timers = new Timers(ports.clock);
    this.loop = new Loop(ports.scheduler, ports.clock, batch);
    this.asks = new Asks(this.timers, this.clock, this.observer, this.entropy);
  }

  get now(): Millis {
    return this.loop.now;
  }

  get wall(): Millis {
    return this.clock.wall();
  }
}
