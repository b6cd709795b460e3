/** Threshold signatures against the world: published signatures, and another's verification. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { describe, expect, it } from 'vitest';
import { coinMessage, coinOf, tossed } from '#algorithms/threshold/coin.ts';
import { combine, liarsAmong, sign, verify } from '#algorithms/threshold/signature.ts';
import { hex, unhex, utf8 } from '#lib/bytes.ts';
import { cases } from '#test/cases.ts';
import { FAST, PAIRINGS } from './each-backend.ts';
import { sharedKey } from './shared-key.ts';

/**
 * Round 1000 of drand's quicknet (scheme bls-unchained-g1-rfc9380): a signature that a threshold of
 * other people's machines made, on SHA-256 of the round as u64.
 */
const QUICKNET = {
  publicKey:
    '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
  message: sha256(unhex('00000000000003e8')!),
  signature:
    'b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39',
};

describe.each(PAIRINGS)('signatures on $name', ({ made: pairing }) => {
  const { secret, shares, keys } = sharedKey(pairing.g2, 3, 7);
  const message = utf8('what was agreed');
  const all = () => new Map(shares.map((share, index) => [index, sign(pairing, share, message)]));
  const whole = sign(pairing, secret, message);

  it('verifies what drand signed', () => {
    const publicKey = pairing.g2.read(unhex(QUICKNET.publicKey)!)!;
    const signature = unhex(QUICKNET.signature)!;
    expect(verify(pairing, publicKey, QUICKNET.message, signature)).toBe(true);
    expect(verify(pairing, publicKey, QUICKNET.message.with(0, 1), signature)).toBe(false);
    expect(verify(pairing, keys.publicKey, QUICKNET.message, signature)).toBe(false);
  });
  it('makes what any BLS library verifies', () => {
    const { shortSignatures } = bls12_381;
    const tag = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_';
    const hashed = shortSignatures.hash(message, tag);
    expect(shortSignatures.verify(whole, hashed, pairing.g2.write(keys.publicKey))).toBe(true);
  });
  it('combines shares to the whole signature', () => {
    const combined = combine(pairing, keys, message, all());
    expect(combined).toEqual({ phase: 'combined', signature: whole, liars: [] });
  });
  it('says how many shares are missing', () => {
    const two = new Map([...all()].slice(0, 2));
    expect(combine(pairing, keys, message, two)).toEqual({ phase: 'short', missing: 1, liars: [] });
    expect(combine(pairing, keys, message, new Map())).toMatchObject({ missing: 3 });
  });
  it('refuses the identity, truncated and foreign signatures', () => {
    const verdicts = [
      Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0xc0 : 0)),
      whole.subarray(1),
      new Uint8Array(0),
      sign(pairing, secret, utf8('something else')),
      all().get(0)!,
    ].map((signature) => verify(pairing, keys.publicKey, message, signature));
    expect(verdicts).toEqual([false, false, false, false, false]);
  });
  it('names who sent a share of another message, of another party, or no share', () => {
    const shares = all();
    shares.set(1, sign(pairing, secret, message));
    shares.set(4, shares.get(5)!);
    shares.set(6, new Uint8Array(48));
    shares.set(7, shares.get(0)!); // There is no party 7.
    expect(liarsAmong(pairing, keys, message, shares)).toEqual([1, 4, 6, 7]);
    const combined = combine(pairing, keys, message, shares);
    expect(combined).toEqual({ phase: 'combined', signature: whole, liars: [1, 4, 6, 7] });
  });
  it('names liars whose shares cancel one another', () => {
    const { g1 } = pairing;
    const shares = all();
    const noise = g1.hash(message, 'noise');
    const minus = g1.multiply(noise, g1.order - 1n);
    shares.set(2, g1.write(g1.add(g1.read(shares.get(2)!)!, noise)));
    shares.set(3, g1.write(g1.add(g1.read(shares.get(3)!)!, minus)));
    expect(liarsAmong(pairing, keys, message, shares)).toEqual([2, 3]);
  });
});

describe('points', () => {
  it('of one backend are not used with another', () => {
    const [a, b] = [PAIRINGS[0]!.made, PAIRINGS.at(-1)!.made];
    const { keys } = sharedKey(a.g2, 2, 3);
    expect(() => combine(b, keys, utf8('m'), new Map())).toThrow('of one backend');
    expect(() => liarsAmong(b, keys, utf8('m'), new Map())).toThrow('of one backend');
  });
});

describe('the coin', () => {
  const instance = utf8('asia.ishikawa/17');
  it('is tossed alike by whoever combines, whatever shares they have', () => {
    const { shares, keys } = sharedKey(FAST.pairing.g2, 2, 4);
    const message = coinMessage(3, instance, 9);
    const coins = [
      [0, 1],
      [2, 3],
      [0, 3],
    ].map((parties) => {
      const some = new Map(parties.map((i) => [i, sign(FAST.pairing, shares[i]!, message)]));
      const combined = combine(FAST.pairing, keys, message, some);
      return combined.phase === 'combined' ? hex(tossed(combined.signature)) : combined;
    });
    expect(new Set(coins).size).toBe(1);
  });
  it('falls on both sides about as often', () => {
    // The tosses of a fair coin stay within 5 sigma of their half but once in 1.7 million tries; these are
    // always the same.
    const tosses = cases(400);
    const { secret } = sharedKey(FAST.pairing.g2, 2, 4);
    let heads = 0;
    for (let round = 0; round < tosses; round++) {
      heads += coinOf(sign(FAST.pairing, secret, coinMessage(1, instance, round)));
    }
    expect(Math.abs(heads - tosses / 2)).toBeLessThan(5 * Math.sqrt(tosses / 4));
  });
  it('is of one epoch, instance and round', () => {
    const messages = [
      coinMessage(1, utf8('ab'), 2),
      coinMessage(2, utf8('ab'), 1),
      coinMessage(1, utf8('a'), 2),
      coinMessage(1, utf8('ab\0'), 2),
      coinMessage(1, utf8('ab'), 2 ** 32 + 2),
    ].map(hex);
    expect(new Set(messages).size).toBe(messages.length);
    expect(messages[0]).toBe(
      `${hex(utf8('city-chain/coin/1'))}00000000000000010000000261620000000000000002`,
    );
  });
  it('is not asked for rounds that cannot be', () => {
    expect(() => coinMessage(-1, instance, 0)).toThrow('counted from 0');
    expect(() => coinMessage(0, instance, 0.5)).toThrow('counted from 0');
  });
});
