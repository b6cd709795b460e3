/**
 * What does it cost to write and read a message: one of 10 KB (42 piece hashes, a few texts and
 * numbers, a body of 8 KB), and one of five fields? Beside JSON, with the bytes as base64, and
 * beside @msgpack/msgpack: neither checks what it reads, and the latter gives views of it, where the codec
 * gives copies that may be kept.
 *
 * Verified first: each comes back as it was, and what the codec writes is what it says it is. As on
 * the wire, one writer writes message after message and gives each away; `alone` makes a writer for
 * each, as whoever hashes one value does.
 */
import { decode as msgpackDecode, encode as msgpackEncode } from '@msgpack/msgpack';
import { isDeepStrictEqual } from 'node:util';
import { same } from '#lib/bytes.ts';
import {
  bytes,
  count,
  flag,
  list,
  optional,
  record,
  text,
  toBytes,
  u64,
  whole,
  Writer,
  type Codec,
} from '#protocols/codec.ts';
import { compare, type Bench, type Candidate, type Row } from './bench.ts';

const PIECES = 42;
const BODY_BYTES = 8 * 1024;

const LARGE = record({
  tx: bytes(32),
  client: text(120),
  city: text(63),
  memo: text(400),
  stamp: u64,
  epoch: count(0xffff_ffff),
  payloadBytes: count(1_000_000),
  isUrgent: flag,
  note: optional(text(100)),
  hashes: list(bytes(32), 64),
  body: bytes(0, 16 * 1024),
});
const SMALL = record({
  tx: bytes(16),
  round: count(1_000_000),
  from: text(120),
  isLast: flag,
  stamp: u64,
});

const fill = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 167 + seed * 31) & 0xff);

const large = {
  tx: fill(32, 1),
  client: 'asia.ishikawa.komatsu.n07.client_12',
  city: '小松市',
  memo: '荷物は駅の裏にあります。'.repeat(10),
  stamp: 0x0197_a1b2_c3d4_0001n,
  epoch: 812_345,
  payloadBytes: 16_384,
  isUrgent: false,
  note: undefined,
  hashes: Array.from({ length: PIECES }, (_, i) => fill(32, i)),
  body: fill(BODY_BYTES, 7),
};
const small = {
  tx: fill(16, 3),
  round: 71_000,
  from: 'asia.ishikawa.komatsu.n07.holder_3',
  isLast: true,
  stamp: 0x0197_a1b2_c3d4_0002n,
};

const task = (name: string, work: () => void): Candidate => ({
  name,
  run: (times) => {
    for (let i = 0; i < times; i++) work();
  },
});

const replace = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return `${value}n`;
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')
    : value;
};
/** What a reader of JSON does who knows which fields are bytes. */
const fromBase64 = (value: unknown): Uint8Array => Buffer.from(value as string, 'base64');
const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

interface Sides {
  readonly written: Uint8Array;
  readonly json: Uint8Array;
  readonly msgpack: Uint8Array;
  readonly readJson: () => unknown;
}

function verify(claim: boolean, what: string): void {
  if (!claim) throw new Error(`bench codec: ${what}`);
}

function sidesOf<T>(codec: Codec<T>, value: T, revive: (read: never) => unknown): Sides {
  const json = utf8.encode(JSON.stringify(value, replace));
  const msgpack = msgpackEncode(value, { useBigInt64: true, ignoreUndefined: true });
  const written = toBytes(codec, value);
  const readJson = (): unknown => revive(JSON.parse(fromUtf8.decode(json)) as never);
  verify(codec.check(value) === undefined, 'the message is fit');
  verify(isDeepStrictEqual(whole(codec, written), value), 'the codec reads what it wrote');
  const isSame = (read: unknown): boolean => same(toBytes(codec, read as T), written);
  verify(isSame(value), 'in one form');
  verify(isSame(readJson()), 'JSON reads what it wrote');
  verify(isSame(msgpackDecode(msgpack, { useBigInt64: true })), 'msgpack reads what it wrote');
  return { written, json, msgpack, readJson };
}

function measure<T>(name: string, codec: Codec<T>, value: T, sides: Sides, goal?: string): Row[] {
  const writer = new Writer();
  const medians = compare(
    task('encode', () => {
      codec.write(writer, value);
      writer.take();
    }),
    task('encode alone', () => void toBytes(codec, value)),
    task('encode JSON', () => void utf8.encode(JSON.stringify(value, replace))),
    task(
      'encode @msgpack',
      () => void msgpackEncode(value, { useBigInt64: true, ignoreUndefined: true }),
    ),
    task('decode', () => void whole(codec, sides.written)),
    task('decode JSON', () => void sides.readJson()),
    task('decode @msgpack', () => void msgpackDecode(sides.msgpack, { useBigInt64: true })),
    task('check', () => void codec.check(value)),
  );
  const row = (what: string, against?: string): Row => ({
    name: `${name}: ${what}`,
    value: medians.get(what)!,
    unit: 'us',
    ...(against !== undefined && {
      against,
      ratio: medians.get(`${what} ${against}`)! / medians.get(what)!,
    }),
    ...(goal !== undefined && what !== 'check' && { goal }),
  });
  return [
    {
      name: `${name}: size`,
      value: sides.written.length,
      unit: 'bytes',
      against: '@msgpack',
      ratio: sides.msgpack.length / sides.written.length,
    },
    row('encode', '@msgpack'),
    row('encode', 'JSON'),
    row('encode alone'),
    row('decode', '@msgpack'),
    row('decode', 'JSON'),
    row('check'),
  ];
}

const bigOf = (value: string): bigint => BigInt(value.slice(0, -1));

async function run(): Promise<readonly Row[]> {
  type Json = { tx: string; stamp: string; hashes: string[]; body: string };
  const largeSides = sidesOf(LARGE, large, (read: Json) => ({
    ...read,
    tx: fromBase64(read.tx),
    stamp: bigOf(read.stamp),
    hashes: read.hashes.map(fromBase64),
    body: fromBase64(read.body),
  }));
  const smallSides = sidesOf(SMALL, small, (read: Json) => ({
    ...read,
    tx: fromBase64(read.tx),
    stamp: bigOf(read.stamp),
  }));
  return [
    ...measure('10 KB', LARGE, large, largeSides, '<= 10 us'),
    ...measure('five fields', SMALL, small, smallSides),
  ];
}

export const bench: Bench = {
  name: 'codec',
  question: 'What does it cost to write and read a message, beside JSON and @msgpack/msgpack?',
  run,
};
