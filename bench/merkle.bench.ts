/**
 * What do names and proofs cost: hashing 42 pieces, a tree over them, a path, a proof of many leaves,
 * and all that S2 does with a payload of 16 KiB? Beside `node:crypto`, whose SHA-256 uses the
 * processor's own instructions, building the same tree with the prefixes of RFC 6962; and on the
 * portable backend.
 */
import { hash as nativeHash } from 'node:crypto';
import { choose } from '#algorithms/backend.ts';
import { encode, pieceBytes, piecesOf, shapeOf } from '#algorithms/erasure/code.ts';
import { restore, shard } from '#algorithms/erasure/shards.ts';
import { domain, hash, hashRows } from '#algorithms/hash/hash.ts';
import { consistencyOf, isConsistent } from '#algorithms/merkle/log.ts';
import { areIncluded, multiProofOf } from '#algorithms/merkle/multiproof.ts';
import { isIncluded, nodeAt, pathOf, treeOf, type Join } from '#algorithms/merkle/tree.ts';
import { concat, same } from '#lib/bytes.ts';
import { compare, type Bench, type Candidate, type Row } from './bench.ts';

const SHAPE = shapeOf(10, 16_384);
const PIECES = 42;
const BATCH = 64;
const LOG = 10_000;
const ROW = domain('bench row');

const native = (bytes: Uint8Array): Uint8Array => nativeHash('sha256', bytes, 'buffer');
const NODE_PREFIX = Uint8Array.of(1);
const joinNative: Join = (pairs) => {
  const parents = new Uint8Array(pairs.length / 2);
  for (let at = 0; at < pairs.length; at += 64) {
    parents.set(native(concat(NODE_PREFIX, pairs.subarray(at, at + 64))), at / 2);
  }
  return parents;
};

const task = (name: string, work: () => void): Candidate => ({
  name,
  run: (count) => {
    for (let i = 0; i < count; i++) work();
  },
});
const portable = ({ name, run }: Candidate): Candidate => ({
  name: `${name}, portable`,
  run: (count) => {
    choose('*', 'portable');
    run(count);
    choose('*', 'auto');
  },
});

function verify(claim: boolean, what: string): void {
  if (!claim) throw new Error(`bench merkle: ${what}`);
}

async function run(): Promise<readonly Row[]> {
  const payload = Uint8Array.from({ length: SHAPE.payloadBytes }, (_, i) => (i * 167) & 0xff);
  const block = encode(SHAPE, payload, PIECES);
  const width = pieceBytes(SHAPE);
  const rows = piecesOf(SHAPE, block);
  const leaves = hashRows(ROW, block, width);
  const { tree: pieces } = shard(SHAPE, payload, PIECES);
  const held = rows.slice(20, 30).map((bytes, i) => ({ index: 20 + i, bytes }));
  const batch = treeOf(hashRows(ROW, block.subarray(0, BATCH * 1_000), 1_000));
  const mine = Array.from({ length: 16 }, (_, i) => 4 * i);
  const some = concat(...mine.map((index) => nodeAt(batch.levels[0]!, index)));
  const log = treeOf(hashRows(ROW, new Uint8Array(8 * LOG), 8));
  const grown = treeOf(hashRows(ROW, new Uint8Array(9 * LOG), 9));
  const [path, proof] = [pathOf(batch, 12), multiProofOf(batch, mine)];
  const old = treeOf(grown.levels[0]!.subarray(0, 32 * 7_777));
  const consistency = consistencyOf(grown, 7_777);

  const leaf = nodeAt(batch.levels[0]!, 12);
  verify(same(nodeAt(leaves, 1), hash(ROW, rows[1]!)), 'a row is hashed otherwise in a block');
  verify(isIncluded(batch, 12, leaf, path), 'a path fails');
  verify(areIncluded(batch, mine, some, proof), 'a multi-proof fails');
  verify(isConsistent(old, grown, consistency), 'a consistency proof fails');
  const back = restore(SHAPE, pieces.levels[0]!, held);
  verify(back.ok && same(back.value, payload), 'pieces do not bring the payload back');

  const hashing = task('hash 42 pieces', () => hashRows(ROW, block, width));
  const tree42 = task('tree of 42', () => treeOf(leaves));
  const sharding = task('code, hash and root 16 KiB', () => shard(SHAPE, payload, PIECES, block));
  const times = compare(
    hashing,
    task('hash 42 pieces, node:crypto', () => rows.map((row) => native(row))),
    tree42,
    task('tree of 42, node:crypto', () => treeOf(leaves, joinNative)),
    task('tree of 10 000', () => treeOf(log.levels[0]!)),
    task('tree of 10 000, node:crypto', () => treeOf(log.levels[0]!, joinNative)),
    task('check a path in 64', () => isIncluded(batch, 12, leaf, path)),
    task('check a path in 64, node:crypto', () => isIncluded(batch, 12, leaf, path, joinNative)),
    task('check 16 of 64 at once', () => areIncluded(batch, mine, some, proof)),
    task('check 16 of 64 by paths', () => {
      for (const index of mine) isIncluded(batch, index, leaf, path);
    }),
    task('check that a log of 10 000 grew', () => isConsistent(old, grown, consistency)),
    sharding,
    task('restore 16 KiB, checked', () => restore(SHAPE, pieces.levels[0]!, held)),
    portable(hashing),
    portable(tree42),
    portable(sharding),
  );
  const row = (name: string, against?: string): Row => ({
    name,
    value: times.get(name)!,
    unit: 'us',
    ...(against === undefined
      ? {}
      : {
          against: `${against} ${times.get(against)!.toFixed(1)} us`,
          ratio: times.get(against)! / times.get(name)!,
        }),
  });
  return [
    row('hash 42 pieces', 'hash 42 pieces, node:crypto'),
    row('tree of 42', 'tree of 42, node:crypto'),
    row('tree of 10 000', 'tree of 10 000, node:crypto'),
    row('check a path in 64', 'check a path in 64, node:crypto'),
    row('check 16 of 64 at once', 'check 16 of 64 by paths'),
    row('check that a log of 10 000 grew'),
    row('code, hash and root 16 KiB', 'code, hash and root 16 KiB, portable'),
    row('restore 16 KiB, checked'),
    row('hash 42 pieces, portable', 'hash 42 pieces, node:crypto'),
    row('tree of 42, portable', 'tree of 42, node:crypto'),
  ];
}

export const bench: Bench = {
  name: 'merkle',
  question: 'What do names and proofs cost, from a hash to everything S2 does with a payload?',
  run,
};
