/**
 * What a repair actor knows, and its bounds. The picture is in repair.ts.
 *
 * What it waits for (an answer, a job, a disk) goes on where it was begun: `waits` has what is done then, by
 * the id of the effect. Each of them comes back exactly once.
 */
import type { Policy } from '#config/policy.ts';
import { assert } from '#lib/assert.ts';
import type { SignedAct } from '../act.ts';
import { buckets, type Buckets } from '../allowance.ts';
import { batching, type Batching } from '../batching.ts';
import {
  ask,
  compute,
  keep,
  type Effect,
  type Moment,
  type Plain,
  type Spoken,
  type Write,
} from '../effect.ts';
import type { EligibleList, HolderRole } from '../eligibility.ts';
import type { AskPieces, Erase } from '../holder.messages.ts';
import type { AskActs, AskHeldBy, AskTx, OfferAct } from '../ledger.messages.ts';
import { newest, type Replica } from '../presence/replica.ts';
import type { FollowerSays, Parted } from '../presence.messages.ts';
import type { LeaveReading, TakeLocate } from '../receiving.messages.ts';
import type { Leave } from '../leaving.messages.ts';
import type { Look, Looking, Noted } from '../repair.messages.ts';
import type { Self } from '../self.ts';
import type { HoldPieces } from '../sending.messages.ts';
import type { Address, NodeAddress } from '../subjects.ts';
import { budgetAt, type Budget } from './budget.ts';
import { emptyCrowd, type Bringer, type Crowd } from './crowd.ts';
import { placeIn } from './placing.ts';
import type { Run } from './running.ts';

/** Transactions that are looked at, repaired or waited for; more are refused, and told again by who found them. */
export const CASES_MAX = 4_096;
/** Of these, so many are asked about at once, and so many repaired. */
export const LOOKING_MAX = 64;
export const RUNNING_MAX = 16;
/** Nodes that are away, of which it is known since when. */
export const ABSENT_MAX = 131_072;
/** Holders that wished something away of late. */
const WISHED_MAX = 65_536;

export type RepairRules = Policy['repair'];

export type RepairSays =
  | AskTx
  | AskActs
  | AskHeldBy
  | OfferAct
  | AskPieces
  | TakeLocate
  | LeaveReading
  | HoldPieces
  | Look
  | Looking
  | Leave
  | Noted
  | Erase
  | Parted
  | FollowerSays;
export type Effects = readonly Effect<RepairSays>[];

/** What is done when something comes back; `undefined`: nothing did. */
type Then<T> = (result: T | undefined, at: Moment) => Effects;

export interface Case {
  /** The text of the id. */
  readonly name: string;
  readonly txId: Uint8Array;
  /** Who told of it first; nobody where it was ordered, found here, or kept. */
  readonly by: Bringer | undefined;
  /** Rows that somebody doubts, and rows whose holders wish to be rid of them: who, and when that was said last. */
  readonly doubted: Set<number>;
  readonly leaving: Map<number, Wished>;
  /** Every row is asked for. */
  isWhole: boolean;
  /** Its end was moved, or will be: what is held is to be promised for longer. */
  isLonger: boolean;
  /** Another one repairs it: nothing is to be done here unless it ends short of what it had leased, or is gone. */
  isWatched: boolean;
  /** Its sender had it erased, and this says so. */
  erase: SignedAct | undefined;
  /** Who has discarded its pieces. */
  readonly erasedBy: Set<NodeAddress>;
  /** Ours is the turn after so many others. */
  rank: number;
  /** By the monotonic clock: not looked at before. */
  dueAt: number;
  /** Looks that led to nothing, one after another. */
  fruitless: number;
  stage: 'waiting' | 'looking' | 'queued' | 'running';
  /** A repair has begun and has not been finished. */
  isUnderway: boolean;
  run: Run | undefined;
}

export interface Wished {
  readonly by: NodeAddress;
  readonly at: number;
}

export interface Absent {
  readonly role: HolderRole;
  /** By the city's time. */
  readonly since: number;
  /** It was said not to come back: then no list is believed until that is taken back. */
  readonly isSaid: boolean;
}

/** The transactions of a node that is missed, page after page. */
export interface Sweep {
  readonly node: NodeAddress;
  /** Ours are those of which we are so far behind in rank. */
  rank: number;
  page: number | undefined;
  dueAt: number;
  isAsked: boolean;
}

export interface Repairing {
  readonly self: Self;
  readonly replica: Replica;
  /** By the policy in force, and its version where that was heard of. */
  rules: RepairRules;
  version: number | undefined;
  /** The list that was looked at last, and when. */
  list: { readonly digest: Uint8Array; readonly at: number; readonly heardAt: number } | undefined;
  /** Who was on the newest list that was looked at. */
  readonly here: Map<NodeAddress, HolderRole>;
  readonly absent: Map<NodeAddress, Absent>;
  readonly sweeps: Map<NodeAddress, Sweep>;
  readonly cases: Map<string, Case>;
  readonly crowd: Crowd;
  /** How often each holder may wish, and wishes that are looked into. */
  readonly wished: Buckets;
  wishes: number;
  readonly orders: Batching<Case>;
  budget: Budget;
  /** The next act that was ordered; and the first one for which there was no room. */
  acts: { from: number; isAsked: boolean; owed: number | undefined; isCatchingUp: boolean };
  readonly waits: Map<string, Then<unknown>>;
  begun: number;
}

export interface Repairer {
  readonly self: Self;
  readonly rules: RepairRules;
}

export function emptyRepairing(
  { self, rules }: Repairer,
  replica: Replica,
  { now }: Moment,
): Repairing {
  const { genesis, node, secrets } = self;
  return {
    self,
    replica,
    rules,
    version: undefined,
    list: undefined,
    here: new Map(),
    absent: new Map(),
    sweeps: new Map(),
    cases: new Map(),
    crowd: emptyCrowd(CASES_MAX),
    wished: buckets(WISHED_MAX),
    wishes: 0,
    orders: batching({ node, network: genesis.network, purpose: 'order', key: secrets.signing }),
    budget: budgetAt(now),
    acts: { from: 1, isAsked: false, owed: undefined, isCatchingUp: false },
    waits: new Map(),
    begun: 0,
  };
}

/** What must be true between any two steps. */
export function invariants({ cases, crowd, absent, sweeps }: Repairing): void {
  const ofHolders = [...cases.values()].filter(({ by }) => by?.as === 'holder').length;
  assert(crowd.holders === ofHolders, 'who brought what is counted');
  assert(cases.size <= CASES_MAX, 'few enough transactions are in hand');
  assert(absent.size <= ABSENT_MAX && sweeps.size <= ABSENT_MAX, 'few enough nodes are missed');
  const running = [...cases.values()].filter(({ stage }) => stage === 'running');
  assert(running.length <= RUNNING_MAX, 'few enough transactions are repaired at once');
  assert(
    running.every(({ run }) => run !== undefined),
    'what is repaired is known',
  );
}

/**
 * The city's time: that of the newest list, which more than two thirds of the delegates signed, and what has
 * passed since by the clock that never jumps. Nothing before the first list.
 */
export const cityTime = ({ list }: Repairing, { now }: Pick<Moment, 'now'>): number | undefined =>
  list === undefined ? undefined : list.at + (now - list.heardAt);

/** Whether a node is on a list, and nobody has said that it is gone. */
export const isHere = ({ absent }: Repairing, list: EligibleList, node: NodeAddress): boolean =>
  placeIn(list, node) !== undefined && absent.get(node)?.isSaid !== true;

export const newestList = ({ replica }: Repairing) => newest(replica);

function waitFor<T>(state: Repairing, then: Then<T>): string {
  const id = `repair/${++state.begun}`;
  state.waits.set(id, then as Then<unknown>);
  return id;
}

export const askFor = <T extends Spoken>(
  state: Repairing,
  to: Address,
  message: RepairSays,
  withinMs: number,
  then: Then<T>,
): Effect<RepairSays> => ask(waitFor(state, then), to, message, withinMs);

export const computeFor = <T>(
  state: Repairing,
  job: string,
  input: unknown,
  then: Then<T>,
): Effect<never> => compute(waitFor(state, then), job, input as Plain);

export const keepFor = (
  state: Repairing,
  writes: readonly Write[],
  then: (at: Moment) => Effects,
): Effect<never> =>
  keep(
    waitFor(state, (_, at) => then(at)),
    ...writes,
  );

/** Something came back: what was to be done then. */
export function goOn(state: Repairing, id: string, result: unknown, at: Moment): Effects {
  const then = state.waits.get(id);
  state.waits.delete(id);
  return then === undefined ? [] : then(result, at);
}
