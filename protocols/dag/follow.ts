/**
 * Following: what is applied lets the graph rise; what was decided without us is fetched and verified.
 *
 *   city.applied (h, of round R) --> turns up to R are done: the floor is R
 *   somebody has applied more --(ledger.chain)--> batches with quorums --(verified)--> handed over, in order
 *
 * Rounds are let go only when their batch is durable in our own ledger: so what is forgotten cannot be lost any more,
 * even if everybody loses power at once. Who was away for long has the batches from anybody's ledger, begins at the
 * round of the last one, and has the few rounds since from the other cities.
 */
import { hex, same } from '#lib/bytes.ts';
import { membersIn, type Committed } from '../city-batch.ts';
import { send } from '../effect.ts';
import { CommittedBatch, type Applied } from '../order.messages.ts';
import { hail } from './caution.ts';
import { chase } from './chase.ts';
import { enter } from './epoch.ts';
import { suspect } from './fork.ts';
import { passOver, raiseFloor, type Graph } from './graph.ts';
import { forgetLooked, heldTx } from './judge.ts';
import { changeEnded, ended } from './rest.ts';
import { takeBack } from './speak.ts';
import { certKey, ownLedger, type City, type Effects } from './state.ts';
import { afterFloor } from './sync.ts';

/** Our ledger says how far it is. */
export function follow(city: City, said: Applied): Effects {
  const { head } = city;
  if (head !== undefined && said.height <= head.height) return handAgain(city);
  const isFirst = head === undefined;
  city.head = said;
  city.candidate = undefined;
  if ((city.handed?.batch.head.height ?? 0) <= said.height) applied(city);
  city.ahead = city.ahead.filter(({ batch }) => batch.head.height > said.height);
  const isNew = isFirst || said.since.epoch > city.committee.epoch;
  if (isNew) enter(city, said.since);
  raiseFloor(city.graph, said.round);
  passOver(city.graph, passedBy(city, said));
  afterFloor(city);
  forgetLooked(city);
  const begun = isNew ? [...takeBack(city), ...(city.isSure ? [] : hail(city))] : [];
  const handed = handAhead(city);
  return [...begun, ...(handed.length > 0 ? handed : chaseOn(city))];
}

/** Who leads no rounds from here on. */
const passedBy = ({ graph, self }: City, { passed }: Applied): ReadonlySet<number> =>
  self.plant === 'turns-by-own-view' ? unheardIn(graph) : new Set(membersIn(passed));

/** A bug on purpose: those of whom nothing is here, whatever others have. */
const unheardIn = ({ committee, rounds }: Graph): ReadonlySet<number> => {
  const heard = new Set<number>();
  for (const authors of rounds.values()) for (const author of authors.keys()) heard.add(author);
  const unheard = committee.members.flatMap((_, i) => (heard.has(i) ? [] : [i]));
  return new Set(heard.size === 0 ? [] : unheard);
};

/** Whatever it named is on the disk of our ledger. */
function applied(city: City): void {
  for (const entry of city.handed?.batch.entries ?? []) ended(city, certKey(entry), entry.txId);
  city.handed = undefined;
}

/** Gives a batch to the ledger; it is given again until it is applied. */
export function hand(city: City, { batch, quorum }: Committed): Effects {
  city.handed = { batch, quorum };
  city.pace.handedAt = city.now;
  for (const entry of batch.entries) ended(city, certKey(entry), heldTx(city, certKey(entry)));
  if (batch.head.changeHash !== undefined) changeEnded(city, hex(batch.head.changeHash));
  return handAgain(city);
}

export const handAgain = (city: City): Effects =>
  city.handed === undefined
    ? []
    : [send(ownLedger(city), CommittedBatch.of({ committed: city.handed }))];

/** Whoever gave us all that fits into one answer may have more. */
function chaseOn(city: City): Effects {
  const { furthest, head } = city;
  if (furthest === undefined) return [];
  city.furthest = undefined;
  return furthest.height > head!.height ? chase(city, furthest.node) : [];
}

/** Verified batches of others: those that still follow are handed over, one after another. */
export function caughtUp(city: City, chain: readonly Committed[]): Effects {
  const { head, self } = city;
  if (head === undefined) return [];
  city.ahead = chain.filter(({ batch }) => batch.head.height > head.height);
  const handed = handAhead(city);
  if (handed.length > 0) self.probe.sometimes('city: what was decided without us was fetched');
  return handed;
}

/** The next one. While it was verified another one may have come to stand below it here: then there are two chains. */
function handAhead(city: City): Effects {
  const [next] = city.ahead;
  if (next === undefined || city.handed !== undefined) return [];
  if (same(next.batch.head.prev, city.head!.digest)) return hand(city, next);
  city.ahead = [];
  return city.furthest === undefined ? [] : suspect(city, city.furthest.node);
}
