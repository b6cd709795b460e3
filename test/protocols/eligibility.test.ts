/** Frozen lists: their bytes, who must stand for them, and how long they are valid. */
import { describe, expect, it } from 'vitest';
import { verifyMany } from '#algorithms/signature.ts';
import { hex } from '#lib/bytes.ts';
import { toBytes, whole } from '#protocols/codec.ts';
import {
  eligibleDigest,
  eligibleHead,
  eligibleLeaf,
  endorsementJobs,
  Frozen,
  FREEZE_MS,
  isEndorsed,
  isValidBeside,
  type Eligible,
  type Freeze,
} from '#protocols/eligibility.ts';
import { endorsed, genesisOf, KOMATSU, nodeNamed, NO_SIGNATURE } from './presence/city.ts';

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const node = (name: string): Eligible => ({
  node: nodeNamed(name),
  role: 'light',
  operator: filled(1),
  device: filled(2),
  weight: 500_000,
  fingerprint: filled(3),
  signer: filled(4),
});
const FREEZE: Freeze = {
  place: KOMATSU,
  number: 7,
  at: 1_700_000_000_000,
  by: nodeNamed('d0'),
  follows: filled(9),
  lights: [{ continent: 'asia', online: 2, registered: 20, ppm: 100_000 }],
};
const head = eligibleHead(FREEZE, [node('n1'), node('n2')]);

describe('a frozen list', () => {
  it('has the bytes that it always had', () => {
    expect(hex(eligibleLeaf(node('n1')))).toBe(
      'f6341f4b1486eb51e874a5864b34cf96b16a4a9625f0a9caa4df7f86917201ba',
    );
    expect(hex(head.root)).toBe('d3e9d6f5355bbc9553c3b5b977b371ebaa015d549b39db8d8f3ce97f03bf2c39');
    expect(hex(eligibleDigest(head))).toBe(
      '99a01dc3cb7cafda21db9c714a410df99c094335f9f3a73ee60d7c9a6925df0e',
    );
    expect(hex(eligibleHead(FREEZE, []).root)).toBe(
      '200ccac4feb0021ef752d7d3785884ce84572ae450fb4835f16bda4461aa13a0',
    );
  });

  it('stands in the order of its names', () => {
    expect(() => eligibleHead(FREEZE, [node('n2'), node('n1')])).toThrow('order');
    expect(() => eligibleHead(FREEZE, [node('n1'), node('n1')])).toThrow('order');
  });

  it('commits to everything that is said of it', () => {
    const others: Freeze[] = [
      { ...FREEZE, number: 8 },
      { ...FREEZE, at: FREEZE.at + 1 },
      { ...FREEZE, by: nodeNamed('d1') },
      { ...FREEZE, follows: undefined },
      { ...FREEZE, lights: [] },
    ];
    const digests = others.map((other) => hex(eligibleDigest(eligibleHead(other, [node('n1')]))));
    digests.push(hex(eligibleDigest(head)));
    digests.push(
      hex(eligibleDigest(eligibleHead(FREEZE, [node('n1'), { ...node('n2'), signer: filled(5) }]))),
    );
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('is read as it was written', () => {
    const frozen = endorsed(head, [0, 2]);
    expect(whole(Frozen, toBytes(Frozen, frozen))).toEqual(frozen);
  });
});

describe('endorsements', () => {
  const genesis = genesisOf(1n, 1n, 1n, 1n);
  const verified = (frozen: Frozen): boolean =>
    verifyMany(endorsementJobs(genesis, frozen)).every(Boolean);

  it('are enough above two thirds of the stake, each delegate counted once', () => {
    expect(isEndorsed(genesis, endorsed(head, [0, 1, 3]))).toBe(true);
    expect(isEndorsed(genesis, endorsed(head, [0, 1]))).toBe(false);
    expect(isEndorsed(genesis, endorsed(head, []))).toBe(false);
    const [one, two] = endorsed(head, [0, 1]).endorsements;
    expect(isEndorsed(genesis, { head, endorsements: [one!, one!, two!] })).toBe(false);
    expect(isEndorsed(genesis, { head, endorsements: [two!, one!, one!] })).toBe(false);
    const stranger = { delegate: 4, signature: NO_SIGNATURE };
    expect(isEndorsed(genesis, { head, endorsements: [one!, two!, stranger] })).toBe(false);
  });

  it('count by stake, not by heads', () => {
    const rich = genesisOf(7n, 1n, 1n, 1n);
    expect(isEndorsed(rich, endorsed(head, [0]))).toBe(true);
    expect(isEndorsed(rich, endorsed(head, [1, 2, 3]))).toBe(false);
  });

  it('are of this city, and of this list', () => {
    expect(
      isEndorsed({ ...genesis, place: 'asia.ishikawa.kaga' as never }, endorsed(head, [0, 1, 2])),
    ).toBe(false);
    const frozen = endorsed(head, [0, 1, 2]);
    expect(verified(frozen)).toBe(true);
    expect(verified({ ...frozen, head: { ...head, number: 8 } })).toBe(false);
  });
});

const newest = { number: 10, at: 1_000_000 };
const isValid = (number: number, age: number): boolean =>
  isValidBeside({ number, at: newest.at - age }, newest);

describe('a list', () => {
  it('is valid beside the two after it, and while it is young', () => {
    expect(isValid(8, 100 * FREEZE_MS)).toBe(true);
    expect(isValid(7, 100 * FREEZE_MS)).toBe(false);
    expect(isValid(1, 2 * FREEZE_MS - 1)).toBe(true);
    expect(isValid(1, 2 * FREEZE_MS)).toBe(false);
  });
});
