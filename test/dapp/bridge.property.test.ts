/** The bridge verifier says what `verify` says, of whatever bytes, and stands alone. */
import { globSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SIGNATURE_SUITES, type SignatureSuite } from '#algorithms/signature.ts';
import { NOBLE } from '#dapp/bridge/noble.ts';
import { bridgeVerdict, type Primitives } from '#dapp/bridge/verifier.ts';
import { bundleBytes, readBundle, verify } from '#dapp/verify.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import { toBytes } from '#protocols/codec.ts';
import type { Bundle } from '#protocols/proof/bundle.ts';
import { World } from '#protocols/world.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { cases } from '#test/cases.ts';
import { bundleOf, sittingOf4, WORLD, worldOf } from '#test/protocols/proof/network.ts';
import { bytesOf, KOMATSU } from '#test/protocols/sample.ts';

await offerCityBackends();

const GENESIS = toBytes(World, WORLD);
const ONE = bundleOf();
const OTHER = bundleOf({ seq: 2, height: 300, others: 20 });
const BYTES = bundleBytes(ONE);

/** As NOBLE (bridge.simulation.test.ts), and faster. */
const QUICK: Primitives = {
  hash: NOBLE.hash,
  isSigned: (suite, key, message, signature) =>
    SIGNATURE_SUITES[suite as SignatureSuite].signer.use().verify(key, message, signature),
};

/** Both say the same: how far it is rooted, or that it is not. */
function both(bytes: Uint8Array, world: World = WORLD): string {
  const ours = verify(bytes, world);
  const theirs = bridgeVerdict(bytes, world === WORLD ? GENESIS : toBytes(World, world), QUICK);
  expect(theirs.ok).toBe(ours.ok);
  if (!ours.ok || !theirs.ok) return 'refused';
  const { txId, state, place, height, upTo } = ours.value;
  expect(theirs).toEqual({ ok: true, txId, state, place, height, upTo });
  return upTo;
}

describe('the bridge verifier', () => {
  it('imports nothing but itself and the noble packages', () => {
    for (const file of globSync('dapp/bridge/*.ts')) {
      const imported = [...readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)].map(
        ([, from]) => from!,
      );
      const allowed = file.endsWith('noble.ts') ? /^(\.\/|@noble\/)/ : /^\.\//;
      expect(imported.filter((from) => !allowed.test(from))).toEqual([]);
    }
  });

  it('proves what is proved, as far up as it goes', () => {
    expect([ONE, OTHER].map((each) => both(bundleBytes(each)))).toEqual(['globe', 'globe']);
    const { globe, continent, municipality, ...one } = ONE;
    const two = { ...one, municipality };
    const early = [{ ...two, continent }, two, one].map((each) => both(bundleBytes(each)));
    expect(early).toEqual(['continent', 'municipality', 'city']);
    expect(both(bundleBytes({ ...one, globe }))).toBe('refused');
  });

  it('goes by hand-overs since genesis', () => {
    const three = bundleOf({ epochs: 3 });
    const { handovers } = three;
    expect(both(bundleBytes(three))).toBe('globe');
    for (const some of [
      [],
      handovers.slice(1),
      handovers.slice(0, 2),
      [...handovers, handovers[2]!],
    ])
      expect(both(bundleBytes({ ...three, handovers: some }))).toBe('refused');
    expect(both(bundleBytes(bundleOf({ epochs: 3, height: 2 })))).toBe('refused');
    const more = Array.from({ length: 1_025 }, () => ({ ...handovers[0]!, quorum: { votes: [] } }));
    const bytes = bundleBytes({ ...three, handovers: more });
    expect(verify(bytes, WORLD)).toMatchObject({ ok: false, error: { layer: 'file' } });
    expect(bridgeVerdict(bytes, GENESIS, QUICK)).toEqual({ ok: false, layer: 'bytes' });
    const twice = [1, 1, 2].map((of) => ({ of, stake: 1n }));
    for (const seats of [twice, twice.toReversed()])
      expect(both(bundleBytes(bundleOf({ epochs: 1, seats: () => seats })))).toBe('refused');
    const whole = bundleBytes(three);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(7), (at, bit) => {
        const other = whole.slice();
        other[at]! ^= 1 << bit;
        expect(both(other)).toBe('refused');
      }),
      { numRuns: cases(30) },
    );
  });

  it('goes by hand-overs of the municipality since genesis', () => {
    const three = bundleOf({ epochs: 1, sealings: 3 });
    const { sealers } = three;
    expect(both(bundleBytes(three))).toBe('globe');
    for (const some of [[], sealers.slice(1), sealers.slice(0, 2), [...sealers, sealers[2]!]])
      expect(both(bundleBytes({ ...three, sealers: some }))).toBe('refused');
    const none = { municipality: undefined, continent: undefined, globe: undefined };
    const city = { ...three, ...none };
    expect(both(bundleBytes({ ...city, sealers: [] }))).toBe('city');
    expect(both(bundleBytes(city))).toBe('refused');
    expect(both(bundleBytes(bundleOf({ sealings: 9, height: 7 })))).toBe('refused');
    const [one, other] = sittingOf4(1);
    const nobody = { node: bytesOf('x').join('') as never, stake: 1n };
    for (const no of [[other!, one!], [one!, one!], [{ ...one!, stake: 0n }], [nobody], []])
      expect(both(bundleBytes(bundleOf({ sealings: 1, sitting: () => no })))).toBe('refused');
    const whole = bundleBytes(three);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(7), (at, bit) => {
        const bytes = whole.slice();
        bytes[at]! ^= 1 << bit;
        expect(both(bytes)).toBe('refused');
      }),
      { numRuns: cases(20) },
    );
  });

  it('refuses any changed bit, cut and addition, as the other does', () => {
    fc.assert(
      fc.property(fc.nat(BYTES.length - 1), fc.nat(7), (at, bit) => {
        const bytes = BYTES.slice();
        bytes[at]! ^= 1 << bit;
        expect(both(bytes)).toBe('refused');
      }),
      { numRuns: cases(30) },
    );
    expect(both(BYTES.slice(0, -1))).toBe('refused');
    expect(both(Uint8Array.from([...BYTES, 0xc0]))).toBe('refused');
  });

  it('refuses parts of another bundle, another network, and too few', () => {
    for (const part of Object.keys(ONE) as (keyof Bundle)[]) {
      const mixed = { ...ONE, [part]: OTHER[part] } as Bundle;
      expect([part, both(bundleBytes(mixed))]).toEqual([
        part,
        ['version', 'handovers', 'sealers'].includes(part) ? 'globe' : 'refused',
      ]);
    }
    expect(both(BYTES, worldOf(utf8('other')))).toBe('refused');
    const { quorum } = ONE.city;
    const votes = [quorum.votes[0]!, ...quorum.votes];
    for (const some of [votes, quorum.votes.slice(1)])
      expect(both(bundleBytes({ ...ONE, city: { ...ONE.city, quorum: { votes: some } } }))).toBe(
        'refused',
      );
  });

  it('leaves acts to the network', () => {
    const act = bundleOf({ act: { about: bytesOf('about'), place: KOMATSU } });
    const bytes = bundleBytes(act);
    expect(verify(bytes, WORLD).ok).toBe(true);
    expect(bridgeVerdict(bytes, GENESIS, QUICK)).toEqual({ ok: false, layer: 'subject' });
  });

  it('takes the same genesis: each world gives the same members', () => {
    const read = readBundle(BYTES);
    expect(read && hex(bundleBytes(read))).toBe(hex(BYTES));
    expect(both(bundleBytes(bundleOf({ world: worldOf(utf8('other')) })))).toBe('refused');
  });
});
