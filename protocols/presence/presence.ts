/**
 * Presence: the node list of a city. There is no gossip: who logs in is on it, heartbeats keep it there.
 *
 *   hearts --knock, login, beat--> desk.ts --> table.ts       who is online now
 *                                               | every ten seconds
 *                                               v
 *                     proposing.ts --propose--> voting.ts     at each delegate, this one included
 *                          ^----- votes -------'
 *                          | more than two thirds of the stake
 *                          v
 *                     replica.ts --page by page--> select, distribute, ledger; other presences
 *
 * Each delegate runs one. One is active (peers.ts): it has the table, and proposes lists. The others
 * stand by: they have the lists, vote, and serve the followers of their node. One that takes over begins with everybody on the newest
 * list, who then have ten seconds to log in again.
 *
 * Safety: no two frozen lists have one number and different digests (voting.ts); nobody is on a list whom
 * no grantor or contract admitted; a login is good once, here, for thirty seconds (desk.ts). Liveness: while delegates with
 * more than two thirds of the stake hear each other, lists go on, and whoever is online is on them.
 *
 * Durable: the last vote, the registry of lights, audit scores. Cost of a beat: one hash, no allocation
 * that lasts, see bench/presence.bench.ts.
 */
import { assert } from '#lib/assert.ts';
import { whole } from '../codec.ts';
import {
  keep,
  note,
  NOTHING,
  send,
  wake,
  type Effect,
  type Moment,
  type Plain,
  type Signal,
  type Step,
  type Write,
} from '../effect.ts';
import { VALID_LISTS_MAX } from '../eligibility.ts';
import {
  Echo,
  type Beat,
  type LogOut,
  type PresenceHears,
  type PresenceSays,
} from '../presence.messages.ts';
import { address, nodeOf, nodeToken, type Address, type NodeAddress } from '../subjects.ts';
import { ADMIT, asked, desk, judged, knocked, refusal, WAITING_MAX, type House } from './desk.ts';
import type { Admitted } from './jobs.ts';
import { roundTrip } from './measure.ts';
import { ALIVE_MS, delegateOf, heardFrom, peers, presenceOf } from './peers.ts';
import { BALLOT, counted, endorsed, lead, proved, stirred, voted } from './proposing.ts';
import {
  announce,
  fetched,
  followed,
  FOLLOWERS_MAX,
  forgetSilent,
  sought,
  toAnyone,
} from './followers.ts';
import { expire, listedOn, registry } from './registry.ts';
import { parted, scored, scoresOf } from './scores.ts';
import * as copy from './replica.ts';
import { seeds } from './seeds.ts';
import { isTagOf, SECRET_BYTES, tagOf } from './session.ts';
import { newestRoll, Voted, type Options, type Presence, type Said } from './state.ts';
import { strangers } from './strangers.ts';
import { heard, remove, silent, table } from './table.ts';
import { alive, aliveOf, elsewhere, noticed, turned } from './turns.ts';
import {
  CANDIDATE_MS,
  candidatePage,
  candidateProofs,
  candidateProved,
  castKept,
  castSigned,
  ENDORSE,
  isForCandidate,
  PROOFS,
  proposed,
  VOTE,
} from './voting.ts';

const TICK_MS = 250;
/** A beat in so many is answered. */
const ECHO_EVERY = 4;
const HOUR_MS = 3_600_000;
const TICK = 'tick';
const HOURLY = 'hourly';
/** Nobody's word makes us skip more. */
const NUMBERS_TAKEN_MAX = 1_024;

type Did = Step<Presence, PresenceSays>;

export function begin(of: Options, at: Moment, kept: ReadonlyMap<string, Uint8Array>): Did {
  const { genesis, node } = of.self;
  const own = address(node, 'presence');
  const delegate = delegateOf(genesis, own);
  assert(delegate !== undefined, 'a presence lives on a delegate');
  const [known, writes] = registry(kept, at.wall);
  const vote = kept.get('vote');
  const [replica, followed] = copy.begin({ genesis, presence: own, keepsOlder: true });
  const state: Presence = {
    of,
    address: own,
    delegate,
    desk: desk({ server: own, secret: at.entropy.bytes(SECRET_BYTES) }),
    peers: peers(genesis, delegate, at.now),
    replica,
    registry: known,
    scores: scoresOf(kept),
    followers: new Map(),
    strangers: strangers(),
    table: table(),
    leads: false,
    newest: undefined,
    frozenAt: at.now,
    early: 0,
    voted: vote === undefined ? undefined : whole(Voted, vote),
    casting: undefined,
    proposal: undefined,
    candidate: undefined,
    taken: 0,
    aliveAt: at.now,
  };
  const begun: Said = [...alive(state), ...toOthers(state, followed), wake(HOURLY, HOUR_MS)];
  return [state, [...begun, ...kepts(writes), ...ticked(state, at)]];
}

const isOwn = ({ of }: Presence, role: string, from: Address): boolean =>
  from === address(of.self.node, role);

const kepts = (writes: readonly Write[]): Said =>
  writes.length === 0 ? NOTHING : [keep('written', ...writes)];

export function step(state: Presence, input: PresenceHears | Signal, at: Moment): Did {
  const effects = input.kind.includes('.')
    ? message(state, input as PresenceHears, at)
    : signal(state, input as Signal, at);
  return [state, [...effects, ...settled(state, at)]];
}

function message(state: Presence, input: PresenceHears, at: Moment): Said {
  const { from } = at;
  if (from === undefined) return NOTHING;
  if (input.kind === 'presence.beat') return beaten(state, input, from, at);
  switch (input.kind) {
    case 'presence.knock':
      return state.leads ? knocked(state.desk, from, at) : elsewhere(state, from, at);
    case 'presence.login':
      return state.leads
        ? asked(state.desk, houseOf(state), state.table, input, from, at)
        : elsewhere(state, from, at);
    case 'presence.logout':
      return loggedOut(state, input, from);
    case 'presence.score':
      return isOwn(state, 'audit', from) ? kepts(scored(state.scores, input)) : NOTHING;
    case 'presence.parted':
      return isOwn(state, 'repair', from) ? kepts(parted(state.scores, input)) : NOTHING;
    default:
      return amongDelegates(state, input, from, at);
  }
}

/** Followers, who are told without asking, live on delegates. */
function amongDelegates(state: Presence, input: PresenceHears, from: Address, at: Moment): Said {
  const { genesis } = state.of.self;
  const delegate = delegateOf(genesis, from);
  if (delegate === undefined) return toAnyone(state, input, from, at);
  switch (input.kind) {
    case 'presence.follow':
      return followed(state, input, from, at);
    case 'presence.fetch':
      return fetched(state, input, from, at);
    case 'presence.seek':
      return sought(state, input, from);
    default:
      return from === presenceOf(genesis, delegate)
        ? amongPresences(state, input, from, delegate, at)
        : NOTHING;
  }
}

function amongPresences(
  state: Presence,
  input: PresenceHears,
  from: Address,
  delegate: number,
  at: Moment,
): Said {
  switch (input.kind) {
    case 'presence.alive': {
      if (!heardFrom(state.peers, delegate, input.newest, at.now)) return NOTHING;
      turned(state, at);
      return [send(from, aliveOf(state))];
    }
    case 'presence.frozen':
      return replicated(state, input, at);
    case 'presence.page':
      return isForCandidate(state, input.list, from)
        ? candidatePage(state, input, at)
        : replicated(state, input, at);
    case 'presence.propose':
      return proposed(state, input, from, at);
    case 'presence.vote':
      return voted(state, input, delegate);
    case 'presence.unvoted':
      return input.reason === 'voted' ? taken(state, input.voted) : NOTHING;
    case 'presence.prove':
      stirred(state, input.list, at.now);
      return proved(state, input, from);
    case 'presence.proven':
      return isForCandidate(state, input.list, from) ? candidateProofs(state, input, at) : NOTHING;
    default:
      return NOTHING;
  }
}

function signal(state: Presence, input: Signal, at: Moment): Said {
  if (copy.isForReplica(input)) return replicated(state, input, at);
  switch (input.kind) {
    case 'wake':
      return input.id === TICK ? ticked(state, at) : hourly(state, at);
    case 'kept':
      return input.id.startsWith(VOTE) ? castKept(state, input.id.slice(VOTE.length)) : NOTHING;
    case 'computed':
      return computed(state, input.id, input.output, at);
    case 'uncomputed':
      return computed(state, input.id, undefined, at);
    default:
      return NOTHING;
  }
}

function computed(state: Presence, id: string, output: Plain, at: Moment): Said {
  if (id.startsWith(ADMIT)) {
    const verdicts = output as unknown as readonly (Admitted | undefined)[] | undefined;
    return judged(state.desk, houseOf(state), state.table, id, verdicts, at);
  }
  if (id.startsWith(ENDORSE)) return signed(state, id.slice(ENDORSE.length), output);
  const isGood = Array.isArray(output) && output.every((verdict) => verdict === true);
  if (id.startsWith(BALLOT)) return counted(state, id, isGood);
  return id.startsWith(PROOFS) ? candidateProved(state, id, isGood, at) : NOTHING;
}

/** Our signature: for another's proposal, or for our own. */
function signed(state: Presence, key: string, output: Plain): Said {
  if (!(output instanceof Uint8Array)) return NOTHING; // The proposal is repeated, and so is this.
  const { proposal, delegate } = state;
  if (proposal?.key === key) return endorsed(state, { delegate, signature: output });
  return castSigned(state, key, output);
}

const houseOf = ({ of }: Presence): House => ({
  genesis: of.self.genesis,
  contracts: of.contracts,
  limits: of.limits,
});

function beaten(state: Presence, beat: Beat, from: Address, at: Moment): Said {
  const present = state.table.of.get(nodeOf(from));
  const session = present?.session;
  if (session === undefined)
    return state.leads ? refusal(from, 'no-session') : elsewhere(state, from, at);
  const { number, mac } = beat;
  if (number <= session.number || !isTagOf(mac, session.key, 'beat', number, beat))
    return refusal(from, 'no-session');
  heard(present!, number, measuredOf(beat), at.now);
  if (number % ECHO_EVERY !== 0) return NOTHING;
  return [
    ...roundTrip(state.of.self.node, nodeOf(from), beat),
    send(from, Echo.of({ number, mac: tagOf(session.key, 'echo', number) })),
  ];
}

const measuredOf = ({ freeBytes, loadPermille, roundTripUs }: Beat) => ({
  freeBytes,
  loadPermille,
  roundTripUs,
});

function loggedOut(state: Presence, { number, mac }: LogOut, from: Address): Said {
  const node = nodeOf(from);
  const session = state.table.of.get(node)?.session;
  const isTheirs =
    session !== undefined && number > session.number && isTagOf(mac, session.key, 'logout', number);
  return isTheirs ? left(state, node) : NOTHING;
}

function left(state: Presence, node: NodeAddress): Said {
  remove(state.table, node);
  return [note(`presence.${nodeToken(node)}.left`, { node })];
}

function replicated(state: Presence, input: Parameters<typeof copy.step>[1], at: Moment): Said {
  return toOthers(state, copy.step(state.replica, input, at, state.of.self.probe)[1]);
}

/** A presence that nobody is ahead of follows itself: then there is nobody to ask. */
const toOthers = ({ address: own }: Presence, effects: Said): Said =>
  effects.filter((effect) => effect.do !== 'send' || effect.to !== own);

/** Somebody stood for that number already: ours must be greater. */
function taken(state: Presence, number: number): Said {
  const newest = newestRoll(state)?.list.head.number ?? 0;
  if (number <= newest + NUMBERS_TAKEN_MAX) state.taken = Math.max(state.taken, number);
  return NOTHING;
}

function ticked(state: Presence, at: Moment): Said {
  const effects: Effect<PresenceSays>[] = [wake(TICK, TICK_MS)];
  const { now } = at;
  if (now >= state.aliveAt + ALIVE_MS) {
    state.aliveAt = now;
    effects.push(...alive(state), ...swept(state, now));
  }
  turned(state, at);
  if (state.candidate !== undefined && now >= state.candidate.stirredAt + CANDIDATE_MS)
    state.candidate = undefined;
  if (state.leads) effects.push(...lead(state, at));
  return effects;
}

/** Who is silent is off the list; whoever follows no more is forgotten. */
function swept(state: Presence, now: number): Said {
  forgetSilent(state, now);
  return silent(state.table, now).flatMap((node) => left(state, node));
}

function hourly(state: Presence, at: Moment): Said {
  return [wake(HOURLY, HOUR_MS), ...kepts(expire(state.registry, at.wall))];
}

/** What follows from a new list, wherever it came from. */
function settled(state: Presence, at: Moment): Said {
  const roll = noticed(state, at);
  if (roll === undefined) return NOTHING;
  const { head, nodes } = roll.list;
  return [
    ...announce(state, roll),
    ...seeds(state.of.self.node, roll.list, at),
    ...kepts(listedOn(state.registry, nodes, head.at)),
  ];
}

/** What must be true between any two steps. */
export function invariants({
  replica,
  table: all,
  followers,
  desk: at,
  voted: last,
}: Presence): void {
  const numbers = replica.rolls.map(({ list }) => list.head.number);
  assert(
    numbers.every((number, i) => i === 0 || number < numbers[i - 1]!),
    'lists have different numbers, the newest first',
  );
  assert(numbers.length <= VALID_LISTS_MAX, 'so many lists are valid at once');
  assert(followers.size <= FOLLOWERS_MAX, 'so many follow');
  assert(at.waiting.length <= WAITING_MAX, 'so many logins wait');
  assert(last === undefined || last.number > 0, 'lists have numbers above zero');
  let stood = 0;
  for (const number of all.operators.values()) stood += number;
  assert(stood === all.of.size, 'each node belongs to one operator');
}
