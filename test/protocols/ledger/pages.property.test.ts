/** Which page is a holder's last: written when it is not recent any more, and known after a restart at any time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whole } from '#protocols/codec.ts';
import { pageWrites, readRecent, RECENT, recentKeys, type Paged } from '#protocols/ledger/pages.ts';
import { Last, LAST_HELD, PAGES } from '#protocols/ledger/records.ts';

const SENDER = 'ab'.repeat(32);
const holders = ['a', 'b', 'c', 'd', 'e'].map((name) => `asia.ishikawa.komatsu.${name}`);
const nobody = (): Paged => ({
  pages: 0,
  lastHeld: new Map(),
  lastSent: new Map(),
  recentPages: new Map(),
});

/** As a ledger begins, from what is on the disk. */
function restarted(disk: ReadonlyMap<string, Uint8Array>): Paged {
  const row = disk.get(PAGES);
  const paged = { ...nobody(), pages: row === undefined ? 0 : whole(Last, row).page };
  for (const [key, value] of disk)
    if (key.startsWith(LAST_HELD))
      paged.lastHeld.set(key.slice(LAST_HELD.length), whole(Last, value).page);
  readRecent(
    paged,
    recentKeys(paged).map((key) => disk.get(key)),
  );
  return paged;
}

/** A transaction that these hold, as pages of their own. */
function given(paged: Paged, held: readonly string[]) {
  const of = held.map((who) => ({ who, isHolder: true, at: [0] }));
  const sent = { who: SENDER, isHolder: false, at: [0] };
  return pageWrites(paged, [new Uint8Array(32)], [sent, ...of]);
}

describe('the last pages of holders', () => {
  it('are after a restart what they were before it', () => {
    const page = fc.subarray(holders);
    // Somebody is on many pages, somebody on none for so long that it is recent no more.
    const pages = fc.array(fc.record({ held: page, times: fc.constantFrom(1, 2, RECENT) }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(pages, fc.nat(), (all, restartAt) => {
        const disk = new Map<string, Uint8Array>();
        const each = all.flatMap(({ held, times }) => Array.from({ length: times }, () => held));
        let paged = nobody();
        for (const [i, held] of each.entries()) {
          if (i === restartAt % each.length) paged = restarted(disk);
          for (const { key, value } of given(paged, held)) disk.set(key, value!);
        }
        const again = restarted(disk);
        expect(again.lastHeld).toEqual(paged.lastHeld);
        expect(again.recentPages).toEqual(paged.recentPages);
        expect(again.pages).toBe(each.length);
      }),
      { numRuns: 8 },
    );
  });

  it('are written of those only who were given nothing for so long', () => {
    const paged = nobody();
    const rows = Array.from({ length: 2 * RECENT }, (_, i) =>
      given(paged, i === 0 ? holders : holders.slice(0, 2)),
    );
    const plain = 3; // The page, how many there are, and the sender's last.
    const more = rows.flatMap((each, i) => (each.length > plain ? [[i, each.length - plain]] : []));
    expect(more).toEqual([[RECENT, 3]]);
    expect(paged.recentPages.size).toBe(RECENT);
  });
});
