/**
 * Seal: from committed turns to batches, and their quorums.
 *
 *   turns     skip | commit, names nothing | commit, names something --> the next batch
 *   seal      in each vertex, as soon as its author knows the next batch: the batch's digest
 *   quorum    vertices by more than two thirds of the stake that seal it --> ledger.committed
 *
 * The next batch is known when every turn since the last one is decided and the ledger has applied that one: it says
 * of the state what comes after it. It may be sealed one round earlier still, by a vertex that is itself a certificate
 * for the turn. So in the good case the vertices that commit a turn are the quorum of its batch: three crossings of
 * the network, one signature of each delegate for all of it.
 *
 * Why a quorum of seals is final. Whoever is honest and seals has decided the turn, or has a certificate in the round
 * that counts; so honest certificates have more than a third of the stake. No turn with a certificate is skipped
 * directly, and every later anchor stands on one of those (decide.ts): the turn is committed by everybody. And who is
 * honest seals at each height what follows from all turns before, of which none differ. So no height has two quorums.
 *
 * A committed turn that names nothing makes no batch, but for one every `SPAN` rounds: so that nobody has to remember
 * more rounds than these, and whoever has the batches begins where the last of them stood. And but for one that closes:
 * what a batch did is proved by the next one (city-batch.ts), so where a moment passes without anything to name, the
 * next turn closes the last batch by one that is empty.
 */
import { packed, stampBytes, stampOf, unpacked } from '#algorithms/clock/hlc.ts';
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { bitsOf, cityBatch, headDigest, type CityBatch, type Quorum } from '../city-batch.ts';
import { leaderOf } from '../committee.ts';
import { backedIn, decisions, isCertificate, type Decision } from './decide.ts';
import { areQuorum, leaderIn, verticesOf, type Named } from './graph.ts';
import { memberNode, type Candidate, type City } from './state.ts';
import { isLaden } from './vertex.ts';

export const SPAN = 64;

/** What every turn above the floor is, as the graph is now. */
export function decisionsOf(city: City): readonly Decision[] {
  const { plant } = city.self;
  return (city.decisions ??= decisions(city.graph, plant));
}

/** The vertices that name something and are not known to have come to nothing. */
export function openVertices(city: City): Named[] {
  const { graph, handed } = city;
  const from = Math.max(graph.floor, handed?.batch.head.round ?? 0);
  const known = decisionsOf(city);
  const open: Named[] = [];
  for (let turn = from + 1; turn <= graph.top + 1; turn++) {
    if (known[turn - graph.floor - 1]?.is === 'skip') continue;
    open.push(
      ...verticesOf(graph, turn, leaderIn(graph, turn)).filter(({ vertex }) => isLaden(vertex)),
    );
  }
  return open;
}

/** Turns that are decided, without a gap, and came to nothing. */
export function skippedTurns(city: City): ReadonlySet<number> {
  const skipped = new Set<number>();
  for (const [i, { is }] of decisionsOf(city).entries()) {
    if (is === 'undecided') break;
    if (is === 'skip') skipped.add(city.graph.floor + 1 + i);
  }
  return skipped;
}

/** The next batch, if it is known by now. */
export function candidateOf(city: City): Candidate | undefined {
  const found = nextTurn(city);
  if (found === undefined) return undefined;
  const { leader, isDecided } = found;
  const { candidate, head } = city;
  const isSame =
    candidate?.leader.name === leader.name && candidate.batch.head.height === head!.height + 1;
  if (isSame && candidate.isDecided === isDecided) return candidate;
  const batch = isSame ? candidate.batch : batchOf(city, leader);
  city.candidate = { leader, batch, digest: headDigest(batch.head), isDecided };
  return city.candidate;
}

function nextTurn(city: City): { leader: Named; isDecided: boolean } | undefined {
  const { graph, head } = city;
  if (head === undefined) return undefined;
  for (const [i, decision] of decisionsOf(city).entries()) {
    if (decision.is === 'undecided') {
      const leader = backedIn(graph, graph.floor + 1 + i);
      return leader !== undefined && makesBatch(city, leader)
        ? { leader, isDecided: false }
        : undefined;
    }
    if (decision.is === 'commit' && makesBatch(city, decision.leader))
      return { leader: decision.leader, isDecided: true };
  }
  return undefined;
}

/** Whether the last batch had entries, and nothing after it says yet what became of them. */
export const owes = ({ head, handed }: City): boolean =>
  head !== undefined && head.count > 0 && handed === undefined;

/** Without anything to order for so long, the last batch is closed. */
const QUIET_MS = 400;
export const quietAt = ({ pace: { handedAt } }: City): number => handedAt + QUIET_MS;

const makesBatch = ({ graph }: City, { round, vertex }: Named): boolean =>
  isLaden(vertex) || round >= graph.floor + SPAN;

function batchOf(city: City, { vertex, author, round, parents }: Named): CityBatch {
  const { head, self, committee } = city;
  assert(head !== undefined, 'a batch follows one that is applied');
  const next = unpacked(packed(stampOf(head.at)) + 1n);
  const its = stampOf(vertex.content.at);
  const isLater = packed(its) >= packed(next);
  const chosen = {
    place: self.genesis.place,
    epoch: committee.epoch,
    height: head.height + 1,
    prev: head.digest,
    proposer: memberNode(city, author),
    round,
    at: stampBytes(isLater ? its : next),
    stateRoot: head.stateRoot,
    seen: bitsOf([author, ...parents.keys()]),
    next: head.next,
    missed: bitsOf(missedBefore(city, round)),
  };
  return cityBatch(chosen, vertex.content.entries, vertex.content.change);
}

/** Whose turns since the last batch came to nothing. Who led one in somebody's place is not blamed for it: it may not have known. */
function missedBefore(city: City, round: number): number[] {
  const { graph, committee } = city;
  const skipped = [...skippedTurns(city)].filter((turn) => turn < round);
  return skipped
    .map((turn) => leaderIn(graph, turn))
    .filter((leader, i) => leader === leaderOf(committee, skipped[i]!));
}

/** What a vertex of ours in that round, on those parents, seals. */
export function sealFor(
  city: City,
  round: number,
  parents: ReadonlyMap<number, string>,
): Uint8Array | undefined {
  const candidate = candidateOf(city);
  if (candidate === undefined || candidate.isDecided) return candidate?.digest;
  const { graph, own } = city;
  const { leader, digest } = candidate;
  if (round < leader.round + 2) return undefined;
  const ours = verticesOf(graph, leader.round + 2, own!)[0];
  const above = round === leader.round + 2 ? parents : ours?.parents;
  return above !== undefined && isCertificate(graph, above, leader) ? digest : undefined;
}

/** The vertices that seal a batch, if they are enough. */
export function quorumOf({ graph }: City, { digest }: Candidate): Quorum | undefined {
  const by = graph.seals.get(hex(digest));
  if (by === undefined || !areQuorum(graph, by.keys())) return undefined;
  const votes = [...by.values()]
    .toSorted((a, b) => a.author - b.author)
    .map(({ author: member, vertex: { head, signature } }) => {
      const { round, content } = head;
      return { member, round, content, signature };
    });
  return { votes };
}
