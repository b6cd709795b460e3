/**
 * Proofs under every kind of damage, with the signatures of production (ML-DSA-65) and in JavaScript alone: every byte of a
 * bundle, one after another; and the two verifiers beside each other.
 */
import { describe, expect, it } from 'vitest';
import { NOBLE } from '#dapp/bridge/noble.ts';
import { bridgeVerdict } from '#dapp/bridge/verifier.ts';
import { bundleBytes, verify } from '#dapp/verify.ts';
import { toBytes } from '#protocols/codec.ts';
import { World } from '#protocols/world.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { bundleOf, worldOf, type Wanted } from '#test/protocols/proof/network.ts';
import { NETWORK } from '#test/protocols/sample.ts';

await offerCityBackends();

interface Tried {
  readonly bytes: Uint8Array;
  readonly world: World;
  readonly genesis: Uint8Array;
}
const tried = (suite: NonNullable<Wanted['suite']>): Tried => {
  const world = worldOf(NETWORK, suite);
  return { world, bytes: bundleBytes(bundleOf({ world, suite })), genesis: toBytes(World, world) };
};
const SMALL = tried('ed25519');
const LARGE = tried('ml-dsa-65');

const changed = (bytes: Uint8Array, at: number, bit: number): Uint8Array => {
  const other = bytes.slice();
  other[at]! ^= 1 << bit;
  return other;
};

describe('a bundle', () => {
  it('is refused by both with any byte of it changed', () => {
    const { bytes, world, genesis } = SMALL;
    expect(bridgeVerdict(bytes, genesis, NOBLE)).toMatchObject({ ok: true, upTo: 'globe' });
    for (let at = 0; at < bytes.length; at++) {
      const other = changed(bytes, at, at % 8);
      expect([at, verify(other, world).ok]).toEqual([at, false]);
      // The same in JavaScript is slow: some of them.
      if (at % 41 === 0) expect([at, bridgeVerdict(other, genesis, NOBLE).ok]).toEqual([at, false]);
    }
  });

  it('is what it is with the signatures of production, and of the size that is said', () => {
    const { bytes, world, genesis } = LARGE;
    expect(verify(bytes, world)).toMatchObject({ ok: true, value: { upTo: 'globe' } });
    expect(bridgeVerdict(bytes, genesis, NOBLE)).toMatchObject({ ok: true, upTo: 'globe' });
    // Subject, and three of four on each level.
    expect(bytes.length).toBeGreaterThan(13 * 3_309);
    expect(bytes.length).toBeLessThan(13 * 3_309 + 5_000);
    for (let at = 0; at < bytes.length; at += 401) {
      const other = changed(bytes, at, at % 8);
      expect([at, verify(other, world).ok]).toEqual([at, false]);
      if (at % 7 === 0) expect([at, bridgeVerdict(other, genesis, NOBLE).ok]).toEqual([at, false]);
    }
  });
});
