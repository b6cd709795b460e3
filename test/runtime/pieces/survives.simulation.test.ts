/**
 * The piece store under everything at once: kills, power cuts, slow and failing syncs, full disks, in
 * any order. Method: a list of drawn deeds against a simulated disk; beside it, what was promised.
 *
 * Claims, after every deed: what is returned was put; files never exceed the store's size. At every
 * opening: what was answered and not dropped is there; what was dropped, and not put again since, is not;
 * what is listed is what there is, each once. Whatever it names when it is short of room is alive.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Result } from '#lib/result.ts';
import type { PieceEntry } from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import type { Pieces } from '#runtime/pieces/pieces.ts';
import type { Disk } from '#runtime/ports.ts';
import { CALM_DISK, type DiskFaults, type DiskPlant } from '#simulations/disk.ts';
import { NOW, SMALL, valueOf } from '#test/contract/pieces.contract.ts';
import { cases } from '#test/cases.ts';
import { listedKeys, pieceWorld, settled, type World } from './world.ts';

type Deed =
  | { readonly do: 'put'; readonly key: number; readonly count: number }
  | { readonly do: 'drop'; readonly key: number }
  | { readonly do: 'get'; readonly key: number }
  /** What it names goes, or some of it. */
  | { readonly do: 'shed'; readonly most: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'kill' | 'cut' | 'close' }
  /** A kill, then starts that are ended before they are over. */
  | { readonly do: 'stumble'; readonly ms: number; readonly ends: readonly ('kill' | 'cut')[] }
  | { readonly do: 'faults'; readonly faults: Partial<DiskFaults> };

const KEYS = 100;
const key = fc.nat(KEYS - 1);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      key,
      count: fc.integer({ min: 1, max: 25 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('drop' as const), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('get' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('shed' as const),
      most: fc.integer({ min: 0, max: 40 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 40 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('kill', 'cut', 'close') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('stumble' as const),
      ms: fc.integer({ min: 1, max: 60 }),
      ends: fc.array(fc.constantFrom('kill', 'cut'), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('faults' as const),
      faults: fc.constantFrom<Partial<DiskFaults>>(
        {},
        {},
        { syncMs: [50, 200] },
        { syncFails: [1, 10] },
        { bytesMax: 200_000 },
        { appendFails: [1, 10] },
      ),
    }),
  },
);

const EXPIRES_AT = NOW + 1e12;
const nameOf = (key: number): string => `tx${key}`;
/** 40 to 15 000 bytes: half of them fill a store of half a megabyte. */
const lengthOf = (key: number): number => 40 + ((key * key * 37) % 15_000);
const content = (key: number): Uint8Array => valueOf(nameOf(key), lengthOf(key));

class Run {
  readonly #it: World;
  #pieces: Pieces;
  /** Answered, and not dropped since. */
  readonly #promised = new Set<number>();
  /** Dropped durably, and not put since. */
  readonly #gone = new Set<number>();
  /** Calls are numbered: what was asked for last counts. */
  #serial = 0;
  readonly #lastPut = new Map<number, number>();
  readonly #lastDrop = new Map<number, number>();
  #life = 0;

  constructor(it: World) {
    this.#it = it;
    this.#pieces = this.#open();
  }

  take(deed: Deed): void {
    const life = this.#life;
    if (deed.do === 'put') {
      for (let i = 0; i < deed.count; i++) this.#put((deed.key + i) % KEYS, life);
    } else if (deed.do === 'drop') this.#drop(deed.key, life);
    else if (deed.do === 'get') this.#get(deed.key);
    else if (deed.do === 'shed') this.#shed(deed.most, life);
    else if (deed.do === 'pass') this.#it.world.pass(deed.ms);
    else if (deed.do === 'faults') this.#it.device.faults = { ...CALM_DISK, ...deed.faults };
    else if (deed.do === 'stumble') this.#stumble(deed.ms, deed.ends);
    else this.#end(deed.do);
    expect(this.#it.device.bytes()).toBeLessThanOrEqual(SMALL.bytesMax);
  }

  #put(key: number, life: number): void {
    const serial = this.#serial++;
    this.#lastPut.set(key, serial);
    this.#gone.delete(key);
    const piece = { key: nameOf(key), value: content(key), expiresAt: millis(EXPIRES_AT) };
    this.#pieces.put(piece, ({ ok }) => {
      const isLast = serial > (this.#lastDrop.get(key) ?? -1);
      if (ok && isLast && life === this.#life) this.#promised.add(key);
    });
  }

  #drop(key: number, life: number): void {
    const serial = this.#serial++;
    this.#lastDrop.set(key, serial);
    this.#promised.delete(key);
    this.#pieces.drop(nameOf(key), ({ ok }) => {
      const isLast = serial > (this.#lastPut.get(key) ?? -1);
      if (ok && isLast && life === this.#life) this.#gone.add(key);
    });
  }

  #get(key: number): void {
    const isPromised = this.#promised.has(key);
    const found = settled<Parameters<Parameters<Pieces['get']>[1]>[0]>(this.#it.world, (then) =>
      this.#pieces.get(nameOf(key), then),
    );
    expect(found.found).not.toBe('damaged');
    if (found.found === 'piece') expect(found.value).toEqual(content(key));
    else expect(isPromised).toBe(false);
  }

  #shed(most: number, life: number): void {
    const found = settled<Result<readonly PieceEntry[]>>(this.#it.world, (then) =>
      this.#pieces.nominate(then),
    );
    if (!found.ok) return;
    for (const { key, bytes } of found.value) {
      const at = Number(key.slice('tx'.length));
      expect([bytes, this.#pieces.has(key)]).toEqual([lengthOf(at), true]);
    }
    for (const { key } of found.value.slice(0, most)) {
      this.#drop(Number(key.slice('tx'.length)), life);
    }
  }

  #end(how: 'kill' | 'cut' | 'close'): void {
    if (how === 'close') this.#it.close(this.#pieces);
    this.#life++;
    if (how === 'kill') this.#it.device.kill();
    else this.#it.device.powerCut();
    // The next life begins on a disk that works, or it would not begin.
    this.#it.device.faults = CALM_DISK;
    this.#pieces = this.#open();
    this.checkAll();
  }

  #stumble(ms: number, ends: readonly ('kill' | 'cut')[]): void {
    this.#life++;
    this.#it.device.kill();
    this.#it.device.faults = CALM_DISK;
    for (const how of ends) this.#it.stumble(ms, how);
    this.#pieces = this.#open();
    this.checkAll();
  }

  #open(): Pieces {
    const pieces = this.#it.open();
    if (typeof pieces === 'string') throw new Error(pieces);
    return pieces;
  }

  checkAll(): void {
    for (let key = 0; key < KEYS; key++) this.#get(key);
    for (const key of this.#gone)
      expect([key, this.#pieces.has(nameOf(key))]).toEqual([key, false]);
    expect(this.#it.reports.filter(({ kind }) => kind === 'damaged')).toEqual([]);
    const there = Array.from({ length: KEYS }, (_, key) => nameOf(key)).filter((key) =>
      this.#pieces.has(key),
    );
    expect(listedKeys(this.#it, this.#pieces).toSorted()).toEqual(there.toSorted());
  }
}

function survives(deeds: readonly Deed[], seed: number, plant?: DiskPlant): void {
  let most = 0;
  const watched = (disk: Disk): Disk => ({
    ...disk,
    append: (name, bytes, then) =>
      disk.append(name, bytes, (outcome) => {
        most = Math.max(most, it.device.bytes());
        then(outcome);
      }),
  });
  const it = pieceWorld({}, SMALL, seed, plant, watched);
  const run = new Run(it);
  for (const each of deeds) run.take(each);
  run.take({ do: 'cut' });
  expect(most).toBeLessThanOrEqual(SMALL.bytesMax);
}

describe('a piece store, whatever happens', () => {
  it('keeps its promises', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 40 }), fc.nat(), (deeds, seed) =>
        survives(deeds, seed),
      ),
      { numRuns: cases(120) },
    );
  });

  it('is caught when its disk acknowledges before it syncs', () => {
    const caught = fc.check(
      fc.property(fc.array(deed, { minLength: 5, maxLength: 40 }), fc.nat(), (deeds, seed) =>
        survives(deeds, seed, 'acknowledge-before-sync'),
      ),
      { numRuns: 200, seed: 1, endOnFailure: true },
    );
    expect(caught.failed).toBe(true);
  });
});
