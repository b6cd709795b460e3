/** Scores: whatever the nodes and the key, each backend writes BLAKE2b-128(node || key). */
import { blake2b } from '@noble/hashes/blake2.js';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import {
  ID_BYTES_MAX,
  MESSAGE_BYTES_MAX,
  nodeTable,
  SCORE_BYTES,
  scoresOf,
} from '#algorithms/rendezvous/scoring.ts';
import { concat } from '#lib/bytes.ts';

const id = () => fc.uint8Array({ minLength: 1, maxLength: ID_BYTES_MAX });
const key = () => fc.uint8Array({ maxLength: MESSAGE_BYTES_MAX - ID_BYTES_MAX, size: 'max' });
const reference = (ids: readonly Uint8Array[], key: Uint8Array): Uint8Array =>
  concat(...ids.map((id) => blake2b(concat(id, key), { dkLen: SCORE_BYTES })));
/** Ids of one length, as many as asked for: several calls of the kernel, the last one not full. */
const many = (count: number, bytes: number) =>
  Array.from({ length: count }, (_, i) =>
    Uint8Array.from({ length: bytes }, (_, at) => (at < 4 ? i >>> (8 * at) : at)),
  );

describe.each(backendsOf('rendezvous'))('scores by %s, for any nodes and key', (backend) => {
  beforeEach(() => choose('rendezvous', backend));
  afterEach(() => choose('rendezvous', 'auto'));

  it('are the hashes of node and key', () =>
    fc.assert(
      fc.property(fc.array(id(), { maxLength: 12 }), key(), (ids, key) => {
        expect(scoresOf(nodeTable(ids), key)).toEqual(reference(ids, key));
      }),
    ));

  it('are so at every length around the ends of words and blocks', () => {
    for (const idBytes of [1, 7, 8, 9, 64, 127, 128]) {
      for (const total of [128, 129, 255, 256, 257, MESSAGE_BYTES_MAX]) {
        const ids = many(3, idBytes);
        const key = new Uint8Array(total - idBytes).fill(7);
        expect(scoresOf(nodeTable(ids), key)).toEqual(reference(ids, key));
      }
      expect(scoresOf(nodeTable(many(3, idBytes)), new Uint8Array())).toEqual(
        reference(many(3, idBytes), new Uint8Array()),
      );
    }
  });

  it('are so for more nodes than one call of a kernel takes', () => {
    const ids = [...many(2_051, 8), ...many(1_025, 128)];
    const key = Uint8Array.of(1, 2, 3);
    expect(Buffer.compare(scoresOf(nodeTable(ids), key), reference(ids, key))).toBe(0);
  });

  it('are so where lengths alternate', () => {
    const [short, long] = [many(50, 9), many(50, 25)];
    const ids = short.flatMap((id, i) => [id, long[i]!]);
    expect(scoresOf(nodeTable(ids), Uint8Array.of(9))).toEqual(reference(ids, Uint8Array.of(9)));
  });
});

describe('a table', () => {
  it('refuses ids and keys that the layout has no room for', () => {
    expect(() => nodeTable([new Uint8Array()])).toThrow('1 to 128 bytes');
    expect(() => nodeTable([new Uint8Array(ID_BYTES_MAX + 1)])).toThrow('1 to 128 bytes');
    const table = nodeTable([new Uint8Array(ID_BYTES_MAX)]);
    expect(() => scoresOf(table, new Uint8Array(MESSAGE_BYTES_MAX - ID_BYTES_MAX + 1))).toThrow(
      'fit eight blocks',
    );
  });
  it('may be empty', () => expect(scoresOf(nodeTable([]), Uint8Array.of(1)).length).toBe(0));
});
