/**
 * What does a batch of payments cost, besides what it costs to keep its transactions?
 *
 * In a city of 100 000 accounts: executing n payments between accounts that differ; the pages of the map that change, at once;
 * and the same in parts, which is what the actor's own thread is left with (splitting, copying, joining) and what each of the
 * pool's has (a part). In parts it is checked to be the same beforehand. From `PARTS_FROM` objects on a ledger does it in parts.
 */
import { changed, EMPTY_PAGE, type Page } from '#algorithms/merkle/sparse.ts';
import { assert } from '#lib/assert.ts';
import { hex, same } from '#lib/bytes.ts';
import { execute, type Asking, type Objects } from '#protocols/objects/execute.ts';
import { endowed } from '#protocols/objects/object.ts';
import { opBytes } from '#protocols/objects/op.ts';
import { changePart, joined, partsOf, turnedAtOnce } from '#protocols/ledger/map-parts.ts';
import { writePage } from '#protocols/ledger/object-records.ts';
import { PARTS_FROM } from '#protocols/ledger/turning.ts';
import { leavesOf } from '#protocols/ledger/objects.ts';
import { place, type Place } from '#protocols/subjects.ts';
import { compare, type Bench, type Row } from './bench.ts';

const ACCOUNTS = 100_000;
const PAYMENTS = [8, 64, 500] as const;
const CITY = place('asia.ishikawa.komatsu');
const OP = opBytes({ op: 'pay', amount: 1n });

function keyOf(nth: number): Uint8Array {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(0, nth);
  return key;
}

/** Between accounts of which none is named twice. */
const payments = (count: number): Asking[] =>
  Array.from({ length: count }, (_, i) => ({
    does: 'op',
    txId: keyOf(i),
    sender: keyOf(2 * i),
    receiver: keyOf(2 * i + 1),
    to: CITY,
    op: OP,
    objects: [],
  }));

interface City {
  readonly objects: Objects;
  readonly pages: ReadonlyMap<string, Page>;
}

function founded(): City {
  const endowments = Array.from({ length: ACCOUNTS }, (_, i) => ({
    account: keyOf(i),
    amount: 1_000n,
  }));
  const objects: Objects = new Map(
    endowed(endowments).map(({ name, object }) => [hex(name), object]),
  );
  return { objects, pages: changed(new Map([['', EMPTY_PAGE]]), leavesOf(objects)) };
}

/** As much of a page tree as the ways of these names need, as a ledger reads it. */
function waysTo(pages: City['pages'], names: readonly string[]): Map<string, Page> {
  const found = new Map<string, Page>();
  for (const name of names) {
    for (let end = 0; pages.has(name.slice(0, end)); end++)
      found.set(name.slice(0, end), pages.get(name.slice(0, end))!);
  }
  return found;
}

function rowsFor({ objects, pages: all }: City, count: number): Row[] {
  const asked = payments(count);
  const where = { city: CITY, atMs: 1, cities: new Set<Place>(), transferMsMax: 1 };
  const { after, effects } = execute(asked, objects, where);
  assert(
    effects.every((effect) => effect === 'done'),
    'all of them pay',
  );
  const leaves = leavesOf(after);
  const pages = waysTo(all, [...after.keys()]);
  const written = new Map([...pages].map(([way, page]) => [way, writePage(page)]));
  const first = pages.get('')!;
  const parts = partsOf(written, leaves);
  const done = parts.map(changePart);
  const { root } = turnedAtOnce(pages, leaves);
  assert(same(root, joined(first, done).root), 'parts come to the same root');
  const times = compare(
    {
      name: 'execute',
      run: (n) => {
        for (let i = 0; i < n; i++) execute(payments(count), objects, where);
      },
    },
    {
      name: 'at once',
      run: (n) => {
        for (let i = 0; i < n; i++) turnedAtOnce(pages, leaves);
      },
    },
    {
      name: 'left',
      run: (n) => {
        for (let i = 0; i < n; i++) {
          structuredClone(partsOf(written, leaves));
          joined(first, structuredClone(done));
        }
      },
    },
    {
      name: 'part',
      run: (n) => {
        for (let i = 0; i < n; i++) changePart(parts[0]!);
      },
    },
  );
  const row = (what: string, name: string): Row => ({
    name: `${what}, ${count} payments`,
    value: times.get(name)! / 1_000,
    unit: 'ms',
    against: 'all pages at once',
    ratio: times.get(name)! / times.get('at once')!,
  });
  return [
    row('executing', 'execute'),
    row('pages, at once', 'at once'),
    row('pages, what parts leave to the ledger', 'left'),
    row('pages, one part', 'part'),
  ];
}

export const bench: Bench = {
  name: 'objects',
  question: `what does a batch of payments cost, and is it worth the pool (from ${PARTS_FROM} objects on)?`,
  run: () => {
    const city = founded();
    return Promise.resolve(PAYMENTS.flatMap((count) => rowsFor(city, count)));
  },
};
