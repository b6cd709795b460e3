/**
 * Listing what a store has, while much else happens: moves, drops, damage, windows that end in the
 * middle of a record. Method: a small store on a simulated disk, situations made by hand. That a list is
 * complete after anything that may happen to a disk is in survives.simulation.test.ts.
 */
import { describe, expect, it } from 'vitest';
import type { PiecePage } from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import { HEAD_BYTES } from '#runtime/pieces/record.ts';
import type { Pieces } from '#runtime/pieces/pieces.ts';
import { ALWAYS } from '#simulations/chance.ts';
import { CALM_DISK } from '#simulations/disk.ts';
import { NOW, SMALL, valueOf } from '#test/contract/pieces.contract.ts';
import { listedKeys, opened, page, pieceWorld, putShedding, type World } from './world.ts';

const keysOf = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${name}${String(i).padStart(4, '0')}`);

/** Puts all of these, in groups, whatever has to go for them. */
function putAll(it: World, pieces: Pieces, keys: readonly string[], length = 1_700): void {
  const expiresAt = millis(NOW + 1e9);
  const wanted = keys.map((key) => ({ key, value: valueOf(key, length), expiresAt }));
  putShedding(it, pieces, wanted);
}

describe('a list of pieces', () => {
  it('goes on where a window ended in the middle of a record', () => {
    // Segments of 2 MiB: two windows each; the first ends in the head of a record.
    const it = pieceWorld({}, { bytesMax: 256 * 1024 * 1024 });
    const pieces = opened(it.open());
    const [small, large] = [keysOf('s', 3_000), keysOf('l', 5)];
    putAll(it, pieces, small, 1_000);
    putAll(it, pieces, large, 500_000);
    expect(listedKeys(it, pieces)).toEqual([...small, ...large]);
    const first = page(it, pieces);
    expect(first.pieces.length).toBeLessThan(1_100);
    expect(first.next).toEqual({ segment: 1, at: first.pieces.length * (HEAD_BYTES + 5 + 1_000) });
  });

  it('has everything that is there from first to last, wherever it is moved meanwhile', () => {
    const it = pieceWorld();
    const pieces = opened(it.open());
    const loved = keysOf('loved', 8);
    const beside = [...keysOf('b', 60).slice(-20), ...keysOf('c', 20)];
    // Not on the first page, nor in the segment that is given up first.
    for (const name of ['a', 'b']) putAll(it, pieces, keysOf(name, 60));
    putAll(it, pieces, loved);
    putAll(it, pieces, keysOf('c', 60));
    const seen = new Set<string>();
    let round = 0;
    for (let next: PiecePage | undefined = page(it, pieces); next !== undefined;) {
      for (const { key } of next.pieces) seen.add(key);
      // Room is made before the next page: the loved are read, so that they are spared, and what stands beside them
      // is gone, so that it is they who are moved.
      for (const key of loved) it.get(pieces, key);
      if (round === 0) for (const key of beside) it.drop(pieces, key);
      if (round++ < 3) putAll(it, pieces, keysOf(`r${round}.`, 100));
      next = next.next && page(it, pieces, next.next);
    }
    expect(it.reports.some((report) => report.kind === 'reclaimed' && report.moved > 0)).toBe(true);
    expect(loved.filter((key) => pieces.has(key) && !seen.has(key))).toEqual([]);
    expect(loved.every((key) => pieces.has(key))).toBe(true);
  });

  it('goes on with the next segment when one is given up while it is read', () => {
    let hold: ((release: () => void) => void) | undefined;
    const it = pieceWorld({}, SMALL, 1, undefined, (disk) => ({
      ...disk,
      read: (name, at, length, then) => {
        if (hold === undefined) return disk.read(name, at, length, then);
        hold(() => disk.read(name, at, length, then));
      },
    }));
    const pieces = opened(it.open());
    putAll(it, pieces, keysOf('old', 30));
    let [release, first]: [() => void, PiecePage | undefined] = [() => undefined, undefined];
    hold = (go) => (release = go);
    pieces.list(undefined, (found) => (first = found.ok ? found.value : undefined));
    hold = undefined;
    for (let i = 0; pieces.has('old0000'); i++) putAll(it, pieces, keysOf(`n${i}.`, 10));
    release();
    it.world.pass(10);
    expect(first).toEqual(page(it, pieces));
    const keys = listedKeys(it, pieces);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('names a key where it was put last, also at the same place of another segment', () => {
    const it = pieceWorld();
    const pieces = opened(it.open());
    const keys = keysOf('tx', 37);
    putAll(it, pieces, [...keys, keys[0]!]);
    const [first, second] = [page(it, pieces), page(it, pieces, { segment: 2, at: 0 })];
    expect(first.pieces.map(({ key }) => key)).toEqual(keys.slice(1));
    expect(second.pieces.map(({ key }) => key)).toEqual(keys.slice(0, 1));
  });

  it('leaves out a record whose head is damaged, and nothing else', () => {
    const it = pieceWorld();
    const keys = keysOf('tx', 60);
    const first = opened(it.open());
    putAll(it, first, keys);
    it.close(first);
    const segment = it.device.durableNames().find((name) => name.endsWith('.seg'));
    it.device.flip(segment!, 7 * (HEAD_BYTES + 6 + 1_700) + 13, 3);
    const pieces = opened(it.open());
    expect(listedKeys(it, pieces)).toEqual(keys.filter((key) => key !== 'tx0007'));
  });

  it('ends also on a disk that cannot be read', () => {
    const it = pieceWorld();
    const pieces = opened(it.open());
    putAll(it, pieces, keysOf('tx', 100));
    it.device.faults = { ...CALM_DISK, readFails: ALWAYS };
    expect(listedKeys(it, pieces)).toEqual([]);
    it.device.faults = CALM_DISK;
    expect(listedKeys(it, pieces)).toHaveLength(100);
  });
});
