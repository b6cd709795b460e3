/**
 * What was spread of late: payloads for half a minute, to be sent to those who missed them; names for longer, so
 * that nothing is taken for new twice. Both bounded; the oldest go.
 */
import { unhex } from '#lib/bytes.ts';
import { HAVE_MAX, type Have } from '../overlay.messages.ts';
import { ID_MS, IDS_MAX, PAYLOAD_MS, PAYLOADS_BYTES_MAX } from './bounds.ts';
import type { Known, Overlay } from './state.ts';

export function learn(state: Overlay, id: string, known: Known): void {
  state.known.set(id, known);
  state.payloadBytes += known.payload?.length ?? 0;
  for (const [oldest, each] of state.known) {
    if (state.known.size <= IDS_MAX) break;
    forgetPayload(state, each);
    state.known.delete(oldest);
  }
  for (const each of state.known.values()) {
    if (state.payloadBytes <= PAYLOADS_BYTES_MAX) break;
    forgetPayload(state, each);
  }
}

export function forgetPayload(state: Overlay, known: Known): void {
  state.payloadBytes -= known.payload?.length ?? 0;
  known.payload = undefined;
}

/** What is too old goes. */
export function sweep(state: Overlay, now: number): void {
  for (const [id, known] of state.known) {
    if (known.at + PAYLOAD_MS > now) return;
    forgetPayload(state, known);
    if (known.at + ID_MS <= now) state.known.delete(id);
  }
}

/** What can be had here, the newest of it. */
export function haveOf({ known }: Overlay): Have {
  const had = [...known].filter(([, { is, payload }]) => is === 'fit' && payload !== undefined);
  return had.slice(-HAVE_MAX).map(([id, { hops }]) => ({ id: unhex(id)!, hops }));
}
