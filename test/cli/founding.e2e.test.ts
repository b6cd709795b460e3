/** A network is founded once, with all that its levels need; another one is not brought up in its place. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { found, readFounded } from '#cli/city/found.ts';
import { readWorldFile, worldFileOf } from '#cli/city/world-file.ts';
import { policyFilesOf, townsOf, wantedCluster } from '#cli/cluster-options.ts';
import { CLUSTER } from '#config/cluster.ts';
import { PAIRING } from '#algorithms/threshold/pairing.ts';
import { isCoinKey } from '#protocols/abba/deal.ts';
import { placeOf } from '#protocols/subjects.ts';
import { globeIn, membershipsOf } from '#protocols/world.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { NOW, WANTED } from './founding-sample.ts';

let data: string;
beforeEach(() => void (data = mkdtempSync(join(tmpdir(), 'city-chain-founding-'))));
afterEach(() => rmSync(data, { recursive: true, force: true }));

describe('a founding', () => {
  it('gives each city its place in one network, and members of levels what they need', () => {
    const { world, cities } = found(data, WANTED, systemEntropy(), NOW);
    expect(cities.map(({ genesis }) => genesis.place)).toEqual(WANTED.towns.map(({ at }) => at));
    expect(
      world.cities.every(({ network }) => network.every((byte, i) => byte === world.network[i])),
    ).toBe(true);
    const names = cities.flatMap(({ members }) => members.map(({ node }) => node));
    expect(new Set(names).size).toBe(names.length);
    expect(globeIn(world).members).toHaveLength(5);
    const { g2 } = PAIRING.use();
    for (const { node } of globeIn(world).members) {
      const { municipality } = membershipsOf(world, node);
      const { coinOf } = cities.find(({ genesis }) => genesis.place === placeOf(node))!;
      const stakes = municipality!.members.map(({ stake }) => stake);
      expect(isCoinKey(stakes, municipality!.coin!)).toBe(true);
      expect(coinOf(node).every((share) => share > 0n && share < g2.order)).toBe(true);
      expect(coinOf(node)).toHaveLength(1);
    }
  });

  it('is found again, and is another one neither of these cities nor of these levels', () => {
    const { world } = found(data, WANTED, systemEntropy(), NOW);
    expect(found(data, WANTED, systemEntropy(), NOW).world).toEqual(world);
    expect(readWorldFile(worldFileOf(data)).world).toEqual(world);
    const [first, second] = WANTED.towns;
    for (const other of [
      { ...WANTED, towns: [first!] },
      { ...WANTED, towns: [second!, first!] },
      { ...WANTED, sizes: { ...WANTED.sizes, globe: 4 } },
      { ...WANTED, processes: 3 },
    ])
      expect(() => found(data, other, systemEntropy(), NOW)).toThrow('ask for the same');
  });

  it('that was cut short is begun anew, and a file that is no genesis is said to be none', () => {
    found(data, WANTED, systemEntropy(), NOW);
    rmSync(worldFileOf(data));
    writeFileSync(join(data, 'founding'), '');
    expect(found(data, WANTED, systemEntropy(), NOW).cities).toHaveLength(2);
    expect(existsSync(worldFileOf(data))).toBe(true);
    writeFileSync(
      worldFileOf(data),
      '{"version":1,"cities":["asia.ishikawa.komatsu"],"world":"00"}',
    );
    expect(() => readFounded(data)).toThrow('cannot be read as the genesis');
  });
});

describe('the keys of a city', () => {
  it('outlast the file that is given to others, and what came before it', () => {
    const { world, cities } = found(data, WANTED, systemEntropy(), NOW);
    const file = readFileSync(worldFileOf(data));
    rmSync(worldFileOf(data));
    expect(() => found(data, WANTED, systemEntropy(), NOW)).toThrow('put that back');
    writeFileSync(worldFileOf(data), file);
    const again = found(data, WANTED, systemEntropy(), NOW);
    expect(again.world).toEqual(world);
    const { node } = cities[0]!.members[0]!;
    expect(again.cities[0]!.secretsOf(node)).toEqual(cities[0]!.secretsOf(node));
  });
});

describe('the cities of a cluster', () => {
  it('are there once each, and one alone where that is wanted, or where it is to be damaged', () => {
    expect(townsOf(wantedCluster({})).map(({ at }) => at)).toEqual([
      'asia.ishikawa.komatsu',
      'europe.catalonia.barcelona',
    ]);
    for (const flags of [{ alone: true }, { drill: true }, { cities: [] }])
      expect(townsOf(wantedCluster(flags))).toHaveLength(1);
    expect(() => wantedCluster({ place: 'europe.catalonia.barcelona' })).toThrow('is twice');
  });
  it('each follow a file of their own, or that of all, or none', () => {
    const barcelona = { place: 'europe.catalonia.barcelona' };
    const filesOf = (policy: string | undefined, own: string | undefined) =>
      policyFilesOf(
        wantedCluster({
          ...(policy === undefined ? {} : { policy }),
          cities: [
            CLUSTER.shape.cities.parse([
              { ...barcelona, ...(own === undefined ? {} : { policy: own }) },
            ])[0]!,
          ],
        }),
      );
    expect([...filesOf(undefined, undefined)]).toEqual([]);
    expect([...filesOf('all', undefined).values()]).toEqual(['all', 'all']);
    expect([...filesOf('all', 'own').values()]).toEqual(['all', 'own']);
    expect([...filesOf(undefined, 'own')]).toEqual([[barcelona.place, 'own']]);
  });
});
