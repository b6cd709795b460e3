/**
 * One piece store, two hundred power cuts. Method: on one disk, life after life, pieces are put, dropped, renewed
 * and shed while syncs take up to ten seconds and keep by chance what they have not reached; the power is cut at any
 * moment, also while a store opens. After each cut all that was answered is there, and nothing that was dropped.
 *
 * One history and not two hundred: what an earlier cut left half done is there when the next one comes.
 */
import { expect, it } from 'vitest';
import { millis } from '#protocols/ids.ts';
import type { Pieces } from '#runtime/pieces/pieces.ts';
import { CALM_DISK, type DiskFaults } from '#simulations/disk.ts';
import { NOW, SMALL, valueOf } from '#test/contract/piece-values.ts';
import { seeded } from '#test/runtime/manual.ts';
import { opened, pieceWorld, type World } from './world.ts';

const CUTS = 200;
const KEYS = 160;
const LIVES_MS = 1e12;
/** Some of what was not synced survives, some does not, whatever the order. */
const STRETCHED: readonly Partial<DiskFaults>[] = [
  {},
  { syncMs: [5, 50] },
  { syncMs: [50, 500] },
  { syncMs: [500, 10_000] },
];

/** What was promised, and what is under way when the power is cut. */
class Story {
  readonly #it: World;
  readonly #random = seeded(11);
  readonly kept = new Set<string>();
  readonly gone = new Set<string>();
  answers = 0;
  #life = 0;
  #pieces: Pieces;

  constructor(it: World) {
    this.#it = it;
    this.#pieces = opened(it.open());
  }

  /** A few things are asked for, some of them are answered, and the power is gone. */
  cut(): void {
    const below = (bound: number): number => this.#random.below(bound);
    this.#it.device.faults = { ...CALM_DISK, ...STRETCHED[below(STRETCHED.length)]! };
    const count = 1 + below(40);
    for (let i = 0; i < count; i++) this.#ask(`tx${below(KEYS)}`, below(10));
    this.#it.world.pass(below(400));
    if (below(3) === 0) this.#shed();
    this.#it.world.pass(1 + below(8) ** 4);
    this.#life++;
    this.#it.device.powerCut();
    this.#it.device.faults = CALM_DISK;
    // The power comes back for a moment, and again.
    for (let i = below(3); i > 0; i--) this.#it.stumble(1 + below(80), 'cut');
    this.#pieces = opened(this.#it.open());
    this.check();
  }

  #ask(key: string, what: number): void {
    if (what < 7) this.#put(key);
    else if (what < 9) this.#drop(key);
    else this.#pieces.get(key, () => undefined);
  }

  /** Whatever is asked for last of a key counts: so nothing is asked for while something is under way. */
  readonly #busy = new Map<string, number>();
  #begin(key: string): number | undefined {
    const life = this.#life;
    if (this.#busy.get(key) === life) return undefined;
    this.#busy.set(key, life);
    return life;
  }

  #put(key: string): void {
    const life = this.#begin(key);
    if (life === undefined) return;
    this.gone.delete(key);
    const piece = { key, value: valueOf(key, lengthOf(key)), expiresAt: millis(NOW + LIVES_MS) };
    this.#pieces.put(piece, ({ ok }) => this.#answered(life, key, ok, this.kept));
  }

  #drop(key: string): void {
    const life = this.#begin(key);
    if (life === undefined) return;
    this.kept.delete(key);
    this.#pieces.drop(key, ({ ok }) => this.#answered(life, key, ok, this.gone));
  }

  #answered(life: number, key: string, ok: boolean, into: Set<string>): void {
    if (life !== this.#life) return;
    this.#busy.delete(key);
    if (!ok) return;
    this.answers++;
    into.add(key);
  }

  #shed(): void {
    const life = this.#life;
    this.#pieces.nominate((found) => {
      if (life === this.#life && found.ok)
        for (const { key } of found.value.slice(0, 12)) this.#drop(key);
    });
  }

  check(): void {
    const lost: string[] = [];
    for (const key of this.kept) {
      const found = this.#it.get(this.#pieces, key);
      const isWhole =
        found.found === 'piece' && Buffer.compare(found.value, valueOf(key, lengthOf(key))) === 0;
      if (!isWhole) lost.push(`${key} ${found.found}`);
    }
    for (const key of this.gone) if (this.#pieces.has(key)) lost.push(`${key} came back`);
    expect(lost).toEqual([]);
    expect(this.#it.device.bytes()).toBeLessThanOrEqual(SMALL.bytesMax);
  }
}

const lengthOf = (key: string): number => 300 + 37 * (Number(key.slice('tx'.length)) % 90);

it('loses nothing that it answered to two hundred power cuts', () => {
  const it = pieceWorld({}, SMALL, 5);
  const story = new Story(it);
  for (let cut = 0; cut < CUTS; cut++) story.cut();
  expect(story.answers).toBeGreaterThan(5 * CUTS);
  expect(story.kept.size).toBeGreaterThan(KEYS / 4);
  expect(it.reports.filter(({ kind }) => kind === 'damaged')).toEqual([]);
  expect(it.reports.some(({ kind }) => kind === 'reclaimed')).toBe(true);
});

it('loses something on a disk that lies about its syncs: the method can tell', () => {
  const it = pieceWorld({}, SMALL, 5, 'acknowledge-before-sync');
  const story = new Story(it);
  const cuts = (): void => {
    for (let cut = 0; cut < CUTS; cut++) story.cut();
  };
  expect(cuts).toThrow(/nothing|damaged|came back/);
});
