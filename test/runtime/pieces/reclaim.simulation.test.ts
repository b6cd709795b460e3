/**
 * Giving segments up while much else happens: readers under way, crashes in the middle, keys that were
 * put or dropped more than once. Method: a small store on a simulated disk, situations made by hand.
 */
import { describe, expect, it } from 'vitest';
import { millis } from '#protocols/ids.ts';
import type { Pieces } from '#runtime/pieces/pieces.ts';
import type { Disk, PieceGot } from '#runtime/ports.ts';
import { NOW, SMALL, valueOf } from '#test/contract/pieces.contract.ts';
import { opened, pieceWorld, putShedding, shed, type World } from './world.ts';

const HOUR = 3_600_000;
const LONG = NOW + 1_000 * HOUR;
const SHORT = NOW + HOUR;
const ROUNDS = 300;

/** Many puts of distinct keys, all at once, whatever has to go for them. */
function putMany(it: World, pieces: Pieces, name: string, count: number, expiresAt = LONG): void {
  const wanted = Array.from({ length: count }, (_, i) => {
    const key = `${name}${i}`;
    return { key, value: valueOf(key), expiresAt: millis(expiresAt) };
  });
  putShedding(it, pieces, wanted);
}

/** Time passes, and the store is told. */
function later(it: World, pieces: Pieces, ms: number): void {
  it.world.pass(ms);
  pieces.lapse(millis(NOW + it.world.clock.now()));
}

/** A disk on which reading one piece takes a second. */
const slowReads =
  (it: () => World) =>
  (disk: Disk): Disk => ({
    ...disk,
    read: (name, at, length, then) => {
      const isPiece = length > 1_000 && length < 5_000 && !name.endsWith('.hint');
      if (!isPiece) return disk.read(name, at, length, then);
      it().world.clock.after(1_000, () => disk.read(name, at, length, then));
    },
  });

describe('giving up a segment', () => {
  it('does not disturb readers: who reads what moves meanwhile finds it where it is', () => {
    const it: World = pieceWorld(
      {},
      SMALL,
      1,
      undefined,
      slowReads(() => it),
    );
    const pieces = opened(it.open());
    it.put(pieces, 'loved', LONG);
    let found: PieceGot | undefined;
    pieces.get('loved', (outcome) => (found = outcome));
    putMany(it, pieces, 'tx', 400);
    expect(pieces.has('tx0')).toBe(false);
    it.world.pass(5_000);
    expect(found).toMatchObject({ found: 'piece', value: valueOf('loved') });
  });

  it('tells readers of what is given up meanwhile that it is gone, not that it is damaged', () => {
    const it: World = pieceWorld(
      {},
      SMALL,
      1,
      undefined,
      slowReads(() => it),
    );
    const pieces = opened(it.open());
    it.put(pieces, 'doomed', LONG);
    let found: PieceGot | undefined;
    pieces.get('doomed', (outcome) => (found = outcome));
    it.drop(pieces, 'doomed');
    putMany(it, pieces, 'tx', 400);
    it.world.pass(5_000);
    expect(found).toEqual({ found: 'nothing' });
    expect(it.reports.filter(({ kind }) => kind === 'damaged')).toEqual([]);
  });

  it('keeps a drop when the segment of the drop goes before that of the piece', () => {
    const it = pieceWorld();
    const pieces = opened(it.open());
    it.put(pieces, 'x', LONG);
    putMany(it, pieces, 'long', 60);
    putMany(it, pieces, 'brief', 30, SHORT);
    it.drop(pieces, 'x');
    putMany(it, pieces, 'short', 60, SHORT);
    later(it, pieces, 2 * HOUR);
    putMany(it, pieces, 'new', 120);
    expect(pieces.has('short30')).toBe(false);
    expect(pieces.has('long59')).toBe(true);
    it.device.powerCut();
    expect(opened(it.open()).has('x')).toBe(false);
  });

  it('keeps a piece gone whose newer record went before its older one', () => {
    const it = pieceWorld();
    const pieces = opened(it.open());
    it.put(pieces, 'x', LONG);
    putMany(it, pieces, 'long', 60);
    putMany(it, pieces, 'brief', 30, SHORT);
    it.put(pieces, 'x', SHORT);
    putMany(it, pieces, 'short', 60, SHORT);
    later(it, pieces, 2 * HOUR);
    putMany(it, pieces, 'new', 120);
    expect(pieces.has('x')).toBe(false);
    it.device.powerCut();
    const again = opened(it.open());
    expect([again.has('long0'), again.has('x')]).toEqual([true, false]);
  });

  it('grows less when its owner gives it less room, by what is dropped alone', () => {
    const large = pieceWorld({}, { bytesMax: 2 * SMALL.bytesMax });
    const before = opened(large.open());
    let count = 0;
    while (large.put(before, `tx${count}`, LONG).ok) count++;
    large.close(before);
    const it = pieceWorld({}, SMALL);
    it.device.restore(large.device.image());
    const most = it.device.bytes();
    const pieces = opened(it.open());
    for (let i = 0; i < count; i++) expect(pieces.has(`tx${i}`)).toBe(true);
    expect(it.put(pieces, 'more', LONG)).toMatchObject({ ok: false, why: 'full' });
    let dropped = 0;
    while (!it.put(pieces, 'more', LONG).ok) {
      dropped += shed(it, pieces);
      expect(it.device.bytes()).toBeLessThanOrEqual(most + SMALL.bytesMax / 4);
    }
    expect(it.device.bytes()).toBeLessThanOrEqual(SMALL.bytesMax);
    const left = Array.from({ length: count }, (_, i) => `tx${i}`).filter((key) => pieces.has(key));
    expect([left.length + dropped, left.length > 150]).toEqual([count, true]);
  });

  it('does not fill up with tombstones', () => {
    const it = pieceWorld();
    const pieces = opened(it.open());
    const free = pieces.bytesFree();
    for (let round = 0; round < ROUNDS; round++) {
      const outcomes: boolean[] = [];
      for (let i = 0; i < 50; i++) {
        const key = `r${round}.${i}`;
        const piece = { key, value: valueOf(key, 40), expiresAt: millis(LONG) };
        pieces.put(piece, () => undefined);
        pieces.drop(key, ({ ok }) => outcomes.push(ok));
      }
      it.world.pass(300);
      expect(outcomes.filter(Boolean)).toHaveLength(50);
    }
    // Fifteen thousand tombstones would take more than the whole store.
    putMany(it, pieces, 'tx', 150);
    expect(free - pieces.bytesFree()).toBeLessThan(SMALL.bytesMax);
    expect(pieces.has('tx149')).toBe(true);
  });

  it('goes on when every key in the store was put twice', () => {
    const it = pieceWorld();
    const pieces = opened(it.open());
    for (let round = 0; round < 12; round++) {
      putMany(it, pieces, `r${round}.`, 30);
      putMany(it, pieces, `r${round}.`, 30);
    }
    expect(pieces.has('r11.29')).toBe(true);
  });

  it('keeps to the size of the store also when it is killed in the middle, and opened', () => {
    const anchor = SMALL;
    const large = valueOf('v', 8_000);
    const full = pieceWorld({}, anchor);
    const first = opened(full.open());
    let count = 0;
    while (full.put(first, `tx${count}`, LONG, large).ok) count++;
    // A third of each segment is dead, so that most of each has to be moved to win it back.
    for (let i = 0; i < count; i += 3) full.drop(first, `tx${i}`);
    full.device.powerCut();
    const image = full.device.image();

    let reclaimed = 0;
    for (let ms = 1; ms <= 120; ms++) {
      let most = 0;
      const watch = (disk: Disk): Disk => ({
        ...disk,
        append: (name, bytes, then) =>
          disk.append(name, bytes, (outcome) => {
            most = Math.max(most, it.device.bytes());
            then(outcome);
          }),
      });
      const it: World = pieceWorld({}, anchor, ms, undefined, watch);
      it.device.restore(image);
      const pieces = opened(it.open());
      for (let i = 0; i < 20; i++) {
        const piece = { key: `new${i}`, value: large, expiresAt: millis(LONG) };
        pieces.put(piece, () => undefined);
      }
      it.world.pass(ms);
      it.device.kill();
      const again = opened(it.open());
      for (let i = 0; i < count; i++) expect(again.has(`tx${i}`)).toBe(i % 3 !== 0);
      expect(most).toBeLessThanOrEqual(SMALL.bytesMax);
      reclaimed += it.reports.filter(({ kind }) => kind === 'reclaimed').length;
    }
    expect(reclaimed).toBeGreaterThan(100);
  });

  it('loses nothing when it is killed anywhere in a recovery, and loses power in the next', () => {
    const keys = Array.from({ length: 5 }, (_, i) => `tx${i}`);
    const everyMs = Array.from({ length: 12 }, (_, i) => 1 + 11 * i);
    for (const [killedAt, cutAt] of everyMs.flatMap((a) => everyMs.map((b) => [a, b] as const))) {
      const it = pieceWorld({ syncMs: [30, 30] });
      const pieces = opened(it.open());
      for (const key of keys) it.put(pieces, key);
      it.device.kill();
      it.stumble(killedAt, 'kill');
      it.stumble(cutAt, 'cut');
      const again = opened(it.open());
      const lost = keys.filter((key) => !again.has(key));
      expect({ killedAt, cutAt, lost }).toEqual({ killedAt, cutAt, lost: [] });
    }
  });

  it('keeps to its size however often it is killed in a recovery', () => {
    const it = pieceWorld({ syncMs: [30, 30] }, SMALL);
    const pieces = opened(it.open());
    for (let i = 0; i < 200; i++) expect(it.put(pieces, `tx${i}`, LONG).ok).toBe(true);
    it.device.kill();
    // Each time when the copy is written and not synced.
    for (let time = 0; time < 20; time++) {
      it.stumble(40, 'kill');
      expect(it.device.bytes()).toBeLessThanOrEqual(SMALL.bytesMax);
    }
    expect(typeof it.open()).toBe('object');
  });

  it('goes by what was written last also where no segment has a hint', () => {
    const it = pieceWorld();
    const pieces = opened(it.open());
    for (const key of ['renewed', 'dropped', 'back']) it.put(pieces, key, SHORT);
    it.drop(pieces, 'back');
    putMany(it, pieces, 'tx', 37);
    it.put(pieces, 'renewed', LONG);
    it.drop(pieces, 'dropped');
    it.put(pieces, 'back', SHORT);
    it.device.kill();
    const hints = it.device.durableNames().filter((name) => name.endsWith('.hint'));
    expect(hints).toHaveLength(1);
    it.device.flip(hints[0]!, 20, 0);
    const again = opened(it.open());
    expect(it.get(again, 'renewed')).toMatchObject({ found: 'piece', expiresAt: LONG });
    expect([again.has('dropped'), again.has('back')]).toEqual([false, true]);
  });
});
