/**
 * A replica: somebody's own copy of the frozen lists, kept by following a presence. Part of a machine
 * that needs lists (select, distribute, ledger, a standing-by presence), which hands on to it what
 * `isForReplica`:
 *
 *   replica                                    presence
 *     | -- follow: these I have ----------------> |      every two seconds
 *     | <- frozen: head and endorsements -------- |      for each that is valid and missing
 *     |    (is it of this city? more than 2/3?    |
 *     |     a job verifies the signatures)        |
 *     | -- fetch: behind this name, on this base-> |
 *     | <- page --------------------------------- |      until the last
 *     |    (root of all members = root of head)   |
 *
 * Safety: a list is handed out only if delegates with more than two thirds of the stake signed exactly
 * its nodes, weights and keys; so it does not matter whom one follows. Liveness: what is lost is asked
 * for again; a list that cannot be had is given up when a newer one is announced. Bounds: VALID_LISTS_MAX
 * lists had, as many announced, one download at a time.
 *
 * A list that is valid no more can be sought from whoever named it (`seek`), where older ones are kept (older.ts).
 */
import { hex, same } from '#lib/bytes.ts';
import { NO_PROBE, type Probe } from '#lib/probe.ts';
import {
  compute,
  NOTHING,
  send,
  wake,
  type Effect,
  type Moment,
  type Plain,
  type Signal,
  type Spoken,
  type Step,
} from '../effect.ts';
import {
  eligibleDigest,
  endorsementJobs,
  isEndorsed,
  isValidBeside,
  VALID_LISTS_MAX,
  type EligibleList,
  type Frozen,
} from '../eligibility.ts';
import type { Genesis } from '../genesis.ts';
import {
  FollowLists,
  SeekList,
  type FollowerHears,
  type FollowerSays,
  type ListFrozen,
  type ListPage,
} from '../presence.messages.ts';
import type { Address, NodeAddress } from '../subjects.ts';
import { download, take, wanted, type Download } from './download.ts';
import { withOlder } from './older.ts';
import { memberOf, type Listed, type Roll } from './roll.ts';
import { shelve } from './shelf.ts';

export const FOLLOW_MS = 2_000;
/** A download that has not moved for so long is begun anew. */
const STUCK_FOLLOWS = 3;
/** Lists that are sought at a time, and how often each is asked for. */
const SOUGHT_MAX = 8;
const SEEKS_MAX = 5;
const WAKE = 'presence/follow';
const VERIFY = 'presence/verify/';

export interface Following {
  readonly genesis: Genesis;
  /** Of the own node, as a rule. */
  readonly presence: Address;
  readonly keepsOlder?: boolean;
}

export interface Replica {
  of: Following;
  /** The newest first. */
  rolls: readonly Roll[];
  older: readonly Roll[];
  /** Lists that somebody named, and who that was; by digest. */
  readonly sought: Map<string, Sought>;
  /** Endorsed, if the signatures stand; by digest. */
  readonly announced: Map<string, Announced>;
  getting: Getting | undefined;
  /** Whole already, before anybody announced it. */
  offered: Roll | undefined;
}

interface Sought {
  readonly list: Uint8Array;
  readonly from: Address;
  asked: number;
}

interface Announced {
  readonly frozen: Frozen;
  /** Who has it, if it is not whom we follow. */
  readonly from: Address | undefined;
  verified: 'not yet' | 'asked' | 'yes';
}

interface Getting {
  readonly key: string;
  readonly from: Address | undefined;
  readonly download: Download;
  followsSince: number;
}

type Did = Step<Replica, FollowerSays>;

export function begin(of: Following): Did {
  const replica: Replica = {
    of,
    rolls: [],
    older: [],
    sought: new Map(),
    announced: new Map(),
    getting: undefined,
    offered: undefined,
  };
  return [replica, follow(replica)];
}

type OwnSignal = Extract<Signal, { kind: 'wake' | 'computed' | 'uncomputed' }> & {
  readonly id: `presence/${string}`;
};

export const isForReplica = (input: Spoken | Signal): input is FollowerHears | OwnSignal =>
  input.kind === 'presence.frozen' ||
  input.kind === 'presence.page' ||
  (input.kind === 'wake' && (input as { id: string }).id === WAKE) ||
  ((input.kind === 'computed' || input.kind === 'uncomputed') &&
    (input as { id: string }).id.startsWith(VERIFY));

export function step(
  replica: Replica,
  input: FollowerHears | Signal,
  at: Pick<Moment, 'from'>,
  probe: Probe = NO_PROBE,
): Did {
  switch (input.kind) {
    case 'presence.frozen':
      return [replica, announced(replica, input, at.from)];
    case 'presence.page':
      return [replica, at.from === sourceOf(replica) ? paged(replica, input, probe) : NOTHING];
    case 'computed':
      return [replica, verified(replica, input.id.slice(VERIFY.length), input.output, probe)];
    case 'uncomputed':
      return [replica, again(replica, input.id.slice(VERIFY.length))];
    case 'wake':
      return [replica, follow(replica)];
    default:
      return [replica, NOTHING];
  }
}

/** Follows another presence from now on. */
export function turnTo(replica: Replica, presence: Address): void {
  replica.of = { ...replica.of, presence };
}

/** Members that are known before the list is announced, if it ever is: then they need no download. */
export function offer(replica: Replica, roll: Roll): void {
  replica.offered = roll;
}

/** The list to place by; `undefined` before the first one was had. */
export const newest = ({ rolls }: Replica): EligibleList | undefined => rolls[0]?.list;

/** A list that is still valid, or an older one that is kept. */
export const listOf = (replica: Replica, digest: Uint8Array): EligibleList | undefined =>
  rollIn(replica, digest)?.list;

/** Somebody as a list has it, with its keys. */
export function listedIn(
  replica: Replica,
  digest: Uint8Array,
  node: NodeAddress,
): Listed | undefined {
  const roll = rollIn(replica, digest);
  return roll === undefined ? undefined : memberOf(roll.members, node);
}

const rollIn = ({ rolls, older }: Replica, digest: Uint8Array): Roll | undefined => {
  const isIt = ({ list }: Roll): boolean => same(list.digest, digest);
  return rolls.find(isIt) ?? older.find(isIt);
};

/** Whom the list that is being had comes from. */
const sourceOf = ({ getting, of }: Replica): Address => getting?.from ?? of.presence;

/** Gets a list that somebody named from that one's presence, whether it is valid still or not. */
export function seek(
  replica: Replica,
  list: Uint8Array,
  from: Address,
): readonly Effect<FollowerSays>[] {
  const { sought } = replica;
  if (sought.size >= SOUGHT_MAX || sought.has(hex(list))) return NOTHING;
  sought.set(hex(list), { list, from, asked: 1 });
  return [send(from, SeekList.of({ list }))];
}

/** What did not come is asked for again, a few times. */
function seekAgain({ sought }: Replica): readonly Effect<FollowerSays>[] {
  for (const [key, { asked }] of sought) if (asked === SEEKS_MAX) sought.delete(key);
  return Array.from(sought.values(), (each) => {
    each.asked++;
    return send(each.from, SeekList.of({ list: each.list }));
  });
}

function follow(replica: Replica): readonly Effect<FollowerSays>[] {
  const { of, rolls, getting } = replica;
  const have = rolls.map(({ list }) => list.digest);
  const effects: Effect<FollowerSays>[] = [
    send(of.presence, FollowLists.of({ have })),
    ...seekAgain(replica),
    wake(WAKE, FOLLOW_MS),
  ];
  if (getting === undefined) return effects;
  if (++getting.followsSince < STUCK_FOLLOWS)
    return [...effects, send(sourceOf(replica), wanted(getting.download))];
  replica.announced.delete(getting.key);
  replica.getting = undefined;
  return [...effects, ...next(replica)];
}

function announced(
  replica: Replica,
  { frozen }: ListFrozen,
  by: Address | undefined,
): readonly Effect<FollowerSays>[] {
  const { of, announced: known, rolls } = replica;
  const digest = eligibleDigest(frozen.head);
  const key = hex(digest);
  const isOld = rolls[0] !== undefined && !isValidBeside(frozen.head, rolls[0].list.head);
  const sought = replica.sought.get(key);
  if (isOld && sought === undefined) return NOTHING;
  if (known.has(key) || rollIn(replica, digest) !== undefined) return NOTHING;
  if (!isEndorsed(of.genesis, frozen)) return NOTHING;
  if (known.size === VALID_LISTS_MAX && !makeRoom(replica, frozen)) return NOTHING;
  const from = by === sought?.from ? by : undefined;
  known.set(key, { frozen, from, verified: 'not yet' });
  return next(replica);
}

/** The announcement of the least number gives way, if this one's is greater. */
function makeRoom(replica: Replica, { head }: Frozen): boolean {
  const [key, { frozen }] = byNumber(replica.announced)[0]!;
  if (frozen.head.number >= head.number) return false;
  if (key === replica.getting?.key) replica.getting = undefined;
  return replica.announced.delete(key);
}

const byNumber = (known: Replica['announced']): readonly [string, Announced][] =>
  [...known].toSorted(([, a], [, b]) => a.frozen.head.number - b.frozen.head.number);

/** The newest announced list is had first: it is what placements need; others are small differences. */
function next(replica: Replica): readonly Effect<FollowerSays>[] {
  const found = byNumber(replica.announced).at(-1);
  if (replica.getting !== undefined || found === undefined) return NOTHING;
  const [key, announcement] = found;
  const { frozen } = announcement;
  if (announcement.verified === 'asked') return NOTHING;
  if (announcement.verified === 'not yet') {
    announcement.verified = 'asked';
    const jobs = endorsementJobs(replica.of.genesis, frozen) as unknown as Plain;
    return [compute(`${VERIFY}${key}`, 'presence.verify', jobs)];
  }
  if (
    replica.offered !== undefined &&
    same(replica.offered.list.digest, eligibleDigest(frozen.head))
  ) {
    const roll = { ...replica.offered, frozen };
    replica.offered = undefined;
    return had(replica, key, roll);
  }
  const base = nearest(replica.rolls, frozen);
  const { from } = announcement;
  replica.getting = {
    key,
    from,
    download: download(replica.of.genesis, frozen, base),
    followsSince: 0,
  };
  return [send(sourceOf(replica), wanted(replica.getting.download))];
}

function nearest(rolls: readonly Roll[], { head }: Frozen): Roll | undefined {
  const away = ({ list }: Roll): number => Math.abs(list.head.number - head.number);
  return rolls.toSorted((a, b) => away(a) - away(b))[0];
}

function verified(
  replica: Replica,
  key: string,
  verdicts: Plain,
  probe: Probe,
): readonly Effect<FollowerSays>[] {
  const announcement = replica.announced.get(key);
  if (announcement === undefined) return NOTHING;
  const stands = (verdicts as readonly boolean[]).every((verdict) => verdict === true);
  if (stands) announcement.verified = 'yes';
  else {
    replica.announced.delete(key);
    probe.sometimes('presence: endorsements of a list did not verify');
  }
  return next(replica);
}

function again(replica: Replica, key: string): readonly Effect<FollowerSays>[] {
  replica.announced.delete(key);
  return next(replica);
}

function paged(replica: Replica, page: ListPage, probe: Probe): readonly Effect<FollowerSays>[] {
  const { getting } = replica;
  if (getting === undefined) return NOTHING;
  const taken = take(getting.download, page);
  switch (taken.is) {
    case 'other':
      return NOTHING;
    case 'more':
      getting.followsSince = 0;
      return [send(sourceOf(replica), wanted(getting.download))];
    case 'broken':
      probe.sometimes('presence: pages did not make the list');
      break;
    case 'whole':
      replica.getting = undefined;
      return had(replica, getting.key, taken.roll);
    default:
  }
  replica.announced.delete(getting.key);
  replica.getting = undefined;
  return next(replica);
}

function had(replica: Replica, key: string, roll: Roll): readonly Effect<FollowerSays>[] {
  addRoll(replica, roll);
  replica.announced.delete(key);
  replica.sought.delete(key);
  dropOld(replica);
  return next(replica);
}

/** One more; those that are no longer valid are kept as older ones, or not. */
export function addRoll(replica: Replica, roll: Roll): void {
  shelve(replica.of.genesis, roll);
  const all = [...replica.rolls, roll];
  replica.rolls = withRoll(replica.rolls, roll);
  if (replica.of.keepsOlder !== true) return;
  const news = all.filter((each) => !replica.rolls.includes(each));
  replica.older = withOlder(replica.older, news, replica.rolls[0]!);
}

/** With one more, the newest first, without those that are no longer valid. */
export function withRoll(rolls: readonly Roll[], roll: Roll): readonly Roll[] {
  const all = [...rolls, roll].toSorted((a, b) => b.list.head.number - a.list.head.number);
  const { head } = all[0]!.list;
  return all.filter(({ list }) => isValidBeside(list.head, head)).slice(0, VALID_LISTS_MAX);
}

function dropOld({ rolls, announced: known, sought }: Replica): void {
  const { head } = rolls[0]!.list;
  for (const [key, { frozen }] of known) {
    if (!isValidBeside(frozen.head, head) && !sought.has(key)) known.delete(key);
  }
}
