/**
 * The piece store on a disk that fails: flipped bits, torn tails, lost writes, failed syncs, no room.
 * Method: one fault at a time, by hand. All of them together are in survives.simulation.test.ts.
 */
import { describe, expect, it } from 'vitest';
import type { PieceTally } from '#protocols/effect.ts';
import { fail, type Result } from '#lib/result.ts';
import type { Disk } from '#runtime/ports.ts';
import { pieceBytesMax } from '#runtime/pieces/pieces.ts';
import { segmentBytesFor } from '#runtime/pieces/open.ts';
import { HEAD_BYTES } from '#runtime/pieces/record.ts';
import { ALWAYS, NEVER } from '#simulations/chance.ts';
import { CALM_DISK } from '#simulations/disk.ts';
import { NOW, SMALL, valueOf } from '#test/contract/pieces.contract.ts';
import { opened, pieceWorld, settled, type World } from './world.ts';

const keys = Array.from({ length: 60 }, (_, i) => `tx${String(i).padStart(3, '0')}`);
/** All of `keys` have records of one length. */
const RECORD = HEAD_BYTES + 5 + 1_700;

/** A store with `keys` in it, in one sealed segment and one that was open; and then not in use. */
function filled(it: World): string[] {
  const pieces = opened(it.open());
  for (const key of keys) it.put(pieces, key);
  it.close(pieces);
  return it.device.durableNames().filter((name) => name.endsWith('.seg'));
}

const lost = (it: World): string[] => {
  const pieces = opened(it.open());
  return keys.filter((key) => {
    const found = it.get(pieces, key);
    if (found.found === 'piece') expect(found.value).toEqual(valueOf(key));
    return found.found !== 'piece';
  });
};

describe('a piece store on damaged files', () => {
  it('reports a damaged value by its key, once, and loses nothing else', () => {
    const it = pieceWorld();
    const [first] = filled(it);
    it.device.flip(first!, 7 * RECORD + 500, 3);
    const pieces = opened(it.open());
    expect(pieces.has('tx007')).toBe(true);
    expect(it.get(pieces, 'tx007')).toEqual({ found: 'damaged' });
    expect(pieces.has('tx007')).toBe(false);
    expect(it.get(pieces, 'tx007')).toEqual({ found: 'nothing' });
    const damaged = it.reports.filter(({ kind }) => kind === 'damaged');
    expect(damaged).toEqual([{ kind: 'damaged', key: 'tx007', segment: 1, at: 7 * RECORD }]);
    for (const key of keys.filter((key) => key !== 'tx007')) {
      expect(it.get(pieces, key)).toMatchObject({ found: 'piece', value: valueOf(key) });
    }
  });

  it('is whole again when the piece is put again', () => {
    const it = pieceWorld();
    const [first] = filled(it);
    it.device.flip(first!, 7 * RECORD + 500, 3);
    const pieces = opened(it.open());
    it.get(pieces, 'tx007');
    expect(it.put(pieces, 'tx007')).toEqual({ ok: true });
    expect(it.get(pieces, 'tx007')).toMatchObject({ found: 'piece' });
    it.close(pieces);
    expect(lost(it)).toEqual([]);
  });

  it('loses one piece to a damaged head, sealed or not', () => {
    for (const hasHint of [true, false]) {
      const it = pieceWorld();
      const [first] = filled(it);
      it.device.flip(first!, 7 * RECORD + 13, 3);
      if (!hasHint) it.device.flip(first!.replace('.seg', '.hint'), 100, 1);
      expect(lost(it)).toEqual(['tx007']);
    }
  });

  it('does without a hint that is damaged, cut or gone, and makes another', () => {
    for (const damage of ['flip', 'cut', 'unlink'] as const) {
      const it = pieceWorld();
      const [first] = filled(it);
      const hint = first!.replace('.seg', '.hint');
      const disk = it.device.attach();
      if (damage === 'flip') it.device.flip(hint, 20, 0);
      else if (damage === 'cut') settled(it.world, (then) => disk.truncate(hint, 100, then));
      else settled(it.world, (then) => disk.unlink(hint, then));
      it.device.kill();
      expect(lost(it)).toEqual([]);
      expect(it.reports.filter(({ kind }) => kind === 'damaged')).toEqual([]);
      it.device.powerCut();
      expect(lost(it)).toEqual([]);
    }
  });

  it('removes a hint whose segment is gone', () => {
    const it = pieceWorld();
    const [first] = filled(it);
    const disk = it.device.attach();
    settled(it.world, (then) => disk.unlink(first!, then));
    it.device.kill();
    expect(lost(it).length).toBeGreaterThan(10);
    expect(it.device.bytes()).toBeLessThan(60 * RECORD);
  });

  it('takes a read error for a lost piece', () => {
    const it = pieceWorld();
    filled(it);
    const pieces = opened(it.open());
    it.device.faults = { ...CALM_DISK, readFails: ALWAYS };
    expect(it.get(pieces, 'tx001')).toEqual({ found: 'damaged' });
    expect(pieces.has('tx001')).toBe(false);
  });

  it('does not give a piece up because the process has no more files to open', () => {
    let isShort = false;
    const around = (disk: Disk): Disk => ({
      ...disk,
      read: (name, at, length, then) => {
        if (!isShort) return disk.read(name, at, length, then);
        disk.list(() => then(fail({ code: 'EMFILE', detail: 'too many open files' })));
      },
    });
    const it = pieceWorld({}, SMALL, 1, undefined, around);
    filled(it);
    const pieces = opened(it.open());
    isShort = true;
    expect(it.get(pieces, 'tx001')).toEqual({ found: 'damaged' });
    isShort = false;
    expect(it.get(pieces, 'tx001')).toMatchObject({ found: 'piece' });
  });

  it('drops what is damaged when its segment is given up, and reports it', () => {
    const it = pieceWorld({}, SMALL);
    const [first] = filled(it);
    it.device.flip(first!, 7 * RECORD + 500, 3);
    it.device.flip(first!.replace('.seg', '.hint'), 20, 0);
    expect(lost(it)).toEqual(['tx007']);
    expect(it.reports).toContainEqual({
      kind: 'damaged',
      key: 'tx007',
      segment: 1,
      at: 7 * RECORD,
    });
  });

  it('refuses files of another version, or of two stores', () => {
    const it = pieceWorld();
    const [first] = filled(it);
    const disk = it.device.attach();
    settled(it.world, (then) => disk.create(first!.replace('.v1.', '.v2.'), then));
    it.device.kill();
    expect(it.open()).toContain('written by another version: expected v1');
    it.device.kill();
    const again = it.device.attach();
    settled(it.world, (then) => again.unlink(first!.replace('.v1.', '.v2.'), then));
    settled(it.world, (then) => again.create('0000000099-0000000000000000.v1.seg', then));
    it.device.kill();
    expect(it.open()).toBe('files of 2 stores in one directory: expected one');
  });

  it('leaves files alone that are not its own', () => {
    const it = pieceWorld();
    filled(it);
    const disk = it.device.attach();
    settled(it.world, (then) => disk.create('readme.txt', then));
    settled(it.world, (then) => disk.syncNames(then));
    it.device.kill();
    expect(lost(it)).toEqual([]);
    expect(it.device.durableNames()).toContain('readme.txt');
  });
});

describe('a piece store and the page cache', () => {
  it('keeps what it answered through a power cut that loses everything unsynced', () => {
    const it = pieceWorld({ kept: NEVER });
    const pieces = opened(it.open());
    for (const key of keys) expect(it.put(pieces, key)).toEqual({ ok: true });
    it.device.powerCut();
    expect(lost(it)).toEqual([]);
  });

  it('makes durable what it found after a kill, before it says that it has it', () => {
    const it = pieceWorld({ kept: NEVER, syncMs: [50, 50], accessMs: [0, 0] });
    const pieces = opened(it.open());
    it.put(pieces, 'a');
    pieces.put({ key: 'b', value: valueOf('b'), expiresAt: (NOW + 1e9) as never }, () => undefined);
    it.world.pass(5);
    it.device.kill(); // Written, never synced, never answered.
    expect(opened(it.open()).has('b')).toBe(true);
    it.device.powerCut();
    const after = opened(it.open());
    expect(it.get(after, 'b')).toMatchObject({ found: 'piece' });
    expect(it.get(after, 'a')).toMatchObject({ found: 'piece' });
  });

  it('writes nothing after a sync failed, says why, and still reads', () => {
    const it = pieceWorld();
    const pieces = opened(it.open());
    it.put(pieces, 'before');
    it.device.faults = { ...CALM_DISK, syncFails: ALWAYS };
    expect(it.put(pieces, 'during')).toMatchObject({ ok: false, why: 'failed' });
    it.device.faults = CALM_DISK;
    const bytes = it.device.bytes();
    expect(it.put(pieces, 'after')).toMatchObject({ ok: false, why: 'failed' });
    expect(it.drop(pieces, 'before')).toMatchObject({ ok: false });
    expect(it.device.bytes()).toBe(bytes);
    expect(it.get(pieces, 'before')).toMatchObject({ found: 'piece' });
    expect(it.reports).toContainEqual(expect.objectContaining({ kind: 'failed' }));
    const tally = settled<Result<PieceTally>>(it.world, (then) => pieces.tally(then));
    expect(tally.ok).toBe(false);
    it.close(pieces);
  });

  it('does not believe a later sync of the file whose sync failed', () => {
    // The records of 'during' are in the page cache, clean, and not on the platter.
    const it = pieceWorld({ kept: NEVER });
    const pieces = opened(it.open());
    it.put(pieces, 'before');
    it.device.faults = { ...CALM_DISK, kept: NEVER, syncFails: ALWAYS };
    it.put(pieces, 'during');
    it.device.faults = { ...CALM_DISK, kept: NEVER };
    it.device.kill();
    const second = opened(it.open());
    expect(second.has('during')).toBe(true);
    expect(it.put(second, 'after')).toEqual({ ok: true });
    it.device.powerCut();
    const third = opened(it.open());
    for (const key of ['before', 'during', 'after']) {
      expect(it.get(third, key)).toMatchObject({ found: 'piece', value: valueOf(key) });
    }
  });

  it('answers full when the disk is, loses nothing, and goes on when there is room', () => {
    const it = pieceWorld({ bytesMax: 20_000 });
    const pieces = opened(it.open());
    const outcomes = keys.map((key) => it.put(pieces, key).ok);
    const kept = keys.filter((_, i) => outcomes[i]);
    expect(kept.length).toBeGreaterThan(5);
    expect(outcomes.at(-1)).toBe(false);
    expect(it.put(pieces, 'more')).toMatchObject({ ok: false, why: 'full' });
    for (const key of kept) expect(it.get(pieces, key)).toMatchObject({ found: 'piece' });
    it.device.faults = { ...CALM_DISK, kept: NEVER };
    expect(it.put(pieces, 'more')).toEqual({ ok: true });
    it.device.powerCut();
    const again = opened(it.open());
    for (const key of [...kept, 'more'])
      expect(it.get(again, key)).toMatchObject({ found: 'piece' });
    expect(again.has(keys.at(-1)!)).toBe(false);
  });

  it('is full, and not failed, when there is no room for a hint or a new segment', () => {
    const segmentBytes = segmentBytesFor(SMALL.bytesMax);
    for (let spare = 0; spare < 2_400; spare += 200) {
      const it = pieceWorld({ bytesMax: segmentBytes - 1_800 + spare });
      const pieces = opened(it.open());
      const outcomes = keys.map((key) => it.put(pieces, key));
      expect(outcomes.some(({ ok }) => !ok)).toBe(true);
      for (const each of outcomes) if (!each.ok) expect(each.why).toBe('full');
      it.device.faults = CALM_DISK;
      for (const key of keys) expect(it.put(pieces, key)).toEqual({ ok: true });
      it.device.powerCut();
      expect(lost(it)).toEqual([]);
    }
  });

  it('has room again as soon as enough was dropped', () => {
    const it = pieceWorld({}, SMALL);
    const pieces = opened(it.open());
    let count = 0;
    while (it.put(pieces, `tx${count}`).ok) count++;
    for (let i = 0; i < count; i += 2) it.drop(pieces, `tx${i}`);
    expect(it.put(pieces, 'more')).toEqual({ ok: true });
  });

  it('refuses callers when too much is waiting for the disk', () => {
    const it = pieceWorld({ syncMs: [5_000, 5_000] }, { bytesMax: 1e9 });
    const pieces = opened(it.open());
    const value = new Uint8Array(pieceBytesMax(segmentBytesFor(1e9)));
    const heard: unknown[] = [];
    for (let i = 0; i < 40; i++) {
      pieces.put({ key: `k${i}`, value, expiresAt: (NOW + 1e9) as never }, (outcome) =>
        heard.push(outcome),
      );
    }
    it.world.settle();
    expect(heard.length).toBeGreaterThan(0);
    for (const each of heard) expect(each).toMatchObject({ ok: false, why: 'full' });
  });

  it('loses what it answered when the disk lies: that bug is one', () => {
    const it = pieceWorld({ kept: NEVER, syncMs: [500, 500] }, SMALL, 1, 'acknowledge-before-sync');
    const pieces = opened(it.open());
    for (const key of keys) expect(it.put(pieces, key)).toEqual({ ok: true });
    it.device.powerCut();
    expect(lost(it).length).toBeGreaterThan(0);
  });

  it('merges the short segments that short lives leave behind', () => {
    const it = pieceWorld();
    for (const key of keys) {
      const pieces = opened(it.open());
      it.put(pieces, key);
      it.close(pieces);
    }
    expect(lost(it)).toEqual([]);
    expect(it.device.durableNames().length).toBeLessThan(25);
  });
});
