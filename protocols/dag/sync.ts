/**
 * Sync: vertices that stand on what is not here wait for it, and it is asked for.
 *
 *   verified --> all that it stands on is here --> graph --> those that waited for it, and so on
 *                '--> something is missing --> pending, asked of whoever said it, then of one peer after another
 *
 * Bounds: of each author so many pending; of one author and round the first vertex, and others only where something
 * pending stands on them: an author that says two counts with the one that honest delegates chose. Rounds that are too far
 * above the top are not taken in but asked for from below; what is decided is let go.
 */
import { hex } from '#lib/bytes.ts';
import { VERTICES_MAX, Vertices, WANTED_MAX, WantVertices } from '../dag.messages.ts';
import { toBytes } from '../codec.ts';
import { ask, reply, type Moment } from '../effect.ts';
import type { NodeAddress } from '../subjects.ts';
import { missingOf, place, verticesAt, verticesOf, type Named } from './graph.ts';
import { cityOf, mayBother, refuse, type City, type Effects } from './state.ts';
import { Vertex } from './vertex.ts';

const PENDING_MAX = 128;
/** Of one author in one round; honest delegates chose one each. */
const VARIANTS_MAX = 16;
const ANSWER_BYTES = 300_000;
const WANT_WITHIN_MS = 1_000;
const ANSWERS_MAX = 16;

export interface Sync {
  readonly pending: Map<string, Named>;
  /** What is missing, and who knows it. */
  readonly missing: Map<string, { readonly digest: Uint8Array; readonly from: NodeAddress }>;
  /** Whom we have asked and who has not answered. */
  readonly asking: Set<NodeAddress>;
  /** Who knows more than fits into one answer. */
  behind: NodeAddress | undefined;
}

export const noSync = (): Sync => ({
  pending: new Map(),
  missing: new Map(),
  asking: new Set(),
  behind: undefined,
});

export const isKnown = ({ graph, sync }: City, name: string): boolean =>
  graph.byName.has(name) || sync.pending.has(name);

/** Another vertex of the same author and round that is verified. */
export function otherOf({ graph, sync }: City, { author, round, name }: Named): Named | undefined {
  const placed = verticesOf(graph, round, author).find((each) => each.name !== name);
  if (placed !== undefined) return placed;
  for (const each of sync.pending.values())
    if (each.author === author && each.round === round && each.name !== name) return each;
  return undefined;
}

/** A verified vertex. */
export function take(city: City, vertex: Named, from: NodeAddress): void {
  const { graph, sync } = city;
  if (vertex.round <= graph.floor || isKnown(city, vertex.name)) return;
  const isMissed = sync.missing.delete(vertex.name);
  if (otherOf(city, vertex) !== undefined) {
    const { length } = verticesOf(graph, vertex.round, vertex.author);
    if (!isMissed || length >= VARIANTS_MAX) return refuse(city, 'second-of-round');
  }
  if (missingOf(graph, vertex).length === 0) settle(city, vertex);
  else pend(city, vertex, from, isMissed);
}

function pend(city: City, vertex: Named, from: NodeAddress, isMissed: boolean): void {
  const { sync, graph } = city;
  const ofAuthor = [...sync.pending.values()].filter(({ author }) => author === vertex.author);
  if (ofAuthor.length >= PENDING_MAX && !isMissed) return refuse(city, 'crowded');
  sync.pending.set(vertex.name, vertex);
  const digests = new Map(vertex.vertex.content.parents.map(({ digest }) => [hex(digest), digest]));
  for (const name of missingOf(graph, vertex)) {
    if (!sync.pending.has(name) && !sync.missing.has(name))
      sync.missing.set(name, { digest: digests.get(name)!, from });
  }
}

/** It takes its place, and whatever waited for it. */
function settle(city: City, first: Named): void {
  const { graph, sync } = city;
  place(graph, first);
  city.decisions = undefined;
  for (let isMore = sync.pending.size > 0; isMore;) {
    isMore = false;
    for (const vertex of sync.pending.values()) {
      if (missingOf(graph, vertex).length > 0) continue;
      sync.pending.delete(vertex.name);
      place(graph, vertex);
      isMore = true;
    }
  }
}

/** The floor has risen: what waited for what is below it now has all it needs. */
export function afterFloor(city: City): void {
  const { graph, sync } = city;
  city.decisions = undefined;
  for (const vertex of [...sync.pending.values()].toSorted((a, b) => a.round - b.round)) {
    if (vertex.round > graph.floor && missingOf(graph, vertex).length > 0) continue;
    sync.pending.delete(vertex.name);
    place(graph, vertex);
  }
  const needed = new Set([...sync.pending.values()].flatMap((each) => missingOf(graph, each)));
  for (const name of sync.missing.keys()) if (!needed.has(name)) sync.missing.delete(name);
}

/** Asks for what is missing: whoever said what stands on it, or this one. */
export function seek(city: City, whom?: NodeAddress): Effects {
  const { sync, graph } = city;
  const of = new Map<NodeAddress, Uint8Array[]>();
  for (const { digest, from } of sync.missing.values()) {
    const peer = whom ?? from;
    of.set(peer, [...(of.get(peer) ?? []), digest]);
  }
  if (sync.behind !== undefined) {
    const peer = whom ?? sync.behind;
    of.set(peer, of.get(peer) ?? []);
  }
  return [...of].flatMap(([peer, digests]) => {
    if (sync.asking.has(peer)) return [];
    sync.asking.add(peer);
    const since = sync.behind === undefined ? undefined : graph.top;
    const question = WantVertices.of({ digests: digests.slice(0, WANTED_MAX), since });
    return [ask(`want/${peer}`, cityOf(peer), question, WANT_WITHIN_MS)];
  });
}

/** A peer wants vertices: those that are here. */
export function wanted(city: City, from: NodeAddress, said: WantVertices, at: Moment): Effects {
  if (!mayBother(city, 'want', from, ANSWERS_MAX)) {
    refuse(city, 'asks-too-often');
    return [];
  }
  const { graph } = city;
  const found: Vertex[] = [];
  let bytes = 0;
  const give = ({ vertex }: Named): boolean => {
    bytes += toBytes(Vertex, vertex).length;
    if (found.length === VERTICES_MAX || (found.length > 0 && bytes > ANSWER_BYTES)) return false;
    found.push(vertex);
    return true;
  };
  for (const digest of said.digests) {
    const vertex = graph.byName.get(hex(digest));
    if (vertex !== undefined && !give(vertex)) break;
  }
  if (said.since !== undefined) {
    const all = [...graph.rounds.keys()].filter((round) => round > said.since!);
    all.toSorted((a, b) => a - b).every((round) => verticesAt(graph, round).every(give));
  }
  return [...reply(at, Vertices.of({ vertices: found }))];
}
