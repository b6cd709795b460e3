/** Where a drill puts whom: each role can be hit without the others. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lineOf } from '#cli/city/line.ts';
import { membersOf, processesOfDrill, sharesOfDrill, sharesOfWorld } from '#cli/city/layout.ts';
import { townsOf, wantedCluster } from '#cli/cluster-options.ts';
import { continentOf, place, placeOf } from '#protocols/subjects.ts';
import { cases } from '../../cases.ts';

const AT = place('asia.ishikawa.komatsu');
const cities = fc.record({
  delegates: fc.integer({ min: 1, max: 9 }),
  lights: fc.integer({ min: 0, max: 60 }),
  anchors: fc.record({
    asia: fc.integer({ min: 0, max: 4 }),
    europe: fc.integer({ min: 0, max: 4 }),
    africa: fc.integer({ min: 0, max: 2 }),
  }),
});

it('hosts everybody once; delegates and other continents alone', () => {
  fc.assert(
    fc.property(cities, fc.integer({ min: 1, max: 40 }), (of, processes) => {
      const members = membersOf(AT, of);
      const shares = sharesOfDrill(members, processes);
      const abroad = (['europe', 'africa'] as const).filter((each) => of.anchors[each] > 0);
      const single = of.delegates + abroad.length;
      expect(shares?.length).toBe(processes > single ? processes : undefined);
      if (shares === undefined) return;
      expect(shares.flat().toSorted(byNode)).toEqual(members.toSorted(byNode));
      for (const share of shares) {
        const kinds = new Set(
          share.map(({ node, role }) => (role === 'delegate' ? node : continentOf(placeOf(node)))),
        );
        expect(kinds.size).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: cases(200) },
  );
});

const byNode = (a: { readonly node: string }, b: { readonly node: string }): number =>
  a.node < b.node ? -1 : 1;

it('puts nobody of two continents together where several cities are damaged', () => {
  const wanted = wantedCluster({ drill: true, world: true });
  const towns = townsOf(wanted);
  const shares = sharesOfWorld(towns);
  expect([towns.length, shares.length]).toEqual([2, wanted.processes]);
  const members = towns.flatMap((town) => town.members);
  expect(shares.flat().toSorted(byNode)).toEqual(members.toSorted(byNode));
  for (const share of shares) {
    const isOne = share.length === 1 || share.every(({ role }) => role !== 'delegate');
    const continents = new Set(share.map(({ node }) => continentOf(node)));
    expect([isOne, continents.size]).toEqual([true, 1]);
  }
  const { shareOf } = lineOf(towns, true);
  expect(shareOf(1, wanted.processes)).toEqual(shares[1]!.map(({ node }) => node));
  expect(() => wantedCluster({ world: true })).toThrow('--drill');
  expect(() => wantedCluster({ drill: true, world: true, alone: true })).toThrow('one continent');
});

it('takes as many processes as a drill needs, unless it is told how many', () => {
  const members = membersOf(AT, wantedCluster({}));
  expect(processesOfDrill(members)).toBe(9);
  expect(wantedCluster({ drill: true }).processes).toBe(9);
  expect(wantedCluster({ drill: true, processes: 6 }).processes).toBe(6);
  expect(() => wantedCluster({ drill: true, processes: 5 })).toThrow('--processes is 5');
  expect(() => wantedCluster({ drill: true, runs: 'ring' })).toThrow('--runs city');
});
