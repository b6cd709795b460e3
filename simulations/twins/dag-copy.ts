/** One copy of a delegate of a group that orders (dag-group.ts): its city, its disk, and the least of a ledger. */
import { hex } from '#lib/bytes.ts';
import type { Committed, Entry } from '#protocols/city-batch.ts';
import type { City } from '#protocols/dag/state.ts';
import type { NodeAddress } from '#protocols/subjects.ts';

/** What is on a disk: it survives a crash. */
export interface Disk {
  readonly kept: Map<string, Uint8Array>;
  readonly chain: Committed[];
  readonly held: Map<string, Entry>;
}

export const emptyDisk = (): Disk => ({ kept: new Map(), chain: [], held: new Map() });

/** A disk as it is now, to come back with later. */
export const imageOf = ({ kept, chain, held }: Disk): Disk => ({
  kept: new Map(kept),
  chain: [...chain],
  held: new Map(held),
});

export const orderedIn = ({ chain }: Disk): ReadonlySet<string> =>
  new Set(chain.flatMap(({ batch }) => batch.entries.map(({ cert }) => hex(cert))));

export interface Copy {
  readonly node: NodeAddress;
  readonly twin: number;
  readonly isHonest: boolean;
  disk: Disk;
  city: City | undefined;
  life: number;
  /** Of its wakes: a newer one of the same id replaces it. */
  readonly timers: Map<string, number>;
}
