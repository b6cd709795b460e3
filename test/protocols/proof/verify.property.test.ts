/** Bundles: what is proved is what was rooted, as far up as it goes; anything else is refused by its layer and its name. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '#lib/bytes.ts';
import {
  bundleBytes,
  bundleText,
  LAYERS,
  readBundle,
  readBundleText,
  topOf,
  type Bundle,
} from '#protocols/proof/bundle.ts';
import type { Handover } from '#protocols/lineage.ts';
import { verify } from '#protocols/proof/verify.ts';
import type { World } from '#protocols/world.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { cases } from '#test/cases.ts';
import { bytesOf, KANAZAWA, KOMATSU } from '../sample.ts';
import { bundleOf, sittingOf4, WORLD, worldOf } from './network.ts';

await offerCityBackends();

const verdict = (bundle: Bundle, world: World = WORLD): string => {
  const said = verify(bundle, world);
  return said.ok ? said.value.upTo : `${said.error.layer}: ${said.error.why}`;
};
const ONE = bundleOf();
const BYTES = bundleBytes(ONE);

const short = <T>(all: readonly T[]): readonly T[] => all.slice(1);
const twice = <T>(all: readonly T[]): readonly T[] => [...all.slice(0, -1), all[0]!];

describe('a bundle', () => {
  it('proves a transaction up to the globe, and says where it is', () => {
    const said = verify(ONE, WORLD);
    expect(said.ok && said.value).toMatchObject({
      upTo: 'globe',
      txId: ONE.city.entry.txId,
      state: 'COMMITTED',
      place: KOMATSU,
      height: 7,
      atMs: 1_700_000_000_007,
      municipality: { name: 'asia.ishikawa', id: 8 },
      continent: { name: 'asia', height: 7 },
      globe: { height: 8 },
    });
  });

  it('may end early, after any layer from the city on, and has no gap', () => {
    const { globe, continent, municipality, ...one } = ONE;
    const two = { ...one, municipality };
    const three = { ...two, continent };
    expect([three, two, one].map((each) => verdict(each))).toEqual([
      'continent',
      'municipality',
      'city',
    ]);
    expect([ONE, three, two, one].map(topOf)).toEqual([...LAYERS].slice(1).toReversed());
    expect(verdict({ ...one, continent })).toBe('municipality: layer-missing');
    expect(verdict({ ...one, globe })).toBe('municipality: layer-missing');
    expect(verdict({ ...two, globe })).toBe('continent: layer-missing');
    expect(verdict({ ...three, municipality: undefined })).toBe('municipality: layer-missing');
  });

  it('has one form in bytes, and one as a file', () => {
    expect(readBundle(BYTES)).toEqual(ONE);
    const text = bundleText(ONE);
    expect(readBundleText(text)).toEqual(ONE);
    for (const other of [text.toUpperCase(), ` ${text}`, text.replace('1', '2'), `${text}x`, ''])
      expect(readBundleText(other)).toBeUndefined();
    expect(readBundle(BYTES.slice(0, -1))).toBeUndefined();
  });

  it('is refused with any one bit changed', () => {
    fc.assert(
      fc.property(fc.nat(BYTES.length - 1), fc.nat(7), (at, bit) => {
        const bytes = BYTES.slice();
        bytes[at]! ^= 1 << bit;
        const read = readBundle(bytes);
        if (read !== undefined) expect(verdict(read)).toMatch(/: /);
      }),
      { numRuns: cases(50) },
    );
  });

  it('is refused with a layer of another one, by the name of the layer', () => {
    const other = bundleOf({ seq: 2, height: 9 });
    expect(verdict(other)).toBe('globe');
    const mixed = (layer: keyof Bundle): string => verdict({ ...ONE, [layer]: other[layer] });
    expect(mixed('subject')).toBe('subject: other-entry');
    expect(mixed('city')).toBe('subject: other-entry');
    expect(mixed('municipality')).toBe('municipality: not-taken-in');
    expect(mixed('continent')).toBe('continent: not-carried');
    expect(mixed('globe')).toBe('globe: not-carried');
    const moved = { ...ONE, subject: other.subject, city: other.city };
    expect(verdict(moved)).toBe('municipality: not-taken-in');
  });

  it('is refused for another world, another network, and a version to come', () => {
    const network = utf8('other');
    expect(verdict(ONE, worldOf(network))).toBe('subject: bad-signature');
    expect(verdict(bundleOf({ world: worldOf(network) }))).toBe('city: bad-signature');
    const elsewhere = { ...WORLD, cities: WORLD.cities.filter(({ place }) => place !== KOMATSU) };
    expect(verdict(ONE, elsewhere)).toBe('city: unknown-committee');
    expect(verdict({ ...ONE, version: 0 })).toBe('subject: unknown-version');
  });

  it('is refused without a quorum of each level, or with a member counted twice', () => {
    for (const change of [short, twice]) {
      const { city, municipality, continent, globe } = ONE;
      const votes = change(city.quorum.votes);
      expect(verdict({ ...ONE, city: { ...city, quorum: { votes } } })).toBe('city: no-quorum');
      const { sealed } = municipality!;
      const seals = { ...sealed, seals: change(sealed.seals) };
      expect(verdict({ ...ONE, municipality: { ...municipality!, sealed: seals } })).toBe(
        'municipality: no-quorum',
      );
      for (const layer of ['continent', 'globe'] as const) {
        const part = layer === 'continent' ? continent! : globe!;
        const { final } = part;
        const qc = { ...final.qc, votes: change(final.qc.votes) };
        const other = { ...ONE, [layer]: { ...part, final: { ...final, qc } } };
        expect(verdict(other)).toBe(`${layer}: no-quorum`);
      }
    }
  });

  it('goes by who seals in its epoch, by one hand-over for each since genesis', () => {
    const three = bundleOf({ sealings: 3 });
    expect(verdict(three)).toBe('globe');
    const { sealers } = three;
    for (const some of [[], short(sealers), sealers.slice(0, 2), [...sealers, sealers[2]!]])
      expect(verdict({ ...three, sealers: some })).toBe('municipality: no-handover');
    expect(verdict({ ...ONE, sealers: sealers.slice(0, 1) })).toBe('municipality: no-handover');
    const few = { ...sealers[1]!, seals: sealers[1]!.seals.slice(0, 1) };
    expect(verdict({ ...three, sealers: [sealers[0]!, few, sealers[2]!] })).toBe(
      'municipality: no-handover',
    );
    // Those who sealed once seal nothing later, and those who seal now nothing before.
    expect(verdict(bundleOf({ sealings: 9, height: 7 }))).toBe('municipality: no-quorum');
    const wrong = sealers.map(({ batch }) => ({ batch, seals: sealers[0]!.seals }));
    expect(verdict({ ...three, sealers: wrong })).toMatch(/^municipality: /);
    const [one, other] = sittingOf4(1);
    for (const no of [[], [other!, one!], [one!, one!], [{ ...one!, stake: 0n }]])
      expect(verdict(bundleOf({ sealings: 1, sitting: () => no }))).toBe(
        'municipality: no-handover',
      );
  });

  it('goes by who orders in its epoch, by one hand-over for each since genesis', () => {
    const three = bundleOf({ epochs: 3 });
    expect(verdict(three)).toBe('globe');
    expect(three.city.quorum.votes.length).toBeLessThan(4);
    const { handovers } = three;
    const refused = [[], handovers.slice(1), handovers.slice(0, 2), [...handovers, handovers[2]!]];
    for (const some of refused)
      expect(verdict({ ...three, handovers: some })).toBe('city: no-handover');
    expect(verdict({ ...ONE, handovers: handovers.slice(0, 1) })).toBe('city: no-handover');
    const [first, second, third] = handovers as [Handover, Handover, Handover];
    const short = { head: second.head, quorum: { votes: second.quorum.votes.slice(0, 1) } };
    expect(verdict({ ...three, handovers: [first, short, third] })).toBe('city: no-handover');
    const other = { head: second.head, quorum: first.quorum };
    expect(verdict({ ...three, handovers: [first, other, third] })).toMatch(/^city: /);
    // Those who ordered once seal nothing later.
    const late = bundleOf({ epochs: 3, height: 2 });
    expect(verdict(late)).toBe('city: unknown-committee');
  });

  it('proves an act by what it did to the transaction that it is about', () => {
    const about = bytesOf('about');
    const act = bundleOf({ act: { about, place: KOMATSU } });
    const said = verify(act, WORLD);
    expect(said.ok && said.value).toMatchObject({
      upTo: 'globe',
      txId: about,
      act: act.city.entry.cert,
    });
    const other = bundleOf({ act: { about: bytesOf('another'), place: KOMATSU } });
    expect(verdict({ ...act, subject: other.subject })).toBe('subject: other-entry');
    expect(verdict({ ...act, subject: ONE.subject })).toBe('subject: other-entry');
    expect(verdict({ ...ONE, subject: act.subject })).toBe('subject: other-entry');
    expect(verdict(bundleOf({ act: { about, place: KANAZAWA } }))).toBe('subject: other-city');
    expect(verdict(bundleOf({ from: KANAZAWA }))).toBe('subject: other-city');
  });

  it('is refused with somebody else for its sender, and with another act or text for its entry', () => {
    const { subject } = ONE;
    if (subject.is !== 'transaction') throw new Error('a transaction');
    const other = bundleOf({ seq: 2 }).subject;
    if (other.is !== 'transaction') throw new Error('a transaction');
    const stranger = { suite: 'ed25519', key: bytesOf('stranger') } as const;
    expect(verdict({ ...ONE, subject: { ...subject, key: stranger } })).toBe('subject: other-key');
    const { signature } = other;
    expect(verdict({ ...ONE, subject: { ...subject, signature } })).toBe('subject: bad-signature');
  });
});
