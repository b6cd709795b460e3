/** Who hears whom when continents are parted. */
import { expect, it } from 'vitest';
import { Straits } from '#cli/drill/straits.ts';

const NOTHING = () => undefined;

function straitsOf(...continents: readonly string[]) {
  const cut = new Set<string>();
  const shores = continents.map((each) => {
    const line = {
      cut: () => void cut.add(each),
      mend: () => void cut.delete(each),
      close: NOTHING,
    };
    return [each, { bus: { url: `of ${each}`, close: async () => undefined }, line }] as const;
  });
  const first = { url: 'of asia', kind: 'nats-server' } as ConstructorParameters<typeof Straits>[0];
  return { straits: new Straits(first, 'asia', new Map(shores)), cut };
}

it('cuts off whoever is parted, and everybody where it is the one that others join', () => {
  const { straits, cut } = straitsOf('europe', 'africa');
  straits.part('europe');
  expect([...cut]).toEqual(['europe']);
  straits.part('asia');
  expect([...cut].toSorted()).toEqual(['africa', 'europe']);
  straits.rejoin('asia');
  expect([...cut]).toEqual(['europe']);
  straits.rejoin('europe');
  expect(cut.size).toBe(0);
  expect([straits.has('asia'), straits.has('europe'), straits.has('oceania')]).toEqual([
    true,
    true,
    false,
  ]);
  expect([straits.urlOf('europe'), straits.urlOf('asia')]).toEqual(['of europe', 'of asia']);
});
