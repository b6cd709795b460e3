/**
 * Coming together again. Two parts of an overlay that were cut off from each other are each whole, and nobody in them
 * lacks a neighbour: nothing in HyParView brings them together. So whoever was out of reach, as the links tell it, is
 * called again, with a `join`: less and less often, a seed for ever, others a few times. Some seeds are asked as
 * well, since the one that is out of reach may be dead and the cut elsewhere.
 *
 * Only that: were everybody called back who lets somebody go, each call would make another one go, without end.
 */
import { wake, type Moment } from '../effect.ts';
import { Join } from '../overlay.messages.ts';
import { nodeOf, type Address } from '../subjects.ts';
import { ASKED, asks, fill, rejoinSoon } from './asking.ts';
import { NEIGHBOUR_MS, PROBED_SEEDS, REJOIN_MS_MAX, REJOIN_MS_MIN, REJOINS_MAX } from './bounds.ts';
import { drawn, say, seedsOf, type Overlay, type Said } from './state.ts';
import { drop } from './views.ts';

/** The links found nobody there. */
export function outOfReach(state: Overlay, who: Address, at: Moment): Said {
  const peer = nodeOf(who);
  if (!state.active.has(peer)) return [];
  state.probe.sometimes('overlay: a neighbour is out of reach');
  drop(state, peer);
  state.rejoinMs = REJOIN_MS_MIN;
  const seeds = seedsOf(state).filter((each) => each !== peer && !state.active.has(each));
  return [
    ...rejoinSoon(state, [peer], at),
    ...drawn(seeds, PROBED_SEEDS, at.entropy).flatMap((each) => asks(state, each, false)),
    ...fill(state, at),
  ];
}

/** One that is lost is called; whoever has no neighbour at all calls anybody that it knows. */
export function rejoin(state: Overlay, at: Moment): Said {
  const { active, passive, lost, asking } = state;
  state.isRejoining = false;
  const seeds = seedsOf(state);
  const known = active.size === 0 ? [...lost.keys(), ...passive, ...seeds] : [...lost.keys()];
  const [peer] = drawn(new Set(known), 1, at.entropy);
  if (peer === undefined) {
    state.rejoinMs = REJOIN_MS_MIN;
    return [];
  }
  const times = (lost.get(peer) ?? 0) + 1;
  if (times > REJOINS_MAX && !seeds.includes(peer)) lost.delete(peer);
  else if (lost.has(peer)) lost.set(peer, times);
  state.rejoinMs = Math.min(REJOIN_MS_MAX, 2 * state.rejoinMs);
  asking.set(peer, { isUrgent: true });
  return [say(peer, Join.of({})), wake(ASKED + peer, NEIGHBOUR_MS), ...rejoinSoon(state, [], at)];
}
