/**
 * Verifying a bundle: one function, offline, with nothing but the genesis of the network. The first thing that is wrong
 * is told by its layer and a closed reason; else how far the transaction is rooted, and what is known of it so.
 *
 *   bundle + world --(hashes, paths, who may sign)--> what would be proved, and by which signatures --(all good)--> proved
 *
 * Cheap things first: who sends rubbish costs no signature. Signatures are checked from below, so that what fails
 * is the lowest layer that does.
 */
import { verifyMany, type VerifyJob } from '#algorithms/signature.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import { committeeFor, handedOver, handoverJobs, lineageOf, newestIn } from '../lineage.ts';
import { blockId } from '../jolteon/block.ts';
import { finalJobs } from '../jolteon/final.ts';
import type { Chain } from '../jolteon/certify.ts';
import { isCarried, type Ref } from '../level/payload.ts';
import {
  batchDigest,
  isTaken,
  type InMunicipality,
  type Municipality,
} from '../municipality-batch.ts';
import type { CityHead } from '../city-batch.ts';
import {
  handedOver as sealersHandedOver,
  handoverJobs as sealersHandoverJobs,
  sealersJobs,
  sealersOf,
  type Sealers,
} from '../sealers.ts';
import { FIRST_EPOCH } from '../genesis.ts';
import { genesisOf, type World } from '../world.ts';
import {
  VERSION,
  type Bundle,
  type InChain,
  type Layer,
  type Root,
  type Rooted,
} from './bundle.ts';
import {
  cityProofJobs,
  inCity,
  type CityFault,
  type SealersOf,
  type InCity,
} from './city-proof.ts';
import { levelsOf, UPPER, type Upper } from './levels.ts';
import { subjectJobs, type SubjectFault } from './subject.ts';

export type ProofFault =
  | SubjectFault
  | CityFault
  | 'unknown-version'
  | 'no-handover'
  | 'layer-missing'
  | 'unknown-level'
  | 'not-taken-in'
  | 'not-carried'
  | 'bad-signature';

export interface Refusal {
  readonly layer: Layer;
  readonly why: ProofFault;
}

/** What is true if the verdict is good. */
export interface Proved extends Omit<InCity, 'top'> {
  /** How far it is rooted: the highest layer that there is. */
  readonly upTo: Root;
  readonly municipality?: { readonly name: string; readonly id: number } | undefined;
  readonly continent?: { readonly name: string; readonly height: number } | undefined;
  readonly globe?: { readonly height: number } | undefined;
}

/** What of a layer is to be verified. */
export interface Part {
  readonly layer: Layer;
  readonly jobs: readonly VerifyJob[];
}
export interface Claim {
  readonly parts: readonly Part[];
  readonly proved: Proved;
}

/** The whole verdict. */
export function verify(bundle: Bundle, world: World): Result<Proved, Refusal> {
  const claim = claimOf(bundle, world);
  if (!claim.ok) return claim;
  const bad = claim.value.parts.find(({ jobs }) => !verifyMany(jobs).every(Boolean));
  return bad === undefined ? ok(claim.value.proved) : refuse(bad.layer, 'bad-signature');
}

/** The verdict but for the signatures, which are told: for whoever has them verified elsewhere. */
export function claimOf(bundle: Bundle, world: World): Result<Claim, Refusal> {
  const { version, subject, city, handovers } = bundle;
  const { network } = world;
  if (version !== VERSION) return refuse('subject', 'unknown-version');
  const said = subjectJobs(network, city.ordered.head.place, city.entry, subject);
  if (!said.ok) return refuse('subject', said.error);
  const ruled = ruledBy(world, city.next, handovers);
  if (!ruled.ok) return refuse('city', ruled.error);
  const ordered = cityProofJobs(network, ruled.value.sealersOf, city);
  if (!ordered.ok) return refuse('city', ordered.error);
  const { jobs, proved } = ordered.value;
  const parts = [
    { layer: 'subject', jobs: said.value },
    { layer: 'city', jobs: [...ruled.value.jobs, ...jobs] },
  ] as const;
  const sealing = sealingBy(bundle, levelsOf(world, proved.place).municipality);
  if (!sealing.ok) return refuse('municipality', sealing.error);
  return rooted(bundle, world, sealing.value, proved, parts);
}

/** What the levels above its city have to show of it, where the city is believed, and who seals in its municipality. */
export const claimAbove = (proof: Rooted, world: World, sealers: Sealers): Result<Claim, Refusal> =>
  rooted(proof, world, { sealers, jobs: [] }, inCity(proof.city), []);

/** Who seals in a municipality, and what proves it. */
interface Sealing {
  readonly sealers: Sealers | undefined;
  readonly jobs: readonly VerifyJob[];
}

/** By its genesis, and one hand-over for each epoch since. */
function sealingBy(
  { sealers: handovers, municipality }: Bundle,
  genesis: Municipality | undefined,
): Result<Sealing, ProofFault> {
  let sealers = genesis && sealersOf(genesis);
  const jobs: VerifyJob[] = [];
  for (const each of handovers) {
    const wanted = sealers && sealersHandoverJobs(sealers, each);
    if (wanted === undefined || sealers === undefined) return fail('no-handover');
    jobs.push(...wanted);
    sealers = sealersHandedOver(sealers, each.batch);
  }
  const epoch = municipality?.sealed.batch.epoch ?? FIRST_EPOCH;
  if (handovers.length !== epoch - FIRST_EPOCH) return fail('no-handover');
  return ok({ sealers, jobs });
}

const refuse = (layer: Layer, why: ProofFault): Result<never, Refusal> => fail({ layer, why });

/** Who orders in a city up to the epoch of a head: by its genesis, and one hand-over for each epoch since. */
function ruledBy(
  world: World,
  { place, epoch }: CityHead,
  handovers: Bundle['handovers'],
): Result<{ sealersOf: SealersOf; jobs: readonly VerifyJob[] }, ProofFault> {
  const genesis = genesisOf(world, place);
  if (genesis === undefined) return fail('unknown-committee');
  let lineage = lineageOf(genesis);
  const jobs: VerifyJob[] = [];
  for (const each of handovers) {
    const wanted = handoverJobs(lineage, each);
    if (wanted === undefined) return fail('no-handover');
    jobs.push(...wanted);
    lineage = handedOver(lineage, each.head);
  }
  if (newestIn(lineage) !== epoch) return fail('no-handover');
  return ok({ sealersOf: (head) => committeeFor(lineage, head), jobs });
}

/** What a layer above the city has to do with the one below it: what is to be verified, and what the next one is about. */
interface Rooting {
  readonly jobs: readonly VerifyJob[] | undefined;
  readonly ref: Ref;
  readonly known: Partial<Proved>;
}

/** As many layers above the city as there are. */
function rooted(
  bundle: Pick<Bundle, Upper>,
  world: World,
  sealing: Sealing,
  { top, ...city }: InCity,
  below: readonly Part[],
): Result<Claim, Refusal> {
  const levels = levelsOf(world, city.place);
  let claim: Claim = { parts: below, proved: { ...city, upTo: 'city' } };
  let ref: Ref | undefined;
  for (const [i, layer] of UPPER.entries()) {
    const isEnd = UPPER.slice(i).every((each) => bundle[each] === undefined);
    if (isEnd) return ok(claim);
    const found =
      layer === 'municipality'
        ? inMunicipality(bundle.municipality, sealing, top)
        : inChain(bundle[layer], levels[layer], ref!, layer);
    if (!found.ok) return refuse(layer, found.error);
    const { jobs, known } = found.value;
    if (jobs === undefined) return refuse(layer, 'no-quorum');
    ref = found.value.ref;
    const proved = { ...claim.proved, ...known, upTo: layer };
    claim = { parts: [...claim.parts, { layer, jobs }], proved };
  }
  return ok(claim);
}

function inMunicipality(
  part: InMunicipality | undefined,
  { sealers, jobs: before }: Sealing,
  top: CityHead,
): Result<Rooting, ProofFault> {
  if (part === undefined) return fail('layer-missing');
  const { head, sealed } = part;
  if (sealers === undefined) return fail('unknown-level');
  if (!isTaken(sealed.batch, head, top)) return fail('not-taken-in');
  const { name, id } = sealed.batch;
  const ref = { name, id, digest: batchDigest(sealed.batch) };
  const jobs = sealersJobs(sealers, sealed);
  return ok({ jobs: jobs && [...before, ...jobs], ref, known: { municipality: { name, id } } });
}

function inChain(
  part: InChain | undefined,
  chain: Chain | undefined,
  below: Ref,
  layer: 'continent' | 'globe',
): Result<Rooting, ProofFault> {
  if (part === undefined) return fail('layer-missing');
  const block = part.final.heads[0];
  if (chain === undefined) return fail('unknown-level');
  if (block === undefined || !isCarried(block, below, part.ref)) return fail('not-carried');
  const { height } = block;
  const { name } = chain;
  const ref = { name, id: height, digest: blockId(block) };
  const known = layer === 'globe' ? { globe: { height } } : { continent: { name, height } };
  return ok({ jobs: finalJobs(chain, part.final), ref, known });
}
