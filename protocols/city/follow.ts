/**
 * Following: what is applied begins the next height; what was decided without us is fetched and verified.
 *
 *   city.applied (h) --> height h + 1
 *   somebody is at a later height --(ledger.chain)--> batches with quorums --(verified)--> handed over, in order
 *
 * A height begins only when the batch before it is durable in our own ledger. So a lock is forgotten only when what
 * it was about cannot be lost any more, even if everybody loses power at once.
 *
 * Caution: a disk may be one of before (restored from a copy), and whoever votes by it votes twice. So before its
 * first ballot a life asks the other ledgers how far they are. If they are no further than our last ballot, our
 * disk is ours. If they are, we watch until one more height is decided, `CAUTION_MS` at most: else a city all of
 * whose delegates were away could wait for itself.
 */
import { same } from '#lib/bytes.ts';
import {
  commitBallot,
  headDigest,
  isQuorumOf,
  isWholeBatch,
  quorumVerifyJobs,
  type Committed,
} from '../city-batch.ts';
import { ask, wake, type Moment } from '../effect.ts';
import { AskChain, type Chained } from '../ledger.messages.ts';
import type { Applied } from '../order.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import { beginHeight } from './agree.ts';
import { ballotsOf, castBallot } from './ballots.ts';
import { arrive, hasChain } from './inbox.ts';
import { hand, handAgain, move } from './rounds.ts';
import { ledgerOf, type Caution, type City, type Effects } from './state.ts';

const CHAIN_MAX = 16;
const CHAIN_WITHIN_MS = 2_000;
const CHASES_MAX = 2;
const GREET_WITHIN_MS = 600;
export const CAUTION_MS = 10_000;

/** Our ledger says how far it is. `heard` takes what peers have said too early. */
export function follow(city: City, said: Applied, at: Moment, heard: () => Effects): Effects {
  const { head } = city;
  if (head !== undefined && said.height <= head.height) return handAgain(city);
  const isFirst = head === undefined;
  city.head = said;
  if ((city.handed?.batch.head.height ?? 0) <= said.height) city.handed = undefined;
  city.ahead = city.ahead.filter(({ batch }) => batch.head.height > said.height);
  const greetings = isFirst ? greet(city) : [];
  return [...greetings, ...beginNext(city, at, heard)];
}

function beginNext(city: City, at: Moment, heard: () => Effects): Effects {
  const { head, kept, committee, own, self } = city;
  const height = head!.height + 1;
  const on = beginHeight(committee, own, height, kept);
  city.on = on;
  city.looked.clear();
  city.rest.ours = undefined;
  city.gathered = city.waiting.size > 0 ? 'yes' : 'no';
  on.isMute = isMute(city);
  const next = city.ahead[0];
  if (next !== undefined) return hand(city, next);
  const effects = chaseOn(city);
  if (on.isAwake && own !== undefined) {
    self.probe.sometimes('city: a ballot was said again by a later life');
    for (const ballot of ballotsOf(kept!)) {
      effects.push(...castBallot(city.ballots, self, ballot, undefined));
    }
  }
  return [...effects, ...heard(), ...unmute(city, at)];
}

/** Whoever gave us all that fits into one answer may have more. */
function chaseOn(city: City): Effects {
  const { furthest, head } = city;
  if (furthest === undefined) return [];
  city.furthest = undefined;
  return furthest.height > head!.height ? chase(city, furthest.node) : [];
}

/** What we stood by was about a later height: this disk has lost something. */
function isMute({ own, caution, kept, on }: City): boolean {
  return own === undefined || caution !== undefined || (kept?.height ?? 0) > on!.height;
}

/** Takes part, if it may by now. */
export function unmute(city: City, at: Moment): Effects {
  const { on, caution, head } = city;
  if (on === undefined || head === undefined) return [];
  if (caution?.asked === 0 && (!isBehind(caution) || head.height > caution.highest)) {
    city.caution = undefined;
  }
  on.isMute = isMute(city);
  return move(city, at);
}

/** Others have decided the height in which we may have voted last. */
const isBehind = ({ highest, horizon }: Caution): boolean => highest >= horizon;

/** Asks everybody how far they are. */
function greet(city: City): Effects {
  const { caution, head, kept, peers } = city;
  if (caution === undefined) return [];
  city.caution = {
    horizon: Math.max(kept?.height ?? 0, head!.height + 1),
    asked: peers.length,
    highest: 0,
  };
  const question = AskChain.of({ from: head!.height + 1, count: 1 });
  return [
    ...peers.map((peer) => ask(`greet/${peer}`, ledgerOf(peer), question, GREET_WITHIN_MS)),
    wake('caution', CAUTION_MS),
  ];
}

/** A peer said how far it is, or did not. */
export function greeted(
  city: City,
  peer: NodeAddress,
  said: Chained | undefined,
  at: Moment,
): Effects {
  const { caution, head } = city;
  const height = said?.height ?? 0;
  const effects = head !== undefined && height > head.height ? chase(city, peer) : [];
  if (caution === undefined) return effects;
  caution.asked--;
  caution.highest = Math.max(caution.highest, height);
  if (isBehind(caution)) city.self.probe.sometimes('city: a life began by watching');
  return [...effects, ...unmute(city, at)];
}

/** Asks a peer that is further for what we have not; another one beside it, so that nobody's silence holds us up. */
export function chase(city: City, peer: NodeAddress): Effects {
  const { head, chasing, ahead } = city;
  if (head === undefined || ahead.length > 0) return [];
  if (chasing.has(peer) || chasing.size === CHASES_MAX) return [];
  chasing.add(peer);
  const question = AskChain.of({ from: head.height + 1, count: CHAIN_MAX });
  return [ask(`chain/${peer}`, ledgerOf(peer), question, CHAIN_WITHIN_MS)];
}

/** What was asked for came, or did not. It is believed when its quorums are verified: of two answers the first. */
export function chased(city: City, peer: NodeAddress, said: Chained | undefined): Effects {
  const { chasing, inbox, self, committee } = city;
  chasing.delete(peer);
  if (said === undefined || hasChain(inbox) || !isChain(city, said.batches)) return [];
  const jobs = said.batches.flatMap(({ batch, quorum }) =>
    quorumVerifyJobs(self.genesis.network, committee, commitBallot(batch.head), quorum),
  );
  const claim = { is: 'chain', from: peer, chain: said.batches, top: said.height } as const;
  arrive(inbox, peer, claim, jobs);
  return [];
}

/** Batches that follow what we have, each on the one before, each with enough stake behind it. */
function isChain({ head, committee, self }: City, batches: readonly Committed[]): boolean {
  let [prev, height] = [head!.digest, head!.height];
  for (const { batch, quorum } of batches) {
    const { head: its } = batch;
    const fits = its.place === self.genesis.place && its.height === height + 1;
    if (!fits || !same(its.prev, prev)) return false;
    if (!isWholeBatch(batch) || !isQuorumOf(committee, quorum)) return false;
    [prev, height] = [headDigest(its), its.height];
  }
  return batches.length > 0;
}

/** Verified batches of others: those that still follow are handed over, one after another. */
export function caughtUp(city: City, chain: readonly Committed[]): Effects {
  const { head, on, handed, self } = city;
  if (head === undefined || on === undefined) return [];
  city.ahead = chain.filter(({ batch }) => batch.head.height > head.height);
  const next = city.ahead[0];
  if (next === undefined || handed !== undefined) return [];
  self.probe.sometimes('city: what was decided without us was fetched');
  return hand(city, next);
}
