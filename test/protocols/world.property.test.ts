/**
 * Properties of a network's genesis: whatever its cities and stakes are.
 *
 *   it survives its bytes; members of a level are of its parts, as many as may be; each part is
 *   heard where there is room, and none gives less than another while it has more; nobody left out has more stake than
 *   somebody of his part who is in; whatever is not a world is none
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { G2_BYTES } from '#algorithms/threshold/bls12381.ts';
import { seatsOf } from '#protocols/abba/seats.ts';
import { weightsOf } from '#protocols/abba/tally.ts';
import { toBytes, whole } from '#protocols/codec.ts';
import type { Delegate, Genesis } from '#protocols/genesis.ts';
import { nodeAddress, place, placeOf } from '#protocols/subjects.ts';
import {
  chosen,
  continentIn,
  continentsOf,
  globeIn,
  isWorld,
  membershipsOf,
  municipalitiesOf,
  municipalityIn,
  municipalityMembers,
  municipalityOf,
  World,
} from '#protocols/world.ts';
import { bytesOf, NETWORK } from './sample.ts';

const PLACES = [
  'asia.ishikawa.hakui',
  'asia.ishikawa.komatsu',
  'asia.tokyo.chiyoda',
  'europe.alsace.colmar',
].map(place);
const KEY = { suite: 'ed25519', key: bytesOf('key') } as const;

function cityOf(at: (typeof PLACES)[number], stakes: readonly number[]): Genesis {
  const delegates = stakes.map((stake, i): Delegate => ({
    node: nodeAddress(at, `d${i}`),
    stake: BigInt(stake),
    signing: KEY,
    vrf: KEY.key,
  }));
  return { version: 1, network: NETWORK, place: at, delegates, grantor: KEY };
}

const coinFor = (members: readonly Delegate[]): Uint8Array =>
  bytesOf('coin', seatsOf(weightsOf(members.map(({ stake }) => stake))).threshold * G2_BYTES);

const size = fc.integer({ min: 1, max: 12 });
const stakes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 });
const world = fc
  .record({
    places: fc.subarray(PLACES, { minLength: 1 }),
    stakes: fc.array(stakes, { minLength: PLACES.length, maxLength: PLACES.length }),
    sizes: fc.record({ municipality: size, continent: size, globe: size }),
  })
  .map(({ places, stakes: of, sizes }): World => {
    const cities = places.map((at, i) => cityOf(at, of[i]!));
    const founding = { version: 1, network: NETWORK, cities, sizes };
    const coins = municipalitiesOf(founding).map((name) => ({
      name,
      key: coinFor(municipalityMembers(founding, name)),
    }));
    return Object.assign(founding, { coins });
  });

describe('a world', () => {
  it('is one, and survives its bytes', () =>
    fc.assert(
      fc.property(world, (each) => {
        expect(isWorld(each)).toBe(true);
        expect(whole(World, toBytes(World, each))).toEqual(each);
      }),
    ));

  it('has levels whose members are of what is below, and which each delegate finds', () =>
    fc.assert(
      fc.property(world, (each) => {
        const globe = globeIn(each);
        const all = each.cities.flatMap(({ delegates }) => delegates);
        expect(globe.continents.map(({ name }) => name)).toEqual(continentsOf(each));
        for (const name of municipalitiesOf(each)) {
          const { members, cities } = municipalityIn(each, name)!;
          const of = all.filter(({ node }) => municipalityOf(placeOf(node)) === name);
          expect(members).toHaveLength(Math.min(of.length, each.sizes.municipality));
          expect(of).toEqual(expect.arrayContaining([...members]));
          expect(cities.every((city) => city.place.startsWith(`${name}.`))).toBe(true);
        }
        for (const { node } of all) {
          const { municipality, continent } = membershipsOf(each, node);
          for (const level of [municipality, continent].filter((of) => of !== undefined)) {
            expect(node.startsWith(`${level.name}.`)).toBe(true);
            expect(level.members.some((member) => member.node === node)).toBe(true);
          }
        }
      }),
    ));

  it('is none where anything of it is not as it should be', () =>
    fc.assert(
      fc.property(world, (each) => {
        const [city, ...others] = each.cities as [Genesis, ...Genesis[]];
        const [first] = city.delegates as readonly [Delegate, ...Delegate[]];
        const withFirst = (change: Partial<Delegate>): World => ({
          ...each,
          cities: [
            { ...city, delegates: [{ ...first, ...change }, ...city.delegates.slice(1)] },
            ...others,
          ],
        });
        const [coin, ...coins] = each.coins as [World['coins'][number], ...World['coins']];
        for (const wrong of [
          { ...each, cities: [] },
          { ...each, cities: [city, ...each.cities] },
          { ...each, cities: [{ ...city, network: bytesOf('another') }, ...others] },
          withFirst({ stake: 0n }),
          withFirst({ node: nodeAddress(place('asia.osaka.sakai'), 'd0') }),
          { ...each, coins },
          { ...each, coins: [{ ...coin, key: coin.key.slice(1) }, ...coins] },
          { ...each, sizes: { ...each.sizes, globe: 0 } },
        ])
          expect(isWorld(wrong)).toBe(false);
      }),
    ));

  it('knows no level of a name that it does not have', () =>
    fc.assert(
      fc.property(world, (each) => {
        expect(municipalityIn(each, 'asia.nowhere')).toBeUndefined();
        expect(continentIn(each, 'antarctica')).toBeUndefined();
        expect(membershipsOf(each, nodeAddress(PLACES[0]!, 'stranger'))).toEqual({});
      }),
    ));
});

describe('the members of a level', () => {
  const parts = fc
    .array(stakes, { minLength: 1, maxLength: PLACES.length })
    .map((all) => all.map((of, i) => cityOf(PLACES[i]!, of).delegates));

  it('are so many, in order, from all parts alike, of each those of the most stake', () =>
    fc.assert(
      fc.property(parts, size, (all, count) => {
        const members = chosen(all, count);
        const names = members.map(({ node }) => node);
        expect(names).toEqual([...new Set(names)].toSorted());
        expect(members).toHaveLength(Math.min(count, all.flat().length));
        const given = all.map((part) => part.filter(({ node }) => names.includes(node)));
        for (const [i, part] of all.entries()) {
          const out = part.filter(({ node }) => !names.includes(node));
          if (out.length === 0) continue;
          const least = given[i]!.reduce((low, { stake }) => (stake < low ? stake : low), 99n);
          expect(out.every(({ stake }) => stake <= least)).toBe(true);
          expect(given.every(({ length }) => length <= given[i]!.length + 1)).toBe(true);
        }
      }),
    ));
});
