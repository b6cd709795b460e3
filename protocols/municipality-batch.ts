/**
 * The municipality batch: which batches of its cities are taken in, on which its members agreed.
 *
 *   city batch heads --(leaves, city by city, by height)--> root --.
 *   cities: from, to, head of the last one, who orders there --> batch --(hash)--> digest <-- seals of > 2/3 of the stake
 *   the batch before --(digest)--------------------------------'
 *   in the last one of an epoch, who seals next ---------------'
 *
 * A city's batches are a chain, so (city, height) names one head; what a span of it holds is proved by the quorum of its
 * last head and the links of those before. Members therefore agree on heights only (municipality/), and whoever has the
 * heads has the batch.
 */
import { domain, hash, HASH_BYTES } from '#algorithms/hash/hash.ts';
import { isIncluded, pathOf, treeOf } from '#algorithms/merkle/tree.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import { concat, EMPTY, same } from '#lib/bytes.ts';
import { isMost, weightsOf } from './abba/tally.ts';
import {
  CityHead,
  headDigest,
  height,
  isQuorumOf,
  Quorum,
  quorumVerifyJobs,
} from './city-batch.ts';
import { areSeats, seats, type Committee } from './committee.ts';
import { bytes, count, list, optional, record, text, toBytes, type Infer } from './codec.ts';
import { DELEGATES_MAX, type Delegate, type Genesis } from './genesis.ts';
import { signed } from './signed.ts';
import { sittings } from './sitting.ts';
import { digest, placeName, signature } from './terms.ts';
import { member } from './vertex-head.ts';

export const CITIES_MAX = 64;
/** So many heads of one city at once. */
export const HEADS_MAX = 32;
const PATH_MAX = 12 * HASH_BYTES;

/** Continent and municipality: `asia.ishikawa`. */
export const municipalityName = text(32);
/** 1 is the first. */
export const batchId = count(Number.MAX_SAFE_INTEGER);

/** What everybody in a municipality was told before the first message. */
export interface Municipality {
  readonly network: Uint8Array;
  readonly name: string;
  readonly epoch: number;
  /** In the order of their names. */
  readonly members: readonly Delegate[];
  /** So many at most. */
  readonly size: number;
  /** Of the coin: a commitment to a key for all seats (abba/seats.ts). In later epochs there is none. */
  readonly coin: Uint8Array | undefined;
  /** Who orders in a later epoch, each city says itself (lineage.ts). */
  readonly cities: readonly Genesis[];
}

/** Heads of a city in a row, and what proves the last one. */
export const CityTop = record({ heads: list(CityHead, HEADS_MAX), quorum: Quorum });
export type CityTop = Infer<typeof CityTop>;

/**
 * Whether these are heads in a row, of one city and one epoch; signatures apart. Who orders next is looked at as well: a city
 * whose quorum names nobody there could is to harm itself alone.
 */
export function isRow({ heads }: CityTop, genesis: Pick<Genesis, 'place' | 'delegates'>): boolean {
  return (
    heads.length > 0 &&
    heads.every(
      (head, i) =>
        head.place === genesis.place &&
        head.epoch === heads[0]!.epoch &&
        (head.next === undefined || (i === heads.length - 1 && areSeats(genesis, head.next))) &&
        (i === 0 ||
          (head.height === heads[i - 1]!.height + 1 && same(head.prev, headDigest(heads[i - 1]!)))),
    )
  );
}

/** What proves the last one; nothing when that is no quorum. */
export function topJobs(
  network: Uint8Array,
  committee: Committee,
  { heads, quorum }: CityTop,
): VerifyJob[] | undefined {
  if (!isQuorumOf(committee, quorum)) return undefined;
  return quorumVerifyJobs(network, committee, heads.at(-1)!, quorum);
}

/**
 * A span of one city: all batches from one height to another, and the head of the last one. `seats`: where epochs of the city
 * ended in it, who orders there since the last of these ends.
 */
export const Span = record({
  city: placeName,
  from: height,
  to: height,
  top: digest,
  seats: optional(seats),
});
export type Span = Infer<typeof Span>;

export const MunicipalityBatch = record({
  name: municipalityName,
  epoch: count(Number.MAX_SAFE_INTEGER),
  id: batchId,
  prev: digest,
  cities: list(Span, CITIES_MAX),
  count: count(CITIES_MAX * HEADS_MAX),
  root: digest,
  /** In the last batch of an epoch, and in no other: who seals from the next one on (sealers.ts). */
  next: optional(sittings),
});
export type MunicipalityBatch = Infer<typeof MunicipalityBatch>;

const BATCH = domain('municipality batch');
const LEAF = domain('municipality batch leaf');
/** The batch before the first one, and the root over no city at all. */
export const NO_BATCH = hash(BATCH, EMPTY);

export const batchDigest = (batch: MunicipalityBatch): Uint8Array =>
  hash(BATCH, toBytes(MunicipalityBatch, batch));
/** Of a city's head, by its digest. */
export const headLeaf = (head: Uint8Array): Uint8Array => hash(LEAF, head);

type Chosen = Pick<MunicipalityBatch, 'name' | 'epoch' | 'id' | 'prev'> &
  Partial<Pick<MunicipalityBatch, 'next'>>;
/** Spans with the digests of all their heads. */
export interface Taken {
  readonly city: Span['city'];
  readonly from: number;
  readonly heads: readonly Uint8Array[];
  readonly seats?: Span['seats'];
}

export const leavesOf = (taken: readonly Taken[]): Uint8Array =>
  concat(...taken.flatMap(({ heads }) => heads.map(headLeaf)));

export function municipalityBatch(chosen: Chosen, taken: readonly Taken[]): MunicipalityBatch {
  const leaves = leavesOf(taken);
  const cities = taken.map(({ city, from, heads, seats: since }) => ({
    city,
    from,
    to: from + heads.length - 1,
    top: heads.at(-1)!,
    seats: since,
  }));
  const root = leaves.length === 0 ? NO_BATCH : treeOf(leaves).root;
  const { name, epoch, id, prev, next } = chosen;
  return { name, epoch, id, prev, cities, count: leaves.length / HASH_BYTES, root, next };
}

/** That a city's head stands in a batch. */
export const HeadProof = record({ index: count(CITIES_MAX * HEADS_MAX), path: bytes(0, PATH_MAX) });
export type HeadProof = Infer<typeof HeadProof>;

export const headProof = (leaves: Uint8Array, index: number): HeadProof => ({
  index,
  path: pathOf(treeOf(leaves), index),
});

export const isTaken = (
  { root, count: all }: MunicipalityBatch,
  { index, path }: HeadProof,
  head: CityHead,
): boolean => isIncluded({ root, count: all }, index, headLeaf(headDigest(head)), path);

/** What a member signs: one batch of an id, over all its lives. */
export const Seal = record({ name: municipalityName, id: batchId, batch: digest });
export type Seal = Infer<typeof Seal>;

export const { sign: sealSignJob, verify: sealVerifyJob } = signed(Seal, 'vote');

/** A batch that more than two thirds have sealed: whoever has it needs to trust nobody. */
export const Sealed = record({
  batch: MunicipalityBatch,
  seals: list(record({ member, signature }), DELEGATES_MAX),
});
export type Sealed = Infer<typeof Sealed>;

/** That a city's head stands in a sealed batch: what the city's proof goes on with. */
export const InMunicipality = record({ head: HeadProof, sealed: Sealed });
export type InMunicipality = Infer<typeof InMunicipality>;

/** What proves it; nothing when the seals are not of members, each once, and enough of them. */
export function sealedJobs(
  { network, name, epoch, members }: Pick<Municipality, 'network' | 'name' | 'epoch' | 'members'>,
  { batch, seals }: Sealed,
): VerifyJob[] | undefined {
  if (batch.name !== name || batch.epoch !== epoch) return undefined;
  if (!seals.every((each, i) => i === 0 || seals[i - 1]!.member < each.member)) return undefined;
  if (!seals.every((each) => each.member < members.length)) return undefined;
  const weights = weightsOf(members.map(({ stake }) => stake));
  if (
    !isMost(
      weights,
      seals.reduce((sum, each) => sum + weights.of[each.member]!, 0n),
    )
  )
    return undefined;
  const seal: Seal = { name, id: batch.id, batch: batchDigest(batch) };
  return seals.map((each) =>
    sealVerifyJob(network, seal, each.signature, members[each.member]!.signing),
  );
}
