/**
 * A table as Parquet, to the byte. These bytes were read back by two readers that are not ours: Apache Arrow's (pyarrow) and
 * hyparquet, with the types and the values that are given here; and so was a table of no rows, and one of 100 000.
 */
import { describe, expect, it } from 'vitest';
import { hex, text } from '#lib/bytes.ts';
import { parquet } from '#cli/mirror/parquet.ts';

const KIND = { name: 'kind', is: 'text', values: ['entry', '手紙'] } as const;
const DAY = { name: 'day', is: 'day', values: [20_000, 20_001] } as const;
const TXS = { name: 'txs', is: 'number', values: [3, Number.MAX_SAFE_INTEGER] } as const;

const MAGIC = '50415231';
const PAGES = [
  // PageHeader: a data page of 0x26 / 2 bytes, two values, plain; then a length of four bytes before each text.
  ['1500152615262c150415001506150600', '00', '05000000656e747279', '06000000e6898be7b499'],
  ['1500151015102c150415001506150600', '00', '204e0000214e0000'],
  ['1500152015202c150415001506150600', '00', '0300000000000000ffffffffffff1f00'],
].flat();
const META =
  '1502194c48057461626c65150600150c250018046b696e6425004c1c000000150225001803646179250c4c6c00000015042500180374787300' +
  '1604191c193c26081c150c192500061918046b696e6415001604164816482608000026501c15021925000619180364617915001604163216322650' +
  '00002682011c150419250006191803747873150016041642164226820100' +
  '0016bc01160400280a636974792d636861696e00';

describe('a table as Parquet', () => {
  it('is what the format says, to the byte', () => {
    const bytes = parquet([KIND, DAY, TXS], 2);
    const length = 'a6000000';
    expect(hex(bytes)).toBe([MAGIC, ...PAGES, META, length, MAGIC].join(''));
  });
  it('says where its metadata begins, of however many columns and rows', () => {
    for (const rows of [0, 1, 200]) {
      const values = Array.from({ length: rows }, (_, i) => i);
      const columns = Array.from(
        { length: 20 },
        (_, i) => ({ name: `c${i}`, is: 'number', values }) as const,
      );
      const bytes = parquet(columns, rows);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const length = view.getUint32(bytes.length - 8, true);
      const meta = bytes.subarray(bytes.length - 8 - length, bytes.length - 8);
      expect([text(bytes.subarray(0, 4)), text(bytes.subarray(-4))]).toEqual(['PAR1', 'PAR1']);
      // Version 1, and then a list of 21 structs: more than fit into its first byte.
      expect(hex(meta.subarray(0, 5))).toBe('150219fc15');
    }
  });
});
