/**
 * Who is a neighbour of whom: HyParView (Leitão, Pereira, Rodrigues, DSN 2007).
 *
 *   newcomer --join--> contact --forward-join--> ... a walk of six ... --> last --neighbour--> newcomer
 *                         '--agreed--> newcomer                             ^------agreed---------'
 *
 * Three things are not as in the paper. Whoever is walked to is no neighbour before the newcomer agrees, or one that
 * died meanwhile is one all the same. An urgent wish is never declined, or two nodes without neighbours stay so. And
 * whoever is out of reach, which the links say, is called again (rejoin.ts): parts that were cut off from each
 * other do not find together by themselves.
 *
 * That two are neighbours is a thing both must know, and any message of this may be lost: every ten seconds
 * each says so to its neighbours (`still`), and who does not agree answers that it is not so.
 */
import { sleep, wake, type Moment } from '../effect.ts';
import {
  Agreed,
  type AskNeighbour,
  Declined,
  Disconnect,
  ForwardJoin,
  Shuffle,
  Shuffled,
} from '../overlay.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import { ASKED, asks, fill, rejoinSoon } from './asking.ts';
import {
  JOIN_TTL,
  PASSIVE_TTL,
  REJOIN_MS_MIN,
  SHUFFLE_MS,
  SHUFFLE_TTL,
  SHUFFLED_ACTIVE,
  SHUFFLED_PASSIVE,
} from './bounds.ts';
import { drawn, refuse, say, seedsOf, type Overlay, type Said } from './state.ts';
import { drop, hasRoom, letGo, remember, take } from './views.ts';

export const SHUFFLE = 'shuffle';

export function joined(state: Overlay, peer: NodeAddress, { entropy }: Moment): Said {
  const others = [...state.active.keys()].filter((each) => each !== peer);
  const forwarded = ForwardJoin.of({ peer, ttl: JOIN_TTL });
  return [
    say(peer, Agreed.of({})),
    ...take(state, peer, entropy),
    ...others.map((each) => say(each, forwarded)),
  ];
}

export function forwardedJoin(
  state: Overlay,
  { peer, ttl }: ForwardJoin,
  from: NodeAddress,
  { entropy }: Moment,
): Said {
  const { of, active } = state;
  if (peer === of.node || active.has(peer)) return [];
  if (of.plant === 'forward-join-adds-at-once') return take(state, peer, entropy);
  if (ttl === 0 || active.size <= 1) return asks(state, peer, true);
  if (ttl === PASSIVE_TTL) remember(state, peer, entropy);
  const further = [...active.keys()].filter((each) => each !== from && each !== peer);
  const on = ForwardJoin.of({ peer, ttl: ttl - 1 });
  const next = drawn(further, 1, entropy);
  return next.length === 0 ? asks(state, peer, true) : next.map((each) => say(each, on));
}

export function wasAsked(
  state: Overlay,
  { isUrgent }: AskNeighbour,
  from: NodeAddress,
  { entropy }: Moment,
): Said {
  const agrees = isUrgent || hasRoom(state) || state.active.has(from);
  if (agrees) return [say(from, Agreed.of({})), ...take(state, from, entropy)];
  remember(state, from, entropy);
  return [say(from, Declined.of({}))];
}

export function agreed(state: Overlay, from: NodeAddress, at: Moment): Said {
  const asked = state.asking.get(from);
  if (asked === undefined) return notAsked(state, from);
  state.asking.delete(from);
  // The way is open again: the others that are lost are called soon.
  if (state.lost.has(from)) state.rejoinMs = REJOIN_MS_MIN;
  const effects = [sleep(ASKED + from)];
  if (asked.isUrgent || hasRoom(state))
    return [...effects, ...take(state, from, at.entropy), ...fill(state, at)];
  return [...effects, ...letGo(state, from, at.entropy)];
}

/** An answer that comes too late: whoever gave it takes us for a neighbour. */
function notAsked(state: Overlay, from: NodeAddress): Said {
  if (state.active.has(from)) return [];
  return [...refuse(state, 'unasked'), say(from, Disconnect.of({ isAlive: true }))];
}

export function declined(state: Overlay, from: NodeAddress, at: Moment): Said {
  if (!state.asking.delete(from)) return refuse(state, 'unasked');
  state.lost.delete(from);
  remember(state, from, at.entropy);
  return [sleep(ASKED + from), ...fill(state, at)];
}

/** Nobody there: others are tried. A seed is called again. */
export function unanswered(state: Overlay, peer: NodeAddress, at: Moment): Said {
  if (!state.asking.delete(peer) || state.active.has(peer)) return [];
  state.passive.delete(peer);
  const again = seedsOf(state).includes(peer) ? rejoinSoon(state, [peer], at) : [];
  return [...again, ...fill(state, at)];
}

export function disconnected(
  state: Overlay,
  { isAlive }: Disconnect,
  from: NodeAddress,
  at: Moment,
): Said {
  if (!state.active.has(from)) return [];
  const effects = drop(state, from);
  if (isAlive) remember(state, from, at.entropy);
  if (state.of.plant === 'rejoin-at-every-disconnect')
    return [...effects, ...asks(state, from, true)];
  return [...effects, ...fill(state, at)];
}

/** Tells somebody, at the end of a walk, of some that it may not know, and is told of as many. */
export function shuffle(state: Overlay, { entropy }: Moment): Said {
  const { of, active, passive } = state;
  const peers = [
    ...drawn(active.keys(), SHUFFLED_ACTIVE, entropy),
    ...drawn(passive, SHUFFLED_PASSIVE, entropy),
  ];
  const message = Shuffle.of({ origin: of.node, peers, ttl: SHUFFLE_TTL });
  return [
    ...drawn(active.keys(), 1, entropy).map((each) => say(each, message)),
    wake(SHUFFLE, SHUFFLE_MS + entropy.below(SHUFFLE_MS / 4)),
  ];
}

export function shuffled(
  state: Overlay,
  { origin, peers, ttl }: Shuffle,
  from: NodeAddress,
  { entropy }: Moment,
): Said {
  const { of, active, passive } = state;
  if (origin === of.node) return [];
  const others = [...active.keys()].filter((each) => each !== from && each !== origin);
  if (ttl > 0 && others.length > 0) {
    const on = Shuffle.of({ origin, peers, ttl: ttl - 1 });
    return drawn(others, 1, entropy).map((each) => say(each, on));
  }
  const back = drawn(passive, peers.length, entropy);
  for (const each of [...peers, origin]) remember(state, each, entropy);
  return [say(origin, Shuffled.of({ peers: back }))];
}
