/**
 * Is a certificate what it says? Everything that a delegate vouches for when it votes.
 *
 *   offered by whoever made it            all of it: cover, manifest, times, terms, who drew and from which list,
 *                                         acks by the rule, each batch's signature once, the sender's signature;
 *                                         and that it may be ordered now (fit.ts)
 *   and drawn by our own S1               all but the proof of the draw, and what our own S4 has verified
 *   named by a batch that is decided,     more than two thirds of the stake have checked it: it only has to be the
 *   or that so many have voted for        one that is named, and the sender's
 *
 * What hashing shows comes first; signatures and draws go to the pool together; the placement is drawn again last,
 * from what the pool found.
 */
import { hex } from '#lib/bytes.ts';
import type { CheckJob } from '#algorithms/vrf.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import { isAhead } from '../ahead.ts';
import {
  batchesOf,
  batchId,
  certFault,
  verifyJobs,
  type BatchOf,
  type CertFault,
} from '../certificate.ts';
import type { Infer } from '../codec.ts';
import type { Moment } from '../effect.ts';
import { PLACED_MS, type EligibleList } from '../eligibility.ts';
import { FIRST_EPOCH } from '../genesis.ts';
import { certDigest, type Batch } from '../holding.ts';
import type { Place } from '../fate.ts';
import { heldTimes, heldUntil } from '../manifest.ts';
import { checkJobOf, placementFault } from '../placement.ts';
import { areRight, newestOf } from '../policy-book.ts';
import { listedIn, listOf } from '../presence/replica.ts';
import { mayProve } from '../provers.ts';
import { isOwn } from '../self.ts';
import type { Certified, Declined } from '../sending.messages.ts';
import { coverFault, verifyJobOf } from '../transaction.ts';
import type { CheckInput, CheckOutput } from './jobs.ts';
import { erasureJobs, erasureOf } from './erasure.ts';
import { key } from './records.ts';
import { cityMs, isFit } from './fit.ts';
import type { Waiting } from './live.ts';
import type { Ledger } from './state.ts';
import { isNamed } from './wants.ts';

type AnyCertified = Infer<typeof Certified>;
export type Reason = Declined['reason'];
/** A certificate of an offer on its way through the checks. */
export interface Checked {
  readonly certified: AnyCertified;
  readonly cert: string;
  readonly txId: string;
  readonly batches: readonly Batch[];
  /** Not there for one that is checked by its name only. */
  readonly list: EligibleList | undefined;
  readonly waiting: Waiting;
  /** Our own S1 made its placement, and our own S5 offers it: what came of that draw is known. */
  readonly isDrawnHere: boolean;
}

export const certKeyOf = ({ cert }: AnyCertified): string => key(certDigest(cert));

/**
 * What hashing shows of a certificate: why it is declined, or what is left to be checked of it. `unlisted`: its list
 * is not here.
 */
export function lookThrough(
  ledger: Ledger,
  certified: AnyCertified,
  batchOf: BatchOf,
  { from, wall }: Pick<Moment, 'from' | 'wall'>,
): Reason | 'unlisted' | Checked {
  const { manifest, cover, cert } = certified;
  const { plant } = ledger.self;
  const name = certKeyOf(certified);
  const { core, bodyBytes } = cover.header;
  const isOurs = core.from === ledger.self.genesis.place && bodyBytes === manifest.payloadBytes;
  // What is erased can only be had as one that the city has ordered.
  const isErased = isNamed(ledger, name) && erasureOf(cover) !== undefined;
  if (coverFault(cover, isErased) !== undefined || !isOurs) return 'malformed';
  const fault = certFault(certified, batchOf, FIRST_EPOCH, plant);
  if (fault !== undefined) return reasonOf(fault);
  const checked = {
    certified,
    cert: name,
    txId: key(cert.txId),
    batches: batchesOf(cert, batchOf),
    waiting: waitingOf(ledger, certified, batchOf, undefined),
    isDrawnHere: isOwn(ledger.self, 'commit', { from }) && isProver(ledger, manifest),
  };
  if (isNamed(ledger, name)) return { ...checked, list: undefined };
  // Its time comes, by our clock as well.
  const isEarly = isAhead(core.createdAt, Math.max(wall, cityMs(ledger)));
  if (isEarly && plant !== 'unbounded-clock') return 'busy';
  if (core.expiresAt <= cityMs(ledger)) return 'expired';
  if (manifest.terms.version > newestOf(ledger.book).version) return 'busy';
  const list = listOf(ledger.replica, manifest.placement.list);
  if (list === undefined) return 'unlisted';
  const waiting = waitingOf(ledger, certified, batchOf, list);
  const isRight = isFit(ledger, waiting) && isPlaceable(ledger, certified, list);
  return isRight ? { ...checked, list, waiting } : 'bad-placement';
}

const isProver = ({ self }: Ledger, { placement }: AnyCertified['manifest']): boolean =>
  placement.prover === self.node;

function waitingOf(
  { self }: Ledger,
  { manifest, cover, cert }: AnyCertified,
  batchOf: BatchOf,
  list: EligibleList | undefined,
): Waiting {
  const { placement, terms } = manifest;
  const { expiresAt } = cover.header.core;
  const prover = self.genesis.delegates.findIndex(({ node }) => node === placement.prover);
  const until = list === undefined ? expiresAt : Math.min(expiresAt, list.head.at + PLACED_MS);
  return {
    cert: key(certDigest(cert)),
    prover: Math.max(0, prover),
    version: terms.version,
    until,
    spared: sparedIn(manifest, cert, batchOf),
  };
}

/** Rows that somebody else acknowledged than was drawn for them. */
const sparedIn = (
  manifest: AnyCertified['manifest'],
  { acks }: AnyCertified['cert'],
  batchOf: BatchOf,
): readonly Place[] =>
  acks.flatMap(({ row, batch }): readonly Place[] => {
    const holder = batchOf(batch)?.head.signer;
    const isDrawn = holder === undefined || holder === manifest.placement.holders[row];
    return isDrawn ? [] : [{ row, holder, until: heldUntil(manifest, row) }];
  });

function reasonOf(fault: CertFault): Reason {
  return fault === 'too-few' || fault === 'few-local' || fault === 'few-anchors'
    ? 'too-few-acks'
    : 'malformed';
}

function isPlaceable(
  { self, book }: Ledger,
  { manifest, cover }: AnyCertified,
  list: EligibleList,
): boolean {
  const { txId, terms, placement, lightUntil, anchorUntil } = manifest;
  const times = heldTimes(cover.header.core, terms);
  return (
    times.lightUntil === lightUntil &&
    times.anchorUntil === anchorUntil &&
    mayProve(self.genesis, txId, placement.prover) &&
    areRight(book, { terms, list, txId })
  );
}

/** What the pool is to check of an offer, and where in it each certificate finds its own. */
export interface Plan {
  readonly input: CheckInput;
  /** Of each certificate: its signatures, and its draw. */
  readonly of: readonly {
    readonly signatures: readonly number[];
    readonly draw: number | undefined;
  }[];
}

/** `undefined`: somebody who signed an ack stands on no list that is here. */
export function planOf(ledger: Ledger, all: readonly Checked[]): Plan {
  const signatures: VerifyJob[] = [];
  const draws: CheckJob[] = [];
  const batchAt = new Map<string, number>();
  const of = all.map((checked) => {
    const { cover } = checked.certified;
    const { network } = ledger.self.genesis;
    const own = [verifyJobOf(network, cover), ...erasureJobs(network, cover)].map(
      (job) => signatures.push(job) - 1,
    );
    if (checked.list === undefined) return { signatures: own, draw: undefined };
    for (const batch of checked.batches) {
      const id = batchId(batch);
      if (ledger.verified.has(id)) continue;
      const at = batchAt.get(id) ?? addBatch(ledger, checked.list, batch, signatures);
      batchAt.set(id, at);
      own.push(at);
    }
    // What this node drew it does not prove to itself.
    if (checked.isDrawnHere) return { signatures: own, draw: undefined };
    return { signatures: own, draw: draws.push(drawJobOf(ledger, checked)) - 1 };
  });
  return { input: { signatures, draws }, of };
}

/** What is found of certificates. */
export type Found = Pick<CheckOutput, 'good' | 'drawn'>;

/** Signatures of one job: some 5 ms of one core. */
const PART_MAX = 16;

/** In several jobs, so that several cores are at it, and what others need at once does not wait for all of it. */
export function partsOf({ input: { signatures, draws } }: Plan): readonly CheckInput[] {
  const parts: CheckInput[] = [];
  for (let at = 0; at < signatures.length; at += PART_MAX) {
    const some = signatures.slice(at, at + PART_MAX);
    parts.push({ signatures: some, draws: at === 0 ? draws : [] });
  }
  return parts;
}

/** What all parts have found; `undefined` while one of them is out. */
export function wholeOf(found: readonly (Found | undefined)[]): Found | undefined {
  const all = found.filter((each) => each !== undefined);
  if (all.length < found.length) return undefined;
  return { good: all.flatMap(({ good }) => good), drawn: all.flatMap(({ drawn }) => drawn) };
}

/** Signed by nobody on the list: a signature that will not be found good. */
const NOBODYS = -1;

function addBatch(
  { self, replica }: Ledger,
  list: EligibleList,
  batch: Batch,
  to: VerifyJob[],
): number {
  const keyOf = (node: Parameters<typeof listedIn>[2]) =>
    listedIn(replica, list.digest, node)?.signing;
  const jobs = verifyJobs(self.genesis.network, [batch], keyOf);
  return jobs === undefined ? NOBODYS : to.push(jobs[0]!) - 1;
}

function drawJobOf({ self }: Ledger, { certified }: Checked): CheckJob {
  const { txId, placement } = certified.manifest;
  const prover = self.genesis.delegates.find(({ node }) => node === placement.prover)!;
  return checkJobOf(self.genesis.network, txId, placement, prover);
}

/** What the pool found to be wrong with a certificate; its batches are remembered as verified. */
export function judge(
  ledger: Ledger,
  checked: Checked,
  plan: Plan['of'][number],
  found: Found,
): Reason | undefined {
  if (!plan.signatures.every((at) => found.good[at] === true)) return 'bad-signature';
  const { list, certified, batches } = checked;
  if (list === undefined) return undefined;
  rememberVerified(ledger, batches);
  if (plan.draw === undefined) return undefined;
  const output = found.drawn[plan.draw];
  if (output === null || output === undefined) return 'bad-placement';
  const { terms, placement } = certified.manifest;
  const draw = { list, terms, from: certified.cover.header.core.from, output };
  return placementFault(draw, placement) === undefined ? undefined : 'bad-placement';
}

/**
 * Batches of an offer by their digests, and those of offers before: whoever offers sends each batch once, and again
 * where we have forgotten it. What is not verified yet has few places of its own, so that lies take none but these.
 */
export function batchesBy({ unverified, recent }: Ledger, batches: readonly Batch[]): BatchOf {
  const own = new Map(batches.map((batch) => [batchId(batch), batch]));
  for (const [id, batch] of own) if (recent.get(id) === undefined) unverified.put(id, batch);
  const find = (id: string): Batch | undefined =>
    own.get(id) ?? recent.get(id) ?? unverified.get(id);
  return (digest) => find(hex(digest));
}

export function rememberVerified({ verified, recent }: Ledger, batches: readonly Batch[]): void {
  for (const batch of batches) {
    verified.add(batchId(batch));
    recent.put(batchId(batch), batch);
  }
}
