/**
 * A double vote: a delegate that has sealed two batches at one height. Who is honest seals what follows from all turns
 * before, and nothing else ever follows (dag/seal.ts). Two quorums for one height, which is what a fork is, have more than
 * a third of the stake in common: all of them have done this, and a fork convicts them by itself (`votersOfBoth`).
 *
 *   a vote      head of a vertex that seals a batch, its signature, the head of that batch
 *   evidence    two votes of one author, of one height, for two batches
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import { same } from '#lib/bytes.ts';
import { CityHead, headDigest } from './city-batch.ts';
import { record, type Infer } from './codec.ts';
import type { Committee } from './committee.ts';
import { Handover } from './lineage.ts';
import { nodeName, signature } from './terms.ts';
import { VertexHead, vertexVerifyJob } from './vertex-head.ts';

const Vote = record({ head: VertexHead, signature, batch: CityHead });
type Vote = Infer<typeof Vote>;

export const DoubleVote = record({ delegate: nodeName, vote: Vote, other: Vote });
export type DoubleVote = Infer<typeof DoubleVote>;

/** What is to be verified of it; `undefined` when there is nothing to accuse of. */
export function doubleVoteJobs(
  network: Uint8Array,
  { members, epoch }: Committee,
  { delegate, vote, other }: DoubleVote,
): readonly VerifyJob[] | undefined {
  const accused = members[vote.head.author];
  const both = [vote, other];
  if (accused?.node !== delegate || other.head.author !== vote.head.author) return undefined;
  if (!both.every((each) => isVote(each, vote.batch, epoch))) return undefined;
  if (same(headDigest(vote.batch), headDigest(other.batch))) return undefined;
  return both.map(({ head, signature: made }) =>
    vertexVerifyJob(network, head, made, accused.signing),
  );
}

/** Of one city, one epoch and one height. */
function isVote({ head, batch }: Vote, first: CityHead, epoch: number): boolean {
  const isOfOne = batch.place === first.place && batch.height === first.height;
  const isOfEpoch = head.epoch === epoch && batch.epoch === epoch && head.place === batch.place;
  return isOfOne && isOfEpoch && head.sealed !== undefined && same(head.sealed, headDigest(batch));
}

/** Two heads of one height, each with its quorum: the order of a city has split. */
export const CityFork = record({ one: Handover, other: Handover });
export type CityFork = Infer<typeof CityFork>;

/** Evidence against everybody who stands in both. */
export function votersOfBoth({ members }: Committee, { one: a, other: b }: CityFork): DoubleVote[] {
  return a.quorum.votes.flatMap((vote) => {
    const again = b.quorum.votes.find(({ member }) => member === vote.member);
    if (again === undefined) return [];
    const delegate = members[vote.member]!.node;
    return [{ delegate, vote: voteOf(a, vote), other: voteOf(b, again) }];
  });
}

function voteOf(
  { head: batch }: Handover,
  { member: author, round, content, signature: made }: Handover['quorum']['votes'][number],
): Vote {
  const { place, epoch } = batch;
  const head = { place, epoch, author, round, content, sealed: headDigest(batch) };
  return { head, signature: made, batch };
}
