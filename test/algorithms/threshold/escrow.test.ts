/** Threshold encryption: opened by any quorum, by nothing less, and never under another label. */
import { describe, expect, it } from 'vitest';
import {
  CIPHERTEXT_BYTES,
  escrowOf,
  isOpening,
  open,
  OPENING_BYTES,
  openShare,
  readCiphertext,
  seal,
} from '#algorithms/threshold/escrow.ts';
import { concat, utf8 } from '#lib/bytes.ts';
import { RISTRETTOS } from './each-backend.ts';
import { sharedKey } from './shared-key.ts';

const label = utf8('tx 42, policy 7');
const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const entropy = new Uint8Array(32).fill(7);

describe.each(RISTRETTOS)('escrow on $name', ({ made: group }) => {
  const { secret, shares, keys } = sharedKey(group, 3, 7);
  const escrow = escrowOf(group, keys.publicKey);
  const sealed = seal(escrow, label, key, entropy);
  const ciphertext = readCiphertext(escrow, label, sealed)!;
  const sharesOf = (...parties: readonly number[]) =>
    new Map(parties.map((i) => [i, openShare(keys, i, shares[i]!, ciphertext)]));

  it('has the lengths that it says', () => {
    expect(sealed.length).toBe(CIPHERTEXT_BYTES);
    expect(sharesOf(0).get(0)!.length).toBe(OPENING_BYTES);
  });
  it('opens with any three of seven', () => {
    for (const parties of [
      [0, 1, 2],
      [6, 3, 1],
      [0, 1, 2, 3, 4, 5, 6],
    ]) {
      const opened = open(keys, ciphertext, sharesOf(...parties));
      expect(opened).toEqual({ phase: 'opened', key, liars: [] });
    }
  });
  it('does not open with two', () => {
    const opened = open(keys, ciphertext, sharesOf(0, 6));
    expect(opened).toEqual({ phase: 'short', missing: 1, liars: [] });
  });
  it('is refused under another label, for another key, and when anything is altered', () => {
    expect(readCiphertext(escrow, utf8('tx 43, policy 7'), sealed)).toBeUndefined();
    const other = escrowOf(group, sharedKey(group, 3, 7, 1).keys.publicKey);
    expect(readCiphertext(other, label, sealed)).toBeUndefined();
    for (const at of [0, 31, 32, 63, 64, 95, 96, 127, 128, 158]) {
      expect(readCiphertext(escrow, label, sealed.with(at, sealed[at]! ^ 1))).toBeUndefined();
    }
    expect(readCiphertext(escrow, label, sealed.subarray(1))).toBeUndefined();
    expect(readCiphertext(escrow, label, concat(sealed, new Uint8Array(1)))).toBeUndefined();
  });
  it('is refused with a scalar that is not below the order', () => {
    const order = group.writeScalar(group.order);
    expect(readCiphertext(escrow, label, concat(sealed.subarray(0, 128), order))).toBeUndefined();
  });
  it('names bad shares: altered, of another party, of another ciphertext, of nobody', () => {
    const other = readCiphertext(escrow, label, seal(escrow, label, key, entropy.with(0, 1)))!;
    const received = sharesOf(0, 1, 2, 3, 4, 5, 6);
    received.set(0, received.get(1)!);
    received.set(1, openShare(keys, 1, shares[1]!, other));
    received.set(2, received.get(2)!.with(40, received.get(2)![40]! ^ 1));
    received.set(3, received.get(3)!.subarray(1));
    received.set(9, received.get(4)!);
    expect(open(keys, ciphertext, received)).toEqual({ phase: 'opened', key, liars: [0, 1, 2, 3] });
    received.delete(5);
    const opened = open(keys, ciphertext, received);
    expect(opened).toEqual({ phase: 'short', missing: 1, liars: [0, 1, 2, 3, 9] });
    expect(isOpening(keys, 4, ciphertext, received.get(4)!)).toBe(true);
    expect(isOpening(keys, 0, ciphertext, received.get(0)!)).toBe(false);
  });
  it('takes no share that a wrong secret proves well of itself', () => {
    const wrong = openShare(keys, 0, secret, ciphertext);
    expect(isOpening(keys, 0, ciphertext, wrong)).toBe(false);
  });
  it('seals anew with other entropy, and the same with the same', () => {
    expect(seal(escrow, label, key, entropy)).toEqual(sealed);
    expect(seal(escrow, label, key, entropy.with(0, 1)).subarray(32, 64)).not.toEqual(
      sealed.subarray(32, 64),
    );
    expect(() => seal(escrow, label, key, entropy.subarray(1))).toThrow('32 bytes of entropy');
    expect(() => seal(escrow, label, key.subarray(1), entropy)).toThrow('32 bytes');
  });
});

describe('escrow', () => {
  it('has the same bytes on every backend', () => {
    const made = RISTRETTOS.map(({ made: group }) => {
      const { shares, keys } = sharedKey(group, 3, 7);
      const escrow = escrowOf(group, keys.publicKey);
      const sealed = seal(escrow, label, key, entropy);
      const ciphertext = readCiphertext(escrow, label, sealed)!;
      return [sealed, openShare(keys, 5, shares[5]!, ciphertext)];
    });
    expect(made[0]).toEqual(made.at(-1));
  });
});
