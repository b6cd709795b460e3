/**
 * What a city knows, and its bounds. The parts that work on it: order.ts has the picture.
 */
import { hex } from '#lib/bytes.ts';
import type { CityBatch, Committed, Entry } from '../city-batch.ts';
import type { Led } from '../clock.messages.ts';
import type { Committee } from '../committee.ts';
import type {
  Accusations,
  Forked,
  Hail,
  Hailed,
  Nudge,
  SaidVertex,
  Vertices,
  WantVertices,
} from '../dag.messages.ts';
import type { CityFork } from '../double-vote.ts';
import type { Buckets } from '../allowance.ts';
import { send, type Effect } from '../effect.ts';
import { figure } from '../figures.ts';
import type { AskChain } from '../ledger.messages.ts';
import type { Applied, CommittedBatch, Fetch, Resume } from '../order.messages.ts';
import type { Self } from '../self.ts';
import { address, type Address, type NodeAddress } from '../subjects.ts';
import type { DagEquivocation } from '../vertex-head.ts';
import type { Decision } from './decide.ts';
import type { Graph, Named } from './graph.ts';
import type { Inbox } from './inbox.ts';
import type { Looked } from './judge.ts';
import type { Pace } from './pace.ts';
import type { Rest } from './rest.ts';
import type { Speaking, Spoken } from './speak.ts';
import type { Sync } from './sync.ts';
import type { VertexFault } from './vertex.ts';

/** Of whom it is remembered how often they asked. */
export const ASKERS_MAX = 256;
/** The ledger says no more than it holds open; whatever is beyond is said again when the city resumes. */
export const WAITING_MAX = 200_000;
/** Certificates that waited of late: whoever names one again may still be voted for. */
export const ENDED_MAX = 20_000;

export type CitySays =
  | SaidVertex
  | WantVertices
  | Vertices
  | Nudge
  | Forked
  | Hail
  | Hailed
  | Accusations
  | CommittedBatch
  | Fetch
  | Resume
  | AskChain;
export type Effects = Effect<CitySays>[];

/** Why something that a peer said is let drop; each is counted. */
export type Refusal =
  | VertexFault
  | 'bad-signature'
  | 'decided-round'
  | 'future-round'
  | 'replay'
  | 'second-of-round'
  | 'crowded'
  | 'asks-too-often'
  | 'far-future'
  | 'before-its-parents';

/** What others know of us, asked before the first vertex of a life: see caution.ts. */
export interface Caution {
  /** Who has not answered yet. */
  readonly asked: Set<NodeAddress>;
  /** The round in which we spoke last, as our disk has it. */
  readonly kept: number;
  /** The highest round that anybody says to know. */
  top: number;
  /** The last of ours that anybody says to know. */
  mine: number;
  /** Somebody says that it is in a later epoch. */
  isBehind: boolean;
}

/** The batch that comes next, as far as this delegate can tell. */
export interface Candidate {
  readonly leader: Named;
  readonly batch: CityBatch;
  readonly digest: Uint8Array;
  /** Not yet decided: more than two thirds voted for it, and that is all. */
  readonly isDecided: boolean;
}

export interface City {
  readonly self: Self;
  /** Of the epoch of the next batch (epoch.ts). */
  committee: Committee;
  own: number | undefined;
  /** Delegates of genesis: those who order, and those who follow. */
  readonly peers: readonly NodeAddress[];
  /** The last batch that the ledger has applied. Before it is known nothing else is heard. */
  head: Omit<Applied, 'kind'> | undefined;
  /** Its floor is the round of that batch. */
  graph: Graph;
  /** Of the graph as it is; made anew when that changes. */
  decisions: readonly Decision[] | undefined;
  candidate: Candidate | undefined;
  /** Given to the ledger until it is applied. */
  handed: Committed | undefined;
  /** Decided by others while we were away. */
  ahead: readonly Committed[];
  /** By certificate, in the order in which they came. */
  readonly waiting: Map<string, Entry>;
  /** Transaction of each that does not wait any more, the newest last. */
  readonly ended: Map<string, Uint8Array>;
  /** Of what waits, what is not to be named by us for a while. */
  readonly rest: Rest;
  /** Of policy, by hash: what our own node wants, and what of it is to be named. */
  readonly changes: Map<string, { readonly change: Uint8Array; readonly isDue: boolean }>;
  /** Vertices that were looked at, by name, and what of them is not here. */
  readonly looked: Map<string, Looked>;
  readonly inbox: Inbox;
  sync: Sync;
  readonly pace: Pace;
  /** The round in which we spoke last in this epoch, over all our lives as far as we know. */
  spoken: number;
  /** The same as our disk had it when this life began. */
  readonly kept: Spoken;
  /** Nobody was in a later epoch while we were in this one: so we have said nothing in the next, whatever our disk has lost. */
  isSure: boolean;
  /** Our vertex on its way out. */
  speaking: Speaking | undefined;
  /** Vertices that are on the disk, by name: their rounds. */
  readonly onDisk: Map<string, number>;
  /** From the disk of our last life, until the ledger says where we are. */
  restored: readonly Named[];
  caution: Caution | undefined;
  /** Up to this round we say nothing: we may have spoken there and do not know. */
  muteUntil: number;
  /** Whom we ask for what was decided without us. */
  readonly chasing: Set<NodeAddress>;
  /** Who has more than it could give at once. */
  furthest: { readonly node: NodeAddress; readonly height: number } | undefined;
  /** How the time of the city is reckoned here; by the clock of the machine before that is known. */
  led: Led | undefined;
  /** What we have done for whom since the last tick. */
  readonly bothered: Map<string, number>;
  /** How often each has asked for evidence. */
  readonly askers: Buckets;
  ticks: number;
  now: number;
  readonly refused: Map<Refusal, number>;
  /** Of those, what was said as figures. */
  readonly measured: Map<Refusal, number>;
  readonly accused: DagEquivocation[];
  /** Who ordered in the epoch before, if that is known: it was since this life began, or the first one. */
  earlier: Committee | undefined;
  /** Batches of peers that are not ours, of each one, while ours is asked for. */
  readonly suspected: Map<NodeAddress, Committed>;
  /** It was seen: this city has halted. */
  fork: CityFork | undefined;
}

export const ownLedger = ({ self }: Pick<City, 'self'>): Address => address(self.node, 'ledger');
export const ledgerOf = (node: NodeAddress): Address => address(node, 'ledger');
export const cityOf = (node: NodeAddress): Address => address(node, 'city');
export const certKey = ({ cert }: Pick<Entry, 'cert'>): string => hex(cert);

export const toPeers = (city: City, message: CitySays): Effects =>
  city.peers.map((peer) => send(cityOf(peer), message));

export const memberNode = ({ committee }: City, member: number): NodeAddress =>
  committee.members[member]!.node;

export function refuse({ refused, self }: City, why: Refusal): void {
  refused.set(why, (refused.get(why) ?? 0) + 1);
  self.probe.sometimes(`city: refused, ${why}`);
}

/** What was refused since this was asked last. */
export function refusals({ refused, measured }: City): Effects {
  return [...refused].flatMap(([why, times]) => {
    const more = times - (measured.get(why) ?? 0);
    measured.set(why, times);
    return more === 0 ? [] : [figure('city_chain_dag_refused_total', more, why)];
  });
}

/** Whether this may be done for that one once more before the next tick. */
export function mayBother({ bothered }: City, what: string, whom: NodeAddress, most = 1): boolean {
  const key = `${what} ${whom}`;
  const times = bothered.get(key) ?? 0;
  if (times >= most) return false;
  bothered.set(key, times + 1);
  return true;
}
