/** What a read cannot avoid, priced in this run: its signature, the hashes of what was asked for, the coding. */
import { shapeOf, type Piece } from '#algorithms/erasure/code.ts';
import { isPieceAt, restoreAll, shard } from '#algorithms/erasure/shards.ts';
import { verify, type VerifyJob } from '#algorithms/signature.ts';
import { bodyHashOf } from '#protocols/transaction.ts';
import { cpuMicros } from '../bench.ts';

const K = 10;
const ROWS = 44;
const ASKED = 14;
const ROUNDS = 40;

/** CPU microseconds of one read. */
export function floorOf(payloadBytes: number, signed: VerifyJob): number {
  const shape = shapeOf(K, payloadBytes, 65_536);
  const body = Uint8Array.from({ length: payloadBytes }, (_, i) => i * 31);
  const { block, tree } = shard(shape, body, ROWS);
  const bytes = block.length / ROWS;
  // Every fourth row, as whoever is near is chosen by lot.
  const rows = Array.from({ length: ASKED }, (_, i) => i * 3);
  const pieces: Piece[] = rows.map((index) => ({
    index,
    bytes: block.subarray(index * bytes, (index + 1) * bytes),
  }));
  const hashes = tree.levels[0]!;
  const once = (): void => {
    const isSigned = verify(signed);
    const fit = pieces.every((piece) => isPieceAt(hashes, piece));
    const all = restoreAll(shape, hashes, pieces.slice(0, K));
    if (!isSigned || !fit || !all.ok || bodyHashOf(all.value.payload).length !== 32)
      throw new Error('the floor is a read that succeeds');
  };
  once();
  return (
    cpuMicros(() => {
      for (let i = 0; i < ROUNDS; i++) once();
    }) / ROUNDS
  );
}
