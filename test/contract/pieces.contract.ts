/** What a piece store does, whatever disk is below it. Faults are in test/runtime/pieces*.test.ts. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Result } from '#lib/result.ts';
import type { PieceEntry, PiecePage, PieceTally } from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import type { PieceDropped, PieceGot, PiecePut } from '#runtime/ports.ts';
import type { PieceOptions } from '#runtime/pieces/open.ts';
import type { Pieces } from '#runtime/pieces/pieces.ts';
import { answered, type Drive } from './answered.ts';
import { DAY, NOW, SMALL, valueOf } from './piece-values.ts';

export interface PiecesUnderTest {
  readonly pieces: Pieces;
  readonly drive: Drive;
  /** Closes the store and opens it again. */
  readonly reopen: () => Promise<Pieces>;
  /** What the files take now. */
  readonly bytesOnDisk: () => number;
  /** Lets the time of day pass. */
  readonly later: (ms: number) => void;
  readonly end: () => Promise<void>;
}

export { DAY, NOW, SMALL, valueOf } from './piece-values.ts';

const HOUR = 3_600_000;

export function awaitablePieces(pieces: Pieces, drive: Drive) {
  return {
    put: (key: string, value = valueOf(key), expiresAt = NOW + 180 * DAY) =>
      answered<PiecePut>(drive, (then) =>
        pieces.put({ key, value, expiresAt: millis(expiresAt) }, then),
      ),
    get: (key: string) => answered<PieceGot>(drive, (then) => pieces.get(key, then)),
    drop: (key: string) => answered<PieceDropped>(drive, (then) => pieces.drop(key, then)),
    list: () => listed(pieces, drive),
    tally: async () =>
      granted(await answered<Result<PieceTally>>(drive, (then) => pieces.tally(then))),
  };
}

/** All pages of a list. */
async function listed(pieces: Pieces, drive: Drive): Promise<PieceEntry[]> {
  const entries: PieceEntry[] = [];
  let next: PiecePage['next'];
  do {
    const from = next;
    const found = granted(
      await answered<Result<PiecePage>>(drive, (then) => pieces.list(from, then)),
    );
    entries.push(...found.pieces);
    ({ next } = found);
  } while (next !== undefined);
  return entries;
}

function granted<T>(outcome: Result<T>): T {
  if (!outcome.ok) throw new Error(outcome.error);
  return outcome.value;
}

const piece = (key: string, length = 1_700, expiresAt = NOW + 180 * DAY) => ({
  found: 'piece',
  value: valueOf(key, length),
  expiresAt,
});

const inOrder = (entries: readonly PieceEntry[]): PieceEntry[] =>
  entries.toSorted((a, b) => a.bytes - b.bytes);

/** Every other piece lives long. */
const untilOf = (i: number): number => NOW + (i % 2 === 0 ? HOUR : 180 * DAY);

export function piecesContract(
  name: string,
  make: (options: PieceOptions) => Promise<PiecesUnderTest>,
): void {
  describe(`pieces on a ${name} disk`, () => {
    let ends: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const end of ends) await end();
      ends = [];
    });
    const opened = async (options = SMALL) => {
      const it = await make(options);
      ends.push(it.end);
      return { ...it, ...awaitablePieces(it.pieces, it.drive) };
    };
    const many = Array.from({ length: 100 }, (_, i) => `tx${i}/3`);

    it('returns what was put, with its expiry', async () => {
      const { pieces, put, get } = await opened();
      expect([pieces.has('a'), await get('a')]).toEqual([false, { found: 'nothing' }]);
      expect(await put('a', valueOf('a'), NOW + 12_345)).toEqual({ ok: true });
      expect(pieces.has('a')).toBe(true);
      expect(await get('a')).toEqual(piece('a', 1_700, NOW + 12_345));
    });

    it('keeps values of every length, and keys of every letter', async () => {
      const { put, get } = await opened();
      for (const length of [0, 1, 4_095, 4_096, 16_384]) {
        expect(await put(`of ${length}`, valueOf('x', length))).toEqual({ ok: true });
        expect(await get(`of ${length}`)).toMatchObject({ value: valueOf('x', length) });
      }
      for (const key of ['片', '/', 'k'.repeat(255)]) {
        await put(key);
        expect(await get(key)).toEqual(piece(key));
      }
    });

    it('refuses a value that is too large for it, and a key that is none', async () => {
      const { pieces, put } = await opened();
      const { bytesMax } = SMALL;
      expect(await put('a', new Uint8Array(bytesMax))).toMatchObject({
        ok: false,
        why: 'too-large',
      });
      for (const key of ['', 'k'.repeat(256), '片'.repeat(86)]) {
        expect(() => pieces.has(key)).toThrow('a key has 1 to 255 bytes');
      }
    });

    it('drops for good', async () => {
      const { pieces, put, drop, get, reopen, drive } = await opened();
      await put('a');
      expect(await drop('a')).toEqual({ ok: true });
      expect(await drop('a')).toEqual({ ok: true });
      expect(await drop('never there')).toEqual({ ok: true });
      expect([pieces.has('a'), await get('a')]).toEqual([false, { found: 'nothing' }]);
      const again = awaitablePieces(await reopen(), drive);
      expect(await again.get('a')).toEqual({ found: 'nothing' });
      expect(await again.put('a')).toEqual({ ok: true });
      expect(await again.get('a')).toEqual(piece('a'));
    });

    it('takes a put again, with a later expiry', async () => {
      const { put, get, reopen, drive } = await opened();
      await put('a', valueOf('a'), NOW + 1_000);
      await put('a', valueOf('a'), NOW + 2_000);
      expect(await get('a')).toEqual(piece('a', 1_700, NOW + 2_000));
      const again = awaitablePieces(await reopen(), drive);
      expect(await again.get('a')).toEqual(piece('a', 1_700, NOW + 2_000));
    });

    it('answers many at once, in order, each once', async () => {
      const { pieces, drive, get } = await opened();
      const order: string[] = [];
      await answered(drive, (then: (done: true) => void) => {
        for (const key of many) {
          pieces.put({ key, value: valueOf(key), expiresAt: millis(NOW + DAY) }, ({ ok }) => {
            if (order.push(`${key} ${ok}`) === many.length) then(true);
          });
        }
      });
      expect(order).toEqual(many.map((key) => `${key} true`));
      const found = await Promise.all(many.map((key) => get(key)));
      expect(found).toEqual(many.map((key) => piece(key, 1_700, NOW + DAY)));
    });

    it('takes puts and drops of one key in order, also in one group', async () => {
      const { pieces, drive, get, reopen } = await opened();
      await answered(drive, (then) => {
        const one = { key: 'a', value: valueOf('a'), expiresAt: millis(NOW + 1) };
        pieces.put(one, () => undefined);
        pieces.drop('a', () => undefined);
        pieces.put({ ...one, key: 'b' }, () => undefined);
        pieces.put({ ...one, expiresAt: millis(NOW + 2) }, () => undefined);
        pieces.drop('b', then);
      });
      expect(await get('a')).toEqual(piece('a', 1_700, NOW + 2));
      expect(await get('b')).toEqual({ found: 'nothing' });
      const again = awaitablePieces(await reopen(), drive);
      expect(await again.get('a')).toEqual(piece('a', 1_700, NOW + 2));
      expect(await again.get('b')).toEqual({ found: 'nothing' });
    });

    it('never calls back within the call', async () => {
      const { pieces, drive } = await opened();
      let isInside = true;
      const within = await answered(drive, (then: (within: boolean[]) => void) => {
        const all: boolean[] = [];
        const hear = (): void => {
          if (all.push(isInside) === 4) then(all);
        };
        pieces.get('a', hear);
        pieces.drop('a', hear);
        pieces.put({ key: 'a', value: valueOf('a'), expiresAt: millis(NOW) }, hear);
        pieces.put({ key: 'a', value: new Uint8Array(1e6), expiresAt: millis(NOW) }, hear);
        isInside = false;
      });
      expect(within).toEqual([false, false, false, false]);
    });

    it('has it all when it is opened again, sealed segments and the last one', async () => {
      const { put, reopen, drive } = await opened();
      for (const key of many) await put(key);
      for (let time = 0; time < 3; time++) {
        const pieces = await reopen();
        const again = awaitablePieces(pieces, drive);
        for (const key of many) expect(await again.get(key)).toEqual(piece(key));
        expect(pieces.has('tx100/3')).toBe(false);
      }
    });

    it('lists everything it has once, with lengths and expiries, now and when it is opened again', async () => {
      const { pieces, put, drop, list, reopen, drive } = await opened();
      expect(await list()).toEqual([]);
      for (const [i, key] of many.entries()) await put(key, valueOf(key, 10 * i), NOW + i);
      for (let i = 0; i < 100; i += 3) await drop(many[i]!);
      for (let i = 1; i < 100; i += 3) await put(many[i]!, valueOf(many[i]!, 10 * i), NOW + DAY);
      const expected = many.flatMap((key, i) =>
        i % 3 === 0 ? [] : [{ key, bytes: 10 * i, expiresAt: i % 3 === 1 ? NOW + DAY : NOW + i }],
      );
      expect(inOrder(await list())).toEqual(expected);
      expect(pieces.has(many[0]!)).toBe(false);
      const again = awaitablePieces(await reopen(), drive);
      expect(inOrder(await again.list())).toEqual(expected);
    });

    it('counts what it has, and what it lost', async () => {
      const { put, drop, tally, list, reopen, drive } = await opened();
      expect(await tally()).toMatchObject({ pieces: 0, bytesMax: SMALL.bytesMax, evicted: 0 });
      await put('a');
      await put('a', valueOf('a'), NOW + DAY);
      for (let i = 0; i < 3; i++) {
        await put('b');
        await drop('b');
      }
      expect(await tally()).toMatchObject({ pieces: 1, evicted: 0, damaged: 0 });
      for (let i = 0; i < 400; i++) await put(`tx${i}`);
      const full = await tally();
      expect(full.pieces).toBe((await list()).length);
      expect(full.evicted).toBe(401 - full.pieces);
      expect(full.bytesUsed + full.bytesFree).toBeLessThanOrEqual(SMALL.bytesMax);
      expect(full.bytesUsed).toBeGreaterThan(full.pieces * 1_700);
      const again = awaitablePieces(await reopen(), drive);
      expect(await again.tally()).toMatchObject({ pieces: full.pieces, evicted: 0 });
    });

    it('says how much room there is, and keeps to its size', async () => {
      const { pieces, put, bytesOnDisk } = await opened({ ...SMALL, evicts: 'expired' });
      const before = pieces.bytesFree();
      await put('a');
      expect(before - pieces.bytesFree()).toBeGreaterThanOrEqual(1_700);
      let count = 0;
      while ((await put(`tx${count}`)).ok) count++;
      expect(count * 1_700).toBeGreaterThan(0.7 * SMALL.bytesMax);
      expect(bytesOnDisk()).toBeLessThanOrEqual(SMALL.bytesMax);
      expect(pieces.bytesUsed()).toBeGreaterThanOrEqual(bytesOnDisk());
    });

    it('refuses when it is full of live pieces that may not be evicted, and goes on when one may', async () => {
      const { put, get, drop, later } = await opened({ ...SMALL, evicts: 'expired' });
      for (let i = 0; (await put(`tx${i}`, valueOf('a'), NOW + HOUR)).ok; i++);
      expect(await put('one more')).toMatchObject({ ok: false, why: 'full' });
      expect(await get('tx0')).toMatchObject({ found: 'piece' });
      expect(await drop('tx0')).toEqual({ ok: true });
      expect(await put('one more')).toMatchObject({ ok: false, why: 'full' });
      later(2 * HOUR);
      expect(await put('one more')).toEqual({ ok: true });
    });

    it('evicts the oldest first where everything lives equally long, and keeps the newest', async () => {
      const { pieces, put, bytesOnDisk } = await opened();
      const keys = Array.from({ length: 800 }, (_, i) => `tx${i}`);
      for (const [i, key] of keys.entries()) {
        expect(await put(key, valueOf(key), NOW + DAY + i * 1_000)).toEqual({ ok: true });
        expect(bytesOnDisk()).toBeLessThanOrEqual(SMALL.bytesMax);
      }
      const kept = keys.map((key) => pieces.has(key));
      const first = kept.indexOf(true);
      expect(first).toBeGreaterThan(0);
      expect(kept.slice(first)).toEqual(kept.slice(first).fill(true));
      expect((800 - first) * 1_700).toBeGreaterThan(0.6 * SMALL.bytesMax);
    });

    it('gives what is read a second chance', async () => {
      const { pieces, put, get } = await opened();
      await put('loved');
      for (let i = 0; i < 800; i++) {
        await put(`tx${i}`);
        if (i % 50 === 0) await get('loved');
      }
      expect(pieces.has('loved')).toBe(true);
      expect(await get('loved')).toEqual(piece('loved'));
      expect(pieces.has('tx0')).toBe(false);
    });

    it('evicts what has expired before what has not', async () => {
      const { pieces, put, later } = await opened();
      // Long-lived first: they are the oldest, and still they stay.
      for (let i = 0; i < 60; i++) await put(`long${i}`);
      for (let i = 0; i < 60; i++) await put(`mixed${i}`, valueOf('m'), untilOf(i));
      for (let i = 0; i < 60; i++) await put(`short${i}`, valueOf('s'), NOW + HOUR);
      later(2 * HOUR);
      for (let i = 0; i < 80; i++) await put(`new${i}`);
      for (let i = 0; i < 60; i++) expect(pieces.has(`long${i}`)).toBe(true);
      for (let i = 1; i < 60; i += 2) expect(pieces.has(`mixed${i}`)).toBe(true);
    });

    it('does not bring back what was dropped or evicted, ever', async () => {
      const { put, drop, reopen, drive } = await opened();
      for (let i = 0; i < 150; i++) await put(`tx${i}`);
      for (let i = 0; i < 150; i += 3) await drop(`tx${i}`);
      for (let i = 0; i < 150; i += 5) await put(`tx${i}`, valueOf(`tx${i}`), NOW + 200 * DAY);
      for (let i = 150; i < 700; i++) await put(`tx${i}`);
      const keys = Array.from({ length: 700 }, (_, i) => `tx${i}`);
      let before = await reopen();
      for (let time = 0; time < 3; time++) {
        const had = keys.map((key) => before.has(key));
        before = await reopen();
        expect(keys.map((key) => before.has(key))).toEqual(had);
        for (let i = 0; i < 40; i++) await awaitablePieces(before, drive).put(`more${time}.${i}`);
      }
    });
  });
}
