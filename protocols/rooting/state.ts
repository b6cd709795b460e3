/** What a delegate knows of how far its city is rooted, and its bounds. rooting.ts has the picture. */
import type { Probe } from '#lib/probe.ts';
import type { CityHead, Quorum } from '../city-batch.ts';
import { count, list, record, type Infer } from '../codec.ts';
import type { Committee } from '../committee.ts';
import type { Effect } from '../effect.ts';
import { height } from '../city-batch.ts';
import { noReads, type Reads } from '../ledger/reads.ts';
import type { FoundBlock } from '../level.messages.ts';
import type { RootingSays } from '../rooting.messages.ts';
import { address, type Address, type NodeAddress, type Place } from '../subjects.ts';
import { digest } from '../terms.ts';
import type { ContinentGenesis, GlobeGenesis } from '../world.ts';
import type { Municipality } from '../municipality-batch.ts';
import { sealersCopy, type SealersCopy } from '../sealers-copy.ts';

/** Heads that no municipality has taken in; what is beyond is asked of the ledger when its time comes. */
export const WINDOW_MAX = 64;
/** Batches, and blocks, that wait for the level above; beyond that nothing more is taken note of until it moves. */
export const WAITING_MAX = 256;
/** Municipality batches ahead of the last one that was ordered, of which receipts count. */
export const RECEIPTS_MAX = 64;
/** Batches of the city of which it is known when they were committed. */
export const TIMED_MAX = 256;

export const TIP = 'live/tip';
/** Where a batch of the city, a batch of the municipality, and a block of the continent stand: recalled when asked for. */
export const inMunicipality = (of: number): string => `municipality/${of}`;
export const onContinent = (of: number): string => `continent/${of}`;
export const onGlobe = (of: number): string => `globe/${of}`;
export const At = record({ id: count(Number.MAX_SAFE_INTEGER) });

/** The levels above this city. */
export interface Above {
  readonly municipality: Municipality;
  readonly continent: ContinentGenesis;
  readonly globe: GlobeGenesis;
}
export type LevelName = keyof Above;
export const LEVELS = ['municipality', 'continent', 'globe'] as const satisfies LevelName[];

/** Bugs on purpose, for seeing that the suite catches them; in production there is none. */
export const ROOTING_PLANTS = {
  'rooting-receipt-is-order': 'a city takes what its continent will order for what it has ordered',
} as const;
export type RootingPlant = keyof typeof ROOTING_PLANTS;

export interface RootingSelf {
  readonly node: NodeAddress;
  readonly place: Place;
  readonly committee: Committee;
  readonly above: Above;
  readonly probe: Probe;
  readonly plant?: RootingPlant | undefined;
}

export type Effects = Effect<RootingSays>[];

/** A block of a level above, with what proves it. */
export type Carrier = Infer<typeof FoundBlock>;

export interface Known {
  readonly head: CityHead;
  readonly quorum: Quorum;
}

/** Something with batches of this city in it, up to a height, that the level above has not ordered. */
export const Waiting = record({ id: count(Number.MAX_SAFE_INTEGER), digest, to: height });
export type Waiting = Infer<typeof Waiting>;

/** The search for what comes next on one level: one question at a time. */
export interface Search {
  phase: 'idle' | 'waiting' | 'asking' | 'verifying';
  tries: number;
}

export interface Rooting {
  readonly self: RootingSelf;
  /** The last batch that the own ledger is known to have. */
  committed: number;
  /** Up to which height of the city what has come how far. */
  readonly reached: Record<LevelName, number>;
  takenIn: number;
  readonly window: Map<number, Known>;
  /** On what the levels above still have to order: municipality batches, blocks of the continent. */
  readonly waiting: { continent: readonly Waiting[]; globe: readonly Waiting[] };
  readonly receipts: Map<number, Set<NodeAddress>>;
  /** When what waits for the continent was seen to be sealed, by its number. */
  readonly sealedAt: Map<number, number>;
  readonly searches: Readonly<Record<LevelName, Search>>;
  readonly committedAt: Map<number, number>;
  telling: 'no' | 'told' | 'more';
  isAskingLedger: boolean;
  keeps: number;
  /** What is said when it is kept. */
  readonly promised: Map<string, Effects>;
  readonly found: Map<LevelName, () => Effects>;
  readonly reads: Reads<RootingSays>;
  /** Who seals in the municipality, as the own node knows it. */
  readonly sealers: SealersCopy;
}

export const rootingOf = (node: NodeAddress): Address => address(node, 'rooting');

/** Whether this node has what a level makes. Of a municipality all delegates of its cities have that, whoever seals. */
export const isMember = ({ above, node }: RootingSelf, level: LevelName): boolean =>
  level === 'municipality'
    ? above.municipality.cities.some(({ delegates }) =>
        delegates.some((each) => each.node === node),
      )
    : above[level].members.some((each) => each.node === node);

export const newRooting = (self: RootingSelf): Rooting => ({
  self,
  committed: 0,
  reached: { municipality: 0, continent: 0, globe: 0 },
  takenIn: 0,
  window: new Map(),
  waiting: { continent: [], globe: [] },
  receipts: new Map(),
  sealedAt: new Map(),
  searches: {
    municipality: { phase: 'idle', tries: 0 },
    continent: { phase: 'idle', tries: 0 },
    globe: { phase: 'idle', tries: 0 },
  },
  committedAt: new Map(),
  telling: 'no',
  isAskingLedger: false,
  keeps: 0,
  promised: new Map(),
  found: new Map(),
  reads: noReads(),
  sealers: sealersCopy(self.above.municipality),
});

export const Kept = record({
  municipality: height,
  continent: height,
  globe: height,
  waitingContinent: list(Waiting, WAITING_MAX),
  waitingGlobe: list(Waiting, WAITING_MAX),
});
