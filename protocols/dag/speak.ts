/**
 * Speaking: a vertex on its way out, kept and signed, then said.
 *
 *   made --(keep it, and all that it stands on)--> kept ----.
 *     '----(sign, in the pool)-------------------> signed --'--> in our graph, and to everybody
 *
 * Who dies in between finds it on the disk, signs it once more and says the same: so no two vertices of one round ever
 * leave, whatever is lost. What it stands on is on the disk before it is stood on in public: so what is committed can
 * be found at more than a third of the stake that is honest, even if everybody loses power at once.
 */
import { assert } from '#lib/assert.ts';
import { SaidVertex } from '../dag.messages.ts';
import { ENTRIES_MAX } from '../city-batch.ts';
import { count, record, toBytes, whole, type Infer } from '../codec.ts';
import { FIRST_EPOCH } from '../genesis.ts';
import { compute, forget, keep, put, type Effect, type Write } from '../effect.ts';
import type { Millis } from '../ids.ts';
import { round as roundOf, vertexSignJob } from '../vertex-head.ts';
import { leaderIn, missingOf, named, place, verticesAt, type Named } from './graph.ts';
import { isWhole, nextRound, pace, parentsFor } from './pace.ts';
import { NAMES_NOTHING, toName } from './rest.ts';
import { sealFor } from './seal.ts';
import { toPeers, type City, type Effects } from './state.ts';
import { contentDigest, isLaden, Vertex } from './vertex.ts';
import { stampFor } from './when.ts';

const SPOKEN = 'spoken';
const VERTEX = 'vertex/';
const Spoken = record({ epoch: count(Number.MAX_SAFE_INTEGER), round: roundOf });
export type Spoken = Infer<typeof Spoken>;
const UNSIGNED = new Uint8Array(64);

export interface Speaking {
  readonly id: string;
  readonly head: Vertex['head'];
  readonly content: Vertex['content'];
  signature: Uint8Array | undefined;
  isKept: boolean;
}

/** Speaks if it is time, or sees to it that we look again then. */
export function speakWhenDue(city: City, time: Millis): Effects {
  if (city.own === undefined || city.caution !== undefined || city.speaking !== undefined)
    return [];
  if (city.head === undefined) return [];
  const round = nextRound(city);
  if (round === undefined) return [];
  const when = pace(city, round, time);
  if (when === 'asleep') return [];
  return when === 'now' ? speak(city, round, time) : [{ do: 'wake', id: 'speak', inMs: when }];
}

function speak(city: City, round: number, time: Millis): Effects {
  const { self, committee, graph, own, pace: its } = city;
  assert(own !== undefined && isWhole(city, round - 1), 'a vertex stands on a whole round');
  const { parents, turn, rejects } = parentsFor(city, round, time);
  // Who catches up in a round that is over names nothing: nobody would vote for it any more.
  const isTurn = leaderIn(graph, round) === own && round > graph.top;
  const mayName = isTurn && city.led?.stepsAside !== true;
  const names = mayName ? toName(city, ENTRIES_MAX) : NAMES_NOTHING;
  const content = {
    parents: parents.map(({ author, digest }) => ({ author, digest })),
    turn,
    rejects,
    at: stampFor(city, parents, time),
    ...names,
  };
  const sealed = sealFor(city, round, new Map(parents.map(({ author, name }) => [author, name])));
  const head = {
    place: self.genesis.place,
    epoch: committee.epoch,
    author: own,
    round,
    content: contentDigest(content),
    sealed,
  };
  its.failures = hasVoted(city, parents, rejects, round - 1) ? 0 : its.failures + 1;
  if (rejects) self.probe.sometimes('city: a vertex was stood on and rejected');
  city.spoken = round;
  return [...begin(city, head, content, false), ...keepAll(city, { head, content })];
}

const hasVoted = (
  { graph }: City,
  parents: readonly Named[],
  rejects: boolean,
  turn: number,
): boolean =>
  turn === graph.since ||
  (!rejects && parents.some(({ author }) => author === leaderIn(graph, turn)));

/** Has it signed, and remembers it until that is done. */
function begin(
  city: City,
  head: Vertex['head'],
  content: Vertex['content'],
  isOnDisk: boolean,
): Effects {
  const id = sayId(head);
  const isKept = isOnDisk || city.self.plant === 'vertex-not-kept';
  city.speaking = { id, head, content, signature: undefined, isKept };
  return signAgain(city, id);
}

/** Has it signed, or once more what the pool has failed to sign. */
export function signAgain({ speaking, self }: City, id: string): Effects {
  if (speaking?.id !== id) return [];
  const { network } = self.genesis;
  const job = vertexSignJob(network, speaking.head, self.secrets.signing);
  return [compute(id, 'city.sign', { ...job })];
}

/** Our vertex, and whatever is in the graph and not on the disk; what was decided leaves the disk. */
function keepAll(
  city: City,
  { head, content }: Pick<Vertex, 'head' | 'content'>,
): readonly Effect<never>[] {
  const { graph, onDisk } = city;
  const writes: Write[] = [put(SPOKEN, toBytes(Spoken, { epoch: head.epoch, round: head.round }))];
  const own = named({ head, content, signature: UNSIGNED });
  writes.push(put(keyOf(own), toBytes(Vertex, own.vertex)));
  for (const [key, round] of onDisk) {
    if (round > graph.floor) continue;
    onDisk.delete(key);
    writes.push(forget(key));
  }
  for (let round = graph.floor + 1; graph.rounds.has(round); round++) {
    for (const vertex of verticesAt(graph, round)) {
      if (onDisk.has(keyOf(vertex))) continue;
      onDisk.set(keyOf(vertex), round);
      writes.push(put(keyOf(vertex), toBytes(Vertex, vertex.vertex)));
    }
  }
  return [keep(sayId(head), ...writes)];
}

/** Rounds of two epochs may have one number. */
const sayId = ({ epoch, round }: Vertex['head']): string => `say/${epoch}/${round}`;

const keyOf = ({ round, name }: Named): string => `${VERTEX}${round}/${name}`;

/** It is durable, or signed. If it is both it is said. */
export function spokenMoved(city: City, id: string, signature: Uint8Array | undefined): Effects {
  const { speaking, graph, pace: its } = city;
  if (speaking?.id !== id) return [];
  if (signature === undefined) speaking.isKept = true;
  else speaking.signature = signature;
  if (!speaking.isKept || speaking.signature === undefined) return [];
  city.speaking = undefined;
  its.spokeAt = city.now;
  its.isWhole = false;
  const { head, content } = speaking;
  const vertex = named({ head, content, signature: speaking.signature });
  if (vertex.round <= graph.floor) return [];
  place(graph, vertex);
  city.decisions = undefined;
  if (isLaden(vertex.vertex)) city.rest.ours.set(vertex.name, vertex);
  return toPeers(city, SaidVertex.of({ vertex: vertex.vertex }));
}

/** What our last life kept. */
export interface Kept {
  readonly spoken: Spoken;
  readonly vertices: readonly Named[];
}

export function restored(kept: ReadonlyMap<string, Uint8Array>): Kept {
  const spoken = kept.get(SPOKEN);
  const vertices = [...kept]
    .filter(([key]) => key.startsWith(VERTEX))
    .map(([, bytes]) => named(whole(Vertex, bytes)));
  return {
    spoken: spoken === undefined ? { epoch: FIRST_EPOCH, round: 0 } : whole(Spoken, spoken),
    vertices: vertices.toSorted((a, b) => a.round - b.round),
  };
}

/** Takes its place as it was; our last vertex is signed and said once more. */
export function takeBack(city: City): Effects {
  const { graph, committee, restored: before, own, spoken, onDisk } = city;
  city.restored = [];
  const effects: Effects = [];
  for (const vertex of before) {
    const { author, round } = vertex;
    if (vertex.vertex.head.epoch !== committee.epoch) {
      // It leaves the disk with our next vertex.
      onDisk.set(keyOf(vertex), graph.floor);
      continue;
    }
    const isUnsigned = vertex.vertex.signature.every((byte) => byte === 0);
    if (!isUnsigned || round <= graph.floor) onDisk.set(keyOf(vertex), round);
    if (round <= graph.floor || missingOf(graph, vertex).length > 0) continue;
    if (author === own && round === spoken) {
      city.self.probe.sometimes('city: a vertex was said again by a later life');
      effects.push(...begin(city, vertex.vertex.head, vertex.vertex.content, true));
    } else if (!isUnsigned) place(graph, vertex);
  }
  city.decisions = undefined;
  return effects;
}
