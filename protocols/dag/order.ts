/**
 * The order of a delegate: a DAG of vertices that it builds with the cities of the other delegates. Stands behind the
 * seam `order(certificates)` (order.messages.ts).
 *
 *   ledger --certified--> waiting --(our turn: rest.ts)--> speak.ts --> everybody
 *                                                             ^  |
 *                                              pace.ts: when -'  v
 *   peers --said--> hear.ts --> inbox.ts --(verified)--> sync.ts --> graph.ts --> decide.ts --> seal.ts --> ledger
 *                     |                                     '--(missing)--> peers
 *                     '--(further than we)--> follow.ts --> ledger
 *
 * decide.ts has the argument why no two delegates decide a turn differently, seal.ts why no height has two batches,
 * speak.ts and caution.ts keep the promise of one vertex a round over restarts, judge.ts says what may be voted for,
 * pace.ts why it goes on, repeat.ts why nothing that is lost is lost for good. docs/protocols/dag.md compares all of
 * it with the paper.
 *
 * Safe with less than a third of the stake faulty, whatever the network does and however often delegates restart. Live
 * when the network delivers. Cost of a round with n delegates: 1 vertex of each to each, n signatures and n^2
 * verifications in all, 1 sync; a batch by itself takes 3 rounds, and under load each round has one.
 * The machine changes its state in place.
 */
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { changeHashOf } from '../city-batch.ts';
import type { Led } from '../clock.messages.ts';
import { timeOf } from '../clock/time.ts';
import { genesisCommittee } from '../committee.ts';
import type {
  AskAccused,
  Forked,
  Hail,
  Hailed,
  Nudge,
  SaidVertex,
  Vertices,
  WantVertices,
} from '../dag.messages.ts';
import { buckets } from '../allowance.ts';
import { whole } from '../codec.ts';
import { send, wake, type Moment, type Signal, type Step } from '../effect.ts';
import type { Chained } from '../ledger.messages.ts';
import {
  Resume,
  type AgreeChanges,
  type Applied,
  type Certified,
  type Withdrawn,
} from '../order.messages.ts';
import type { Self } from '../self.ts';
import { address, nodeOf, type NodeAddress } from '../subjects.ts';
import { DagEquivocation } from '../vertex-head.ts';
import { endCaution, heardOf } from './caution.ts';
import { chased } from './chase.ts';
import { follow, hand } from './follow.ts';
import {
  claimFork,
  forkIn,
  halted,
  isAboutForks,
  isForked,
  tellAccused,
  told as toldOfFork,
} from './fork.ts';
import { emptyGraph, invariants as graphInvariants } from './graph.ts';
import { ACCUSED, believe, hailed, hearVertex, nudged, ofOtherEpoch } from './hear.ts';
import { emptyInbox, verified, verifyAgain, verifyNext } from './inbox.ts';
import { fetchMissing, found, heldTx } from './judge.ts';
import { noPace } from './pace.ts';
import { tick, TICK_MS } from './repeat.ts';
import { changeEnded, ended, noRest, restAfter } from './rest.ts';
import { candidateOf, quorumOf } from './seal.ts';
import { restored, signAgain, speakWhenDue, spokenMoved } from './speak.ts';
import {
  ASKERS_MAX,
  certKey,
  ENDED_MAX,
  ownLedger,
  WAITING_MAX,
  type City,
  type CitySays,
  type Effects,
} from './state.ts';
import { noSync, wanted } from './sync.ts';

export type CityHears =
  | Certified
  | Withdrawn
  | Applied
  | AgreeChanges
  | SaidVertex
  | WantVertices
  | Vertices
  | Nudge
  | Forked
  | Hail
  | Hailed
  | AskAccused
  | Led
  | Chained;
type Did = Step<City, CitySays>;

/** Who orders is known once our ledger has said where it is (epoch.ts). */
export function begin(self: Self, kept: ReadonlyMap<string, Uint8Array>): Did {
  const committee = genesisCommittee(self.genesis);
  const { spoken, vertices } = restored(kept);
  const city: City = {
    self,
    committee,
    own: undefined,
    peers: committee.members.map(({ node }) => node).filter((node) => node !== self.node),
    head: undefined,
    graph: emptyGraph(committee, 0),
    decisions: undefined,
    candidate: undefined,
    handed: undefined,
    ahead: [],
    waiting: new Map(),
    ended: new Map(),
    rest: noRest(),
    changes: new Map(),
    looked: new Map(),
    inbox: emptyInbox(),
    sync: noSync(),
    pace: noPace(),
    spoken: 0,
    kept: spoken,
    isSure: false,
    speaking: undefined,
    onDisk: new Map(),
    restored: vertices,
    caution: undefined,
    muteUntil: 0,
    chasing: new Set(),
    furthest: undefined,
    led: undefined,
    bothered: new Map(),
    askers: buckets(ASKERS_MAX),
    ticks: 0,
    now: 0,
    refused: new Map(),
    measured: new Map(),
    accused: accusedIn(kept),
    earlier: undefined,
    suspected: new Map(),
    fork: forkIn(kept),
  };
  return [city, [send(ownLedger(city), Resume.of({})), wake('tick', TICK_MS), isForked(city)]];
}

function accusedIn(kept: ReadonlyMap<string, Uint8Array>): DagEquivocation[] {
  const accused = [...kept].filter(([key]) => key.startsWith(ACCUSED));
  return accused.map(([, bytes]) => whole(DagEquivocation, bytes));
}

export function step(city: City, input: CityHears | Signal, at: Moment): Did {
  city.now = at.now;
  if (city.fork !== undefined) return [city, halted(city, input, at)];
  const effects = input.kind.includes('.')
    ? heard(city, input as CityHears, at)
    : told(city, input as Signal);
  return [city, [...effects, ...move(city, at), ...verifyNext(city.inbox)]];
}

/** Whatever follows from what is known by now. */
function move(city: City, at: Moment): Effects {
  if (city.head === undefined) return [];
  restAfter(city);
  const effects = [...handOver(city), ...speakWhenDue(city, timeOf(city.led, at))];
  return [...effects, ...fetchMissing(city)];
}

/** The next batch, once it has its quorum. */
function handOver(city: City): Effects {
  if (city.handed !== undefined) return [];
  const candidate = candidateOf(city);
  const quorum = candidate && quorumOf(city, candidate);
  if (quorum === undefined) return [];
  // It is decided now: nobody has left this epoch before.
  city.isSure = true;
  return hand(city, { batch: candidate!.batch, quorum });
}

function heard(city: City, input: CityHears, at: Moment): Effects {
  const from = at.from === undefined ? undefined : nodeOf(at.from);
  switch (input.kind) {
    case 'city.certified':
      if (at.from === ownLedger(city)) certified(city, input);
      return [];
    case 'city.withdrawn':
      if (at.from === ownLedger(city)) withdrawn(city, input);
      return [];
    case 'city.applied':
      return at.from === ownLedger(city) ? follow(city, input) : [];
    case 'city.changes':
      if (from === city.self.node) agreed(city, input);
      return [];
    case 'clock.led':
      if (at.from === address(city.self.node, 'clock')) city.led = input;
      return [];
    case 'dag.accused':
      return tellAccused(city, at);
    case 'dag.forked':
      // A peer that has halted, or our own tip: nobody else has room among what is to be verified.
      if (from !== undefined && (from === city.self.node || city.peers.includes(from)))
        claimFork(city, from, input.fork);
      return [];
    case 'ledger.chained':
    case 'dag.vertices':
    case 'dag.hailed':
      return []; // Nobody asked: answers come as signals.
    default:
      return from === undefined || !city.peers.includes(from)
        ? []
        : fromPeer(city, from, input, at);
  }
}

function fromPeer(
  city: City,
  from: NodeAddress,
  input: SaidVertex | WantVertices | Nudge | Hail,
  at: Moment,
): Effects {
  // Before we know where we are nothing can be judged; whoever wants to be heard says it again.
  if (city.head === undefined) return [];
  switch (input.kind) {
    case 'dag.vertex':
      hearVertex(city, from, input.vertex);
      return ofOtherEpoch(city, from, input.vertex);
    case 'dag.want':
      return wanted(city, from, input, at);
    case 'dag.nudge':
      return nudged(city, from, input);
    default:
      return hailed(city, from, at);
  }
}

function certified(city: City, { entries }: Certified): void {
  for (const entry of entries) {
    if (city.waiting.size + city.rest.resting.size >= WAITING_MAX) break;
    const key = certKey(entry);
    // Said late, it may have had its place already: then nobody would fetch it, and it would keep the city awake.
    const isOpen = !city.rest.resting.has(key) && !city.ended.has(key);
    if (isOpen) city.waiting.set(key, entry);
    found(city, key, entry.txId);
  }
}

function withdrawn(city: City, { certs }: Withdrawn): void {
  for (const cert of certs) ended(city, hex(cert), heldTx(city, hex(cert)));
}

/** These and no other: what is not wanted any more is neither named nor voted for. */
function agreed(city: City, { changes }: AgreeChanges): void {
  const now = new Map(changes.map((each) => [hex(changeHashOf(each.change)), each]));
  for (const name of city.changes.keys()) if (!now.has(name)) changeEnded(city, name);
  for (const [name, each] of now) city.changes.set(name, each);
}

function told(city: City, input: Signal): Effects {
  switch (input.kind) {
    case 'kept':
      return spokenMoved(city, input.id, undefined);
    case 'computed':
      return input.id === 'verify'
        ? verified(city.inbox, input.output as readonly boolean[]).flatMap((each) =>
            believe(city, each),
          )
        : spokenMoved(city, input.id, input.output as Uint8Array);
    case 'uncomputed':
      return input.id === 'verify' ? verifyAgain(city.inbox) : signAgain(city, input.id);
    case 'answered':
      return answered(city, input.id, input.message as Chained | Vertices | Hailed);
    case 'unanswered':
      return answered(city, input.id, undefined);
    case 'wake':
      if (input.id === 'tick') return tick(city);
      if (input.id === 'caution') endCaution(city);
      return []; // Whatever it is time for follows from the time.
    default:
      return [];
  }
}

function answered(city: City, id: string, said: Chained | Vertices | Hailed | undefined): Effects {
  const [what, peer] = id.split('/') as [string, NodeAddress];
  if (what === 'chain') return chased(city, peer, said as Chained | undefined);
  if (isAboutForks(what)) return toldOfFork(city, what, peer, said as Chained | undefined);
  if (what === 'hail') return heardOf(city, peer, said as Hailed | undefined);
  brought(city, peer, said as Vertices | undefined);
  return [];
}

/** What we asked for. If it was all that fitted, there may be more: asked for when this is in the graph. */
function brought(city: City, peer: NodeAddress, said: Vertices | undefined): void {
  const { sync, inbox } = city;
  sync.asking.delete(peer);
  sync.behind = undefined;
  const before = inbox.queue.length;
  for (const vertex of said?.vertices ?? []) hearVertex(city, peer, vertex);
  if (inbox.queue.length > before) sync.behind = peer;
}

/** What must be true between any two steps. */
export function invariants(city: City): void {
  const { head, graph, handed, waiting, rest, inbox, ended: lately } = city;
  graphInvariants(graph);
  assert(graph.floor === (head?.round ?? 0), 'the graph begins where the last batch stood');
  assert(
    handed === undefined || handed.batch.head.height > head!.height,
    'what is handed over is not applied',
  );
  assert(waiting.size + rest.resting.size <= WAITING_MAX, 'what waits is bounded');
  assert(lately.size <= ENDED_MAX, 'what is remembered is bounded');
  for (const cert of rest.resting.keys()) assert(!waiting.has(cert), 'what rests does not wait');
  assert(
    inbox.atWork.length > 0 || inbox.queue.length === 0,
    'the verifier is never idle while something waits',
  );
}
