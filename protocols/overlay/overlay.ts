/**
 * The overlay: whatever concerns every delegate, anchor and follower is spread among them without anybody who knows,
 * or sends to, all of them.
 *
 *   whoever has something --spread--> overlay ~~ neighbours, their neighbours ~~> overlay --heard--> listener
 *                                                                                   ^----judged-----'
 *
 *   membership.ts   who is a neighbour of whom: five each, known on both sides       HyParView
 *   rejoin.ts       who was out of reach is called again
 *   broadcast.ts    a tree along those edges, and the edges beside it                Plumtree
 *   cache.ts        what was spread of late
 *   bar.ts          who passes on what is not fit
 *
 * Presence, not gossip, says who there is: the delegates of the genesis and some of the newest list are the
 * seeds; shuffles only mix who is known already. docs/protocols/overlay.md has the counts.
 *
 * Bounds: views, tables and cache (bounds.ts), and what one peer may say. Whatever is refused is counted by name.
 */
import { assert } from '#lib/assert.ts';
import { takeOne } from '../allowance.ts';
import { wake, type Moment, type Signal, type Step } from '../effect.ts';
import { Disconnect, Still, type OverlayHears, type OverlaySays } from '../overlay.messages.ts';
import { isOn, nodeOf, type NodeAddress } from '../subjects.ts';
import { ASKED, fill, REJOIN, rejoinSoon } from './asking.ts';
import { isBarred } from './bar.ts';
import { ACTIVE_MAX, ALLOWANCE, PASSIVE_MAX, STILL_MS } from './bounds.ts';
import {
  announced,
  GRAFT,
  graftDue,
  grafted,
  gossiped,
  judged,
  pruned,
  spread,
  tellAgain,
} from './broadcast.ts';
import { haveOf, sweep } from './cache.ts';
import {
  agreed,
  declined,
  disconnected,
  forwardedJoin,
  joined,
  SHUFFLE,
  shuffle,
  shuffled,
  unanswered,
  wasAsked,
} from './membership.ts';
import { outOfReach, rejoin } from './rejoin.ts';
import {
  empty,
  overlayOf,
  refuse,
  say,
  seedsOf,
  type Overlay,
  type OverlayOptions,
  type Said,
} from './state.ts';
import { hasRoom, remember, take } from './views.ts';

const STILL = 'still';

type Did = Step<Overlay, OverlaySays>;

/**
 * Whoever is new calls a seed. A seed calls all others: each of them may have been called before it called anybody, and
 * then there are as many overlays as seeds.
 */
export function begin(of: OverlayOptions, at: Moment): Did {
  const state = empty(of);
  const called = of.seeds.includes(of.node) ? seedsOf(state) : [];
  return [
    state,
    [
      wake(STILL, 1 + at.entropy.below(STILL_MS)),
      wake(SHUFFLE, 1 + at.entropy.below(STILL_MS)),
      ...rejoinSoon(state, called, at),
    ],
  ];
}

export function step(state: Overlay, input: OverlayHears | Signal, at: Moment): Did {
  switch (input.kind) {
    case 'wake':
      return [state, woken(state, input.id, at)];
    case 'ended':
      return [state, outOfReach(state, input.who, at)];
    case 'overlay.spread':
    case 'overlay.judged':
    case 'overlay.seeds':
      return [state, ofOwn(state, input, at)];
    default:
      return [state, isOfPeers(input) ? fromPeer(state, input, at) : []];
  }
}

/** What must be true between any two steps. */
export function invariants({ of, active, passive, known, payloadBytes }: Overlay): void {
  assert(active.size <= ACTIVE_MAX && passive.size <= PASSIVE_MAX, 'views are bounded');
  assert(!active.has(of.node) && !passive.has(of.node), 'nobody is its own neighbour');
  for (const peer of active.keys()) assert(!passive.has(peer), 'nobody stands in both views');
  let bytes = 0;
  for (const { payload } of known.values()) bytes += payload?.length ?? 0;
  assert(bytes === payloadBytes, 'payloads are counted');
}

type FromPeer = Exclude<
  OverlayHears,
  { kind: 'overlay.spread' | 'overlay.judged' | 'overlay.seeds' }
>;
type FromOwn = Exclude<OverlayHears, FromPeer>;
const isOfPeers = (input: OverlayHears | Signal): input is FromPeer =>
  input.kind.startsWith('overlay.');

function woken(state: Overlay, id: string, at: Moment): Said {
  if (id.startsWith(GRAFT)) return graftDue(state, id.slice(GRAFT.length));
  if (id.startsWith(ASKED)) return unanswered(state, id.slice(ASKED.length) as NodeAddress, at);
  if (id === SHUFFLE) return shuffle(state, at);
  return id === REJOIN ? rejoin(state, at) : still(state, at);
}

/** Every now and then: who is still a neighbour, what is still there, and whether there is room. */
function still(state: Overlay, at: Moment): Said {
  sweep(state, at.now);
  state.tried.clear();
  const message = Still.of({ have: haveOf(state) });
  return [
    ...[...state.active.keys()].map((peer) => say(peer, message)),
    ...tellAgain(state),
    ...fill(state, at),
    wake(STILL, STILL_MS - STILL_MS / 8 + at.entropy.below(STILL_MS / 4)),
  ];
}

/** Of this node alone. */
function ofOwn(state: Overlay, input: FromOwn, at: Moment): Said {
  const { of } = state;
  if (at.from !== undefined && !isOn(at.from, of.node)) return refuse(state, 'no-overlay');
  switch (input.kind) {
    case 'overlay.spread':
      return spread(state, input, at);
    case 'overlay.judged':
      return judged(state, input, at);
    default:
      return listed(state, input.nodes, at);
  }
}

/** Who is on the newest list: seeds from now on, and known. */
function listed(state: Overlay, nodes: readonly NodeAddress[], at: Moment): Said {
  state.listed = nodes;
  for (const node of nodes) if (!isBarred(state, node, at.now)) remember(state, node, at.entropy);
  return fill(state, at);
}

function fromPeer(state: Overlay, input: FromPeer, at: Moment): Said {
  const { from } = at;
  if (from === undefined || isOn(from, state.of.node) || from !== overlayOf(nodeOf(from)))
    return refuse(state, 'no-overlay');
  const peer = nodeOf(from);
  if (isBarred(state, peer, at.now)) return refuse(state, 'barred');
  if (!takeOne(state.allowances, peer, at.now, ALLOWANCE)) return refuse(state, 'too-often');
  switch (input.kind) {
    case 'overlay.join':
      return joined(state, peer, at);
    case 'overlay.neighbour':
      return wasAsked(state, input, peer, at);
    case 'overlay.agreed':
      return agreed(state, peer, at);
    case 'overlay.declined':
      return declined(state, peer, at);
    case 'overlay.disconnect':
      return disconnected(state, input, peer, at);
    case 'overlay.shuffled':
      for (const each of input.peers) remember(state, each, at.entropy);
      return [];
    default:
      return alongAnEdge(state, input, peer, at);
  }
}

type AlongAnEdge = Extract<
  FromPeer,
  {
    kind: `overlay.${'forward-join' | 'still' | 'shuffle' | 'gossip' | 'ihave' | 'graft' | 'prune'}`;
  }
>;

/** Only neighbours say these. Who takes us for one, where we do not, becomes one or is told. */
function alongAnEdge(state: Overlay, input: AlongAnEdge, peer: NodeAddress, at: Moment): Said {
  if (!state.active.has(peer) && !hasRoom(state))
    return [...refuse(state, 'stranger'), say(peer, Disconnect.of({ isAlive: true }))];
  return [...take(state, peer, at.entropy), ...ofNeighbour(state, input, peer, at)];
}

function ofNeighbour(state: Overlay, input: AlongAnEdge, peer: NodeAddress, at: Moment): Said {
  switch (input.kind) {
    case 'overlay.forward-join':
      return forwardedJoin(state, input, peer, at);
    case 'overlay.shuffle':
      return shuffled(state, input, peer, at);
    case 'overlay.gossip':
      return gossiped(state, input, peer, at);
    case 'overlay.graft':
      return grafted(state, input, peer);
    case 'overlay.prune':
      return pruned(state, peer);
    default:
      return announced(state, input.have, peer);
  }
}
