/**
 * The two views: who is a neighbour, who might become one. Nobody stands in both, and the node itself in neither.
 */
import { unwatch, watch, type Entropy } from '../effect.ts';
import { Disconnect, Still } from '../overlay.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import { ACTIVE_MAX, PASSIVE_MAX } from './bounds.ts';
import { haveOf } from './cache.ts';
import { drawn, overlayOf, say, type Overlay, type Said } from './state.ts';

export const hasRoom = ({ active }: Overlay): boolean => active.size < ACTIVE_MAX;

/** Takes a neighbour, who sends it all at first. Where there is no room, somebody goes: drawn, so that nobody chooses. */
export function take(state: Overlay, peer: NodeAddress, entropy: Entropy): Said {
  state.lost.delete(peer);
  if (peer === state.of.node || state.active.has(peer)) return [];
  const gone = hasRoom(state) ? [] : drawn(state.active.keys(), 1, entropy);
  const effects = gone.flatMap((each) => letGo(state, each, entropy));
  state.active.set(peer, { isEager: true });
  state.passive.delete(peer);
  const have = haveOf(state);
  const still = have.length === 0 ? [] : [say(peer, Still.of({ have }))];
  return [...effects, watch(overlayOf(peer)), ...still];
}

/** Is no neighbour any more, and is told. */
export function letGo(state: Overlay, peer: NodeAddress, entropy: Entropy): Said {
  const effects = drop(state, peer);
  remember(state, peer, entropy);
  return [...effects, say(peer, Disconnect.of({ isAlive: true }))];
}

/** Is no neighbour any more. */
export function drop({ active }: Overlay, peer: NodeAddress): Said {
  return active.delete(peer) ? [unwatch(overlayOf(peer))] : [];
}

/** Into the passive view, in the place of anybody where it is full. */
export function remember(
  { of, active, passive }: Overlay,
  peer: NodeAddress,
  entropy: Entropy,
): void {
  if (peer === of.node || active.has(peer) || passive.has(peer)) return;
  if (passive.size >= PASSIVE_MAX)
    for (const each of drawn(passive, 1, entropy)) passive.delete(each);
  passive.add(peer);
}
