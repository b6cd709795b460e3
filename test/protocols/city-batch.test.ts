/**
 * City batches: golden bytes of what is hashed and signed (another implementation must agree with them), and
 * what a batch, a proof, a quorum and an accusation promise.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyingKeyOf } from '#algorithms/signature.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import {
  changeHashOf,
  cityBatch,
  CityHead,
  entryLeaf,
  headDigest,
  isProved,
  isQuorumOf,
  isWholeBatch,
  NONE,
  proofOf,
  quorumVerifyJobs,
  type CityBatch,
  type Entry,
} from '#protocols/city-batch.ts';
import { toBytes } from '#protocols/codec.ts';
import type { Committee } from '#protocols/committee.ts';
import type { Delegate } from '#protocols/genesis.ts';
import { nodeAddress, place } from '#protocols/subjects.ts';
import { equivocationJobs, VertexHead, vertexDigest } from '#protocols/vertex-head.ts';

const komatsu = place('asia.ishikawa.komatsu');
const network = utf8('test');
const full = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const entriesOf = (count: number): Entry[] =>
  Array.from({ length: count }, (_, i) => ({ txId: full(i), cert: full(0x80 + (i & 0x7f)) }));
const batchOf = (count: number, change?: Uint8Array): CityBatch =>
  cityBatch(
    {
      place: komatsu,
      epoch: 0,
      height: 7,
      prev: full(1),
      round: 12,
      proposer: nodeAddress(komatsu, 'd1'),
      at: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      stateRoot: full(2),
    },
    entriesOf(count),
    change,
  );
const vertex = {
  place: komatsu,
  epoch: 0,
  author: 1,
  round: 14,
  content: full(3),
  sealed: full(9),
};

const committeeOf = (...stakes: readonly bigint[]): Committee => ({
  epoch: 0,
  members: stakes.map((stake, i): Delegate => {
    const signing = { suite: 'ed25519', key: verifyingKeyOf('ed25519', full(i)) } as const;
    return { node: nodeAddress(komatsu, `d${i}`), stake, signing, vrf: full(i) };
  }),
});
const votesOf = (...members: readonly number[]) => ({
  votes: members.map((member) => ({
    member,
    round: 14 + member,
    content: full(3),
    signature: new Uint8Array(64),
  })),
});

describe('golden vectors', () => {
  it('of a batch', () => {
    const { head } = batchOf(3, utf8('pieces: 12'));
    expect({
      none: hex(NONE),
      leaf: hex(entryLeaf({ txId: full(1), cert: full(2) })),
      change: hex(changeHashOf(utf8('pieces: 12'))),
      head: hex(toBytes(CityHead, head)),
      digest: hex(headDigest(head)),
    }).toMatchInlineSnapshot(`
      {
        "change": "8f8fa4f2658700fc624c041e7e7e7df03391dde86dabf1275e99fe8e6cf73b7e",
        "digest": "b003a64e3d40b4b4960bd2ac04e1e836c18d6a7c2b55bce7564fc1f6c4b8824a",
        "head": "9eb5617369612e697368696b6177612e6b6f6d617473750007c4200101010101010101010101010101010101010101010101010101010101010101b8617369612e697368696b6177612e6b6f6d617473752e64310cc408010203040506070803c42069040ac92ffeaf6889b3d888cdf6ffca41c97d977670c09b1d235a9b0d2e1907c4200202020202020202020202020202020202020202020202020202020202020202c4208f8fa4f2658700fc624c041e7e7e7df03391dde86dabf1275e99fe8e6cf73b7ec400c0c400",
        "leaf": "38decb8501b8c5eca9709077e9abc5777de7acabb0341feff999b5c122eb51a8",
        "none": "6dbacba7bba498f84ebed964053d5c91476c3c829cc67f4e48d333effbaf7cfd",
      }
    `);
  });

  it('of the head of a vertex', () => {
    expect(hex(toBytes(VertexHead, vertex))).toMatchInlineSnapshot(
      `"96b5617369612e697368696b6177612e6b6f6d6174737500010ec4200303030303030303030303030303030303030303030303030303030303030303c4200909090909090909090909090909090909090909090909090909090909090909"`,
    );
    expect(hex(toBytes(VertexHead, { ...vertex, sealed: undefined }))).toMatchInlineSnapshot(
      `"96b5617369612e697368696b6177612e6b6f6d6174737500010ec4200303030303030303030303030303030303030303030303030303030303030303c0"`,
    );
    expect(hex(vertexDigest(vertex))).toMatchInlineSnapshot(
      `"c48f84c49d3b32576b45df74fa21da413d6d1ee972e6ca5e8f2227fe04902804"`,
    );
  });
});

describe('a batch', () => {
  it('is whole only with its own entries and its own change', () => {
    const change = utf8('x');
    const batch = batchOf(3, change);
    expect(isWholeBatch(batch)).toBe(true);
    expect(isWholeBatch(batchOf(0))).toBe(true);
    expect(isWholeBatch({ ...batch, entries: batch.entries.slice(1) })).toBe(false);
    expect(isWholeBatch({ ...batch, entries: batch.entries.toReversed() })).toBe(false);
    expect(isWholeBatch({ ...batch, change: undefined })).toBe(false);
    expect(isWholeBatch({ ...batch, change: utf8('y') })).toBe(false);
    expect(isWholeBatch({ ...batchOf(3), change })).toBe(false);
  });

  it('proves each entry at its place, and no other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), fc.nat(), (count, a, b) => {
        const batch = batchOf(count);
        const [index, other] = [a % count, b % count];
        const proof = proofOf(batch, index);
        expect(isProved(proof, batch.entries[index]!)).toBe(true);
        expect(isProved(proof, batch.entries[other]!)).toBe(index === other);
        expect(isProved({ ...proof, index: other }, batch.entries[index]!)).toBe(index === other);
      }),
    );
  });
});

describe('a quorum', () => {
  const committee = committeeOf(1n, 1n, 1n, 1n);

  it('is more than two thirds of the stake, each member once', () => {
    expect(isQuorumOf(committee, votesOf(0, 1, 2))).toBe(true);
    expect(isQuorumOf(committee, votesOf(0, 1))).toBe(false);
    expect(isQuorumOf(committee, votesOf(0, 1, 1))).toBe(false);
    expect(isQuorumOf(committee, votesOf(2, 1, 0))).toBe(false);
    expect(isQuorumOf(committee, votesOf(0, 1, 4))).toBe(false);
    expect(isQuorumOf(committeeOf(2n, 2n, 2n), votesOf(0, 1))).toBe(false);
    expect(isQuorumOf(committeeOf(5n, 2n, 0n), votesOf(0))).toBe(true);
  });

  it('is verified against its own members, each by the vertex in which it has sealed the batch', () => {
    const { head } = batchOf(1);
    const jobs = quorumVerifyJobs(network, committee, head, votesOf(0, 2, 3));
    expect(jobs.map(({ publicKey }) => hex(publicKey))).toEqual(
      [0, 2, 3].map((i) => hex(committee.members[i]!.signing.key)),
    );
    const said = { ...vertex, author: 2, round: 16, sealed: headDigest(head) };
    expect(jobs[1]!.bytes).toEqual(toBytes(VertexHead, said));
    expect(jobs[1]!.purpose).toBe('vertex');
  });
});

describe('an accusation', () => {
  const { members } = committeeOf(1n, 1n);
  const delegate = members[1]!.node;
  const signed = { signature: new Uint8Array(64), otherSignature: new Uint8Array(64) };

  it('names two different vertices of a member and a round', () => {
    const accusation = { delegate, head: vertex, ...signed };
    const jobs = (other: VertexHead, by = delegate) =>
      equivocationJobs(network, members, { ...accusation, delegate: by, other });
    expect(jobs({ ...vertex, content: full(8) })).toHaveLength(2);
    expect(jobs({ ...vertex, sealed: undefined })).toHaveLength(2);
    expect(jobs(vertex)).toBeUndefined();
    expect(jobs({ ...vertex, round: 15 })).toBeUndefined();
    expect(jobs({ ...vertex, content: full(8) }, nodeAddress(komatsu, 'x'))).toBeUndefined();
  });
});
