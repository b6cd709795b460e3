/**
 * Chasing: batches that were decided without us are asked of ledgers that have them, and verified by their quorums.
 */
import { same } from '#lib/bytes.ts';
import {
  headDigest,
  isQuorumOf,
  isWholeBatch,
  quorumVerifyJobs,
  type Committed,
} from '../city-batch.ts';
import { ask, type Effect } from '../effect.ts';
import { AskChain, type Chained } from '../ledger.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import { arrive, hasChain } from './inbox.ts';
import { suspect } from './fork.ts';
import { ledgerOf, type City, type Effects } from './state.ts';

const CHAIN_MAX = 16;
const CHAIN_WITHIN_MS = 2_000;
const CHASES_MAX = 2;

/** Asks a peer that is further for what we have not; another one beside it, so that nobody's silence holds us up. */
export function chase(city: City, peer: NodeAddress): Effect<AskChain>[] {
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
  if (said === undefined || hasChain(inbox)) return [];
  const chain = ofEpoch(said.batches);
  if (isOnAnother(city, chain[0])) return suspect(city, peer);
  if (!isChain(city, chain)) return [];
  const jobs = chain.flatMap(({ batch, quorum }) =>
    quorumVerifyJobs(self.genesis.network, committee, batch.head, quorum),
  );
  arrive(inbox, peer, { is: 'chain', chain, top: said.height }, jobs);
  return [];
}

/** The batch after ours, and it does not stand on ours. */
const isOnAnother = ({ head }: City, next: Committed | undefined): boolean =>
  next?.batch.head.height === head!.height + 1 && !same(next.batch.head.prev, head!.digest);

/** Up to the last one of their epoch: who orders later is known when that is applied. */
function ofEpoch(batches: readonly Committed[]): readonly Committed[] {
  const last = batches.findIndex(({ batch }) => batch.head.next !== undefined);
  return last < 0 ? batches : batches.slice(0, last + 1);
}

/** Batches that follow what we have, each on the one before, each with enough stake behind it. */
function isChain({ head, committee, self }: City, batches: readonly Committed[]): boolean {
  let { digest: prev, height, round } = head!;
  for (const { batch, quorum } of batches) {
    const { head: its } = batch;
    const isNext = its.height === height + 1 && its.round > round && same(its.prev, prev);
    if (!isNext || its.place !== self.genesis.place || its.epoch !== committee.epoch) return false;
    if (!isWholeBatch(batch) || !isQuorumOf(committee, quorum)) return false;
    prev = headDigest(its);
    ({ height, round } = its);
  }
  return batches.length > 0;
}
