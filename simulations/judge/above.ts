/**
 * The levels above a city, as their members have them on their disks: checked from the genesis of the network on.
 *
 *   municipality   batch 1, 2, ... each naming the one before, under the seals of more than two thirds of its members
 *   continent      block 1, 2, ... each under its `Final`; what it carries are batches of its municipalities, in order
 *   globe          the same, of blocks of its continents
 *
 * Members have one chain, as far as each has come. A city is rooted as far as its own batches are in batches that are in blocks
 * that are in blocks; and what is rooted is what the city has, not something else.
 */
import { verify } from '#algorithms/signature.ts';
import { hex } from '#lib/bytes.ts';
import type { Codec } from '#protocols/codec.ts';
import { blockId } from '#protocols/jolteon/block.ts';
import { finalJobs } from '#protocols/jolteon/final.ts';
import type { Chain as LevelChain } from '#protocols/jolteon/certify.ts';
import { payloadOf, type Ref } from '#protocols/level/payload.ts';
import { KeptBlock } from '#protocols/level/state.ts';
import { batchDigest, NO_BATCH, Sealed } from '#protocols/municipality-batch.ts';
import type { Municipality } from '#protocols/municipality-batch.ts';
import { handedOver, sealersJobs, sealersOf } from '#protocols/sealers.ts';
import { address, continentOf, type Address, type Place } from '#protocols/subjects.ts';
import {
  continentIn,
  continentsOf,
  globeIn,
  municipalitiesOf,
  municipalityIn,
  municipalityOf,
  type World,
} from '#protocols/world.ts';
import { read, type Rows } from './chain.ts';

/** What the members of levels kept, by their addresses. */
export interface Above {
  readonly world: World;
  readonly rows: ReadonlyMap<Address, Rows>;
}

export interface Fault {
  readonly who: string;
  readonly what: string;
}

export interface AboveReport {
  readonly faults: readonly Fault[];
  /** By city: up to which of its heights it is rooted at the globe. */
  readonly rooted: ReadonlyMap<Place, number>;
}

/** One batch or block, whoever has it: what it is called, and what it is about. */
interface Link<T> {
  readonly digest: string;
  readonly about: readonly T[];
}

/** A chain that all its members have, as far as the one that has come furthest. */
type Links<T> = readonly Link<T>[];

interface Span {
  readonly city: Place;
  readonly from: number;
  readonly to: number;
  readonly top: string;
}
interface Carried {
  readonly name: string;
  readonly id: number;
  readonly digest: string;
}

export function judgeAbove(
  { world, rows }: Above,
  /** Of each city: digests of its batches; the first is of height 1. */
  cities: ReadonlyMap<Place, readonly string[]>,
): AboveReport {
  const faults: Fault[] = [];
  const reading = { rows, faults };
  const names = municipalitiesOf(world);
  const sealed = new Map(
    names.map((name) => [name, batchesOf(reading, municipalityIn(world, name)!)]),
  );
  const continents = new Map(
    continentsOf(world).map((name) => [
      name,
      blocksOf(reading, continentIn(world, name)!, 'continent'),
    ]),
  );
  const globe = blocksOf(reading, globeIn(world), 'globe');
  for (const [name, blocks] of continents)
    faults.push(...strange(name, blocks, (of, id) => sealed.get(of)?.[id - 1]?.digest));
  faults.push(...strange('globe', globe, (of, id) => continents.get(of)?.[id - 1]?.digest));
  const rooted = new Map<Place, number>();
  for (const [city, digests] of cities) {
    const batches = sealed.get(municipalityOf(city)) ?? [];
    faults.push(...otherThan(city, digests, batches));
    rooted.set(city, rootedOf(city, batches, continents, globe));
  }
  return { faults, rooted };
}

interface Reading {
  readonly rows: Above['rows'];
  readonly faults: Fault[];
}

function batchesOf(reading: Reading, of: Municipality): Links<Span> {
  let sealers = sealersOf(of);
  const isIts = ({ batch, seals }: Sealed, id: number, before: string): boolean => {
    const jobs = sealersJobs(sealers, { batch, seals });
    const prev = before === '' ? hex(NO_BATCH) : before;
    const isNext = batch.name === of.name && batch.id === id && hex(batch.prev) === prev;
    const isGood = isNext && jobs !== undefined && jobs.every(verify);
    if (isGood) sealers = handedOver(sealers, batch);
    return isGood;
  };
  return linksOf(reading, {
    name: of.name,
    owners: of.cities.flatMap(({ delegates }) =>
      delegates.map(({ node }) => address(node, 'municipality')),
    ),
    under: 'sealed/',
    codec: Sealed,
    digest: ({ batch }) => hex(batchDigest(batch)),
    about: ({ batch }) => batch.cities.map((span) => ({ ...span, top: hex(span.top) })),
    isIts,
  });
}

function blocksOf(
  reading: Reading,
  chain: LevelChain,
  role: 'continent' | 'globe',
): Links<Carried> {
  const isIts = ({ refs, final }: KeptBlock, height: number): boolean => {
    const [head] = final.heads;
    const jobs = finalJobs(chain, final);
    const isOne = head?.height === height && hex(head.payload) === hex(payloadOf(refs));
    return isOne && jobs !== undefined && jobs.every(verify);
  };
  return linksOf(reading, {
    name: chain.name,
    owners: chain.members.map(({ node }) => address(node, role)),
    under: 'height/',
    codec: KeptBlock,
    digest: ({ final }) => hex(blockId(final.heads[0]!)),
    about: ({ refs }) => refs.map((ref: Ref) => ({ ...ref, digest: hex(ref.digest) })),
    isIts,
  });
}

interface Kind<T, A> {
  readonly name: string;
  readonly owners: readonly Address[];
  /** What the number stands behind, on the disk. */
  readonly under: string;
  readonly codec: Codec<T>;
  readonly digest: (value: T) => string;
  readonly about: (value: T) => readonly A[];
  readonly isIts: (value: T, nth: number, before: string) => boolean;
}

/** Of the first who has it; whoever has another one has a fork. Who was away may lack some. */
function linksOf<T, A>({ rows, faults }: Reading, kind: Kind<T, A>): Links<A> {
  const links: Link<A>[] = [];
  const { under, codec, name } = kind;
  const owners = kind.owners.flatMap((who) => {
    const own = rows.get(who);
    return own === undefined ? [] : [{ who, own }];
  });
  for (let nth = 1; owners.some(({ own }) => own.has(under + nth)); nth++) {
    for (const { who, own } of owners) {
      if (!own.has(under + nth)) continue;
      const value = read(codec, own.get(under + nth));
      const digest = value === undefined ? '' : kind.digest(value);
      const known = links[nth - 1]?.digest;
      if (known === digest) continue;
      const isIts = value !== undefined && kind.isIts(value, nth, links[nth - 2]?.digest ?? '');
      if (known !== undefined) faults.push({ who, what: `another ${nth} of ${name}` });
      else if (!isIts) faults.push({ who, what: `${nth} of ${name} does not hold` });
      else links.push({ digest, about: kind.about(value) });
    }
    if (links.length < nth) break;
  }
  return links;
}

/** What a chain carries: of each below it one after another, and what that one has. */
function strange(
  name: string,
  links: Links<Carried>,
  known: (of: string, id: number) => string | undefined,
): Fault[] {
  const last = new Map<string, number>();
  return links.flatMap(({ about }, i) =>
    about.flatMap(({ name: of, id, digest }): Fault[] => {
      const isNext = id === (last.get(of) ?? 0) + 1;
      last.set(of, id);
      const its = known(of, id);
      if (isNext && (its === undefined || its === digest)) return [];
      const what = isNext
        ? `another ${id} of ${of} than its members have`
        : `${id} of ${of} out of turn`;
      return [{ who: name, what: `${i + 1} carries ${what}` }];
    }),
  );
}

/** What was taken in of a city: one span after another, and heads that it has. */
function otherThan(city: Place, digests: readonly string[], batches: Links<Span>): Fault[] {
  let last = 0;
  return batches.flatMap(({ about }, i) =>
    about
      .filter((span) => span.city === city)
      .flatMap(({ from, to, top }): Fault[] => {
        const isNext = from === last + 1;
        last = to;
        const its = digests[to - 1];
        if (isNext && (its === undefined || its === top)) return [];
        const what = isNext ? `another batch ${to}` : `batch ${from} out of turn`;
        return [{ who: city, what: `${what} was taken in by ${i + 1} of its municipality` }];
      }),
  );
}

/** How many of those below a chain carries, of one name. */
const reachOf = (links: Links<Carried>, name: string): number =>
  Math.max(
    0,
    ...links.flatMap(({ about }) => about.filter((each) => each.name === name).map(({ id }) => id)),
  );

function rootedOf(
  city: Place,
  batches: Links<Span>,
  continents: ReadonlyMap<string, Links<Carried>>,
  globe: Links<Carried>,
): number {
  const municipality = municipalityOf(city);
  const continent = continentOf(city);
  const blocks = (continents.get(continent) ?? []).slice(0, reachOf(globe, continent));
  const taken = batches.slice(0, reachOf(blocks, municipality));
  const spans = taken.flatMap(({ about }) => about.filter((span) => span.city === city));
  return Math.max(0, ...spans.map(({ to }) => to));
}
