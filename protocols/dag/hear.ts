/**
 * Hearing: what peers say is looked through while that is cheap, then verified, then believed.
 *
 *   vertex --(new, of a round that is near, well-formed)--> inbox --(signature)--> sync.ts --> graph
 *     |--(too far above) --> asked for from below
 *     '--(a second one of its author's round) --> evidence, durably
 *   nudge --> whoever is behind is helped, whoever is ahead is asked
 *
 * Of each peer a few things are answered between two ticks; nothing that it says can make us do more.
 */
import { unreachable } from '#lib/assert.ts';
import { same } from '#lib/bytes.ts';
import { ACCUSATIONS_MAX, Hailed, Nudge, SaidVertex } from '../dag.messages.ts';
import { toBytes } from '../codec.ts';
import { keep, note, put, reply, send, type Moment } from '../effect.ts';
import { Fetch } from '../order.messages.ts';
import { nodeToken, type NodeAddress } from '../subjects.ts';
import { DagEquivocation, vertexVerifyJob } from '../vertex-head.ts';
import { chase } from './chase.ts';
import { caughtUp } from './follow.ts';
import { halt, suspect } from './fork.ts';
import { named, verticesOf, type Named } from './graph.ts';
import { arrive, type Verified } from './inbox.ts';
import { heldTx } from './judge.ts';
import { isKnown, otherOf, seek, take } from './sync.ts';
import {
  certKey,
  cityOf,
  mayBother,
  memberNode,
  ownLedger,
  refuse,
  type City,
  type Effects,
} from './state.ts';
import { vertexFault, type Vertex } from './vertex.ts';

/** Vertices of rounds further above the top are asked for from below. */
const FAR_ROUNDS = 64;

export const ACCUSED = 'accused/';

/** A vertex that a peer said: whose it is does not matter. */
export function hearVertex(city: City, from: NodeAddress, vertex: Vertex): void {
  const { graph, self, committee, inbox } = city;
  const { head } = vertex;
  if (head.round <= graph.floor) return refuse(city, 'decided-round');
  const its = named(vertex);
  if (isKnown(city, its.name)) return refuse(city, 'replay');
  if (head.round > graph.top + FAR_ROUNDS) {
    city.sync.behind = from;
    return refuse(city, 'future-round');
  }
  const fault = vertexFault(self.genesis.place, committee, graph.since, vertex);
  if (fault !== undefined) return refuse(city, fault);
  if (isSecondOfKnown(city, its)) return refuse(city, 'second-of-round');
  const by = committee.members[head.author]!;
  const job = vertexVerifyJob(self.genesis.network, head, vertex.signature, by.signing);
  if (!arrive(inbox, from, { is: 'vertex', vertex: its }, [job])) refuse(city, 'crowded');
}

/** Whoever says it is in another epoch: there are batches that we have not, or that it has not. */
export function ofOtherEpoch(city: City, from: NodeAddress, { head }: Vertex): Effects {
  const { epoch } = city.committee;
  if (head.epoch > epoch) return mayBother(city, 'epoch', from) ? chase(city, from) : [];
  return head.epoch < epoch ? helpOn(city, from) : [];
}

/** One more of somebody of whom it is known that it says two, and nobody stands on it. */
const isSecondOfKnown = (city: City, vertex: Named): boolean =>
  !city.sync.missing.has(vertex.name) &&
  city.accused.some(({ delegate }) => delegate === memberNode(city, vertex.author)) &&
  otherOf(city, vertex) !== undefined;

/** A claim and whether its signatures are good. */
export function believe(city: City, { claim, from, isGood }: Verified): Effects {
  if (!isGood) {
    refuse(city, 'bad-signature');
    return [];
  }
  switch (claim.is) {
    case 'vertex':
      return believeVertex(city, claim.vertex, from);
    case 'own':
      if (claim.epoch === city.committee.epoch) noteOwn(city, claim.round);
      return [];
    case 'chain':
      city.furthest = { node: from, height: claim.top };
      return caughtUp(city, claim.chain);
    case 'fork':
      return halt(city, claim.fork);
    default:
      return unreachable(claim);
  }
}

function believeVertex(city: City, vertex: Named, from: NodeAddress): Effects {
  const { graph, committee } = city;
  // An epoch may have ended while it was verified.
  if (vertex.vertex.head.epoch !== committee.epoch) return [];
  if (vertex.round <= graph.floor || isKnown(city, vertex.name)) return [];
  const other = otherOf(city, vertex);
  const evidence = other === undefined ? [] : accuse(city, vertex, other);
  if (vertex.author === city.own) noteOwn(city, vertex.round);
  take(city, vertex, from);
  if (vertex.round > graph.top + 2) city.sync.behind ??= from;
  return [...evidence, ...seek(city)];
}

/** Somebody has a vertex of ours, signed, that we may not have: our disk is of before. */
function noteOwn(city: City, round: number): void {
  city.spoken = Math.max(city.spoken, round);
}

/** Recorded once for each author, durably, for whoever judges it later. */
function accuse(city: City, { author, round, vertex }: Named, { vertex: before }: Named): Effects {
  const { accused, self } = city;
  const delegate = memberNode(city, author);
  if (accused.length >= ACCUSATIONS_MAX) return [];
  if (accused.some((each) => each.delegate === delegate && each.head.epoch === vertex.head.epoch))
    return [];
  const evidence = {
    delegate,
    head: vertex.head,
    signature: vertex.signature,
    other: before.head,
    otherSignature: before.signature,
  };
  accused.push(evidence);
  self.probe.sometimes('city: a delegate was seen to speak twice in a round');
  return [
    keep('accused', put(`${ACCUSED}${accused.length}`, toBytes(DagEquivocation, evidence))),
    note(`evidence.${nodeToken(delegate)}`, { delegate, round }),
  ];
}

/** Somebody waits for something. What it holds and we do not, our ledger gets. */
export function nudged(city: City, from: NodeAddress, said: Nudge): Effects {
  const { head, spoken, graph, sync } = city;
  const effects: Effects = [];
  if (said.height > head!.height) effects.push(...chase(city, from));
  if (said.height === head!.height && !same(said.digest, head!.digest))
    effects.push(...suspect(city, from));
  if (said.height < head!.height || said.round < spoken) effects.push(...helpOn(city, from));
  if (said.round > graph.top && said.round > spoken) {
    sync.behind ??= from;
    if (mayBother(city, 'seek', from)) effects.push(...seek(city));
  }
  const unknown = said.entries.filter((entry) => heldTx(city, certKey(entry)) === undefined);
  if (unknown.length === 0 || !mayBother(city, 'fetch', from)) return effects;
  const certs = unknown.map(({ cert }) => cert);
  return [...effects, send(ownLedger(city), Fetch.of({ certs, from, isProved: false }))];
}

/** Where we are, and our last vertex: whoever is behind asks for the rest. */
function helpOn(city: City, from: NodeAddress): Effects {
  if (!mayBother(city, 'help', from)) return [];
  const { height, digest } = city.head!;
  const where = Nudge.of({ height, digest, round: city.spoken, entries: [] });
  const ours = lastOfOurs(city);
  return [
    send(cityOf(from), where),
    ...(ours === undefined ? [] : [send(cityOf(from), SaidVertex.of({ vertex: ours.vertex }))]),
  ];
}

export const lastOfOurs = ({ graph, own, spoken }: City): Named | undefined =>
  own === undefined ? undefined : verticesOf(graph, spoken, own)[0];

/** What we know of somebody who has just begun to live. */
export function hailed(city: City, from: NodeAddress, at: Moment): Effects {
  const { committee, graph, head, spoken, sync } = city;
  if (head === undefined) return [];
  const member = committee.members.findIndex(({ node }) => node === from);
  let last: Named | undefined;
  for (const each of [...graph.byName.values(), ...sync.pending.values()])
    if (each.author === member && each.round > (last?.round ?? 0)) last = each;
  const top = Math.max(graph.top, spoken);
  const yours = last && { head: last.vertex.head, signature: last.vertex.signature };
  return [...reply(at, Hailed.of({ height: head.height, epoch: committee.epoch, top, yours }))];
}
