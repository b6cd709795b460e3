/**
 * A vertex: what a delegate says in a round.
 *
 *   head (vertex-head.ts)   author | round | hash of the content | batch that it seals          <-- signature
 *   content                 parents     vertices of the round before: of its own author, if there is one, and of
 *                                       delegates with more than two thirds of the stake; one of each author
 *                           turn        whose turn the round before was, by what its author had applied
 *                           rejects     the parent by that one is stood on, and not voted for
 *                           entries     certificates and acts by their digests, and a change of policy: only in
 *                           change      the round that is its author's turn: elsewhere they mean nothing
 *                           closes      names nothing, and is to make a batch all the same (seal.ts)
 *                           at          its author's stamp
 *
 * Who stands on a vertex has it, and all that it stands on. Who also votes for it (does not reject it) has what it
 * names as well, durably, and finds nothing wrong with it: so what is committed is held by more than two thirds. That
 * entries are named by one author a round, and that a vote is for all of them, makes the vote of the DAG the vote on
 * their availability: what only one delegate holds spoils its author's turn, and nothing else (rest.ts).
 *
 * Whose turn a round is follows from the last batch that was applied (stake/turns.ts), and delegates apply it one after
 * another: so a vertex says for whose turn it votes. A vote for another one than has the turn is a blame (decide.ts).
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { hex, same } from '#lib/bytes.ts';
import { change, entries, type Entry } from '../city-batch.ts';
import type { Committee } from '../committee.ts';
import { flag, list, optional, record, toBytes, type Infer } from '../codec.ts';
import { DELEGATES_MAX, isQuorum, stakeOf } from '../genesis.ts';
import type { Place } from '../subjects.ts';
import { digest, signature, stamp } from '../terms.ts';
import { member, VertexHead, vertexDigest } from '../vertex-head.ts';

const Parent = record({ author: member, digest });
export const Content = record({
  /** By ascending author. */
  parents: list(Parent, DELEGATES_MAX),
  /** None in the first round, which stands on nothing. */
  turn: optional(member),
  rejects: flag,
  at: stamp,
  entries,
  change: optional(change),
  closes: flag,
});
export type Content = Infer<typeof Content>;

export const Vertex = record({ head: VertexHead, content: Content, signature });
export type Vertex = Infer<typeof Vertex>;

const CONTENT = domain('city vertex content');
export const contentDigest = (content: Content): Uint8Array =>
  hash(CONTENT, toBytes(Content, content));

export const digestOf = ({ head }: Pick<Vertex, 'head'>): Uint8Array => vertexDigest(head);

/** Whether it makes a batch when it is committed. */
export const isLaden = ({ content }: Pick<Vertex, 'content'>): boolean =>
  content.entries.length > 0 || content.change !== undefined || content.closes;

/** Why a vertex is none, whoever brings it and whatever else is known. */
export type VertexFault =
  | 'wrong-place'
  | 'wrong-epoch'
  | 'wrong-author'
  | 'wrong-round'
  | 'wrong-content'
  | 'wrong-parents'
  | 'entry-twice';

/** What is wrong with a vertex apart from its signature. */
export function vertexFault(
  place: Place,
  committee: Committee,
  /** The round before the first one of that committee. */
  since: number,
  { head, content }: Vertex,
): VertexFault | undefined {
  if (head.place !== place) return 'wrong-place';
  if (head.epoch !== committee.epoch) return 'wrong-epoch';
  if (head.author >= committee.members.length) return 'wrong-author';
  if (head.round <= since) return 'wrong-round';
  if (!same(head.content, contentDigest(content))) return 'wrong-content';
  if (!standsOnEnough(committee, head.round === since + 1, content)) return 'wrong-parents';
  return hasTwice(content.entries) ? 'entry-twice' : undefined;
}

/** The first round stands on nothing; any other on more than two thirds, in their order, each once. */
function standsOnEnough(
  { members }: Committee,
  isFirst: boolean,
  { parents, turn, rejects }: Content,
): boolean {
  if (isFirst) return parents.length === 0 && turn === undefined && !rejects;
  if (turn === undefined || turn >= members.length) return false;
  let part = 0n;
  for (const [i, { author }] of parents.entries()) {
    if (i > 0 && parents[i - 1]!.author >= author) return false;
    if (author >= members.length) return false;
    part += members[author]!.stake;
  }
  if (!isQuorum(part, stakeOf({ delegates: members }))) return false;
  return !rejects || parents.some(({ author }) => author === turn);
}

function hasTwice(all: readonly Entry[]): boolean {
  const certs = all.map(({ cert }) => hex(cert));
  return new Set(certs).size < certs.length;
}
