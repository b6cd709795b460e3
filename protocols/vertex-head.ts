/**
 * The head of a vertex of the city's DAG (dag/vertex.ts): all that its author signs, and all that anybody needs who
 * has only the signature.
 *
 *   author, round      whose vertex of which round; an honest author makes one for a round
 *   content            hash of the rest: what it stands on, what it names
 *   sealed             the digest of a batch that its author knows to be the next one
 *
 * So one signature does for two things. For the order it makes a vertex; for the world it is a vote for a batch:
 * heads by more than two thirds of the stake that seal the same batch are its quorum (city-batch.ts), whatever their
 * rounds are and whatever else they say.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import { same } from '#lib/bytes.ts';
import { count, optional, record, toBytes, type Infer } from './codec.ts';
import { DELEGATES_MAX, type Delegate } from './genesis.ts';
import { signed } from './signed.ts';
import { digest, nodeName, placeName, signature } from './terms.ts';

/** 1 is the first. */
export const round = count(0xffff_ffff);
/** Which of the committee, by the order of its names. */
export const member = count(DELEGATES_MAX - 1);

export const VertexHead = record({
  place: placeName,
  /** Whose committee: genesis.ts. */
  epoch: count(Number.MAX_SAFE_INTEGER),
  author: member,
  round,
  content: digest,
  sealed: optional(digest),
});
export type VertexHead = Infer<typeof VertexHead>;

const HEAD = domain('city vertex');
/** What a vertex is called by. Without the signature: no second one makes a second vertex. */
export const vertexDigest = (head: VertexHead): Uint8Array => hash(HEAD, toBytes(VertexHead, head));

/** What is left of a vertex when only who said it, and where, is asked. */
export const SignedHead = record({ head: VertexHead, signature });
export type SignedHead = Infer<typeof SignedHead>;

export const { sign: vertexSignJob, verify: vertexVerifyJob } = signed(VertexHead, 'vertex');

/** Two different vertices of one delegate for one round. Needs nothing else to be checked. */
export const DagEquivocation = record({
  delegate: nodeName,
  head: VertexHead,
  signature,
  other: VertexHead,
  otherSignature: signature,
});
export type DagEquivocation = Infer<typeof DagEquivocation>;

/** What is to be verified of an accusation; `undefined` when there is nothing to accuse of. */
export function equivocationJobs(
  network: Uint8Array,
  members: readonly Delegate[],
  { delegate, head, signature: made, other, otherSignature }: DagEquivocation,
): readonly VerifyJob[] | undefined {
  const accused = members[head.author];
  if (accused?.node !== delegate || !isSameTurn(head, other)) return undefined;
  if (same(vertexDigest(head), vertexDigest(other))) return undefined;
  return [
    vertexVerifyJob(network, head, made, accused.signing),
    vertexVerifyJob(network, other, otherSignature, accused.signing),
  ];
}

const isSameTurn = (a: VertexHead, b: VertexHead): boolean =>
  a.place === b.place && a.epoch === b.epoch && a.author === b.author && a.round === b.round;
