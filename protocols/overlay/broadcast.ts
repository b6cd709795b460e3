/**
 * What is spread: Plumtree (Leitão, Pereira, Rodrigues: Epidemic Broadcast Trees, SRDS 2007).
 *
 *   spread --> [heard -> judged fit] --gossip--> eager neighbours       the tree: one whole copy for each node
 *                                  '---ihave---> lazy neighbours       the other edges: names only
 *
 *   a copy of what is known     its sender becomes lazy here, and with a `prune` the other way as well
 *   told of what does not come  `graft` to who told of it: eager both ways, and the payload
 *
 * Safety: nothing is delivered that is not what its name says, nothing twice in a life of this actor, and nothing is
 * passed on before its listener here found it fit: what a liar makes up ends at its own neighbours, who let it go.
 * Liveness: among nodes that are connected by edges between those who are up, each hears it: by the tree in one delay
 * a hop; where an edge is lost, by a graft; where the word of it was lost too, after the next `still`.
 * Cost: n - 1 payloads and about (edges - n + 1) names for each thing spread, once the tree stands.
 */
import { hex, same, unhex } from '#lib/bytes.ts';
import { send, sleep, wake, type Effect, type Moment } from '../effect.ts';
import {
  Gossip,
  Graft,
  Heard,
  HOPS_MAX,
  IHave,
  payloadId,
  Prune,
  type Have,
  type Judged,
  type OverlaySays,
  type Spread,
} from '../overlay.messages.ts';
import { address, type NodeAddress } from '../subjects.ts';
import { GRAFT_FIRST_MS, GRAFT_NEXT_MS, HOPS_SAVED_MIN, MISSING_MAX } from './bounds.ts';
import { bar } from './bar.ts';
import { forgetPayload, learn } from './cache.ts';
import { refuse, say, type Known, type Overlay, type Said } from './state.ts';

export const GRAFT = 'graft/';

/** From this node itself: it is fit. */
export function spread(state: Overlay, { topic, payload }: Spread, { now }: Moment): Said {
  const id = payloadId(topic, payload);
  const key = hex(id);
  if (state.known.has(key)) return [];
  const known: Known = { at: now, topic, payload, hops: 0, from: undefined, is: 'fit' };
  learn(state, key, known);
  return [...found(state, key), ...passOn(state, id, known)];
}

export function gossiped(state: Overlay, gossip: Gossip, from: NodeAddress, at: Moment): Said {
  const { id, topic, payload, hops } = gossip;
  state.copies++;
  if (!same(id, payloadId(topic, payload)))
    return [...refuse(state, 'wrong-id'), ...bar(state, from, at)];
  const key = hex(id);
  if (state.known.has(key)) return repeated(state, from);
  const listener = state.of.listeners.get(topic);
  if (listener === undefined) return refuse(state, 'no-listener');
  state.heard++;
  state.active.get(from)!.isEager = true;
  const effects = [...shorter(state, key, gossip, from), ...found(state, key)];
  const known: Known = { at: at.now, topic, payload, hops, from, is: 'asked' };
  learn(state, key, known);
  if (state.of.plant === 'passes-on-unjudged') effects.push(...passOn(state, id, known));
  return [...effects, told(state, listener, gossip)];
}

const told = (
  { of }: Overlay,
  listener: string,
  { id, topic, payload }: Omit<Heard, 'kind'>,
): Effect<OverlaySays> => send(address(of.node, listener), Heard.of({ id, topic, payload }));

/** What was not judged is told again: its listener may have begun anew. */
export function tellAgain(state: Overlay): Said {
  const effects: Effect<OverlaySays>[] = [];
  for (const [key, { is, topic, payload }] of state.known) {
    if (is !== 'asked' || payload === undefined) continue;
    effects.push(told(state, state.of.listeners.get(topic)!, { id: unhex(key)!, topic, payload }));
  }
  return effects;
}

/** It is there: nobody needs to be asked for it. */
function found({ missing }: Overlay, key: string): Said {
  return missing.delete(key) ? [sleep(GRAFT + key)] : [];
}

/** A way of the tree that is not needed. */
function repeated(state: Overlay, from: NodeAddress): Said {
  if (state.of.plant === 'no-prune') return [];
  state.active.get(from)!.isEager = false;
  return [say(from, Prune.of({}))];
}

/** Somebody told of it who is much nearer to where it began: a way of the tree from now on, instead. */
function shorter(state: Overlay, key: string, { hops }: Gossip, from: NodeAddress): Said {
  for (const [peer, theirs] of state.missing.get(key) ?? []) {
    const neighbour = state.active.get(peer);
    if (neighbour === undefined || peer === from || theirs + HOPS_SAVED_MIN > hops) continue;
    neighbour.isEager = true;
    return [say(peer, Graft.of({ id: undefined })), ...repeated(state, from)];
  }
  return [];
}

export function judged(state: Overlay, { id, verdict }: Judged, at: Moment): Said {
  const known = state.known.get(hex(id));
  if (known?.is !== 'asked') return [];
  known.is = verdict;
  if (verdict === 'fit') return passOn(state, id, known);
  forgetPayload(state, known);
  if (verdict === 'stale') return [];
  return [...refuse(state, 'unfit'), ...(known.from ? bar(state, known.from, at) : [])];
}

function passOn(state: Overlay, id: Uint8Array, { topic, payload, hops, from }: Known): Said {
  if (payload === undefined) return [];
  const further = Math.min(HOPS_MAX, hops + 1);
  const whole = Gossip.of({ id, topic, payload, hops: further });
  const name = IHave.of({ have: [{ id, hops: further }] });
  return [...state.active]
    .filter(([peer]) => peer !== from)
    .map(([peer, { isEager }]) => say(peer, isEager ? whole : name));
}

/** Somebody has these. What does not come by itself is asked for. */
export function announced(state: Overlay, have: Have, from: NodeAddress): Said {
  const effects: Effect<OverlaySays>[] = [];
  for (const { id, hops } of have) {
    const key = hex(id);
    if (state.known.has(key)) continue;
    const told = state.missing.get(key);
    if (told !== undefined) told.set(from, hops);
    else if (state.missing.size >= MISSING_MAX) refuse(state, 'table-full');
    else {
      state.missing.set(key, new Map([[from, hops]]));
      if (state.of.plant !== 'no-graft-timer') effects.push(wake(GRAFT + key, GRAFT_FIRST_MS));
    }
  }
  return effects;
}

/** It has not come: who told of it first is asked, then the next. */
export function graftDue(state: Overlay, key: string): Said {
  const told = state.missing.get(key);
  if (told === undefined) return [];
  for (const [peer] of told) {
    told.delete(peer);
    const neighbour = state.active.get(peer);
    if (neighbour === undefined) continue;
    state.probe.sometimes('overlay: what did not come is asked for');
    neighbour.isEager = true;
    return [say(peer, Graft.of({ id: unhex(key) })), wake(GRAFT + key, GRAFT_NEXT_MS)];
  }
  state.missing.delete(key);
  return [];
}

export function grafted(state: Overlay, { id }: Graft, from: NodeAddress): Said {
  state.active.get(from)!.isEager = true;
  if (id === undefined) return [];
  const known = state.known.get(hex(id));
  if (known?.payload === undefined) return refuse(state, 'not-here');
  // What is not judged yet comes by itself when it is.
  if (known.is === 'asked') return [];
  const { topic, payload, hops } = known;
  return [say(from, Gossip.of({ id, topic, payload, hops: Math.min(HOPS_MAX, hops + 1) }))];
}

export function pruned({ active }: Overlay, from: NodeAddress): Said {
  active.get(from)!.isEager = false;
  return [];
}
