/**
 * Caution: a disk may be one of before (restored from a copy, or empty), and whoever speaks by it speaks twice. So
 * before its first vertex a life asks the others what they know of it.
 *
 *   begins --(hail)--> all have answered, or enough when others are silent
 *                        '--> nobody knows more of us than our disk --> speak
 *                        '--> somebody does, or our disk is empty and theirs are not --> silent up to the round after
 *                             the highest that anybody knows
 *
 * Why that is enough: who has spoken in round r stood on vertices of r - 1 by more than two thirds of the stake, so
 * some honest delegate that answers has spoken in r - 1, and knows of that round at least. After `CAUTION_MS` a life
 * speaks in any case: else a city whose delegates were all away could wait for itself; until then it counts
 * as one of the faulty third. What we have said is believed for our own signature alone: else one liar could have whoever
 * restarts believe that it has spoken in the last round there is.
 */
import { Hail, type Hailed } from '../dag.messages.ts';
import { ask, wake } from '../effect.ts';
import type { NodeAddress } from '../subjects.ts';
import { vertexVerifyJob } from '../vertex-head.ts';
import { areQuorum } from './graph.ts';
import { chase } from './chase.ts';
import { arrive } from './inbox.ts';
import { cityOf, type Caution, type City, type Effects } from './state.ts';

export const CAUTION_MS = 10_000;
const HAIL_WITHIN_MS = 600;

/** Asks everybody. */
export function hail(city: City): Effects {
  const { committee, self } = city;
  const others = committee.members.map(({ node }) => node).filter((node) => node !== self.node);
  city.muteUntil = 0;
  city.isSure = others.length === 0;
  city.caution = undefined;
  if (city.isSure || city.own === undefined) return [];
  const none = { top: 0, mine: 0, isBehind: false };
  city.caution = { asked: new Set(others), kept: city.spoken, ...none };
  return [...others.map(hailOne), wake('caution', CAUTION_MS)];
}

const hailOne = (peer: NodeAddress): Effects[number] =>
  ask(`hail/${peer}`, cityOf(peer), Hail.of({}), HAIL_WITHIN_MS);

/** A peer said what it knows of us, or nothing. */
export function heardOf(city: City, peer: NodeAddress, said: Hailed | undefined): Effects {
  const { caution, head, self } = city;
  if (said === undefined) return caution?.asked.has(peer) === true ? silent(city) : [];
  const effects = said.height > head!.height ? chase(city, peer) : [];
  const { epoch } = city.committee;
  if (said.epoch === epoch && said.top > city.graph.top) city.sync.behind ??= peer;
  if (caution === undefined) return effects;
  caution.asked.delete(peer);
  caution.isBehind ||= said.epoch > epoch;
  caution.top = Math.max(caution.top, topOf(said, epoch));
  noteClaim(city, caution, peer, said.yours);
  if (caution.asked.size === 0) conclude(city);
  if (city.muteUntil > 0) self.probe.sometimes('city: a life began by watching');
  return effects;
}

/** Who is in an epoch before has heard nothing of ours; where somebody is in a later one ours is over in any case. */
function topOf(said: Hailed, epoch: number): number {
  if (said.epoch === epoch) return said.top;
  return said.epoch < epoch ? 0 : Number.MAX_SAFE_INTEGER;
}

/** A vertex of ours that a peer has. Until its signature is verified it makes us silent, and no more than that. */
function noteClaim(city: City, caution: Caution, peer: NodeAddress, said: Hailed['yours']): void {
  const { self, committee, own, inbox } = city;
  if (said === undefined || own === undefined) return;
  const { head, signature } = said;
  if (head.author !== own || head.epoch !== committee.epoch || head.place !== self.genesis.place)
    return;
  caution.mine = Math.max(caution.mine, head.round);
  if (head.round <= city.spoken) return;
  const { signing } = committee.members[own]!;
  const job = vertexVerifyJob(self.genesis.network, head, signature, signing);
  arrive(inbox, peer, { is: 'own', epoch: head.epoch, round: head.round }, [job]);
}

/** If enough of the others have answered, whoever is silent is not waited for. */
function silent(city: City): Effects {
  const { caution, committee, graph } = city;
  const heard = committee.members.flatMap(({ node }, i) => (caution!.asked.has(node) ? [] : [i]));
  if (areQuorum(graph, heard)) conclude(city);
  return [];
}

/** Whoever has not answered is asked again. */
export const hailAgain = ({ caution }: City): Effects => [...(caution?.asked ?? [])].map(hailOne);

function conclude(city: City): void {
  const { caution, graph } = city;
  const { top, mine, kept, isBehind } = caution!;
  const { since } = graph;
  const isOld = mine > kept || (kept === since && Math.max(top, graph.floor) > since);
  if (isOld) city.muteUntil = Math.max(top, mine, graph.top) + 1;
  city.isSure = !isBehind;
  city.caution = undefined;
}

/** It was waited for long enough. */
export function endCaution(city: City): void {
  city.caution = undefined;
  city.muteUntil = 0;
}
