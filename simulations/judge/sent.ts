/**
 * The judge's own copy of what was sent, and of what senders were told: lines of JSON, written by whoever
 * sends, before the city is asked and after it has answered.
 *
 *   {"sent":"<id>","body":"<hex>"}                  before anything leaves
 *   {"told":"<id>","as":"COMMITTED"}                how the call ended: a state, or the word of an error
 *
 * A transaction that has no second line is a call without an end. The last line may be cut short, where the
 * sender itself was killed.
 */
import { unhex } from '#lib/bytes.ts';

export interface Sent {
  /** As text. */
  readonly txId: string;
  readonly body: Uint8Array;
  /** Everything its senders were told, in order; empty where no call has ended. */
  readonly told: readonly string[];
}

interface Line {
  readonly sent?: string;
  readonly body?: string;
  readonly told?: string;
  readonly as?: string;
}

export function readSent(text: string): Sent[] {
  const all = new Map<string, { txId: string; body: Uint8Array; told: string[] }>();
  for (const line of text.split('\n').slice(0, -1)) {
    const { sent, body, told, as } = JSON.parse(line) as Line;
    const txId = sent ?? told ?? '';
    const known = all.get(txId) ?? { txId, body: new Uint8Array(0), told: [] };
    if (body !== undefined) known.body = unhex(body) ?? known.body;
    if (as !== undefined) known.told.push(as);
    all.set(txId, known);
  }
  return [...all.values()];
}
