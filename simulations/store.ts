/**
 * The small-state store of one simulated node: what lasts (`SimulatedStore`) and one life of the
 * process that uses it (`attach`).
 *
 *   called --> written --(sync, after a drawn delay)--> durable --> answered
 *      |          '-- a power cut keeps the first few, each of them whole
 *      '-- a kill or a power cut loses it
 *
 * As in production, calls take effect in order, what waits is committed together, a sync makes durable
 * what was written when it began, a sync that fails is final for this life, and opening makes durable
 * whatever a killed process had written. The planted bug answers when written instead of when durable.
 */
import { assert } from '#lib/assert.ts';
import { fail, ok } from '#lib/result.ts';
import type { Entropy, Write } from '#protocols/effect.ts';
import type { Clock, Committed, Store, StoreEntry } from '#runtime/ports.ts';
import { SortedMap } from '#runtime/sorted-map.ts';
import { ALWAYS, between, happens, NEVER, type Ratio, type Span } from './chance.ts';

export interface StoreFaults {
  readonly readMs: Span;
  readonly syncMs: Span;
  /** How often a sync takes `slowSyncMs` instead. */
  readonly slowSync: Ratio;
  readonly slowSyncMs: Span;
  /** How often a sync answers EIO. */
  readonly syncFails: Ratio;
}

export const CALM_STORE: StoreFaults = {
  readMs: [0, 1],
  syncMs: [1, 10],
  slowSync: NEVER,
  slowSyncMs: [500, 5_000],
  syncFails: NEVER,
};

export const SLOW_STORE: StoreFaults = { ...CALM_STORE, slowSync: [1, 2] };
export const FAILING_STORE: StoreFaults = { ...CALM_STORE, syncFails: ALWAYS };

export type StorePlant = 'acknowledge-before-sync';

type Call =
  | {
      readonly do: 'commit';
      readonly writes: readonly Write[];
      readonly answer: (outcome: Committed) => void;
    }
  | { readonly do: 'read'; readonly key: string; readonly answer: Parameters<Store['read']>[1] }
  | { readonly do: 'scan'; readonly prefix: string; readonly answer: Parameters<Store['scan']>[1] };

/** One process' use of the store. */
interface Life {
  waiting: Call[];
  isBusy: boolean;
  failure: string | undefined;
  isOver: boolean;
}

const COMMITTED: Committed = { ok: true };

export class SimulatedStore {
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #plant: StorePlant | undefined;
  #durable = new SortedMap();
  /** In the page cache: a kill does not lose it, a power cut may. */
  #written: (readonly Write[])[] = [];
  #damaged = new Set<string>();
  #life: Life | undefined;
  faults: StoreFaults;

  constructor(clock: Clock, entropy: Entropy, faults = CALM_STORE, plant?: StorePlant) {
    this.#clock = clock;
    this.#entropy = entropy;
    this.faults = faults;
    this.#plant = plant;
  }

  /** Opens the store for a new life of its node. */
  attach(): Store {
    assert(this.#life === undefined, 'one process at a time uses a store');
    for (const writes of this.#written) this.#apply(writes);
    this.#written = [];
    const life: Life = { waiting: [], isBusy: false, failure: undefined, isOver: false };
    this.#life = life;
    return {
      commit: (writes, then) => {
        const own = writes.map(({ key, value }) => ({ key, value: value?.slice() }));
        this.#take(life, { do: 'commit', writes: own, answer: then });
      },
      read: (key, then) => this.#take(life, { do: 'read', key, answer: then }),
      scan: (prefix, then) => this.#take(life, { do: 'scan', prefix, answer: then }),
    };
  }

  /** The process is gone; the page cache is not. */
  kill(): void {
    if (this.#life !== undefined) this.#life.isOver = true;
    this.#life = undefined;
  }

  /** The process and all that was not synced are gone, but for what happened to reach the disk. */
  powerCut(): void {
    this.kill();
    const reached = this.#entropy.below(this.#written.length + 1);
    for (const writes of this.#written.slice(0, reached)) this.#apply(writes);
    this.#written = [];
  }

  /** What is on the disk now: for oracles. */
  durable(key: string): Uint8Array | undefined {
    return this.#durable.get(key);
  }

  /** Everything on the disk whose key begins with `prefix`: for oracles. */
  durableUnder(prefix: string): readonly StoreEntry[] {
    return this.#durable.under(prefix);
  }

  /** From now on the value of `key` cannot be read, until it is written again. */
  rot(key: string): void {
    this.#damaged.add(key);
  }

  /** The disk as it is now, to start a later life from: amnesia, when it is an old one. */
  image(): SortedMap {
    return this.#durable.copy();
  }

  /** Puts another disk in: an old image, or an empty one. */
  restore(image: SortedMap = new SortedMap()): void {
    assert(this.#life === undefined, 'a disk is replaced while its node is down');
    this.#durable = image.copy();
    this.#written = [];
    this.#damaged = new Set();
  }

  #take(life: Life, call: Call): void {
    if (life.isOver) return;
    life.waiting.push(call);
    if (!life.isBusy) this.#begin(life);
  }

  #begin(life: Life): void {
    life.isBusy = true;
    // Not within the call: whoever calls in the same step shares the group.
    this.#after(life, 0, () => {
      const group = life.waiting;
      life.waiting = [];
      if (life.failure !== undefined) return this.#refuse(life, group);
      const commits = group.filter((call) => call.do === 'commit');
      for (const { writes } of commits) this.#written.push(writes);
      const ms = commits.length > 0 ? this.#syncMs() : between(this.#entropy, this.faults.readMs);
      this.#after(life, ms, () => this.#finish(life, group, commits.length > 0));
      if (this.#plant === undefined) return;
      for (const { answer } of commits) answer(COMMITTED);
    });
  }

  #finish(life: Life, group: readonly Call[], syncs: boolean): void {
    if (syncs && happens(this.#entropy, this.faults.syncFails)) {
      life.failure = 'EIO: the disk did not sync';
      return this.#refuse(life, group);
    }
    this.#answer(
      life,
      group.map((call) => this.#settle(call)),
    );
  }

  /** The disk has synced: the call takes effect. The result answers it. */
  #settle(call: Call): () => void {
    if (call.do === 'commit') {
      this.#apply(call.writes);
      this.#written.shift();
      return this.#plant === undefined ? () => call.answer(COMMITTED) : () => undefined;
    }
    if (call.do === 'read') {
      const value = this.#durable.get(call.key)?.slice();
      const found = this.#damaged.has(call.key) ? fail(`${call.key} is damaged`) : ok(value);
      return () => call.answer(found);
    }
    const entries = this.#durable.under(call.prefix);
    const damaged = entries.find(([key]) => this.#damaged.has(key));
    const copies = entries.map(([key, value]) => [key, value.slice()] as const);
    const found = damaged === undefined ? ok(copies) : fail(`${damaged[0]} is damaged`);
    return () => call.answer(found);
  }

  #refuse(life: Life, group: readonly Call[]): void {
    const refusal = fail(life.failure ?? '');
    this.#answer(
      life,
      group.map((call) => () => call.answer(refusal)),
    );
  }

  #answer(life: Life, answers: readonly (() => void)[]): void {
    for (const answer of answers) if (!life.isOver) answer();
    if (life.waiting.length > 0) this.#begin(life);
    else life.isBusy = false;
  }

  #apply(writes: readonly Write[]): void {
    for (const { key, value } of writes) {
      this.#damaged.delete(key);
      if (value === undefined) this.#durable.delete(key);
      else this.#durable.set(key, value);
    }
  }

  #syncMs(): number {
    const { slowSync, slowSyncMs, syncMs } = this.faults;
    return between(this.#entropy, happens(this.#entropy, slowSync) ? slowSyncMs : syncMs);
  }

  #after(life: Life, ms: number, then: () => void): void {
    this.#clock.after(ms, () => {
      if (!life.isOver) then();
    });
  }
}
