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
    nominate: async () =>
      granted(
        await answered<Result<readonly PieceEntry[]>>(drive, (then) => pieces.nominate(then)),
      ),
  };
}

/** Puts as a holder does that finds somebody else for whatever has to go. */
function shedding({ put, drop, nominate }: ReturnType<typeof awaitablePieces>) {
  return async (key: string, value = valueOf(key), expiresAt = NOW + 180 * DAY): Promise<void> => {
    while (!(await put(key, value, expiresAt)).ok)
      for (const { key: named } of await nominate()) await drop(named);
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
      const awaitable = awaitablePieces(it.pieces, it.drive);
      let passedMs = 0;
      /** Time passes, and the store is told. */
      const later = (ms: number): void => {
        it.later(ms);
        it.pieces.lapse(millis(NOW + (passedMs += ms)));
      };
      return { ...it, ...awaitable, later, putAnyway: shedding(awaitable) };
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
          if (all.push(isInside) === 6) then(all);
        };
        pieces.get('a', hear);
        pieces.peek('a', hear);
        pieces.nominate(hear);
        pieces.drop('a', hear);
        pieces.put({ key: 'a', value: valueOf('a'), expiresAt: millis(NOW) }, hear);
        pieces.put({ key: 'a', value: new Uint8Array(1e6), expiresAt: millis(NOW) }, hear);
        isInside = false;
      });
      expect(within).toEqual(Array<boolean>(6).fill(false));
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
      const { put, putAnyway, drop, tally, list, reopen, drive } = await opened();
      expect(await tally()).toMatchObject({ pieces: 0, bytesMax: SMALL.bytesMax });
      await put('a');
      await put('a', valueOf('a'), NOW + DAY);
      for (let i = 0; i < 3; i++) {
        await put('b');
        await drop('b');
      }
      expect(await tally()).toMatchObject({ pieces: 1, damaged: 0 });
      for (let i = 0; i < 400; i++) await putAnyway(`tx${i}`);
      const full = await tally();
      expect(full.pieces).toBe((await list()).length);
      expect(full.bytesUsed + full.bytesFree).toBeLessThanOrEqual(SMALL.bytesMax);
      expect(full.bytesUsed).toBeGreaterThan(full.pieces * 1_700);
      const again = awaitablePieces(await reopen(), drive);
      expect(await again.tally()).toMatchObject({ pieces: full.pieces });
    });

    it('says how much room there is, and keeps to its size', async () => {
      const { pieces, put, bytesOnDisk } = await opened();
      const before = pieces.bytesFree();
      await put('a');
      expect(before - pieces.bytesFree()).toBeGreaterThanOrEqual(1_700);
      let count = 0;
      while ((await put(`tx${count}`)).ok) count++;
      expect(count * 1_700).toBeGreaterThan(0.7 * SMALL.bytesMax);
      expect(bytesOnDisk()).toBeLessThanOrEqual(SMALL.bytesMax);
      expect(pieces.bytesUsed()).toBeGreaterThanOrEqual(bytesOnDisk());
    });

    it('refuses when it is full of live pieces, and goes on when it is told that their time is over', async () => {
      const { put, get, drop, later } = await opened();
      for (let i = 0; (await put(`tx${i}`, valueOf('a'), NOW + HOUR)).ok; i++);
      expect(await put('one more')).toMatchObject({ ok: false, why: 'full' });
      expect(await get('tx0')).toMatchObject({ found: 'piece' });
      expect(await drop('tx0')).toEqual({ ok: true });
      expect(await put('one more')).toMatchObject({ ok: false, why: 'full' });
      later(2 * HOUR);
      expect(await put('one more')).toEqual({ ok: true });
    });

    it('has no time of its own: whatever the clock says, nothing expires but by `lapse`', async () => {
      const { pieces, put, get, nominate, ...it } = await make(SMALL).then((made) => ({
        ...made,
        ...awaitablePieces(made.pieces, made.drive),
      }));
      ends.push(it.end);
      for (let i = 0; (await put(`tx${i}`, valueOf('a'), NOW + HOUR)).ok; i++);
      it.later(365 * DAY);
      expect(await put('more')).toMatchObject({ why: 'full' });
      expect((await nominate()).length).toBeGreaterThan(0);
      pieces.lapse(millis(NOW + HOUR - 1));
      expect(await put('more')).toMatchObject({ why: 'full' });
      expect(await get('tx0')).toMatchObject({ found: 'piece' });
      pieces.lapse(millis(NOW + HOUR));
      pieces.lapse(millis(NOW));
      expect(await put('more')).toEqual({ ok: true });
    });

    it('loses nothing by itself, however full it is, and names what expires soonest', async () => {
      const { pieces, put, nominate, tally } = await opened();
      let count = 0;
      while ((await put(`tx${count}`, valueOf('a'), NOW + (500 - count) * DAY)).ok) count++;
      const [first, ...named] = await nominate();
      expect((await tally()).pieces).toBe(count);
      for (let i = 0; i < count; i++) expect(pieces.has(`tx${i}`)).toBe(true);
      const times = [first!, ...named].map(({ expiresAt }) => expiresAt);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      // The last segment grows; of the others it is the one whose pieces end first.
      expect(Math.max(...times)).toBeLessThan(NOW + (500 - count / 2) * DAY);
      expect(first).toMatchObject({ bytes: 1_700 });
    });

    it('names the oldest first where everything lives equally long, and not the newest', async () => {
      const { pieces, putAnyway, bytesOnDisk } = await opened();
      const keys = Array.from({ length: 800 }, (_, i) => `tx${i}`);
      for (const [i, key] of keys.entries()) {
        await putAnyway(key, valueOf(key), NOW + DAY + i * HOUR);
        expect(bytesOnDisk()).toBeLessThanOrEqual(SMALL.bytesMax);
      }
      const kept = keys.map((key) => pieces.has(key));
      const first = kept.indexOf(true);
      expect(first).toBeGreaterThan(0);
      expect(kept.slice(first)).toEqual(kept.slice(first).fill(true));
      expect((800 - first) * 1_700).toBeGreaterThan(0.6 * SMALL.bytesMax);
    });

    it('gives what is read a second chance', async () => {
      const { pieces, put, putAnyway, get } = await opened();
      await put('loved');
      for (let i = 0; i < 800; i++) {
        await putAnyway(`tx${i}`);
        if (i % 50 === 0) await get('loved');
      }
      expect(pieces.has('loved')).toBe(true);
      expect(await get('loved')).toEqual(piece('loved'));
      expect(pieces.has('tx0')).toBe(false);
    });

    it("gives no second chance for a look that is nobody's use, nor a third one", async () => {
      const { pieces, put, get, nominate, drive } = await opened();
      await put('loved');
      await put('audited');
      for (let i = 0; (await put(`tx${i}`)).ok; i++);
      await get('loved');
      await answered<PieceGot>(drive, (then) => pieces.peek('audited', then));
      const first = (await nominate()).map(({ key }) => key);
      expect(first).toContain('audited');
      expect(first).not.toContain('loved');
    });

    it('gives up what has expired before it names what has not', async () => {
      const { pieces, put, later } = await opened();
      // Long-lived first: they are the oldest, and still they stay.
      for (let i = 0; i < 60; i++) await put(`long${i}`);
      for (let i = 0; i < 60; i++) await put(`mixed${i}`, valueOf('m'), untilOf(i));
      for (let i = 0; i < 60; i++) await put(`short${i}`, valueOf('s'), NOW + HOUR);
      later(2 * HOUR);
      for (let i = 0; i < 80; i++) expect(await put(`new${i}`)).toEqual({ ok: true });
      for (let i = 0; i < 60; i++) expect(pieces.has(`long${i}`)).toBe(true);
      for (let i = 1; i < 60; i += 2) expect(pieces.has(`mixed${i}`)).toBe(true);
    });

    it('does not bring back what was dropped, ever', async () => {
      const { put, putAnyway, drop, reopen, drive } = await opened();
      for (let i = 0; i < 150; i++) await put(`tx${i}`);
      for (let i = 0; i < 150; i += 3) await drop(`tx${i}`);
      for (let i = 0; i < 150; i += 5) await put(`tx${i}`, valueOf(`tx${i}`), NOW + 200 * DAY);
      for (let i = 150; i < 700; i++) await putAnyway(`tx${i}`);
      const keys = Array.from({ length: 700 }, (_, i) => `tx${i}`);
      let before = await reopen();
      for (let time = 0; time < 3; time++) {
        const had = keys.map((key) => before.has(key));
        before = await reopen();
        expect(keys.map((key) => before.has(key))).toEqual(had);
        const putMore = shedding(awaitablePieces(before, drive));
        for (let i = 0; i < 40; i++) await putMore(`more${time}.${i}`);
      }
    });
  });
}
