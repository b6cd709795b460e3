/**
 * Those that a level orders something of: a continent's municipalities, the globe's continents. What each of them
 * offers has a number and proves itself.
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import type { Delegate } from '../genesis.ts';
import { blockId, isEmpty } from '../jolteon/block.ts';
import type { Chain } from '../jolteon/certify.ts';
import { finalJobs } from '../jolteon/final.ts';
import type { Item } from '../level.messages.ts';
import { batchDigest, type Municipality } from '../municipality-batch.ts';
import { sealersJobs, type Sealers } from '../sealers.ts';
import { address, type Address } from '../subjects.ts';
import type { Ref } from './payload.ts';

export interface Below {
  readonly name: string;
  /** Those who have what it makes, and hear what has become of it. */
  readonly makers: readonly Address[];
  /** Those who follow how far a city of it is rooted. */
  readonly watching?: (city: string) => readonly Address[];
  /** Of a municipality, as it was founded: who seals there changes (sealing.ts). */
  readonly municipality?: Municipality;
  /**
   * What proves that something is of it; nothing when that can be none of it, whatever the signatures are. Who seals in a
   * municipality is told.
   */
  readonly jobsOf: (item: Item, sealers: Sealers | undefined) => VerifyJob[] | undefined;
}

/** A municipality: its sealed batches, by their numbers. */
export const municipalityBelow = (municipality: Municipality): Below => ({
  name: municipality.name,
  municipality,
  makers: municipality.members.map(({ node }) => address(node, 'municipality')),
  watching: (city) => delegatesIn(municipality, city).map(({ node }) => address(node, 'rooting')),
  jobsOf: (item, sealers) =>
    item.is === 'sealed' && sealers !== undefined ? sealersJobs(sealers, item.sealed) : undefined,
});

const delegatesIn = ({ cities }: Municipality, city: string): readonly Delegate[] =>
  cities.find(({ place }) => place === city)?.delegates ?? [];

/** A continent: its blocks that carry something, by their heights. */
export const continentBelow = (chain: Chain): Below => ({
  name: chain.name,
  makers: chain.members.map(({ node }) => address(node, 'continent')),
  jobsOf: (item) => {
    const [head] = item.is === 'final' ? item.final.heads : [];
    if (item.is !== 'final' || head === undefined || isEmpty(head)) return undefined;
    return finalJobs(chain, item.final);
  },
});

/** How an item is called in a block. */
export function refOf(item: Item): Ref | undefined {
  if (item.is === 'sealed') {
    const { batch } = item.sealed;
    return { name: batch.name, id: batch.id, digest: batchDigest(batch) };
  }
  const [head] = item.final.heads;
  return head === undefined
    ? undefined
    : { name: head.chain, id: head.height, digest: blockId(head) };
}
