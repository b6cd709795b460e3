/** What a ledger knows in memory, and its bounds. The parts that work on it: ledger.ts has the picture. */
import type { Lru } from '#lib/lru.ts';
import type { Committed, Entry } from '../city-batch.ts';
import type { Committee } from '../committee.ts';
import type { VerifiedBatches } from '../certificate.ts';
import { send, type Effect, type Ticket } from '../effect.ts';
import type { Batch } from '../holding.ts';
import type {
  Acted,
  ActDeclined,
  AskHandovers,
  ActHeld,
  Chained,
  HappenedSince,
  Listed,
  OfferAct,
  HandedOver,
  Staked,
  Told,
  ToldObject,
  Transfers,
  Want,
  ChangeCommitted,
} from '../ledger.messages.ts';
import type { Applied, Certified as ToldCity, Withdrawn } from '../order.messages.ts';
import type { FollowerSays } from '../presence.messages.ts';
import type { Replica } from '../presence/replica.ts';
import type { Book } from '../policy-book.ts';
import type { Committed as ToldRooting } from '../rooting.messages.ts';
import type { Self } from '../self.ts';
import type { Stakes } from '../stake/stakes.ts';
import type { Declined, Held, Moved, Offer } from '../sending.messages.ts';
import { address, nodeOf, type Address, type NodeAddress } from '../subjects.ts';
import type { Infer } from '../codec.ts';
import type { Checked, Found, Plan } from './check.ts';
import type { Epochs } from './epochs.ts';
import type { CheckInput } from './jobs.ts';
import type { LiveTable } from './live.ts';
import type { Beside } from './beside.ts';
import type { PageCache } from './objects.ts';
import type { Turning } from './turning.ts';
import type { Acts } from './open-acts.ts';
import type { Proved } from '../proof.messages.ts';
import type { Proving } from './prove.ts';
import type { Reads } from './reads.ts';
import type { Counts } from './transfers.ts';
import type { Head } from './records.ts';

/** Certificates that are being checked at a time; more are declined as `busy`. */
export const CHECKING_MAX = 1_024;
/** What the city asked us to get: beyond this it asks again. */
export const WANTED_MAX = 4_096;

export type LedgerSays =
  | ActDeclined
  | ActHeld
  | Acted
  | Chained
  | HappenedSince
  | Listed
  | Staked
  | HandedOver
  | Told
  | ToldObject
  | Transfers
  | AskHandovers
  | Want
  | Applied
  | ToldCity
  | Withdrawn
  | Held
  | Declined
  | Moved
  | Offer
  | OfferAct
  | Proved
  | FollowerSays
  | ToldRooting
  | Infer<typeof ChangeCommitted>;
export type Effects = readonly Effect<LedgerSays>[];

/** Who offered something, and how to answer. */
export interface Offerer {
  readonly from: Address;
  readonly ticket: Ticket | undefined;
}

/** Certificates of one offer that passed what hashing shows. */
export interface Checking {
  readonly offerer: Offerer;
  readonly checked: readonly Checked[];
  readonly plan: Plan;
  /** What the pool is asked, and what it has found so far, each in the place of its question. */
  readonly parts: readonly CheckInput[];
  readonly found: (Found | undefined)[];
}

/** The batch that is being applied, until it is durable. */
export interface Applying {
  readonly committed: Committed;
  readonly digest: string;
  /** Entries whose certificates are not here yet. */
  readonly missing: Map<string, Entry>;
  stage: 'looking' | 'waiting' | 'reading' | 'keeping';
}

export interface Ledger {
  readonly self: Self;
  readonly committee: Committee;
  /** Which policy is in force, by the batches that are applied. */
  book: Book;
  /** After the last batch that is durable here. */
  stakes: Stakes;
  epochs: Epochs;
  readonly replica: Replica;
  /** Other cities, whose word on transfers counts. */
  readonly beside: Beside;
  readonly table: LiveTable;
  readonly acts: Acts;
  readonly reads: Reads;
  /** Proofs that are being made. */
  readonly proving: Map<string, Proving>;
  proofs: number;
  readonly verified: VerifiedBatches;
  /** Batches of acks that came of late. */
  readonly unverified: Lru<string, Batch>;
  readonly recent: Lru<string, Batch>;
  /** Batches of acks that are on this disk: each stands in some twenty certificates, and is written once. */
  readonly onDisk: Lru<string, true>;
  /** Of the last batch that is durable here. */
  head: Head;
  /** What the pool computes of the batch that is being applied. */
  turning: Turning | undefined;
  /** Pages of the map over all objects that were used last. */
  readonly mapPages: PageCache;
  /** Of each minute in which something ends, the height of the newest page; and the first of them. */
  readonly ends: Map<number, number>;
  firstEnd: number;
  /** Until then, in the time of the batches, all that waits may still be ordered. */
  fitUntil: number;
  /** Who has the slots of what waits is known: after a start it is read first. */
  isReady: boolean;
  applying: Applying | undefined;
  /** How often something was applied in this life: whoever has read before reads again. */
  applies: number;
  wants: number;
  checks: number;
  readonly checking: Map<string, Checking>;
  /** Certificates on their way through the checks. */
  readonly beingChecked: Set<string>;
  keeps: number;
  /** What is said when a keep is done. */
  readonly keeping: Map<string, () => Effects>;
  /** In the table, not on the disk yet. */
  readonly beingKept: Set<string>;
  pages: number;
  /** Transfers to other cities that have begun. */
  readonly transfers: Counts;
  /** The last page of each holder; of a sender only while it is on its way to the disk. */
  readonly lastHeld: Map<string, number>;
  readonly lastSent: Map<string, number>;
  /** Who stands on each of the last pages (pages.ts). */
  readonly recentPages: Map<number, readonly string[]>;
  readonly wantedAt: Map<string, number>;
  /** Named by a batch of the next height for which more than two thirds voted. */
  readonly proved: Set<string>;
}

/** Only delegates offer, and want of each other. */
export const isDelegate = ({ committee }: Ledger, of: Address): boolean =>
  committee.members.some(({ node }) => node === nodeOf(of));

export const ownCity = ({ self }: Ledger): Address => address(self.node, 'city');
export const ownIngress = ({ self }: Pick<Ledger, 'self'>): Address =>
  address(self.node, 'ingress');
export const ledgerOf = (node: NodeAddress): Address => address(node, 'ledger');

/** Answers whoever offered: as an answer if it asked, as a message if it told. */
export const answerTo = <M extends LedgerSays>(
  { from, ticket }: Offerer,
  message: M,
): Effect<LedgerSays> =>
  ticket === undefined ? send(from, message) : { do: 'answer', ticket, message };
