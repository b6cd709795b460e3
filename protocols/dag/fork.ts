/**
 * A fork: two batches of one height, each sealed by more than two thirds of the stake. More than a third has sealed both,
 * so nothing that this order says may be believed any more. Whoever sees one keeps both heads with their quorums, says who
 * stands in both, and speaks no more, over all its lives: what has been decided on either side stays as it is, until operators
 * have agreed which of them goes on.
 *
 *   another head of our height, or one that does not stand on ours --> that batch is asked for, of whoever has it
 *   a batch of our height that is not ours, with a quorum ----------> and ours, of our own ledger
 *   both, from a peer that has halted, or our own tip --------------> verified, kept --> halted
 *   halted   to whoever speaks to us, now and then to one after another: the fork; nothing else
 *
 * Safety: up to a third of the stake can halt nobody, since it cannot seal two batches; nor can those who ordered in epochs
 * that are over, since only the last two are looked at. That a fork is seen by all is not promised: whoever is
 * cut off goes on with its side until it hears of the other.
 */
import { same } from '#lib/bytes.ts';
import { takeOne } from '../allowance.ts';
import { headDigest, isQuorumOf, quorumVerifyJobs, type Committed } from '../city-batch.ts';
import { toBytes, whole } from '../codec.ts';
import type { Committee } from '../committee.ts';
import { Accusations, Forked } from '../dag.messages.ts';
import { CityFork, votersOfBoth } from '../double-vote.ts';
import { ask, keep, note, put, reply, send, wake, type Moment } from '../effect.ts';
import { figure } from '../figures.ts';
import { AskChain, type Chained } from '../ledger.messages.ts';
import { nodeOf, nodeToken, type NodeAddress } from '../subjects.ts';
import { arrive } from './inbox.ts';
import { cityOf, ledgerOf, mayBother, ownLedger, type City, type Effects } from './state.ts';

export const FORK = 'fork';
/** Of the question to a peer's ledger, and to ours. */
const [THEIRS, OURS] = ['theirs', 'ours'] as const;
const WITHIN_MS = 2_000;
const ASKER = { perSecond: 4, burst: 8 };

/** What a former life has seen. */
export const forkIn = (kept: ReadonlyMap<string, Uint8Array>): CityFork | undefined => {
  const bytes = kept.get(FORK);
  return bytes === undefined ? undefined : whole(CityFork, bytes);
};

/** A peer seems to have another batch of our height. */
export function suspect(city: City, peer: NodeAddress): Effects {
  const { height } = city.head!;
  if (height === 0 || !mayBother(city, THEIRS, peer)) return [];
  const question = AskChain.of({ from: height, count: 1 });
  return [ask(`${THEIRS}/${peer}`, ledgerOf(peer), question, WITHIN_MS)];
}

/** A ledger has said which batch it has. */
export function told(
  city: City,
  what: string,
  peer: NodeAddress,
  said: Chained | undefined,
): Effects {
  const batch = said?.batches[0];
  if (batch === undefined) return [];
  if (what === THEIRS) {
    city.suspected.set(peer, batch);
    const question = AskChain.of({ from: batch.batch.head.height, count: 1 });
    return [ask(`${OURS}/${peer}`, ownLedger(city), question, WITHIN_MS)];
  }
  const other = city.suspected.get(peer);
  city.suspected.delete(peer);
  if (other !== undefined)
    claimFork(city, peer, { one: sealedHead(batch), other: sealedHead(other) });
  return [];
}

export const isAboutForks = (what: string): boolean => what === THEIRS || what === OURS;

const sealedHead = ({ batch: { head }, quorum }: Committed): CityFork['one'] => ({ head, quorum });

/** Somebody says that there is one: its signatures are verified. */
export function claimFork(city: City, from: NodeAddress, fork: CityFork): void {
  const committee = committeeOfFork(city, fork);
  if (committee === undefined) return;
  const jobs = [fork.one, fork.other].flatMap(({ head, quorum }) =>
    quorumVerifyJobs(city.self.genesis.network, committee, head, quorum),
  );
  arrive(city.inbox, from, { is: 'fork', fork }, jobs);
}

/** Who must have sealed both; nobody where these are no two batches of one height that are looked at, or as long as we do not know which epoch it is. */
function committeeOfFork(
  { self, head, committee, earlier }: City,
  fork: CityFork,
): Committee | undefined {
  if (head === undefined) return undefined;
  const [one, other] = [fork.one.head, fork.other.head];
  const isOfOne = one.height === other.height && one.epoch === other.epoch;
  const areOurs = [one, other].every(({ place }) => place === self.genesis.place);
  if (!isOfOne || !areOurs || same(headDigest(one), headDigest(other))) return undefined;
  const sealers = [committee, earlier].find((each) => each?.epoch === one.epoch);
  if (sealers === undefined) return undefined;
  const areQuorums = [fork.one, fork.other].every(({ quorum }) => isQuorumOf(sealers, quorum));
  return areQuorums ? sealers : undefined;
}

/** It is one: from here on this city orders nothing. */
export function halt(city: City, fork: CityFork): Effects {
  const committee = committeeOfFork(city, fork);
  if (committee === undefined || city.fork !== undefined) return [];
  city.fork = fork;
  city.self.probe.sometimes('city: a fork was seen');
  const { height } = fork.one.head;
  const sealedBoth = votersOfBoth(committee, fork).map(({ delegate }) => delegate);
  const fact = { height, sealedBoth };
  return [
    keep(FORK, put(FORK, toBytes(CityFork, fork))),
    note(`forked.${nodeToken(city.self.node)}`, fact),
    isForked(city),
    ...city.peers.map((peer) => tell(peer, fork)),
  ];
}

/** As a figure, that is there from the beginning. */
export const isForked = ({ fork }: City): Effects[number] =>
  figure('city_chain_forked', fork === undefined ? 0 : 1, 'city');

/** Said without end, to one after another: whoever was away is to hear of it as well. */
const AGAIN_MS = 2_000;

/** What a city does that has halted. */
export function halted(city: City, input: { readonly kind: string }, at: Moment): Effects {
  const { fork, peers } = city;
  if (input.kind === 'dag.accused') return tellAccused(city, at);
  if (input.kind === 'wake') {
    city.bothered.clear();
    const peer = peers[city.ticks++ % Math.max(1, peers.length)];
    const again = [wake('tick', AGAIN_MS)];
    return peer === undefined ? again : [...again, tell(peer, fork!)];
  }
  const from = at.from === undefined ? undefined : nodeOf(at.from);
  const isSaid = from !== undefined && peers.includes(from) && input.kind.startsWith('dag.');
  if (!isSaid || input.kind === 'dag.forked' || !mayBother(city, FORK, from)) return [];
  return [tell(from, fork!)];
}

const tell = (peer: NodeAddress, fork: CityFork): Effects[number] =>
  send(cityOf(peer), Forked.of({ fork }));

/** To whoever asks, and no more often than anybody may. */
export function tellAccused({ accused, fork, askers }: City, at: Moment): Effects {
  const who = at.ticket?.asker ?? at.from ?? '';
  if (!takeOne(askers, who, at.now, ASKER)) return [];
  return [...reply(at, Accusations.of({ accusations: accused, fork }))];
}
