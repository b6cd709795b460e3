/**
 * sntrup761: the known answers of draft-josefsson-ntruprime-streamlined (the NIST ones). A typed-in one,
 * made from its seed, is in test/algorithms/sntrup761.test.ts and runs always; the file adds keys and texts.
 */
import { describe, expect, it } from 'vitest';
import { decapsulate } from '#algorithms/sntrup761/kem.ts';
import { hex } from '#lib/bytes.ts';
import { bytesOf, published, tell } from '#test/vectors/published.ts';

interface Case {
  readonly sk: string;
  readonly ct: string;
  readonly ss: string;
}

/** Where the public key begins in a secret key: behind f and 1/g. */
const PUBLIC_AT = 2 * 191;
const filed = published('sntrup761_kat.json', (file: { vectors: Case[] }) => file.vectors);
tell('sntrup761 on portable', { 'typed in': 1, 'of the draft': filed.length });

describe('sntrup761', () => {
  it('opens the published texts with the published keys', () => {
    for (const { sk, ct, ss } of filed) {
      expect(hex(decapsulate(bytesOf(sk), bytesOf(ct)))).toBe(ss);
    }
  });

  it('opens none of them with the key of another', () => {
    for (const [i, { ct, ss }] of filed.entries()) {
      const other = bytesOf(filed[(i + 1) % filed.length]!.sk);
      expect(other.length).toBeGreaterThan(PUBLIC_AT);
      if (filed.length > 1) expect(hex(decapsulate(other, bytesOf(ct)))).not.toBe(ss);
    }
  });
});
