/**
 * Saying things again. One tick for everything, so that nothing that is lost is lost for good:
 *
 *   our ledger has not said where it is     ask it to say again
 *   something was decided, not applied      give it to the ledger again
 *   something is under way, and stands      our last vertex and what waits, to everybody; what is missing is asked of
 *                                           one peer after another
 *   now and then                            where we are, to one peer after another: an idle city is in step too
 */
import { Nudge, SaidVertex } from '../dag.messages.ts';
import { send, wake } from '../effect.ts';
import { Resume } from '../order.messages.ts';
import { hailAgain } from './caution.ts';
import { handAgain } from './follow.ts';
import { lastOfOurs } from './hear.ts';
import { fetchMissing } from './judge.ts';
import { isWanted, wakeRested } from './rest.ts';
import { openVertices } from './seal.ts';
import { cityOf, ownLedger, refusals, toPeers, type City, type Effects } from './state.ts';
import { seek } from './sync.ts';

export const TICK_MS = 400;
/** Nothing is said again sooner than so many times what a round takes: it may be on its way. */
const SAID_PACES = 2;
const PULSE_TICKS = 5;
const NUDGED_MAX = 64;

export function tick(city: City): Effects {
  const { head, peers } = city;
  city.ticks++;
  city.bothered.clear();
  wakeRested(city);
  const again = [wake('tick', TICK_MS), ...refusals(city)];
  if (head === undefined) return [...again, send(ownLedger(city), Resume.of({}))];
  const peer = peers[city.ticks % Math.max(1, peers.length)];
  const effects = [...again, ...handAgain(city), ...seek(city, peer), ...hailAgain(city)];
  const isUnderWay = isWanted(city) || openVertices(city).length > 0;
  if (isUnderWay)
    return [...effects, ...sayAgain(city), ...leaveToOthers(city), ...fetchMissing(city, peer)];
  const isPulse = peer !== undefined && city.ticks % PULSE_TICKS === 0;
  return isPulse ? [...effects, send(cityOf(peer), nudgeOf(city))] : effects;
}

function sayAgain(city: City): Effects {
  const { pace, now } = city;
  if (now - pace.spokeAt < Math.max(TICK_MS / 2, SAID_PACES * pace.roundMs)) return [];
  const ours = lastOfOurs(city);
  return [
    ...(ours === undefined ? [] : toPeers(city, SaidVertex.of({ vertex: ours.vertex }))),
    ...toPeers(city, nudgeOf(city)),
  ];
}

/**
 * Whoever names nothing for now has others fetch what waits here, however fast rounds go: it is unsure of the time
 * (clock/clock.ts), or others have its turns, for many batches (stake/turns.ts).
 */
function leaveToOthers(city: City): Effects {
  const { led, graph, own, waiting } = city;
  const isPassed = own !== undefined && graph.passed.has(own);
  const namesNothing = led?.stepsAside === true || isPassed;
  return namesNothing && waiting.size > 0 ? toPeers(city, nudgeOf(city)) : [];
}

/** Who only follows has spoken nowhere, and is as far as its graph. */
function nudgeOf({ waiting, head, spoken, own, graph }: City): Nudge {
  const entries = [];
  for (const entry of waiting.values()) {
    if (entries.length === NUDGED_MAX) break;
    entries.push(entry);
  }
  const round = own === undefined ? graph.top : spoken;
  const { height, digest } = head!;
  return Nudge.of({ height, digest, round, entries });
}
