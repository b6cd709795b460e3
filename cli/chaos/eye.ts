/**
 * The outside eye: what the disks of all nodes have, and which processes are up, while a city is damaged. Of the city
 * it asks one thing, the manifest of what it has committed; the judge checks it against the ledgers at the end.
 */
import { join } from 'node:path';
import type { Known } from '#dapp/client.ts';
import { nameText } from '#algorithms/identity.ts';
import type { Fate } from '#protocols/fate.ts';
import type { Manifest } from '#protocols/manifest.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import type { Held, Sample } from '#simulations/chaos/record.ts';
import type { Spread } from '#simulations/chaos/scenarios.ts';
import { PieceFolders } from '#simulations/judge/disks.ts';
import { rowsOn } from '#simulations/judge/kept.ts';
import type { Ups } from './ups.ts';

interface Tracked {
  readonly manifest: Manifest;
  readonly places: Fate['places'];
}

/** How many are asked for again, each time: repairs move rows. */
const ASKED_AGAIN = 4;

export class Eye {
  readonly samples: Sample[] = [];
  readonly #folders: PieceFolders;
  readonly #ups: Ups;
  readonly #find: (txId: string) => Promise<Known>;
  readonly #now: () => number;
  readonly #tracked = new Map<string, Tracked>();
  /** Of whom nobody has shown the manifest yet. */
  readonly #sought = new Set<string>();
  #turn = 0;

  constructor(data: string, ups: Ups, find: (txId: string) => Promise<Known>, now: () => number) {
    this.#folders = new PieceFolders(join(data, 'pieces'));
    this.#ups = ups;
    this.#find = find;
    this.#now = now;
  }

  /** Pieces that bring a transaction back. */
  get k(): number {
    return Math.max(1, ...Array.from(this.#tracked.values(), ({ manifest }) => manifest.terms.k));
  }

  isTracked(txId: string): boolean {
    return this.#tracked.has(txId);
  }

  /** From now on; where nobody answers, later. */
  async track(txId: string): Promise<void> {
    if (!this.#tracked.has(txId)) this.#sought.add(txId);
    try {
      const { manifest, fate } = await this.#find(txId);
      if (manifest === undefined || nameText(manifest.txId) !== txId) return;
      this.#tracked.set(txId, { manifest, places: fate.places });
      this.#sought.delete(txId);
    } catch {
      // A city that is being damaged need not answer now.
    }
  }

  look(): Sample {
    const disks = this.#folders.look();
    const held = new Map<string, Held>();
    for (const [txId, { manifest, places }] of this.#tracked) {
      const rows = [...rowsOn(manifest, disks, { places }).values()];
      const online = rows.filter(({ nodes }) => nodes.some((node) => this.#ups.isUp(node))).length;
      held.set(txId, { onDisk: rows.length, online });
    }
    const sample = { atMs: this.#now(), isBusUp: this.#ups.isBusUp, held };
    this.samples.push(sample);
    this.#askAgain();
    return sample;
  }

  /** Of each transaction: how many rows each process has. */
  spreads(processOf: (node: NodeAddress) => string): Spread[] {
    const disks = this.#folders.look();
    return Array.from(this.#tracked.values(), ({ manifest, places }) => {
      const counts = new Map<string, number>();
      for (const { nodes } of rowsOn(manifest, disks, { places }).values()) {
        const id = processOf(nodes[0]!);
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      return counts;
    });
  }

  #askAgain(): void {
    const all = [...this.#tracked.keys()];
    const some = [...this.#sought].slice(0, ASKED_AGAIN);
    for (let i = 0; i < Math.min(ASKED_AGAIN, all.length); i++)
      some.push(all[this.#turn++ % all.length]!);
    for (const each of some) void this.track(each);
  }
}
