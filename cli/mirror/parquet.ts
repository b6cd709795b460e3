/**
 * A table as an Apache Parquet file: enough of the format to hold columns of texts, whole numbers and days, so that whatever
 * analyses tables reads them with their types. One row group, a page for each column, plain and uncompressed: counts of groups
 * are a few thousand rows.
 *
 *   "PAR1" | page of column 1 | page of column 2 | ... | FileMetaData | its length, 4 bytes LE | "PAR1"
 *   page:  PageHeader | values, one after another
 *
 * Headers and metadata are Thrift structs in the compact protocol (https://thrift.apache.org), whose fields have the numbers of
 * parquet.thrift (https://parquet.apache.org/docs/file-format/). No column has gaps, so pages have no levels.
 */
import { concat, utf8 } from '#lib/bytes.ts';

export type Column = { readonly name: string } & (
  | { readonly is: 'text'; readonly values: readonly string[] }
  | { readonly is: 'number'; readonly values: readonly number[] }
  /** Days since 1970-01-01. */
  | { readonly is: 'day'; readonly values: readonly number[] }
);

const MAGIC = utf8('PAR1');
const VERSION = 1;
/** Numbers of parquet.thrift: physical types, and what a value of them means. */
const TYPES = { day: 1, number: 2, text: 6 } as const;
const CONVERTED = { text: 0, day: 6 } as const;
const LOGICAL = { text: 1, day: 6 } as const;
const REQUIRED = 0;
const PLAIN = 0;
const RLE = 3;
const UNCOMPRESSED = 0;
const DATA_PAGE = 0;

export function parquet(columns: readonly Column[], rows: number): Uint8Array {
  const parts: Uint8Array[] = [MAGIC];
  let at = MAGIC.length;
  const chunks = columns.map((column) => {
    const values = valuesOf(column);
    const page = concat(pageHeader(values.length, rows), values);
    const chunk = { column, rows, at, bytes: page.length };
    parts.push(page);
    at += page.length;
    return chunk;
  });
  const meta = fileMeta(columns, rows, chunks);
  return concat(...parts, meta, littleEndian(meta.length, 4), MAGIC);
}

/** As many as there may be: not as arguments of a call. */
function valuesOf({ is, values }: Column): Uint8Array {
  if (is !== 'text')
    return Buffer.concat(values.map((value) => littleEndian(value, is === 'day' ? 4 : 8)));
  const texts = values.map((value) => utf8(value));
  return Buffer.concat(texts.flatMap((bytes) => [littleEndian(bytes.length, 4), bytes]));
}

/** Two's complement. */
const littleEndian = (value: number, width: number): Uint8Array =>
  Uint8Array.from({ length: width }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));

/* What the format says of itself, as Thrift. */

interface Chunk {
  readonly column: Column;
  readonly rows: number;
  readonly at: number;
  readonly bytes: number;
}

const pageHeader = (size: number, rows: number): Uint8Array =>
  struct([
    [1, i32(DATA_PAGE)],
    [2, i32(size)],
    [3, i32(size)],
    [
      5,
      inner([
        [1, i32(rows)],
        [2, i32(PLAIN)],
        [3, i32(RLE)],
        [4, i32(RLE)],
      ]),
    ],
  ]);

const fileMeta = (
  columns: readonly Column[],
  rows: number,
  chunks: readonly Chunk[],
): Uint8Array => {
  const root = struct([
    [4, binary('table')],
    [5, i32(columns.length)],
  ]);
  return struct([
    [1, i32(VERSION)],
    [2, list(STRUCT, [root, ...columns.map(schemaOf)])],
    [3, i64(rows)],
    [4, list(STRUCT, [rowGroup(rows, chunks)])],
    [6, binary('city-chain')],
  ]);
};

function schemaOf({ name, is }: Column): Uint8Array {
  const meaning: readonly Field[] =
    is === 'number'
      ? []
      : [
          [6, i32(CONVERTED[is])],
          [10, inner([[LOGICAL[is], inner([])]])],
        ];
  return struct([[1, i32(TYPES[is])], [3, i32(REQUIRED)], [4, binary(name)], ...meaning]);
}

const rowGroup = (rows: number, chunks: readonly Chunk[]): Uint8Array =>
  struct([
    [1, list(STRUCT, chunks.map(columnChunk))],
    [2, i64(chunks.reduce((sum, { bytes }) => sum + bytes, 0))],
    [3, i64(rows)],
  ]);

const columnChunk = ({ column: { name, is }, rows, at, bytes }: Chunk): Uint8Array =>
  struct([
    [2, i64(at)],
    [
      3,
      inner([
        [1, i32(TYPES[is])],
        [2, list(I32, [varint(zigzag(PLAIN)), varint(zigzag(RLE))])],
        [3, list(BINARY, [sized(utf8(name))])],
        [4, i32(UNCOMPRESSED)],
        [5, i64(rows)],
        [6, i64(bytes)],
        [7, i64(bytes)],
        [9, i64(at)],
      ]),
    ],
  ]);

/* Thrift's compact protocol. */

const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

interface Value {
  readonly type: number;
  readonly bytes: Uint8Array;
}
/** By the numbers of the fields, which ascend by less than 16. */
type Field = readonly [id: number, value: Value];

function struct(fields: readonly Field[]): Uint8Array {
  let before = 0;
  const parts = fields.flatMap(([id, { type, bytes }]) => {
    const head = ((id - before) << 4) | type;
    before = id;
    return [Uint8Array.of(head), bytes];
  });
  return concat(...parts, Uint8Array.of(0));
}

const inner = (fields: readonly Field[]): Value => ({ type: STRUCT, bytes: struct(fields) });
const i32 = (value: number): Value => ({ type: I32, bytes: varint(zigzag(value)) });
const i64 = (value: number): Value => ({ type: I64, bytes: varint(zigzag(value)) });
const binary = (text: string): Value => ({ type: BINARY, bytes: sized(utf8(text)) });
const sized = (bytes: Uint8Array): Uint8Array => concat(varint(BigInt(bytes.length)), bytes);

function list(of: number, all: readonly Uint8Array[]): Value {
  const few = 15;
  const head =
    all.length < few
      ? Uint8Array.of((all.length << 4) | of)
      : concat(Uint8Array.of((few << 4) | of), varint(BigInt(all.length)));
  return { type: LIST, bytes: concat(head, ...all) };
}

/** Nothing here is below zero. */
const zigzag = (value: number): bigint => BigInt(value) << 1n;

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let left = value; ; left >>= 7n) {
    const low = Number(left & 0x7fn);
    if (left < 0x80n) return Uint8Array.of(...bytes, low);
    bytes.push(low | 0x80);
  }
}
