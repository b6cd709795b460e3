/**
 * How fast is the erasure code, 10 of 42, beside the only sound package of the kind
 * (`wasm-reed-solomon-erasure`) and, where installed, beside ISA-L on this machine's widest vectors?
 *
 * MB/s count payload. "Reused" writes into a block that the caller keeps; "fresh" allocates all 42
 * pieces; ISA-L is the bare kernel on prepared rows, without copying. Decoding is the worst case:
 * ten parity pieces, no data piece. The package is asked for the ten data pieces only.
 */
import { encode as theirEncode, reconstruct as theirReconstruct } from 'wasm-reed-solomon-erasure';
import { choose } from '#algorithms/backend.ts';
import {
  decode,
  encode,
  encodingMap,
  pieceBytes,
  piecesOf,
  regenerate,
  shapeOf,
} from '#algorithms/erasure/code.ts';
import { hex, same } from '#lib/bytes.ts';
import { compare, type Bench, type Candidate, type Row } from './bench.ts';
import { isalMicros } from './isal.ts';

const K = 10;
const N = 42;

const repeat =
  (work: () => void) =>
  (count: number): void => {
    for (let i = 0; i < count; i++) work();
  };

/** A candidate that runs on one of our backends. */
const on = (backend: string, name: string, work: () => void): Candidate => ({
  name: `${name}, ${backend}`,
  run: (count) => {
    choose('erasure', backend);
    repeat(work)(count);
    choose('erasure', 'auto');
  },
});

function verify(claim: boolean, what: string): void {
  if (!claim) throw new Error(`bench erasure: ${what}`);
}

function measured(bytes: number): Row[] {
  const size = `${bytes / 1_024} KiB`;
  const shape = shapeOf(K, bytes);
  const payload = Uint8Array.from({ length: bytes }, (_, i) => (i * 167 + (i >> 8)) & 0xff);
  const block = encode(shape, payload, N);
  const reused = new Uint8Array(block.length);
  const pieces = piecesOf(shape, block);
  const data = pieces.slice(0, K);
  const parity = Array.from({ length: K }, (_, i) => ({ index: K + i, bytes: pieces[K + i]! }));
  const holed = [...data.map((piece) => new Uint8Array(piece.length)), ...pieces.slice(K, 2 * K)];
  const dead = Uint32Array.from({ length: K }, (_, i) => i);

  const theirs = theirEncode(data, N - K);
  verify(
    pieces.every((piece, i) => same(piece, theirs[i]!)),
    'the package makes other pieces',
  );
  const back = decode(shape, parity);
  verify(back.ok && same(back.value, payload), 'decoding differs');
  const theirBack = theirReconstruct(holed, K, dead);
  verify(
    data.every((piece, i) => same(piece, theirBack[i]!)),
    'the package decodes otherwise',
  );

  const times = compare(
    { name: 'their encode', run: repeat(() => theirEncode(data, N - K)) },
    on('wasm', 'encode, reused', () => encode(shape, payload, N, reused)),
    on('wasm', 'encode, fresh', () => piecesOf(shape, encode(shape, payload, N))),
    on('portable', 'encode, reused', () => encode(shape, payload, N, reused)),
    { name: 'their decode', run: repeat(() => theirReconstruct(holed, K, dead)) },
    on('wasm', 'decode', () => decode(shape, parity)),
    on('portable', 'decode', () => decode(shape, parity)),
    on('wasm', 'one piece again', () => regenerate(shape, parity, [41])),
  );
  const row = (name: string, against: string, goal?: string): Row => ({
    name: `${size} ${name}`,
    value: bytes / times.get(name)!,
    unit: 'MB/s',
    against: `${against} ${(bytes / times.get(against)!).toFixed(0)} MB/s`,
    ratio: times.get(against)! / times.get(name)!,
    ...(goal === undefined ? {} : { goal }),
  });
  const isal = isalMicros({
    k: K,
    m: N - K,
    width: pieceBytes(shape),
    factors: hex(encodingMap(K, N).factors),
    data: hex(block.subarray(0, K * pieceBytes(shape))),
    parity: hex(block.subarray(K * pieceBytes(shape))),
  });
  return [
    row('encode, reused, wasm', 'their encode', '>= 8x'),
    row('encode, fresh, wasm', 'their encode', '>= 8x'),
    row('encode, reused, portable', 'their encode', '>= 1.5x'),
    row('decode, wasm', 'their decode', '>= 6x'),
    row('decode, portable', 'their decode'),
    row('one piece again, wasm', 'their decode'),
    ...(isal === undefined
      ? []
      : [
          {
            name: `${size} encode, reused, wasm`,
            value: bytes / times.get('encode, reused, wasm')!,
            unit: 'MB/s',
            against: `ISA-L ${(bytes / isal).toFixed(0)} MB/s`,
            ratio: isal / times.get('encode, reused, wasm')!,
            goal: '>= 0.35x',
          },
        ]),
  ];
}

export const bench: Bench = {
  name: 'erasure',
  question: 'How fast are 42 pieces made of a payload, and a payload of ten pieces?',
  run: async () => [1_024, 16_384, 65_536].flatMap(measured),
};
