/**
 * Whatever is said to an overlay, by whomever, in whatever order: its views and tables stay within their bounds and
 * apart, and its listener is told of a thing once.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  Agreed,
  AskNeighbour,
  Declined,
  Disconnect,
  ForwardJoin,
  Gossip,
  Graft,
  IHave,
  Join,
  Judged,
  payloadId,
  Prune,
  Seeds,
  Shuffle,
  Shuffled,
  Still,
  type OverlayHears,
} from '#protocols/overlay.messages.ts';
import { begin, invariants, step } from '#protocols/overlay/overlay.ts';
import { overlayOf } from '#protocols/overlay/state.ts';
import type { Signal } from '#protocols/effect.ts';
import { address, nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import { moment } from '../moments.ts';

const node = (i: number): NodeAddress => nodeAddress(place('asia.ishikawa.komatsu'), `n${i}`);
const ME = node(0);
const nodes = Array.from({ length: 40 }, (_, i) => node(i));
const payloads = [1, 2, 3].map((first) => Uint8Array.of(first));
const ids = payloads.map((payload) => payloadId('city-head', payload));
const ttls = [0, 3, 6];
const pool: readonly (OverlayHears | Signal)[] = [
  Join.of({}),
  Agreed.of({}),
  Declined.of({}),
  Prune.of({}),
  Graft.of({ id: undefined }),
  ...[true, false].flatMap((isUrgent) => AskNeighbour.of({ isUrgent })),
  ...[true, false].flatMap((isAlive) => Disconnect.of({ isAlive })),
  ...ids.map((id, i) => Judged.of({ id, verdict: (['fit', 'stale', 'unfit'] as const)[i]! })),
  ...nodes.slice(0, 12).map((peer, i) => ForwardJoin.of({ peer, ttl: ttls[i % 3]! })),
  ...ttls.map((ttl) => Shuffle.of({ origin: node(7), peers: nodes.slice(ttl, ttl + 8), ttl })),
  ...[0, 8, 16, 24, 32].map((at) => Shuffled.of({ peers: nodes.slice(at, at + 8) })),
  Seeds.of({ nodes }),
  ...ids.flatMap((id, i) => [
    Gossip.of({ id, topic: 'city-head', payload: payloads[i]!, hops: 1 + 4 * i }),
    IHave.of({ have: [{ id, hops: 1 }] }),
    Still.of({ have: [{ id, hops: 9 }] }),
    Graft.of({ id }),
  ]),
  ...['still', 'shuffle', 'rejoin', ...nodes.slice(0, 8).map((each) => `neighbour/${each}`)].map(
    (id) => ({ kind: 'wake', id }) as const,
  ),
  ...nodes.slice(0, 8).map((each) => ({ kind: 'ended', who: overlayOf(each) }) as const),
];
const OWN = new Set(['overlay.judged', 'overlay.seeds']);

it('keeps its bounds and tells of a thing once', () => {
  const heard = fc.record({ by: fc.constantFrom(...nodes), input: fc.constantFrom(...pool) });
  fc.assert(
    fc.property(fc.array(heard, { maxLength: 120 }), (sequence) => {
      const listeners = new Map([['city-head', 'listener']] as const);
      const [state] = begin({ node: ME, seeds: nodes.slice(0, 3), listeners }, moment());
      let told = 0;
      for (const [now, { by, input }] of sequence.entries()) {
        const from = OWN.has(input.kind) ? address(ME, 'listener') : overlayOf(by);
        const [, effects] = step(state, input, moment(now, { from }));
        invariants(state);
        const isTold = (each: (typeof effects)[number]): boolean =>
          each.do === 'send' && each.message.kind === 'overlay.heard';
        if (input.kind === 'overlay.gossip') told += effects.filter(isTold).length;
      }
      expect(told).toBe(state.heard);
      expect(told).toBeLessThanOrEqual(ids.length);
    }),
  );
});
