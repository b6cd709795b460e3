/**
 * What a city says on its wires and writes to its disks, counted at its ports: beside signatures these are what a
 * transaction costs. Systems, stores and wires are as they are.
 */
import type { Store, Wire } from '#runtime/ports.ts';

export interface Traffic {
  frames: number;
  frameBytes: number;
  /** Asked for; those that come together share a sync. */
  commits: number;
  rows: number;
  rowBytes: number;
  reads: number;
}

export const noTraffic = (): Traffic => ({
  frames: 0,
  frameBytes: 0,
  commits: 0,
  rows: 0,
  rowBytes: 0,
  reads: 0,
});

export const countedStore = (store: Store, traffic: Traffic): Store => ({
  commit: (writes, then) => {
    traffic.commits++;
    traffic.rows += writes.length;
    for (const { value } of writes) traffic.rowBytes += value?.length ?? 0;
    store.commit(writes, then);
  },
  read: (key, then) => {
    traffic.reads++;
    store.read(key, then);
  },
  scan: (prefix, then) => store.scan(prefix, then),
});

export const countedWire = (wire: Wire, traffic: Traffic): Wire => ({
  bytesMax: wire.bytesMax,
  send: (subject, bytes, more) => {
    traffic.frames++;
    traffic.frameBytes += bytes.length;
    wire.send(subject, bytes, more);
  },
  listen: (filter, receive, queue) => wire.listen(filter, receive, queue),
  onState: (hear) => wire.onState(hear),
});
