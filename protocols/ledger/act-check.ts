/**
 * Does an act stand? What every delegate checks of it before it may be ordered.
 *
 *   shape, city, time --> whose matter it is (author's part) --> what only hashing shows --> pool: signatures, draws
 *
 * Nothing here depends on what will be ordered meanwhile: whether an act still means something is decided where it
 * stands (fate.ts). So delegates that have applied the same heights never differ, and a renewal whose round is over is
 * let through unexamined: it means nothing any more. How old an act may be the time of the batches says, and no clock:
 * what one delegate has taken before the city stood still, the others take when it goes on (fit.ts lets go of the rest).
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { ackLeaf } from '#algorithms/identity.ts';
import { HASH_BYTES } from '#algorithms/hash/hash.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import type { CheckJob } from '#algorithms/vrf.ts';
import { same } from '#lib/bytes.ts';
import { isAhead } from '../ahead.ts';
import { accusationJobs, codingOf, evidenceFault, type Coding } from '../accusation.ts';
import {
  ACT_MS_MAX,
  actVerifyJob,
  isPruned,
  type Saying,
  type Says,
  type SignedAct,
} from '../act.ts';
import { PLACED_MS } from '../eligibility.ts';
import { batchDigest, batchVerifyJob, isInBatch, type Batch } from '../holding.ts';
import { FIRST_EPOCH, type Delegate } from '../genesis.ts';
import { placesOf, type AboutTx, type Fate } from '../fate.ts';
import type { Millis } from '../ids.ts';
import type { ActDeclined } from '../ledger.messages.ts';
import { rowsOf, type Manifest } from '../manifest.ts';
import { checkJobOf } from '../placement.ts';
import { listedIn, listOf, newest } from '../presence/replica.ts';
import { objectProofJobs } from '../objects/proof.ts';
import { settleOf, takeOf } from '../objects/transfer.ts';
import { renewalFault } from '../repair/placing.ts';
import type { Certified } from '../sending.messages.ts';
import { drawCheckJob } from '../stake/draw.ts';
import { fingerprintOf } from '../transaction.ts';
import { committeeBeside } from './beside.ts';
import { committeesOf, isTimely } from './epochs.ts';
import { cityMs } from './fit.ts';
import type { Ledger } from './state.ts';

export type ActReason = ActDeclined['reason'];
type Part = 'sender' | 'receiver' | 'delegate' | 'anyone';

const MAY_SAY: Readonly<Record<Says['says'], readonly Part[]>> = {
  'repair-req': ['sender', 'receiver', 'delegate'],
  'repair-lease': ['delegate'],
  'repair-ack': ['delegate'],
  lost: ['delegate'],
  claim: ['receiver'],
  extend: ['sender'],
  erase: ['sender'],
  audit: ['delegate'],
  accuse: ['anyone'],
  bond: ['delegate'],
  unbond: ['delegate'],
  draw: ['delegate'],
  take: ['anyone'],
  settle: ['anyone'],
  payee: ['anyone'],
  earned: ['delegate'],
  wages: ['delegate'],
};

/** Until when an act may be ordered, by the time of the batches; a renewal while everybody has the list that it is drawn from. */
export const actUntil = ({ act: { at, what } }: SignedAct): number =>
  stampOf(at).wallMs + (what.says === 'repair-ack' ? PLACED_MS : ACT_MS_MAX);

/** What this ledger has applied of the transaction in question. */
export interface Known {
  readonly certified: Certified;
  readonly fate: Fate;
  readonly expiresAt: number;
}

/** What the pool is to find out of an act. */
export interface ActPlan {
  readonly signatures: readonly VerifyJob[];
  readonly draws: readonly CheckJob[];
  readonly coding?: Coding | undefined;
  /** What is wrong by what was drawn. */
  readonly judge: (drawn: readonly (Uint8Array | null)[]) => ActReason | undefined;
}

const only = (...signatures: readonly VerifyJob[]): ActPlan => ({
  signatures,
  draws: [],
  judge: () => undefined,
});

/** Of what was decided without us: that its author said so. All else those have checked who decided. */
export const authorPlan = ({ self }: Ledger, signed: SignedAct): ActPlan =>
  isPruned(signed) ? only() : only(actVerifyJob(self.genesis.network, signed));

/** Or about nodes. */
export function isAboutTx(what: Says): what is AboutTx {
  switch (what.says) {
    case 'audit':
    case 'bond':
    case 'unbond':
    case 'draw':
    case 'take':
    case 'settle':
    case 'payee':
    case 'earned':
    case 'wages':
      return false;
    case 'accuse':
      return what.fault.fault === 'bad-manifest';
    default:
      return true;
  }
}

/** What can be seen of an act alone. */
export function shapeFault(ledger: Ledger, signed: SignedAct, wall: Millis): ActReason | undefined {
  const { place, about, at, what } = signed.act;
  const isAboutNodes = !isAboutTx(what);
  if (place !== ledger.self.genesis.place || isAboutNodes !== (about === undefined))
    return 'malformed';
  return isAhead(at, wall) || actUntil(signed) <= cityMs(ledger) ? 'malformed' : undefined;
}

/** The delegate that has this key, if one has. */
export const delegateOf = (
  { self }: Pick<Ledger, 'self'>,
  { key }: SignedAct,
): Delegate | undefined =>
  self.genesis.delegates.find(
    ({ signing }) => signing.suite === key.suite && same(signing.key, key.key),
  );

function isTheirs(ledger: Ledger, signed: SignedAct, known: Known | undefined): boolean {
  const author = fingerprintOf(signed.key);
  const core = known?.certified.cover.header.core;
  const has: Readonly<Record<Part, () => boolean>> = {
    anyone: () => true,
    delegate: () => delegateOf(ledger, signed) !== undefined,
    sender: () => core !== undefined && same(core.sender, author),
    receiver: () => core?.receiver !== undefined && same(core.receiver, author),
  };
  return MAY_SAY[signed.act.what.says].some((part) => has[part]());
}

/** What is left to be found out; all its signatures must be good. */
export function lookThroughAct(
  ledger: Ledger,
  signed: SignedAct,
  known: Known | undefined,
): ActReason | ActPlan {
  const { what, about } = signed.act;
  if (about !== undefined && known === undefined) return 'unknown';
  if (!isTheirs(ledger, signed, known)) return 'not-yours';
  const own = actVerifyJob(ledger.self.genesis.network, signed);
  switch (what.says) {
    case 'claim':
      return known!.certified.cover.header.core.completes === 'on-claim' ? only(own) : 'malformed';
    case 'repair-ack':
      return renewalPlan(ledger, own, known!, what);
    case 'take':
    case 'settle':
      return transferPlan(ledger, own, what);
    case 'accuse':
      return accusationPlan(ledger, own, known, what);
    case 'payee':
      return payeePlan(ledger, own, signed, what);
    case 'draw':
      return drawPlan(ledger, own, delegateOf(ledger, signed)!, what);
    default:
      return only(own);
  }
}

function accusationPlan(
  ledger: Ledger,
  own: VerifyJob,
  known: Known | undefined,
  { fault }: Saying<'accuse'>,
): ActReason | ActPlan {
  const { genesis } = ledger.self;
  const about = known?.certified;
  const committees = committeesOf(ledger);
  if (!isTimely(ledger, fault)) return 'no-evidence';
  if (evidenceFault(genesis, fault, about, committees) !== undefined) return 'no-evidence';
  const plan = only(own, ...accusationJobs(genesis, fault, committees));
  return { ...plan, coding: codingOf(fault, about) };
}

/** Said with the key that the node has: a delegate by genesis, others by the newest list. */
function payeePlan(
  ledger: Ledger,
  own: VerifyJob,
  { key }: SignedAct,
  { node }: Saying<'payee'>,
): ActReason | ActPlan {
  const { delegates } = ledger.self.genesis;
  const list = newest(ledger.replica);
  const its =
    delegates.find((each) => each.node === node)?.signing ??
    (list && listedIn(ledger.replica, list.digest, node)?.signing);
  // Whoever is not listed here yet, or not any more, may be so soon.
  if (its === undefined) return 'busy';
  return its.suite === key.suite && same(its.key, key.key) ? only(own) : 'not-yours';
}

/** Of an epoch that is to come here, or is over: the first of these will be right soon. */
function drawPlan(
  { stakes, self: { genesis } }: Ledger,
  own: VerifyJob,
  by: Delegate,
  said: Saying<'draw'>,
): ActReason | ActPlan {
  if (said.epoch !== stakes.epoch) return said.epoch > stakes.epoch ? 'busy' : 'malformed';
  const isOther = (output: Uint8Array | null | undefined): boolean =>
    output === null || output === undefined || !same(output, said.output);
  return {
    signatures: [own],
    draws: [drawCheckJob(genesis, stakes, by, said)],
    judge: ([output]) => (isOther(output) ? 'no-evidence' : undefined),
  };
}

/** The word of another city: what it shows, and by whose signatures. What that does here is decided where it stands. */
function transferPlan(
  { self, beside }: Ledger,
  own: VerifyJob,
  what: Saying<'take' | 'settle'>,
): ActReason | ActPlan {
  const { network, place } = self.genesis;
  const errand = what.says === 'take' ? takeOf(what, place) : settleOf(what, place);
  if (errand === undefined) return 'malformed';
  const claim = objectProofJobs(network, (head) => committeeBeside(beside, head), what.proof);
  if (claim.ok) return only(own, ...claim.value.jobs);
  // Of an epoch of which we have not heard: it is brought again.
  return claim.error === 'unknown-committee' ? 'busy' : 'no-evidence';
}

/** What is to be verified of a renewal. */
function renewalPlan(
  ledger: Ledger,
  own: VerifyJob,
  known: Known,
  said: Saying<'repair-ack'>,
): ActReason | ActPlan {
  const { renewal, batches } = said;
  const { round } = known.fate;
  if (renewal.round <= round) return only(own);
  if (renewal.round > round + 1) return 'busy';
  if (!isAcknowledged(known.certified.manifest, said)) return 'malformed';
  const { genesis } = ledger.self;
  const jobs: VerifyJob[] = [own];
  for (const batch of batches) {
    const signer = listedIn(ledger.replica, renewal.list, batch.head.signer)?.signing;
    if (signer === undefined) return 'busy';
    jobs.push(batchVerifyJob('ack', genesis.network, batch, signer));
  }
  const { txId, placement } = known.certified.manifest;
  const prover = genesis.delegates.find(({ node }) => node === placement.prover)!;
  return {
    signatures: jobs,
    draws: [checkJobOf(genesis.network, txId, placement, prover)],
    judge: ([output]) => drawnOtherwise(ledger, known, said, output!),
  };
}

/** The draw of the first placement is a good one: it was checked before it was ordered. */
function drawnOtherwise(
  ledger: Ledger,
  { certified, fate, expiresAt }: Known,
  { renewal }: Saying<'repair-ack'>,
  output: Uint8Array | null,
): ActReason | undefined {
  const { manifest, cover } = certified;
  const list = listOf(ledger.replica, renewal.list);
  if (list === undefined || output === null) return 'busy';
  const { from } = cover.header.core;
  const places = placesOf(manifest, fate);
  const { round } = renewal;
  const where = { manifest, list, from, output, round, places, expiresAt };
  return renewalFault(where, renewal) === undefined ? undefined : 'other-places';
}

/** Each row is there once, and its holder has acknowledged it until that time. */
function isAcknowledged(
  manifest: Manifest,
  { renewal, acks, batches }: Saying<'repair-ack'>,
): boolean {
  const { rows, holders, until } = renewal;
  if ([holders, acks, until].some(({ length }) => length !== rows.length)) return false;
  return rows.every((at, i) => {
    const { row, batch: named, leaf, path } = acks[i]!;
    const isInOrder = row === at && at < rowsOf(manifest) && (i === 0 || rows[i - 1]! < at);
    const batch = batches.find((each) => same(batchDigest(each), named));
    if (!isInOrder || batch === undefined || !isBy(batch, holders[i]!)) return false;
    const hashed = manifest.pieceHashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    return isInBatch(batch.head, leaf, ackLeaf(manifest.txId, at, hashed, until[i]!), path);
  });
}

const isBy = ({ head }: Batch, holder: string): boolean =>
  head.signer === holder && head.epoch === FIRST_EPOCH;
