/**
 * The proof bundle: from a transaction to the header of the globe, for anybody who has the genesis of the network.
 *
 *   subject        what was said, signed by its sender                            subject.ts
 *     | id
 *   hand-overs     last heads of epochs <-- quorums of the city                    lineage.ts
 *     | who orders in the epoch of head h + 1
 *   city           entry, outcome, heads h and h + 1 <-- quorum of the city        city-proof.ts
 *     | digest of head h + 1
 *   hand-overs     last batches of epochs <-- seals of its members                 sealers.ts
 *     | who seals in the epoch of the batch
 *   municipality   path --> batch <-- seals of its members                         municipality-batch.ts
 *     | digest of the batch
 *   continent      path --> block <-- two heads and a QC of its members            jolteon/final.ts
 *     | digest of the block
 *   globe          path --> block <-- two heads and a QC of its members
 *
 * Each layer is signed by more than two thirds of its own members, and names what the layer below it is about: so who
 * verifies all of it trusts none of them alone. A bundle may end early, after any layer from the city on: then it proves
 * less, and says so. It has one form in bytes, that of its codec; a file is that in hexadecimal, in a line of JSON.
 *
 * Hand-overs are the same for all transactions of an epoch, and more with each one: so they do not travel with what is about one
 * transaction, but by themselves, in pages (want.ts).
 *
 * Size: 47 KB with four members on each level, 74 KB with seven, nearly all of it signatures (3.3 KB each, ML-DSA-65).
 */
import { attempt } from '#lib/attempt.ts';
import { hex, unhex } from '#lib/bytes.ts';
import { count, list, optional, record, toBytes, whole, type Infer } from '../codec.ts';
import { FIRST_EPOCH } from '../genesis.ts';
import { Final } from '../jolteon/final.ts';
import { Handover } from '../lineage.ts';
import { RefProof } from '../level/payload.ts';
import { InMunicipality, Sealed } from '../municipality-batch.ts';
import { CityProof } from './city-proof.ts';
import { Subject } from './subject.ts';

export const VERSION = 1;

/** That what the layer below is about stands in the first of these blocks, which is committed. */
export const InChain = record({ ref: RefProof, final: Final });
export type InChain = Infer<typeof InChain>;

/** Of the city, since genesis, up to the epoch of head h + 1 and no further. */
export const HANDOVERS_MAX = 1_024;
const handovers = list(Handover, HANDOVERS_MAX);
/** Of the municipality, since genesis, up to the epoch of the batch and no further (sealers.ts). */
const sealers = list(Sealed, HANDOVERS_MAX);

export const Bundle = record({
  version: count(VERSION),
  subject: Subject,
  handovers,
  sealers,
  city: CityProof,
  municipality: optional(InMunicipality),
  continent: optional(InChain),
  globe: optional(InChain),
});
export type Bundle = Infer<typeof Bundle>;

/** What is about one transaction: everything but the hand-overs. */
export const Rooted = record({
  subject: Subject,
  city: CityProof,
  municipality: optional(InMunicipality),
  continent: optional(InChain),
  globe: optional(InChain),
});
export type Rooted = Infer<typeof Rooted>;

/** How many hand-overs it takes to know who has sealed it. */
export const handoversOf = ({ city }: Pick<Rooted, 'city'>): number =>
  city.next.epoch - FIRST_EPOCH;
/** The same of its municipality. */
export const sealersBefore = ({ municipality }: Pick<Rooted, 'municipality'>): number =>
  municipality === undefined ? 0 : municipality.sealed.batch.epoch - FIRST_EPOCH;

/** The layers, from below; the first two are there in every bundle. */
export const LAYERS = ['subject', 'city', 'municipality', 'continent', 'globe'] as const;
export type Layer = (typeof LAYERS)[number];
/** How far up something is rooted. */
export type Root = Exclude<Layer, 'subject'>;

/** As far as a bundle goes, as it says itself. */
export function topOf({ municipality, continent, globe }: Bundle | Rooted): Root {
  if (globe !== undefined) return 'globe';
  if (continent !== undefined) return 'continent';
  return municipality === undefined ? 'city' : 'municipality';
}

export const bundleBytes = (bundle: Bundle): Uint8Array => toBytes(Bundle, bundle);

/** Nothing when these bytes are none, or are not in the one form. */
export const readBundle = (bytes: Uint8Array): Bundle | undefined =>
  attempt(() => whole(Bundle, bytes));

/** As a file. */
export const bundleText = (bundle: Bundle): string =>
  `{"version":${VERSION},"proof":"${hex(bundleBytes(bundle))}"}\n`;

/** Of exactly such a file. */
export function readBundleText(text: string): Bundle | undefined {
  const digits = /^\{"version":1,"proof":"([0-9a-f]*)"\}\n?$/.exec(text)?.[1];
  const bytes = digits === undefined ? undefined : unhex(digits);
  return bytes === undefined ? undefined : readBundle(bytes);
}
