/**
 * The city of a delegate: orders certificates together with the cities of the other delegates. The first form of
 * `order(certificates)` (order.messages.ts).
 *
 *   ledger --certified--> waiting --(our turn)--> proposal --.
 *                                                            v
 *   peers --said--> hear.ts --> inbox.ts --(verified)--> agree.ts --acts--> rounds.ts --> ballots.ts --> peers
 *                     |                                                        |
 *                     '--(further than we)--> follow.ts --> (hand over) <------'--> ledger
 *
 * agree.ts has the argument why no two batches are decided at one height; ballots.ts keeps its promise over
 * restarts; judge.ts says what may be voted for; follow.ts how heights begin and how whoever was away comes
 * back; repeat.ts why nothing that is lost is lost for good.
 *
 * Safe with less than a third of the stake faulty, whatever the network does and however often delegates
 * restart. Live when the network delivers, within rounds that grow. Cost of a batch with n delegates: 1 proposal and 2
 * ballots of each to each; 2 n signatures and 2 n^2 verifications in all; 3 crossings of the network and 3 syncs.
 * The machine changes its state in place.
 */
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { changeHashOf, DoubleVote, type Committee } from '../city-batch.ts';
import {
  Accusations,
  type AskAccused,
  type Nudge,
  type Proposal,
  type Votes,
} from '../city.messages.ts';
import { whole } from '../codec.ts';
import { reply, send, wake, type Moment, type Signal, type Step } from '../effect.ts';
import type { Chained } from '../ledger.messages.ts';
import {
  Resume,
  type AgreeChange,
  type Applied,
  type Certified,
  type Withdrawn,
} from '../order.messages.ts';
import type { Self } from '../self.ts';
import { nodeOf, type NodeAddress } from '../subjects.ts';
import { invariants as agreement, timeOut, type Timed } from './agree.ts';
import { castMoved, noBallots, restored, signAgain } from './ballots.ts';
import { chased, follow, greeted, unmute } from './follow.ts';
import { believe, fetchMissing, hear, hearEarly } from './hear.ts';
import { emptyInbox, verified, verifyAgain, verifyNext } from './inbox.ts';
import { found } from './judge.ts';
import { tick, TICK_MS } from './repeat.ts';
import { ended, noRest } from './rest.ts';
import { carryOut, move, say } from './rounds.ts';
import { isWorth, verifyDue } from './worth.ts';
import {
  certKey,
  CHANGES_MAX,
  EARLY_MAX,
  ownLedger,
  WAITING_MAX,
  type City,
  type CitySays,
  type Effects,
} from './state.ts';

const ACCUSED = 'accused/';

export type CityHears =
  | Certified
  | Withdrawn
  | Applied
  | AgreeChange
  | Proposal
  | Votes
  | Nudge
  | AskAccused
  | Chained;
type Did = Step<City, CitySays>;

export function begin(
  self: Self,
  committee: Committee,
  kept: ReadonlyMap<string, Uint8Array>,
): Did {
  const place = committee.members.findIndex(({ node }) => node === self.node);
  const city: City = {
    self,
    committee,
    own: place < 0 ? undefined : place,
    peers: committee.members.map(({ node }) => node).filter((node) => node !== self.node),
    kept: restored(kept, self.plant),
    head: undefined,
    on: undefined,
    handed: undefined,
    ahead: [],
    waiting: new Map(),
    rest: noRest(),
    changes: new Map(),
    looked: new Map(),
    gathered: 'no',
    ballots: noBallots(),
    inbox: emptyInbox(),
    early: new Map(),
    caution: { horizon: 0, asked: 0, highest: 0 },
    chasing: new Set(),
    furthest: undefined,
    bothered: new Set(),
    ticks: 0,
    now: 0,
    roundBeganAt: 0,
    saidAgainAt: 0,
    paceMs: 0,
    accused: accusedIn(kept),
  };
  return [city, [send(ownLedger(city), Resume.of({})), wake('tick', TICK_MS)]];
}

function accusedIn(kept: ReadonlyMap<string, Uint8Array>): DoubleVote[] {
  const accused = [...kept].filter(([key]) => key.startsWith(ACCUSED));
  return accused.map(([, bytes]) => whole(DoubleVote, bytes));
}

export function step(city: City, input: CityHears | Signal, at: Moment): Did {
  city.now = at.now;
  const effects = input.kind.includes('.')
    ? heard(city, input as CityHears, at)
    : told(city, input as Signal, at);
  return [city, [...effects, ...verifyDue(city)]];
}

function heard(city: City, input: CityHears, at: Moment): Effects {
  const from = at.from === undefined ? undefined : nodeOf(at.from);
  switch (input.kind) {
    case 'city.certified':
      return at.from === ownLedger(city) ? certified(city, input, at) : [];
    case 'city.withdrawn':
      if (at.from === ownLedger(city))
        for (const cert of input.certs) ended(city, certKey({ cert }));
      return [];
    case 'city.applied':
      return at.from === ownLedger(city) ? follow(city, input, at, () => hearEarly(city)) : [];
    case 'city.change':
      return from === city.self.node ? agreed(city, input, at) : [];
    case 'city.accused':
      return [...reply(at, Accusations.of({ accusations: city.accused }))];
    case 'ledger.chained':
      return []; // Nobody asked: answers come as signals.
    default:
      return from === undefined || !city.peers.includes(from)
        ? []
        : [...hear(city, from, input), ...move(city, at)];
  }
}

function certified(city: City, { entries }: Certified, at: Moment): Effects {
  for (const entry of entries) {
    if (city.waiting.size + city.rest.resting.size >= WAITING_MAX) break;
    const key = certKey(entry);
    if (!city.rest.resting.has(key)) city.waiting.set(key, entry);
    found(city, key, entry.txId);
  }
  return move(city, at);
}

function agreed(city: City, { change }: AgreeChange, at: Moment): Effects {
  if (city.changes.size < CHANGES_MAX) city.changes.set(hex(changeHashOf(change)), change);
  return move(city, at);
}

function told(city: City, input: Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'kept':
      return ballotMoved(city, input.id, undefined, at);
    case 'computed':
      return input.id === 'verify'
        ? verifiedSome(city, input.output as readonly boolean[], at)
        : ballotMoved(city, input.id, input.output as Uint8Array, at);
    case 'uncomputed':
      return input.id === 'verify'
        ? verifyAgain(city.inbox)
        : signAgain(city.ballots, city.self, input.id);
    case 'answered':
      return answered(city, input.id, input.message as Chained, at);
    case 'unanswered':
      return answered(city, input.id, undefined, at);
    case 'wake':
      return woken(city, input.id, at);
    default:
      return [];
  }
}

function ballotMoved(
  city: City,
  id: string,
  signature: Uint8Array | undefined,
  at: Moment,
): Effects {
  const said = castMoved(city.ballots, id, signature);
  return said === undefined ? [] : [...say(city, said), ...move(city, at)];
}

function verifiedSome(city: City, verdicts: readonly boolean[], at: Moment): Effects {
  const believed = verified(city.inbox, verdicts).flatMap((claim) => believe(city, claim));
  return [...believed, ...move(city, at)];
}

function answered(city: City, id: string, said: Chained | undefined, at: Moment): Effects {
  const [what, peer] = id.split('/') as [string, NodeAddress];
  return what === 'chain' ? chased(city, peer, said) : greeted(city, peer, said, at);
}

function woken(city: City, id: string, at: Moment): Effects {
  const [what, height, round] = id.split('/') as [string, string?, string?];
  if (what === 'tick') return [...tick(city), ...move(city, at), ...verifyNext(city.inbox)];
  if (what === 'caution') {
    city.caution = undefined;
    return unmute(city, at);
  }
  const { on } = city;
  if (on === undefined || on.height !== Number(height)) return [];
  if (what === 'fetch') return fetchMissing(city);
  if (what === 'gather') city.gathered = 'yes';
  else return [...carryOut(city, timeOut(on, what as Timed, Number(round))), ...move(city, at)];
  return move(city, at);
}

/** What must be true between any two steps. */
export function invariants(city: City): void {
  const { on, handed, waiting, rest, inbox, early } = city;
  if (on !== undefined) agreement(on);
  assert(handed === undefined || on?.isDecided === true, 'what is handed over is decided');
  assert(waiting.size + rest.resting.size <= WAITING_MAX, 'what waits is bounded');
  for (const cert of rest.resting.keys()) assert(!waiting.has(cert), 'what rests does not wait');
  assert(
    inbox.atWork.length > 0 || !isWorth(city),
    'the verifier is never idle while something waits that decides',
  );
  for (const [, said] of early) assert(said.length <= EARLY_MAX, 'what is early is bounded');
}
