/**
 * The judge of a ring that was left on disks: it reads what the processes kept, not what they said.
 * The slots, with the decisions that were kept but not yet written put in, must make one ring.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { whole } from '#protocols/codec.ts';
import {
  Decision,
  DECISION,
  firstValue,
  Kept,
  keeperOf,
  slotKey,
  type Ring,
} from '#protocols/ring.ts';
import { openStore } from '#cli/open-store.ts';

export interface Found {
  readonly isOneRing: boolean;
  /** Turns that left three writes each. */
  readonly turns: number;
  readonly text: string;
}

export async function ringOnDisks(folder: string, ring: Ring): Promise<Found> {
  const kept = new Map<string, Uint8Array>();
  for (const name of readdirSync(folder).filter((each) => /^p\d+$/.test(each))) {
    for (const [key, value] of await everything(join(folder, name))) kept.set(key, value);
  }
  const decided = decisionsIn(kept);
  let writes = 0;
  const next = Array.from({ length: ring.slots }, (_, of) => {
    const bytes = kept.get(`${keeperOf(ring, of)}/${slotKey(of)}`);
    const slot = bytes === undefined ? firstValue(ring, of) : whole(Kept, bytes);
    writes += slot.version;
    return (slot.lock && decided.get(`${slot.lock.attempt} ${of}`)) ?? slot.next;
  });
  return { isOneRing: isOneRing(next), turns: Math.floor(writes / 3), text: next.join(' ') };
}

/** What a decision puts into each slot, by attempt and slot. */
function decisionsIn(kept: ReadonlyMap<string, Uint8Array>): Map<string, number> {
  const found = new Map<string, number>();
  for (const [key, value] of kept) {
    const at = key.indexOf(`.turner/${DECISION}`);
    if (at < 0) continue;
    const attempt = key.slice(at + `.turner/${DECISION}`.length);
    for (const { slot, next } of whole(Decision, value).writes)
      found.set(`${attempt} ${slot}`, next);
  }
  return found;
}

function isOneRing(next: readonly number[]): boolean {
  let at = 0;
  for (let steps = 1; steps < next.length; steps++) {
    at = next[at]!;
    if (at === 0) return false;
  }
  return next[at] === 0;
}

async function everything(folder: string): Promise<readonly (readonly [string, Uint8Array])[]> {
  const { store, close } = await openStore(folder);
  const entries = await new Promise<readonly (readonly [string, Uint8Array])[]>(
    (resolve, reject) => {
      store.scan('', (found) => (found.ok ? resolve(found.value) : reject(new Error(found.error))));
    },
  );
  await close();
  return entries;
}
