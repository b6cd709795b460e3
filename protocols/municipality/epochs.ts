/**
 * Epochs of a municipality, as one delegate of its cities lives through them (sealers.ts says when one ends, and who seals next).
 *
 *   last batch of an epoch --(finished)--> its members' next ones: weights, who we are among them, whom we speak with
 *        those who leave   --> follow: they keep every batch, give it to whoever lacks it, and have no say
 *        those who come    --> were followers until then, and have all batches up to this one
 *
 * A follower is told of each batch by one of the members, in turn, and says where it is now and then; then it gets the next one,
 * and the one after that as soon as it has it. So does a member that was away, over however many epochs: batch by batch, each
 * judged by those who sealed in its epoch, which the one before it has said.
 *
 * Safety: who seals a batch follows from the batches before it, and nobody says or judges anything of a batch that does not have all of
 * them. What was verified by the members of one epoch is nothing in the next one (`Unverified.epoch`): places of members
 * are others there. Liveness: the next epoch begins when more than two thirds of its members have the last batch of this one; all
 * who have it give it.
 *
 * Coin: its keys are those of the first epoch. In later ones the coin is a hash that everybody can compute: no scheduler that does not look
 * at it keeps an agreement open, one that does, together with faulty members, can for as long as it delays what honest ones say. What
 * is decided is the same whatever the coin is (abba/abba.ts).
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { concat, utf8 } from '#lib/bytes.ts';
import type { Value } from '../abba/words.ts';
import { seatsOf } from '../abba/seats.ts';
import { weightsOf } from '../abba/tally.ts';
import { send } from '../effect.ts';
import type { Municipality, Sealed } from '../municipality-batch.ts';
import { SealedWord } from '../municipality.messages.ts';
import { ERAS_MAX, handedOver, newestSealers } from '../sealers.ts';
import type { NodeAddress } from '../subjects.ts';
import { memberOf, type Effects, type Member, type MemberSelf } from './state.ts';

type Seated = Pick<Member, 'municipality' | 'weights' | 'seats' | 'own' | 'peers'>;

/** Our place among those who seal. */
export function seatedAs({ node }: Pick<MemberSelf, 'node'>, municipality: Municipality): Seated {
  const weights = weightsOf(municipality.members.map(({ stake }) => stake));
  const nodes = municipality.members.map((each) => each.node);
  const own = nodes.indexOf(node);
  return {
    municipality,
    weights,
    seats: seatsOf(weights),
    own: own < 0 ? undefined : own,
    peers: nodes.filter((each) => each !== node),
  };
}

/** All who may be asked for a batch, and may lack one. */
export const delegatesOf = ({ municipality, node }: MemberSelf): ReadonlySet<NodeAddress> =>
  new Set(
    [...municipality.cities.flatMap(({ delegates }) => delegates), ...municipality.members]
      .map((each) => each.node)
      .filter((each) => each !== node),
  );

/** A batch is finished: where it is the last one of its epoch, others seal from here on. */
export function enterAfter(member: Member, { batch }: Sealed): void {
  const sealers = handedOver(member.sealers, batch);
  if (sealers === member.sealers || member.self.plant === 'municipality-old-members-go-on') return;
  member.sealers = { eras: sealers.eras.slice(-ERAS_MAX) };
  const before = member.own;
  Object.assign(member, seatedAs(member.self, newestSealers(sealers)));
  // What was said of the next batch was said by those of this epoch.
  member.early.clear();
  const { probe } = member.self;
  probe.sometimes('municipality: an epoch was entered');
  if (before === undefined && member.own !== undefined)
    probe.sometimes('municipality: a delegate became a member');
  if (before !== undefined && member.own === undefined)
    probe.sometimes('municipality: a member became a follower');
}

/** To those who follow, by one member each time; to those who are members from here on, by all. Before anybody enters. */
export function tellFollowers(member: Member, sealed: Sealed): Effects {
  const { own, weights, peers, delegates } = member;
  if (own === undefined) return [];
  const { id, next } = sealed.batch;
  const isTurn = id % weights.of.length === own;
  const coming = new Set<string>(next?.map(({ node }) => node));
  return [...delegates]
    .filter((node) => !peers.includes(node) && (isTurn || coming.has(node)))
    .map((node) => send(memberOf(node), SealedWord.of({ sealed })));
}

const OPEN_COIN = domain('municipality open coin');

/** Of an epoch without keys. */
export function openCoinOf(instance: Uint8Array): (round: number) => Value {
  return (round) => (hash(OPEN_COIN, concat(instance, utf8(` ${round}`)))[0]! & 1) as Value;
}
