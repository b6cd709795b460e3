/**
 * The overlay of one node, step by step. Method: neighbours by hand, what is said compared. Whole overlays under
 * faults are in simulations/overlay.ts.
 */
import { describe, expect, it } from 'vitest';
import type { Effect } from '#protocols/effect.ts';
import {
  Agreed,
  AskNeighbour,
  Declined,
  Disconnect,
  ForwardJoin,
  Gossip,
  Graft,
  Heard,
  IHave,
  Join,
  Judged,
  payloadId,
  Prune,
  Spread,
  Still,
  type OverlayHears,
  type OverlaySays,
} from '#protocols/overlay.messages.ts';
import { ACTIVE_MAX, ALLOWANCE, ID_MS, PAYLOAD_MS } from '#protocols/overlay/bounds.ts';
import { begin, invariants, step } from '#protocols/overlay/overlay.ts';
import { overlayOf, type Overlay } from '#protocols/overlay/state.ts';
import { address, nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import { moment } from '../moments.ts';

const KOMATSU = place('asia.ishikawa.komatsu');
const nodeOf = (i: number): NodeAddress => nodeAddress(KOMATSU, `n${i}`);
const ME = nodeAddress(KOMATSU, 'me');
const [A, B, C, D, E, F] = Array.from({ length: 6 }, (_, i) => nodeOf(i)) as [
  NodeAddress,
  NodeAddress,
  NodeAddress,
  NodeAddress,
  NodeAddress,
  NodeAddress,
];
const LISTENER = address(ME, 'listener');
const options = { node: ME, seeds: [A], listeners: new Map([['city-head', 'listener']] as const) };

type Did = readonly Effect<OverlaySays>[];
const hear = (state: Overlay, by: NodeAddress, input: OverlayHears, now = 0): Did => {
  const [, effects] = step(state, input, moment(now, { from: overlayOf(by) }));
  invariants(state);
  return effects;
};
const own = (state: Overlay, input: OverlayHears, now = 0): Did =>
  step(state, input, moment(now, { from: LISTENER }))[1];
const wakes = (state: Overlay, id: string, now = 0): Did =>
  step(state, { kind: 'wake', id }, moment(now))[1];
/** What was said to whom. */
const said = (effects: Did): [string, OverlaySays][] =>
  effects.flatMap(
    (each) => (each.do === 'send' ? [[each.to, each.message] as const] : []) as never,
  );
const kindsTo = (effects: Did, to: NodeAddress): string[] =>
  said(effects).flatMap(([whom, { kind }]) => (whom === overlayOf(to) ? [kind] : []));

/** With these as neighbours. */
function among(...neighbours: readonly NodeAddress[]): Overlay {
  const [state] = begin(options, moment());
  for (const each of neighbours) hear(state, each, AskNeighbour.of({ isUrgent: true }));
  return state;
}

const payload = Uint8Array.of(1, 2, 3);
const id = payloadId('city-head', payload);
const gossip = (hops = 1): OverlayHears => Gossip.of({ id, topic: 'city-head', payload, hops });
const fit = Judged.of({ id, verdict: 'fit' });

describe('neighbours', () => {
  it('an urgent wish is never declined, another one only with room', () => {
    const state = among(A, B, C, D, E);
    expect(said(hear(state, F, AskNeighbour.of({ isUrgent: false })))).toEqual([
      [overlayOf(F), Declined.of({})],
    ]);
    const effects = hear(state, F, AskNeighbour.of({ isUrgent: true }));
    expect(kindsTo(effects, F)).toEqual(['overlay.agreed']);
    expect(state.active.size).toBe(ACTIVE_MAX);
    const gone = [A, B, C, D, E].find((each) => !state.active.has(each));
    expect(kindsTo(effects, gone!)).toEqual(['overlay.disconnect']);
    expect(state.passive.has(gone!)).toBe(true);
  });

  it('who joins is a neighbour of the contact, and walks on from all others', () => {
    const state = among(A, B);
    const effects = hear(state, C, Join.of({}));
    expect(kindsTo(effects, C)).toEqual(['overlay.agreed']);
    for (const each of [A, B]) expect(kindsTo(effects, each)).toEqual(['overlay.forward-join']);
  });

  it('who is walked to is asked first, and a neighbour when it agrees', () => {
    const state = among(A);
    const effects = hear(state, A, ForwardJoin.of({ peer: F, ttl: 0 }));
    expect(said(effects)).toEqual([[overlayOf(F), AskNeighbour.of({ isUrgent: true })]]);
    expect(state.active.has(F)).toBe(false);
    hear(state, F, Agreed.of({}));
    expect(state.active.has(F)).toBe(true);
  });

  it('who agrees too late, where there is no room, is told', () => {
    const state = among(A, B, C, D, E);
    expect(said(hear(state, F, Agreed.of({})))).toEqual([
      [overlayOf(F), Disconnect.of({ isAlive: true })],
    ]);
    expect(state.refused.get('unasked')).toBe(1);
  });

  it('who takes us for a neighbour becomes one where there is room, and is told where not', () => {
    const still = Still.of({ have: [] });
    const state = among(A, B, C, D);
    hear(state, E, still);
    expect(state.active.has(E)).toBe(true);
    expect(kindsTo(hear(state, F, still), F)).toEqual(['overlay.disconnect']);
    expect(state.refused.get('stranger')).toBe(1);
  });

  it('who is out of reach is called again; who let us go is not', () => {
    const state = among(A, B, C);
    hear(state, B, Disconnect.of({ isAlive: true }));
    expect([...state.lost.keys()]).toEqual([]);
    step(state, { kind: 'ended', who: overlayOf(A) }, moment());
    expect([...state.lost.keys()]).toEqual([A]);
    expect(kindsTo(wakes(state, 'rejoin'), A)).toEqual(['overlay.join']);
  });
});

describe('what is spread', () => {
  it('is told to its listener, and passed on when that finds it fit', () => {
    const state = among(A, B, C);
    expect(said(hear(state, A, gossip()))).toEqual([
      [LISTENER, Heard.of({ id, topic: 'city-head', payload })],
    ]);
    const effects = own(state, fit);
    expect(said(effects)).toEqual([B, C].map((each) => [overlayOf(each), gossip(2)]));
  });

  it('that is not fit ends here, and so does the neighbourhood', () => {
    const state = among(A, B);
    hear(state, A, gossip());
    const effects = own(state, Judged.of({ id, verdict: 'unfit' }));
    expect(said(effects)).toEqual([[overlayOf(A), Disconnect.of({ isAlive: false })]]);
    expect(hear(state, A, gossip())).toEqual([]);
    expect([...state.refused]).toEqual([
      ['unfit', 1],
      ['barred', 1],
    ]);
  });

  it('that is stale ends here, and nobody minds', () => {
    const state = among(A, B);
    hear(state, A, gossip());
    expect(own(state, Judged.of({ id, verdict: 'stale' }))).toEqual([]);
    expect(kindsTo(hear(state, B, gossip()), B)).toEqual(['overlay.prune']);
  });

  it('under a name that is not its hash is refused, and who says so is barred', () => {
    const state = among(A);
    const wrong = { ...gossip(), payload: Uint8Array.of(9) } as OverlayHears;
    expect(said(hear(state, A, wrong))).toEqual([
      [overlayOf(A), Disconnect.of({ isAlive: false })],
    ]);
    expect(state.refused.get('wrong-id')).toBe(1);
    expect(state.known.size).toBe(0);
  });

  it('comes a second time: its sender only tells of it from then on', () => {
    const state = among(A, B, C);
    hear(state, A, gossip());
    expect(said(hear(state, B, gossip()))).toEqual([[overlayOf(B), Prune.of({})]]);
    hear(state, C, Prune.of({}));
    const have = [{ id, hops: 2 }];
    expect(said(own(state, fit))).toEqual(
      [B, C].map((each) => [overlayOf(each), IHave.of({ have })]),
    );
  });

  it('is asked for where it was told of and does not come: of one after another', () => {
    const state = among(A, B);
    for (const each of [A, B]) hear(state, each, IHave.of({ have: [{ id, hops: 1 }] }));
    const [timer] = [...state.missing.keys()].map((key) => `graft/${key}`);
    expect(said(wakes(state, timer!))).toEqual([[overlayOf(A), Graft.of({ id })]]);
    expect(said(wakes(state, timer!))).toEqual([[overlayOf(B), Graft.of({ id })]]);
    expect(said(hear(state, B, gossip()))).toHaveLength(1);
    expect(state.missing.size).toBe(0);
  });

  it('is sent to who asks, as long as it is here; its name is known longer', () => {
    const state = among(A);
    own(state, Spread.of({ topic: 'city-head', payload }));
    expect(said(hear(state, A, Graft.of({ id })))).toEqual([[overlayOf(A), gossip()]]);
    wakes(state, 'still', PAYLOAD_MS);
    expect(hear(state, A, Graft.of({ id }))).toEqual([]);
    expect(state.refused.get('not-here')).toBe(1);
    expect(kindsTo(hear(state, A, gossip(), PAYLOAD_MS), A)).toEqual(['overlay.prune']);
    wakes(state, 'still', ID_MS);
    expect(state.known.size).toBe(0);
  });

  it('takes the way that is seven hops shorter', () => {
    const state = among(A, B);
    hear(state, B, Prune.of({}));
    hear(state, B, IHave.of({ have: [{ id, hops: 1 }] }));
    const effects = hear(state, A, gossip(8));
    expect(kindsTo(effects, B)).toEqual(['overlay.graft']);
    expect(kindsTo(effects, A)).toEqual(['overlay.prune']);
    expect([...state.active.values()].map(({ isEager }) => isEager)).toEqual([false, true]);
  });
});

describe('bounds', () => {
  it('one peer says so much, and nobody but this node spreads in its name', () => {
    const state = among(A);
    for (let i = 0; i < ALLOWANCE.burst + 5; i++) hear(state, A, Prune.of({}));
    expect(state.refused.get('too-often')).toBeGreaterThan(0);
    hear(state, A, Spread.of({ topic: 'city-head', payload }));
    step(state, Prune.of({}), moment(0, { from: address(A, 'ledger') }));
    expect(state.refused.get('no-overlay')).toBe(2);
    expect(state.known.size).toBe(0);
  });
});
