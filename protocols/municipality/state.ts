/** What a member of a municipality knows, and its bounds. municipality.ts has the picture. */
import { hash, domain } from '#algorithms/hash/hash.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import { utf8 } from '#lib/bytes.ts';
import type { Probe } from '#lib/probe.ts';
import type { Abba } from '../abba/abba.ts';
import type { Seats } from '../abba/seats.ts';
import { seats } from '../committee.ts';
import type { Weights } from '../abba/tally.ts';
import { count, list, optional, record, type Infer } from '../codec.ts';
import type { Effect } from '../effect.ts';
import { height } from '../city-batch.ts';
import { Word } from '../abba/words.ts';
import {
  batchId,
  CITIES_MAX,
  type Municipality,
  type MunicipalityBatch,
  type Sealed,
  type Taken,
} from '../municipality-batch.ts';
import {
  INSTANCES_MAX,
  type AskNewest,
  type AskSealers,
  type FindHead,
  type FoundHead,
  type MunicipalitySays,
  type Newest,
  type SealersTold,
  type SealedWord,
  type SealWord,
  type Top,
  type Worded,
  type Words,
} from '../municipality.messages.ts';
import type { Buckets } from '../allowance.ts';
import type { Reads } from '../ledger/reads.ts';
import type { LevelFault } from '../level-evidence.ts';
import type { Accusations, Accused, Offer, Taken as TakenAbove } from '../level.messages.ts';
import type { AskHandovers, HandedOver } from '../ledger.messages.ts';
import type { LineageCopy } from '../lineage-copy.ts';
import { ERAS_MAX, KeptEra, type Sealers } from '../sealers.ts';
import type { NodeSecrets } from '../self.ts';
import { address, type Address, type NodeAddress } from '../subjects.ts';
import { digest } from '../terms.ts';
import type { City } from './cities.ts';
import type { MunicipalityPlant } from './plants.ts';

/** Keys of what is kept: how far we are, and what we stand by. */
export const TIP = 'live/tip';
export const STANDING = 'live/standing';
/** So many batches further than what is taken in are tried at once, each by an agreement of its own. */
export const SPANS: readonly number[] = [1, 2, 4, 8];
/** Words and seals of the batch after the one at hand, of each member. */
export const EARLY_MAX = 8;
/** What of one member waits to be verified, and of all. */
export const SENDER_MAX = 32;
export const QUEUE_MAX = 1_024;
/** What is signed at one time. */
export const CASTS_MAX = 64;
/** Signed words of one member that are remembered: what an agreement of many rounds takes. */
export const SIGNED_MAX = 64;

export interface MemberSelf {
  /** As it was founded. */
  readonly municipality: Municipality;
  readonly node: NodeAddress;
  readonly signing: NodeSecrets['signing'];
  /** Of the coin of the first epoch: our shares of its key, one for each of our seats. */
  readonly coin: readonly bigint[];
  /** Delegates of the continent, who order what is sealed here. */
  readonly above: readonly Address[];
  /** Where it is told at once what is sealed: this node follows how far its own city is rooted. */
  readonly rooting?: Address | undefined;
  readonly probe: Probe;
  readonly plant?: MunicipalityPlant | undefined;
}

export type Hears =
  | MunicipalitySays
  | FindHead
  | AskNewest
  | AskSealers
  | TakenAbove
  | HandedOver
  | Accused;
export type Says =
  | MunicipalitySays
  | FoundHead
  | Newest
  | SealersTold
  | Offer
  | AskHandovers
  | Accusations;
export type Effects = Effect<Says>[];

/** Something that signatures prove. */
export type Claim = Words | SealWord | SealedWord | Top;
export interface Unverified {
  readonly claim: Claim;
  readonly from: NodeAddress;
  readonly jobs: readonly VerifyJob[];
  /** Whose members it was judged by. */
  readonly epoch: number;
}

/** On its way out: kept and signed, then said. */
export interface Cast {
  readonly make: (signature: Uint8Array) => Words | SealWord;
  signature: Uint8Array | undefined;
  isKept: boolean;
}

export interface Made {
  readonly batch: MunicipalityBatch;
  readonly digest: Uint8Array;
  readonly all: readonly Taken[];
}

export interface Member {
  readonly self: MemberSelf;
  /** Who seals in which epoch, the last of them; and who seals the batch at hand (epochs.ts). */
  sealers: Sealers;
  municipality: Municipality;
  weights: Weights;
  seats: Seats;
  /** Whoever is none of the members follows: it has every batch, and no say. */
  own: number | undefined;
  /** The other members; and all other delegates of its cities, who may be members one day, or have been. */
  peers: readonly NodeAddress[];
  readonly delegates: ReadonlySet<NodeAddress>;
  readonly cities: readonly City[];
  /** Who orders in them, by epoch. */
  readonly copies: readonly LineageCopy[];
  /** The batch that is being agreed on, and the one before. */
  id: number;
  prev: Uint8Array;
  /** By city and span; none before this batch has begun. */
  instances: Abba[];
  /** What has been said since the last flush. */
  fresh: Worded[];
  seal: Uint8Array | undefined;
  readonly seals: Map<number, SealWord>;
  /** Words of this batch, as members have signed them: until it is sealed, the first ones of each. */
  readonly signed: Map<number, Words[]>;
  /** Against members, of each the first: accuse.ts. */
  readonly evidence: Map<NodeAddress, LevelFault>;
  /** This batch, once it is decided and all of it is here. */
  made: Made | undefined;
  /** Our seal, for saying it again. */
  said: SealWord | undefined;
  casts: number;
  readonly underWay: Map<string, Cast>;
  queue: Unverified[];
  atWork: readonly Unverified[];
  readonly early: Map<number, (Words | SealWord)[]>;
  /** A batch of a peer, while ours of its number is read. */
  suspected: { readonly claim: SealedWord; readonly from: NodeAddress | undefined } | undefined;
  /** Another batch than ours was sealed: this member has halted. */
  fork: Sealed | undefined;
  /** The greatest number of which somebody says that it is at hand there, as long as we come closer. */
  ahead: number;
  /** Whom we have answered since the last tick. */
  readonly bothered: Set<NodeAddress>;
  /** What is read for whoever asks for proofs, and how often each has asked. */
  readonly reads: Reads<Says>;
  readonly askers: Buckets;
  ticks: number;
  /** In this tick something came in that was new. */
  hasMoved: boolean;
  gathered: 'no' | 'soon' | 'yes';
}

export const memberOf = (node: NodeAddress): Address => address(node, 'municipality');

const INSTANCE = domain('municipality agreement');
/** Which coin: of this agreement, and of no other one. */
export const instanceName = ({ self, id }: Member, instance: number): Uint8Array =>
  hash(INSTANCE, utf8(`${id} ${instance} ${self.municipality.name}`));

/** Where this member is: what was sealed last, and how far each city is taken in. */
export const Tip = record({
  id: batchId,
  digest,
  cities: list(record({ height, digest, seats: optional(seats) }), CITIES_MAX),
  /** Who seals, and sealed in the epochs before. */
  eras: list(KeptEra, ERAS_MAX),
});
export type Tip = Infer<typeof Tip>;

/** What this member has said of a batch. */
export const Kept = record({
  id: batchId,
  instances: list(
    record({
      instance: count(INSTANCES_MAX - 1),
      round: count(1_000_000),
      est: count(1),
      said: list(Word, 1_024),
    }),
    INSTANCES_MAX,
  ),
  seal: optional(digest),
});
export type Kept = Infer<typeof Kept>;
