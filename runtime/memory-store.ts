/**
 * A store that lasts as long as its process: for one process on its own, where an actor's state needs
 * to survive its restart and nothing more. It keeps every promise of the port but durability.
 */
import { ok } from '#lib/result.ts';
import type { Committed, Scheduler, Store } from './ports.ts';
import { SortedMap } from './sorted-map.ts';
import { eventLoop } from './wall-clock.ts';

const COMMITTED: Committed = { ok: true };

export function memoryStore(scheduler: Scheduler = eventLoop): Store {
  const kept = new SortedMap();
  return {
    commit: (writes, then) => {
      for (const { key, value } of writes) {
        // A copy: the caller's bytes may be a view of something large, or change.
        if (value === undefined) kept.delete(key);
        else kept.set(key, value.slice());
      }
      scheduler.soon(() => then(COMMITTED));
    },
    read: (key, then) => {
      const found = ok(kept.get(key)?.slice());
      scheduler.soon(() => then(found));
    },
    scan: (prefix, then) => {
      const found = ok(kept.under(prefix).map(([key, value]) => [key, value.slice()] as const));
      scheduler.soon(() => then(found));
    },
  };
}
