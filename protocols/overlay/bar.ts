/** Whoever passes on what is not fit is no neighbour for a while, and not asked to be one. */
import type { Moment } from '../effect.ts';
import { Disconnect } from '../overlay.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import { BARRED_MAX, BARRED_MS } from './bounds.ts';
import { say, type Overlay, type Said } from './state.ts';
import { drop } from './views.ts';

export function bar(state: Overlay, peer: NodeAddress, { now }: Moment): Said {
  const { barred, passive, lost } = state;
  for (const oldest of barred.keys()) {
    if (barred.size < BARRED_MAX) break;
    barred.delete(oldest);
  }
  barred.set(peer, now + BARRED_MS);
  passive.delete(peer);
  lost.delete(peer);
  return [...drop(state, peer), say(peer, Disconnect.of({ isAlive: false }))];
}

export function isBarred({ barred }: Overlay, peer: NodeAddress, now: number): boolean {
  const until = barred.get(peer);
  if (until === undefined) return false;
  if (until > now) return true;
  barred.delete(peer);
  return false;
}
