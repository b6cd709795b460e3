/** Which page is a holder's last: marked now and then, and known after a restart at any time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whole } from '#protocols/codec.ts';
import {
  MARKED,
  pageWrites,
  readUnmarked,
  unmarkedKeys,
  type Paged,
} from '#protocols/ledger/pages.ts';
import { Last, LAST_HELD, PAGES } from '#protocols/ledger/records.ts';

const SENDER = 'ab'.repeat(32);
const holders = ['a', 'b', 'c', 'd', 'e'].map((name) => `asia.ishikawa.komatsu.${name}`);
const nobody = (): Paged => ({ pages: 0, lastHeld: new Map(), lastSent: new Map() });

/** As a ledger begins, from what is on the disk. */
function restarted(disk: ReadonlyMap<string, Uint8Array>): Paged {
  const row = disk.get(PAGES);
  const paged = { ...nobody(), pages: row === undefined ? 0 : whole(Last, row).page };
  for (const [key, value] of disk)
    if (key.startsWith(LAST_HELD))
      paged.lastHeld.set(key.slice(LAST_HELD.length), whole(Last, value).page);
  readUnmarked(
    paged,
    unmarkedKeys(paged).map((key) => disk.get(key)),
  );
  return paged;
}

describe('the last pages of holders', () => {
  it('are after a restart what they were before it', () => {
    const page = fc.subarray(holders);
    const pages = fc.array(page, { maxLength: 2 * MARKED + 5 });
    fc.assert(
      fc.property(pages, fc.nat(), (all, restartAt) => {
        const disk = new Map<string, Uint8Array>();
        let paged = nobody();
        for (const [i, held] of all.entries()) {
          if (i === restartAt % all.length) paged = restarted(disk);
          const of = held.map((who) => ({ who, isHolder: true, at: [0] }));
          const sent = { who: SENDER, isHolder: false, at: [0] };
          for (const { key, value } of pageWrites(paged, [new Uint8Array(32)], [sent, ...of]))
            disk.set(key, value!);
        }
        expect(restarted(disk).lastHeld).toEqual(paged.lastHeld);
        expect(restarted(disk).pages).toBe(all.length);
      }),
      { numRuns: 30 },
    );
  });

  it('are written once in so many pages, each of those that have changed', () => {
    const paged = nobody();
    const rows = Array.from({ length: 2 * MARKED }, (_, i) => {
      const who = i === 0 ? holders : holders.slice(0, 2);
      const of = who.map((each) => ({ who: each, isHolder: true, at: [0] }));
      return pageWrites(paged, [new Uint8Array(32)], of).length;
    });
    const plain = 2; // The page, and how many there are.
    expect(rows.filter((count) => count > plain)).toEqual([plain + 5, plain + 2]);
  });
});
