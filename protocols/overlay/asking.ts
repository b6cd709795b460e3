/**
 * Asking for neighbours: at once where there is room, and later, again and again, those who are out of reach.
 */
import { wake, type Moment } from '../effect.ts';
import { AskNeighbour } from '../overlay.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import { ACTIVE_MAX, LOST_MAX, NEIGHBOUR_MS, TRIES_MAX } from './bounds.ts';
import { drawn, say, type Overlay, type Said } from './state.ts';

export const ASKED = 'neighbour/';
export const REJOIN = 'rejoin';

/** Asks somebody to be a neighbour, and waits for so long. */
export function asks(state: Overlay, peer: NodeAddress, isUrgent: boolean): Said {
  if (state.asking.has(peer) || state.active.has(peer)) return [];
  state.asking.set(peer, { isUrgent });
  return [say(peer, AskNeighbour.of({ isUrgent })), wake(ASKED + peer, NEIGHBOUR_MS)];
}

/** Looks for a neighbour where there is room for one: one after another, a few between two stills. */
export function fill(state: Overlay, at: Moment): Said {
  const { active, asking, passive, tried } = state;
  if (active.size + asking.size >= ACTIVE_MAX) return [];
  const isAlone = active.size === 0;
  const others = [...passive].filter((each) => !tried.has(each) && !asking.has(each));
  if (others.length === 0 || tried.size >= TRIES_MAX)
    return isAlone && asking.size === 0 ? rejoinSoon(state, [], at) : [];
  const [peer] = drawn(others, 1, at.entropy);
  tried.add(peer!);
  return asks(state, peer!, isAlone);
}

/** Calls these, or anybody at all, before long. */
export function rejoinSoon(state: Overlay, peers: readonly NodeAddress[], at: Moment): Said {
  const { of, lost } = state;
  for (const peer of of.plant === 'no-rejoin' ? [] : peers)
    if (!lost.has(peer) && lost.size < LOST_MAX) lost.set(peer, 0);
  if (state.isRejoining) return [];
  state.isRejoining = true;
  return [wake(REJOIN, halved(state, at))];
}

const halved = ({ rejoinMs }: Overlay, { entropy }: Moment): number =>
  rejoinMs / 2 + entropy.below(rejoinMs / 2);
