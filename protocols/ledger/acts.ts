/**
 * Acts on their way to the disk, as certificates are in offers.ts.
 *
 *   ledger.act --(shape)--> rows of the disk --(act-check.ts)--> pool --> kept --> ledger.act-held
 *        '--(ledger.act-declined: a closed reason)                             |--> the other ledgers
 *                                                                              '--> city.certified
 *
 * Whoever took it from its author spreads it, once; whoever misses it then fetches it when the city names it. An act
 * that a decided batch names is taken as it is, if its signature is its author's: more than two thirds of the stake have
 * checked the rest; but a name does not say which signature it was checked with.
 *
 * Bounds: so many acts wait for their place, and few of one author that is no delegate; beyond that `busy`.
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { hex } from '#lib/bytes.ts';
import { actId, isPruned, isWholeAudit, type SignedAct } from '../act.ts';
import { whole } from '../codec.ts';
import { compute, keep, put, send, type Moment, type Plain } from '../effect.ts';
import { Fate, SOUND } from '../fate.ts';
import { ActDeclined, ActHeld, OfferAct } from '../ledger.messages.ts';
import { Certified as ToldCity } from '../order.messages.ts';
import { Certified } from '../sending.messages.ts';
import { address, nodeOf } from '../subjects.ts';
import { fingerprintOf } from '../transaction.ts';
import {
  actUntil,
  authorPlan,
  delegateOf,
  lookThroughAct,
  shapeFault,
  type ActPlan,
  type ActReason,
  type Known,
} from './act-check.ts';
import { isActHere, actEntry, type Checking } from './open-acts.ts';
import {
  accusedKey,
  actBytes,
  actIn,
  actKey,
  fateKey,
  openActBytes,
  openActKey,
} from './act-records.ts';
import { applyIfWhole } from './apply.ts';
import { isOfTransfer, isPast, isSaidAlready, matterOf, transferKey } from './act-of-transfer.ts';
import { isIdle, isOfPayroll, payrollKey } from './act-of-payroll.ts';
import { learnFor } from './beside.ts';
import { convictedBy } from './apply-acts.ts';
import type { CheckInput, CheckOutput } from './jobs.ts';
import { remindAct } from './fit.ts';
import { bytesOf } from './live.ts';
import { isOld } from './prune.ts';
import { readAll, type Values } from './reads.ts';
import { certRow, key, TxRow, txKey } from './records.ts';
import {
  answerTo,
  isDelegate,
  ledgerOf,
  ownCity,
  type Effects,
  type Ledger,
  type Offerer,
} from './state.ts';
import { isNamed, isWantedOf } from './wants.ts';

/** Acts that wait for their place or are being checked; and those of one author that is no delegate. */
const ACTS_MAX = 4_096;
const ACTS_OF_ONE = 16;
const CHECK = 'act/';
export const isActCheck = (id: string): boolean => id.startsWith(CHECK);

export function actOffered(ledger: Ledger, { act: signed }: OfferAct, at: Moment): Effects {
  const from = at.from ?? at.ticket?.asker;
  if (from === undefined) return [];
  const { acts } = ledger;
  const id = hex(actId(signed));
  const offerer = { from, ticket: at.ticket };
  if (isActHere(ledger, id)) return heldAct(offerer, id);
  if (acts.open.has(id) || acts.checking.has(id)) return [];
  if (!areFindingsRight(ledger, id, signed, at)) return declined(offerer, id, 'malformed');
  const author = hex(fingerprintOf(signed.key));
  const fault = shapeFault(ledger, signed, at.wall) ?? crowdFault(ledger, signed, author, offerer);
  if (fault !== undefined && !isNamed(ledger, id)) return declined(offerer, id, fault);
  const matter = matterOf(signed.act.what);
  const checking: Checking = { signed, offerer, author, matter, plan: undefined };
  acts.checking.set(id, checking);
  const effects = look(ledger, id, checking);
  if (effects.length === 0) acts.checking.delete(id);
  return [...learnFor(ledger, signed), ...effects];
}

/**
 * Its name and its signature have no more than the digest of what audits found. Without that it is taken only where the
 * city has decided it, and long ago: what is new the own auditor needs in full.
 */
function areFindingsRight(
  ledger: Ledger,
  id: string,
  signed: SignedAct,
  { wall }: Moment,
): boolean {
  const { at, what } = signed.act;
  if (what.says !== 'audit') return true;
  if (!isPruned(signed)) return isWholeAudit(what);
  const isTheirs = delegateOf(ledger, signed) !== undefined;
  return isNamed(ledger, id) && isTheirs && isOld(ledger, stampOf(at).wallMs, wall);
}

function crowdFault(
  ledger: Ledger,
  signed: SignedAct,
  author: string,
  offerer: Offerer,
): ActReason | undefined {
  const { open, checking } = ledger.acts;
  if (open.size + checking.size >= ACTS_MAX) return 'busy';
  if (!isProposed(ledger, offerer) && isSaidAlready(ledger, signed)) return 'busy';
  if (delegateOf(ledger, signed) !== undefined) return undefined;
  let own = 0;
  for (const each of open.values()) if (each.author === author) own++;
  for (const each of checking.values()) if (each.author === author) own++;
  return own < ACTS_OF_ONE ? undefined : 'busy';
}

/** What is on the disk of it, and of the transaction or the node that it is about. */
function look(ledger: Ledger, id: string, checking: Checking): Effects {
  const { signed } = checking;
  const { about, what } = signed.act;
  const node = convictedBy(what);
  const keys = [
    actKey(id),
    ...(about === undefined ? [] : [txKey(key(about)), fateKey(key(about))]),
    ...(node === undefined ? [] : [accusedKey(node)]),
    ...(isOfTransfer(what) ? [transferKey(what)] : []),
    ...(isOfPayroll(what) ? [payrollKey(what)] : []),
  ];
  return readAll(ledger.reads, keys, ([had, ...found]) => {
    if (had !== undefined && actIn(ledger.self.genesis, had).ordered !== undefined) {
      return alreadyOrdered(ledger, id, checking);
    }
    if (isNamed(ledger, id)) return planned(id, checking, authorPlan(ledger, signed));
    return about === undefined
      ? checkOfNode(ledger, id, checking, found)
      : checkOfTx(ledger, id, checking, found);
  });
}

/**
 * Whoever was convicted need not be again: else the same evidence would be brought for ever, under ever new names. So it is
 * with transfers and rewards.
 */
function checkOfNode(ledger: Ledger, id: string, checking: Checking, [before]: Values): Effects {
  const { signed } = checking;
  const isDone = isIdleBy(ledger, signed, before);
  if (isDone && !isProposed(ledger, checking.offerer))
    return refuse(ledger, id, checking, 'no-evidence');
  // What does nothing decides nothing, and keeps nobody waiting.
  if (isDone) checking.matter = undefined;
  return check(ledger, id, checking, undefined);
}

function isIdleBy(ledger: Ledger, signed: SignedAct, before: Uint8Array | undefined): boolean {
  const { what } = signed.act;
  if (isOfTransfer(what)) return isPast(ledger, signed, before);
  return isOfPayroll(what) ? isIdle(ledger, signed, before) : before !== undefined;
}

/** What another ledger of the city has taken will stand in its proposals: it is to be had here, too. */
const isProposed = (ledger: Ledger, offerer: Offerer): boolean =>
  isLedger(offerer) && isDelegate(ledger, offerer.from);

function checkOfTx(
  ledger: Ledger,
  id: string,
  checking: Checking,
  [txBytes, fateBytes]: Values,
): Effects {
  const row = txBytes === undefined ? undefined : whole(TxRow, txBytes);
  if (row?.ordered === undefined) return check(ledger, id, checking, undefined);
  const fate = fateBytes === undefined ? SOUND : whole(Fate, fateBytes);
  const { expiresAt } = row;
  const effects = readAll(ledger.reads, [certRow(key(row.cert))], ([bytes]) => {
    const certified = bytes === undefined ? undefined : whole(Certified, bytes);
    return check(ledger, id, checking, certified && { certified, fate, expiresAt });
  });
  return orGiveUp(ledger, id, effects);
}

/** Too much is being read: whoever said it says it again. */
function orGiveUp(ledger: Ledger, id: string, effects: Effects): Effects {
  if (effects.length > 0) return effects;
  const { offerer } = ledger.acts.checking.get(id)!;
  ledger.acts.checking.delete(id);
  return declined(offerer, id, 'busy');
}

/** It means nothing a second time; but a batch that names it again is to be voted for. */
function alreadyOrdered(ledger: Ledger, id: string, { offerer }: Checking): Effects {
  ledger.acts.checking.delete(id);
  const isAsked = isWantedOf(ledger, id, nodeOf(offerer.from));
  const told = ToldCity.of({ entries: [actEntry(id)] });
  return [...heldAct(offerer, id), ...(isAsked ? [send(ownCity(ledger), told)] : [])];
}

function check(ledger: Ledger, id: string, checking: Checking, known: Known | undefined): Effects {
  const found = lookThroughAct(ledger, checking.signed, known);
  if (typeof found === 'string') return refuse(ledger, id, checking, found);
  return planned(id, checking, found);
}

function planned(id: string, checking: Checking, plan: ActPlan): Effects {
  checking.plan = plan;
  return [checkOf(CHECK + id, plan)];
}

function checkOf(work: string, { signatures, draws, coding }: ActPlan): Effects[number] {
  const input: CheckInput = { signatures, draws, coding };
  return compute(work, 'ledger.check', input as unknown as Plain);
}

function refuse(ledger: Ledger, id: string, { offerer }: Checking, reason: ActReason): Effects {
  ledger.acts.checking.delete(id);
  return declined(offerer, id, reason);
}

export function actComputed(ledger: Ledger, work: string, output: Plain): Effects {
  const id = work.slice(CHECK.length);
  const checking = ledger.acts.checking.get(id);
  if (checking === undefined) return [];
  const { good, drawn, isLie } = output as unknown as CheckOutput;
  if (good.includes(false)) return refuse(ledger, id, checking, 'bad-signature');
  if (!isLie) return refuse(ledger, id, checking, 'no-evidence');
  const fault = checking.plan!.judge(drawn);
  return fault === undefined ? keepAct(ledger, id, checking) : refuse(ledger, id, checking, fault);
}

/** The pool failed: once more. */
export function checkActAgain({ acts }: Ledger, work: string): Effects {
  const plan = acts.checking.get(work.slice(CHECK.length))?.plan;
  return plan === undefined ? [] : [checkOf(work, plan)];
}

function keepAct(ledger: Ledger, id: string, checking: Checking): Effects {
  const { acts } = ledger;
  const { signed, author, matter } = checking;
  acts.checking.delete(id);
  const until = actUntil(signed);
  acts.open.set(id, { author, matter, until });
  acts.beingKept.add(id);
  remindAct(ledger, until);
  const work = `keep/${++ledger.keeps}`;
  ledger.keeping.set(work, () => keptAct(ledger, id, checking));
  return [
    keep(
      work,
      put(actKey(id), actBytes(ledger.self.genesis, { signed, ordered: undefined })),
      put(openActKey(id), openActBytes({ author, matter, until })),
    ),
  ];
}

function keptAct(ledger: Ledger, id: string, { signed, offerer }: Checking): Effects {
  const { acts, committee, self } = ledger;
  acts.beingKept.delete(id);
  ledger.applying?.missing.delete(id);
  const others = committee.members.filter(({ node }) => node !== self.node);
  const spread = isLedger(offerer)
    ? []
    : others.map(({ node }) => send(ledgerOf(node), OfferAct.of({ act: signed })));
  const told = ToldCity.of({ entries: [actEntry(id)] });
  return [...heldAct(offerer, id), send(ownCity(ledger), told), ...spread, ...applyIfWhole(ledger)];
}

const isLedger = ({ from }: Offerer): boolean => from === address(nodeOf(from), 'ledger');

/** Another ledger waits for no answer: the city says what it needs. */
const heldAct = (offerer: Offerer, id: string): Effects =>
  isLedger(offerer) ? [] : [answerTo(offerer, ActHeld.of({ id: bytesOf(id) }))];

const declined = (offerer: Offerer, id: string, reason: ActReason): Effects =>
  isLedger(offerer) ? [] : [answerTo(offerer, ActDeclined.of({ id: bytesOf(id), reason }))];
