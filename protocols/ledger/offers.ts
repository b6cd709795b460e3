/**
 * Offers: certificates with all that they refer to, on their way to the disk.
 *
 *   ledger.offer --(hashes)--> pool --(signatures, draws)--> rows of the disk --> kept --> ledger.held
 *        '--(ledger.declined: a closed reason)                                        '--> city.certified
 *
 * `held` is said only of what is on this disk, with the batches of acks that it needs. An offer that comes again is
 * answered alike. What the order has decided meanwhile is held and no longer told to the city.
 */
import { hex } from '#lib/bytes.ts';
import { toBytes, whole } from '../codec.ts';
import { compute, keep, put, send, type Moment, type Plain, type Write } from '../effect.ts';
import { Batch, certDigest } from '../holding.ts';
import { placedRows } from '../manifest.ts';
import { seek } from '../presence/replica.ts';
import { Certified as ToldCity, type Fetch } from '../order.messages.ts';
import { batchId } from '../certificate.ts';
import {
  Certified,
  Declined,
  Held,
  Moved,
  type Offer,
  type Verified,
} from '../sending.messages.ts';
import type { Entry } from '../city-batch.ts';
import { applyIfWhole } from './apply.ts';
import { bare, besideWrites } from './erasure.ts';
import {
  batchesBy,
  certKeyOf,
  judge,
  lookThrough,
  partsOf,
  planOf,
  rememberVerified,
  wholeOf,
  type Checked,
  type Found,
  type Reason,
} from './check.ts';
import type { CheckInput, CheckOutput } from './jobs.ts';
import { cameLate, isFit, remind } from './fit.ts';
import { addLive, bytesOf, CERTS_MAX, LIVE_MAX } from './live.ts';
import { actEntry, isActHere, isWaiting } from './open-acts.ts';
import { pageWrites } from './pages.ts';
import { readAll, type Values } from './reads.ts';
import { isNamed, isWantedOf, nameProved, want } from './wants.ts';
import {
  acksKey,
  certRow,
  key,
  Last,
  lastKey,
  Open,
  openKey,
  slotKey,
  TxRow,
  txKey,
  Winner,
} from './records.ts';
import {
  answerTo,
  CHECKING_MAX,
  isDelegate,
  ownCity,
  ownIngress,
  WANTED_MAX,
  type Checking,
  type Effects,
  type Ledger,
  type Offerer,
} from './state.ts';
import { address, nodeOf, type NodeAddress } from '../subjects.ts';

/**
 * Our S4 hears every batch of acks before the certificates that rest on it, from us and from other delegates, and it
 * verifies by the same lists.
 */
export function verifiedByS4({ verified }: Ledger, { batches }: Verified): Effects {
  for (const digest of batches) verified.add(hex(digest));
  return [];
}

export function offered(ledger: Ledger, { certified, batches }: Offer, at: Moment): Effects {
  if (at.from === undefined || !isDelegate(ledger, at.from)) return [];
  const offerer = { from: at.from, ticket: at.ticket };
  // Our S5 counts what our S4 has verified: twice in one node is once too often.
  if (at.from === address(ledger.self.node, 'commit')) rememberVerified(ledger, batches);
  const batchOf = batchesBy(ledger, batches);
  const effects: Effects[number][] = [];
  const checked: Checked[] = [];
  for (const each of certified) {
    const name = certKeyOf(each);
    if (isHeld(ledger, name)) effects.push(...held(offerer, [name]));
    if (ledger.table.byCert.has(name) || ledger.beingChecked.has(name)) continue;
    const isFull = ledger.beingChecked.size >= CHECKING_MAX;
    const found = isFull ? 'busy' : lookThrough(ledger, each, batchOf, at);
    if (typeof found === 'string') effects.push(...refused(ledger, offerer, each, found));
    else {
      ledger.beingChecked.add(name);
      checked.push(found);
    }
  }
  return [...effects, ...startCheck(ledger, offerer, checked)];
}

function refused(
  ledger: Ledger,
  offerer: Offerer,
  each: Certified,
  why: Reason | 'unlisted',
): Effects {
  const reason = why === 'unlisted' ? 'busy' : why;
  const said = declined(offerer, certKeyOf(each), reason);
  if (why === 'expired') return [said, ...cameLate(ledger, each)];
  if (why !== 'unlisted') return [said];
  const presence = address(nodeOf(offerer.from), 'presence');
  return [said, ...seek(ledger.replica, each.manifest.placement.list, presence)];
}

/** On the disk, not only on its way there. */
const isHeld = ({ table, beingKept }: Ledger, cert: string): boolean =>
  table.byCert.has(cert) && !beingKept.has(cert);

function startCheck(ledger: Ledger, offerer: Offerer, checked: readonly Checked[]): Effects {
  if (checked.length === 0) return [];
  const plan = planOf(ledger, checked);
  const parts = partsOf(plan);
  const found = parts.map(() => undefined);
  const name = `check/${++ledger.checks}`;
  ledger.checking.set(name, { offerer, checked, plan, parts, found });
  return parts.map((part, at) => checkPart(name, part, at));
}

const checkPart = (name: string, part: CheckInput, at: number): Effects[number] =>
  compute(`${name}/${at}`, 'ledger.check', part as unknown as Plain);

/** Which check a job is of, and which part of it. */
function placeOfPart(id: string): readonly [name: string, at: number] {
  const cut = id.lastIndexOf('/');
  return [id.slice(0, cut), Number(id.slice(cut + 1))];
}

/** The pool failed: once more. */
export function checkAgain({ checking }: Ledger, id: string): Effects {
  const [name, at] = placeOfPart(id);
  const part = checking.get(name)?.parts[at];
  return part === undefined ? [] : [checkPart(name, part, at)];
}

export function computed(ledger: Ledger, id: string, output: Plain): Effects {
  const [name, at] = placeOfPart(id);
  const checking = ledger.checking.get(name);
  if (checking === undefined) return [];
  checking.found[at] = output as unknown as CheckOutput;
  const found = wholeOf(checking.found);
  if (found === undefined) return [];
  ledger.checking.delete(name);
  return decided(ledger, checking, found);
}

function decided(ledger: Ledger, checking: Checking, found: Found): Effects {
  const { offerer, checked, plan } = checking;
  const effects: Effects[number][] = [];
  const good = checked.filter((each, i) => {
    const why = judge(ledger, each, plan.of[i]!, found);
    if (why !== undefined) {
      ledger.beingChecked.delete(each.cert);
      effects.push(declined(offerer, each.cert, why));
    }
    return why === undefined;
  });
  return [...effects, ...look(ledger, offerer, good)];
}

/** Of each certificate: how its transaction stands, who has its slot, its sender's last page. */
const ROWS = 3;

function look(ledger: Ledger, offerer: Offerer, good: readonly Checked[]): Effects {
  const { applies } = ledger;
  const keys = good.flatMap(({ txId, certified }) => {
    const { sender, seq } = certified.cover.header.core;
    return [txKey(txId), slotKey(key(sender), seq), lastKey(key(sender), false)];
  });
  const effects = readAll(ledger.reads, keys, (rows) =>
    // What was read may be of before a batch that was applied since.
    ledger.applies === applies ? accept(ledger, offerer, good, rows) : look(ledger, offerer, good),
  );
  if (keys.length > 0 && effects.length === 0) {
    for (const { cert } of good) ledger.beingChecked.delete(cert);
    return good.map(({ cert }) => declined(offerer, cert, 'busy'));
  }
  return effects;
}

function accept(ledger: Ledger, offerer: Offerer, good: readonly Checked[], rows: Values): Effects {
  const effects: Effects[number][] = [];
  const writes: Write[] = [];
  const taken: Checked[] = [];
  const fresh: Checked[] = [];
  const already: string[] = [];
  for (const [i, each] of good.entries()) {
    ledger.beingChecked.delete(each.cert);
    const [txBytes, winner, last] = rows.slice(i * ROWS, (i + 1) * ROWS);
    const row = txBytes === undefined ? undefined : whole(TxRow, txBytes);
    if (row?.ordered !== undefined) already.push(each.cert);
    else if (!isNamed(ledger, each.cert) && !isFit(ledger, each.waiting))
      effects.push(declined(offerer, each.cert, 'bad-placement'));
    else if (!hasRoom(ledger, each, nodeOf(offerer.from)))
      effects.push(declined(offerer, each.cert, 'busy'));
    else {
      const isFresh = row === undefined && !ledger.table.txs.has(each.txId);
      writes.push(...take(ledger, each, winner, isFresh));
      taken.push(each);
      if (!isFresh) continue;
      rememberPage(ledger, each, last);
      fresh.push(each);
    }
  }
  if (already.length > 0)
    effects.push(...held(offerer, already), ...knownOf(ledger, offerer, already, good));
  if (taken.length === 0) return effects;
  const pages = fresh.length === 0 ? [] : pageOf(ledger, fresh);
  const kept = keepTaken(ledger, offerer, taken, [...writes, ...pages]);
  return [...effects, kept, ...applyIfWhole(ledger)];
}

/**
 * What is decided has room: without it nothing would ever leave. What the city asked for has some more, so that
 * two ledgers that are full of different things come together again.
 */
function hasRoom(ledger: Ledger, checked: Checked, from: NodeAddress): boolean {
  if (isNamed(ledger, checked.cert)) return true;
  const { txs } = ledger.table;
  const live = txs.get(checked.txId);
  const { prover } = checked.waiting;
  if (live !== undefined)
    return live.certs.filter((each) => each.prover === prover).length < CERTS_MAX;
  return txs.size < (isWantedOf(ledger, checked.cert, from) ? LIVE_MAX + WANTED_MAX : LIVE_MAX);
}

function take(
  ledger: Ledger,
  checked: Checked,
  winner: Uint8Array | undefined,
  isFresh: boolean,
): Write[] {
  const { certified, cert, txId, batches } = checked;
  const { sender, seq, expiresAt, receiver, to, op, objects } = certified.cover.header.core;
  const asked = op.length === 0 ? undefined : { receiver, to, op, objects };
  const { prover, version, until, spared } = checked.waiting;
  const waits = { prover, version, until, spared };
  const open = { txId: bytesOf(txId), sender, seq, expiresAt, ...waits, asked };
  remind(ledger, open);
  addLive(ledger.table, cert, open, winner === undefined ? undefined : whole(Winner, winner));
  ledger.applying?.missing.delete(cert);
  const digest = bytesOf(cert);
  const row = {
    order: 'POH_ACK',
    cert: digest,
    cause: digest,
    expiresAt,
    ordered: undefined,
  } as const;
  return [
    put(certRow(cert), toBytes(Certified, bare(certified))),
    ...besideWrites(certified.cover),
    ...batches
      .filter((batch) => ledger.onDisk.get(batchId(batch)) === undefined)
      .map((batch) => put(acksKey(batchId(batch)), toBytes(Batch, batch))),
    put(openKey(cert), toBytes(Open, open)),
    ...(isFresh ? [put(txKey(txId), toBytes(TxRow, row))] : []),
  ];
}

/** A sender's last page is on the disk, or on its way there. */
function rememberPage(
  { lastSent }: Ledger,
  { certified }: Checked,
  last: Uint8Array | undefined,
): void {
  const sender = key(certified.cover.header.core.sender);
  if (last !== undefined && !lastSent.has(sender)) lastSent.set(sender, whole(Last, last).page);
}

/** A page with these transactions, by sender and holder, each with its page before. */
function pageOf(ledger: Ledger, fresh: readonly Checked[]): Write[] {
  const of = new Map<string, { who: string; isHolder: boolean; at: number[] }>();
  const add = (who: string, isHolder: boolean, at: number): void => {
    const had = of.get(who) ?? { who, isHolder, at: [] };
    of.set(who, had);
    if (had.at.at(-1) !== at) had.at.push(at);
  };
  for (const [at, { certified }] of fresh.entries()) {
    const { manifest, cover } = certified;
    add(key(cover.header.core.sender), false, at);
    for (const holder of manifest.placement.holders.slice(0, placedRows(manifest))) {
      add(holder, true, at);
    }
  }
  const txs = fresh.map(({ txId }) => bytesOf(txId));
  return pageWrites(ledger, txs, [...of.values()]);
}

/** What is to be said once it is on the disk. */
function keepTaken(
  ledger: Ledger,
  offerer: Offerer,
  taken: readonly Checked[],
  writes: readonly Write[],
): Effects[number] {
  const id = `keep/${++ledger.keeps}`;
  const { pages } = ledger;
  const names = taken.map(({ cert }) => cert);
  for (const cert of names) ledger.beingKept.add(cert);
  ledger.keeping.set(id, () => {
    for (const cert of names) ledger.beingKept.delete(cert);
    // Not before: a keep that fails does not take those behind it along.
    for (const batch of taken.flatMap(({ batches }) => batches))
      ledger.onDisk.put(batchId(batch), true);
    for (const { certified } of taken)
      forgetPage(ledger, certified.cover.header.core.sender, pages);
    return [
      ...held(offerer, names),
      ...tellCity(ledger, names),
      ...taken.map((each) => certified(ledger, each)),
    ];
  });
  return keep(id, ...writes);
}

/** Our ingress believes nobody else that something is kept. */
function certified(ledger: Ledger, { certified: { manifest, cert } }: Checked): Effects[number] {
  const none = { height: undefined, reason: undefined };
  const counts = {
    acks: cert.acks.length,
    needed: manifest.terms.ackNeeded,
    rows: placedRows(manifest),
  };
  const cause = certDigest(cert);
  const word = { txId: cert.txId, state: 'POH_ACK', ...counts, cause, ...none } as const;
  return send(ownIngress(ledger), Moved.of(word));
}

/** What is on the disk need not be remembered, unless a later page is on its way there. */
function forgetPage({ lastSent }: Ledger, sender: Uint8Array, page: number): void {
  if ((lastSent.get(key(sender)) ?? 0) <= page) lastSent.delete(key(sender));
}

/** Those of these that still wait for their place. */
function tellCity(ledger: Ledger, certs: readonly string[]): Effects {
  const entries = certs.flatMap((cert): Entry[] => {
    const live = ledger.table.byCert.get(cert);
    if (live !== undefined) return [{ txId: bytesOf(live.txId), cert: bytesOf(cert) }];
    return ledger.acts.open.has(cert) ? [actEntry(cert)] : [];
  });
  return entries.length === 0 ? [] : [send(ownCity(ledger), ToldCity.of({ entries }))];
}

/**
 * Certificates of what is decided, which the city asked for: another delegate had them in time and names them in
 * a batch. They change nothing there, and need not be on this disk; but without them it could not be voted for.
 */
function knownOf(
  ledger: Ledger,
  { from }: Offerer,
  certs: readonly string[],
  good: readonly Checked[],
): Effects {
  const entries = good
    .filter(({ cert }) => certs.includes(cert) && isWantedOf(ledger, cert, nodeOf(from)))
    .map(({ cert, txId }) => ({ txId: bytesOf(txId), cert: bytesOf(cert) }));
  if (entries.length === 0) return [];
  ledger.self.probe.sometimes('ledger: a batch names what was decided before');
  return [send(ownCity(ledger), ToldCity.of({ entries }))];
}

const held = (offerer: Offerer, certs: readonly string[]): Effects => [
  answerTo(offerer, Held.of({ certs: certs.map(bytesOf) })),
];

const declined = (offerer: Offerer, cert: string, reason: Reason): Effects[number] =>
  answerTo(offerer, Declined.of({ cert: bytesOf(cert), reason }));

/** The city needs these: what is here it hears of again, the rest is asked of whoever named them. */
export function fetched(ledger: Ledger, { certs, from, isProved }: Fetch, at: Moment): Effects {
  const names = certs.map(key);
  if (isProved) nameProved(ledger, names);
  const here = names.filter((cert) => isHeld(ledger, cert) || isActHere(ledger, cert));
  const away = names.filter((cert) => !isWaiting(ledger, cert));
  return [...tellCity(ledger, here), ...want(ledger, away, from, at)];
}
