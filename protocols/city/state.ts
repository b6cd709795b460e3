/**
 * What a city knows, and its bounds. The parts that work on it: city.ts has the picture.
 */
import { hex } from '#lib/bytes.ts';
import type { Committee, Committed, DoubleVote, Entry } from '../city-batch.ts';
import type { Accusations, Nudge, Proposal, Votes } from '../city.messages.ts';
import { send, type Effect } from '../effect.ts';
import type { Applied, CommittedBatch, Fetch, Resume } from '../order.messages.ts';
import type { AskChain } from '../ledger.messages.ts';
import type { Self } from '../self.ts';
import { address, type Address, type NodeAddress } from '../subjects.ts';
import type { Agreement, Standing } from './agree.ts';
import type { Ballots } from './ballots.ts';
import type { Inbox } from './inbox.ts';
import type { Looked } from './judge.ts';
import type { Rest } from './rest.ts';

/** The ledger says no more than it holds open; whatever is beyond is said again when the city resumes. */
export const WAITING_MAX = 200_000;
export const CHANGES_MAX = 4;
/** Batches of one height that are looked at; whichever has gone is looked at again. */
export const LOOKED_MAX = 16;
/** Proposals and votes of the next height, of each peer, while this one is not applied. */
export const EARLY_MAX = 8;

export type CitySays =
  | Proposal
  | Votes
  | Nudge
  | Accusations
  | CommittedBatch
  | Fetch
  | Resume
  | AskChain;
export type Effects = Effect<CitySays>[];

/** How far others may be, asked before the first ballot of a life: see follow.ts. */
export interface Caution {
  /** The height in which we may have voted last. */
  readonly horizon: number;
  asked: number;
  highest: number;
}

export interface City {
  readonly self: Self;
  readonly committee: Committee;
  readonly own: number | undefined;
  readonly peers: readonly NodeAddress[];
  /** What the last life stood by. */
  readonly kept: Standing | undefined;
  /** The last batch that the ledger has applied. */
  head: Omit<Applied, 'kind'> | undefined;
  /** The height that is being agreed on. */
  on: Agreement | undefined;
  /** Decided, and given to the ledger until it is applied. */
  handed: Committed | undefined;
  /** Decided by others while we were away. */
  ahead: readonly Committed[];
  /** By certificate, in the order in which they came. */
  readonly waiting: Map<string, Entry>;
  /** Of these, what is not to be proposed by us for a while. */
  readonly rest: Rest;
  readonly changes: Map<string, Uint8Array>;
  /** Batches of this height, and what of them is not here. */
  readonly looked: Map<string, Looked>;
  /** Whether what waits has been collected for long enough. */
  gathered: 'no' | 'soon' | 'yes';
  readonly ballots: Ballots;
  readonly inbox: Inbox;
  readonly early: Map<NodeAddress, (Proposal | Votes)[]>;
  caution: Caution | undefined;
  /** Whom we ask for what was decided without us. */
  readonly chasing: Set<NodeAddress>;
  /** Who has more than it could give at once. */
  furthest: { readonly node: NodeAddress; readonly height: number } | undefined;
  /** Whom we have answered, or bothered our ledger for, since the last tick. */
  readonly bothered: Set<NodeAddress>;
  ticks: number;
  /** When the last step was, this round began, and something was said again. */
  now: number;
  roundBeganAt: number;
  saidAgainAt: number;
  /** What a round that decided took of late. */
  paceMs: number;
  readonly accused: DoubleVote[];
}

export const ownLedger = ({ self }: Pick<City, 'self'>): Address => address(self.node, 'ledger');
export const ledgerOf = (node: NodeAddress): Address => address(node, 'ledger');
export const cityOf = (node: NodeAddress): Address => address(node, 'city');
export const certKey = ({ cert }: Pick<Entry, 'cert'>): string => hex(cert);

export const toPeers = (city: City, message: CitySays): Effects =>
  city.peers.map((peer) => send(cityOf(peer), message));

export const memberNode = ({ committee }: City, member: number): NodeAddress | undefined =>
  committee.members[member]?.node;
