/**
 * What every `Store` must do, whoever implements it. Each promise is stated once and tried on the
 * memory store, the simulated one and SQLite; a difference between them is a simulator that lies.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { compare, utf8 } from '#lib/bytes.ts';
import { forget, put, type Write } from '#protocols/effect.ts';
import type { Store } from '#runtime/ports.ts';
import { answered, type Drive } from './answered.ts';

export interface StoreUnderTest {
  readonly store: Store;
  /** Lets simulated time pass; real stores need no help. */
  readonly drive: Drive;
  /** Closes the store properly and opens it again. */
  readonly reopen?: () => Promise<Store>;
  readonly end: () => Promise<void>;
}

const value = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const COMMITTED = { ok: true };
const found = (value: Uint8Array | undefined): unknown => ({ ok: true, value });

export function storeContract(
  name: string,
  lasts: boolean,
  make: () => Promise<StoreUnderTest>,
): void {
  describe(`store: ${name}`, () => {
    let ends: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const end of ends) await end();
      ends = [];
    });
    const opened = async () => {
      const it = await make();
      ends.push(it.end);
      const { store, drive } = it;
      return {
        store,
        reopen: it.reopen,
        drive,
        commit: (...writes: Write[]) =>
          answered(drive, (then: (o: unknown) => void) => store.commit(writes, then)),
        read: (key: string) =>
          answered(drive, (then: (o: unknown) => void) => store.read(key, then)),
        scan: (prefix: string) =>
          answered(drive, (then: (o: unknown) => void) => store.scan(prefix, then)),
      };
    };

    it('reads what was committed, and nothing where nothing was', async () => {
      const { commit, read } = await opened();
      expect(await read('a')).toEqual(found(undefined));
      expect(await commit(put('a', value(1, 2)))).toEqual(COMMITTED);
      expect(await read('a')).toEqual(found(value(1, 2)));
    });

    it('overwrites and forgets, and lets the last write of a commit win', async () => {
      const { commit, read } = await opened();
      await commit(put('a', value(1)), put('b', value(1)));
      await commit(put('a', value(2)), forget('b'), forget('never there'));
      expect(await read('a')).toEqual(found(value(2)));
      expect(await read('b')).toEqual(found(undefined));
      await commit(put('c', value(1)), forget('c'), put('d', value(1)), put('d', value(2)));
      expect(await read('c')).toEqual(found(undefined));
      expect(await read('d')).toEqual(found(value(2)));
    });

    it('commits nothing at all, and says so', async () => {
      const { commit } = await opened();
      expect(await commit()).toEqual(COMMITTED);
    });

    it('keeps empty values and large ones apart from none', async () => {
      const { commit, read } = await opened();
      const large = Uint8Array.from({ length: 300_000 }, (_, i) => i * 31);
      await commit(put('empty', value()), put('large', large));
      expect(await read('empty')).toEqual(found(value()));
      expect(await read('large')).toEqual(found(large));
    });

    it('owns its bytes, and gives away what it read', async () => {
      const { store, drive, read } = await opened();
      const mine = Uint8Array.of(9, 1, 2, 9);
      const committed = answered(drive, (then: (o: unknown) => void) =>
        store.commit([put('a', mine.subarray(1, 3))], then),
      );
      mine.fill(7);
      await committed;
      const first = (await read('a')) as { value: Uint8Array };
      expect(first.value).toEqual(value(1, 2));
      first.value.fill(0);
      expect(await read('a')).toEqual(found(value(1, 2)));
    });

    it('never calls back within the call', async () => {
      const { store, drive } = await opened();
      let isInside = true;
      const within: boolean[] = [];
      const all = answered(drive, (then: (o: unknown) => void) => {
        store.commit([put('a', value(1))], () => within.push(isInside));
        store.read('a', () => within.push(isInside));
        store.scan('', (outcome) => {
          within.push(isInside);
          then(outcome);
        });
      });
      isInside = false;
      await all;
      expect(within).toEqual([false, false, false]);
    });

    it('takes calls in the order in which they are made, and answers in it', async () => {
      const { store, drive } = await opened();
      const heard: unknown[] = [];
      await answered(drive, (then: (o: unknown) => void) => {
        store.read('a', (outcome) => heard.push(outcome));
        store.commit([put('a', value(1))], (outcome) => heard.push(outcome));
        store.read('a', (outcome) => heard.push(outcome));
        store.commit([put('a', value(2))], (outcome) => heard.push(outcome));
        store.scan('a', (outcome) => heard.push(outcome));
        store.commit([forget('a')], then);
      });
      expect(heard).toEqual([
        found(undefined),
        COMMITTED,
        found(value(1)),
        COMMITTED,
        { ok: true, value: [['a', value(2)]] },
      ]);
    });

    it('answers callers that call again from their callback', async () => {
      const { store, drive } = await opened();
      const count = await answered(drive, (then: (count: number) => void) => {
        let left = 50;
        const again = (): void => {
          if (left-- === 0) then(50);
          else store.commit([put(`k${left}`, value(left))], again);
        };
        again();
      });
      expect(count).toBe(50);
    });

    it('scans by prefix, which is no pattern, in the order of UTF-8 bytes', async () => {
      const { commit, scan } = await opened();
      const keys = ['a', 'a%', 'a%b', 'a_', 'ab', 'a*', 'b', 'a\u{ffff}', 'a\u{10000}', 'ä', '"'];
      await commit(...keys.map((key) => put(key, utf8(key))));
      const sorted = (prefix: string): unknown =>
        found(
          keys
            .filter((key) => key.startsWith(prefix))
            .toSorted((a, b) => compare(utf8(a), utf8(b)))
            .map((key) => [key, utf8(key)]) as never,
        );
      for (const prefix of ['', 'a', 'a%', 'a_', 'a\u{10000}', 'zz', "'"]) {
        expect(await scan(prefix)).toEqual(sorted(prefix));
      }
    });

    it('agrees with a map, whatever is done to it', async () => {
      const key = fc.constantFrom('', 'a', 'aa', 'ab', 'b', 'b\u{ffff}', 'b\u{1f600}');
      const write = fc.record({
        key,
        value: fc.option(fc.uint8Array({ maxLength: 4 }), { nil: undefined }),
      });
      const call = fc.oneof(
        fc.record({ writes: fc.array(write, { maxLength: 4 }) }),
        fc.record({ read: key }),
        fc.record({ scan: key }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(call, { maxLength: 20 }), async (calls) => {
          const { commit, read, scan } = await opened();
          const model = new Map<string, Uint8Array>();
          for (const each of calls) {
            if ('writes' in each) {
              expect(await commit(...each.writes)).toEqual(COMMITTED);
              for (const { key, value } of each.writes) {
                if (value === undefined) model.delete(key);
                else model.set(key, value);
              }
            } else if ('read' in each) {
              expect(await read(each.read)).toEqual(found(model.get(each.read)));
            } else {
              const under = [...model].filter(([key]) => key.startsWith(each.scan));
              expect(await scan(each.scan)).toEqual({
                ok: true,
                value: under.toSorted(([a], [b]) => compare(utf8(a), utf8(b))),
              });
            }
          }
        }),
        { numRuns: 20 },
      );
    });

    if (!lasts) return;

    it('still has it after it was closed and opened again', async () => {
      const { commit, drive, reopen } = await opened();
      await commit(put('a', value(1)), put('b', value(2)));
      await commit(forget('b'));
      const again = await reopen!();
      const all = await answered(drive, (then: (o: unknown) => void) => again.scan('', then));
      expect(all).toEqual({ ok: true, value: [['a', value(1)]] });
    });
  });
}
