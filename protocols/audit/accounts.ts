/**
 * Accounts: the standing and the Harmony of everybody, as a function of the acts that were ordered.
 *
 *   audit --> open span: holder x auditor --(its time is over, by the city's clock)--> settled: standings, pay
 *   accuse -> whoever it convicts: no score, no pay from then on, and a share of what it was paid is lost
 *   payee --> to whose account goes what a node earns: purses.ts
 *
 * A span is settled once, in the order of time, some time after its end, when an act of a later batch says so;
 * what comes after that is void. So what is paid for a span is paid once, and never for time that was paid for.
 *
 * Safety: whoever applies the same acts under the same policies has the same accounts. Made = balances + slashed, what is in
 * purses and earned is the balances, and no more is made in a span than the schedule has for it. A record counts only if its author was one of the
 * auditors of that holder then, and the first one alone.
 *
 * To go on after a restart: everything up to `resume` was settled; acts from there on are applied again.
 * Bounds: HOLDERS_MAX holders, SPANS_MAX open spans. Changes its tables in place.
 */
import { assert } from '#lib/assert.ts';
import type { Policy } from '#config/policy.ts';
import { accusedOf } from '../accusation.ts';
import type { AuditRecord, Saying, SignedAct } from '../act.ts';
import type { Genesis } from '../genesis.ts';
import type { NodeAddress } from '../subjects.ts';
import { same } from '#lib/bytes.ts';
import { delegatePay, holdingPay, schedule, within } from './harmony.ts';
import { earn, firstPurses, lose, name, sumOf, type Purses } from './purses.ts';
import { auditFault } from './said.ts';
import { isAuditorOf, type Span } from './span.ts';
import { answered, bytesOf, heard, newcomer, type Standing } from './standing.ts';

export const HOLDERS_MAX = 65_536;
/** A span, and those that are not settled yet. */
const SPANS_MAX = 4;
/** A span is open for its own length after its end, at most so long. */
const OPEN_MS_MAX = 60_000;

/** As much of the policy as accounts need. */
export type Rules = Pick<Policy, 'audits' | 'rewards' | 'capacity'>;

/** An act where it was ordered. */
export interface OrderedAct {
  readonly number: number;
  readonly atMs: number;
  readonly signed: SignedAct;
}

interface OpenSpan extends Span {
  /** The first act that told of it. */
  readonly first: number;
  /** By holder, by the place of the delegate. */
  readonly found: Map<NodeAddress, Map<number, AuditRecord>>;
}

export interface DelegateAccount {
  readonly balance: bigint;
  readonly isConvicted: boolean;
}

export interface Accounts {
  readonly genesis: Genesis;
  /** Time up to here is settled. */
  settledMs: number;
  /** Since when each of them is open. */
  readonly open: Map<number, OpenSpan>;
  readonly holders: Map<NodeAddress, Standing>;
  readonly delegates: Map<NodeAddress, DelegateAccount>;
  readonly purses: Purses;
  made: bigint;
  slashed: bigint;
}

export const noAccounts = (genesis: Genesis): Accounts => ({
  genesis,
  settledMs: 0,
  open: new Map(),
  holders: new Map(),
  delegates: new Map(
    genesis.delegates.map(({ node }) => [node, { balance: 0n, isConvicted: false }]),
  ),
  purses: firstPurses(genesis),
  made: 0n,
  slashed: 0n,
});

/** Whose accounts an act has changed. */
export type Changed = ReadonlySet<NodeAddress>;

export function apply(accounts: Accounts, rules: Rules, act: OrderedAct): Changed {
  const changed = settleDue(accounts, rules, act.atMs);
  const { what } = act.signed.act;
  if (what.says === 'audit') take(accounts, rules, act, what);
  if (what.says === 'payee' && name(accounts.purses, what.node, what.to, act.number))
    changed.add(what.node);
  if (what.says === 'accuse') convict(accounts, rules, accusedOf(what.fault), changed);
  return changed;
}

/** Acts from this one on are applied again after a restart; `next` where all is settled. */
export const resume = ({ open }: Accounts, next: number): number =>
  Math.min(next, ...Array.from(open.values(), ({ first }) => first));

/** What must be true between any two acts. */
export function invariants(accounts: Accounts): void {
  const { made, slashed, holders, delegates, open, settledMs, purses } = accounts;
  const balances = [...holders.values(), ...delegates.values()];
  const kept = balances.reduce((sum, { balance }) => sum + balance, 0n);
  assert(made === kept + slashed, 'what was made is there, or was slashed');
  assert(sumOf(purses) === kept, 'what is there is in a purse, or earned by an account');
  assert(open.size <= SPANS_MAX, 'few spans are open');
  assert(
    [...open.keys()].every((since) => since >= settledMs),
    'no settled span is open',
  );
}

function take(
  { genesis, open, settledMs, holders }: Accounts,
  { audits }: Rules,
  { number, atMs, signed }: OrderedAct,
  said: Saying<'audit'>,
): void {
  const { sinceMs, untilMs, records } = said;
  const by = genesis.delegates.findIndex(({ signing }) => same(signing.key, signed.key.key));
  const node = genesis.delegates[by]?.node;
  if (node === undefined || auditFault(genesis, said, node, atMs) !== undefined) return;
  const isSpan = untilMs - sinceMs === audits.epochMs && sinceMs % audits.epochMs === 0;
  if (!isSpan || sinceMs < settledMs) return;
  const span = open.get(sinceMs) ?? { sinceMs, untilMs, first: number, found: new Map() };
  if (!open.has(sinceMs) && open.size === SPANS_MAX) return;
  open.set(sinceMs, span);
  for (const record of records) {
    const { holder } = record;
    if (!holders.has(holder) && holders.size + span.found.size >= HOLDERS_MAX) continue;
    if (!isAuditorOf(genesis, node, holder, sinceMs)) continue;
    const found = span.found.get(holder) ?? new Map<number, AuditRecord>();
    if (!found.has(by)) span.found.set(holder, found.set(by, record));
  }
}

function settleDue(accounts: Accounts, rules: Rules, atMs: number): Set<NodeAddress> {
  const changed = new Set<NodeAddress>();
  const due = [...accounts.open.values()]
    .filter(({ sinceMs, untilMs }) => untilMs + Math.min(OPEN_MS_MAX, untilMs - sinceMs) <= atMs)
    .toSorted((a, b) => a.sinceMs - b.sinceMs);
  for (const span of due) {
    settle(accounts, rules, span, changed);
    // What is open and was before it will not be paid: its time is settled.
    for (const since of accounts.open.keys())
      if (since <= span.sinceMs) accounts.open.delete(since);
    accounts.settledMs = span.untilMs;
  }
  for (const since of accounts.open.keys())
    if (since < accounts.settledMs) accounts.open.delete(since);
  return changed;
}

function settle(accounts: Accounts, rules: Rules, span: OpenSpan, changed: Set<NodeAddress>): void {
  const { genesis, holders, delegates } = accounts;
  const spanMs = span.untilMs - span.sinceMs;
  const payees: NodeAddress[] = [];
  const wanted: bigint[] = [];
  const auditors = new Set<number>();
  for (const [holder, found] of span.found) {
    for (const by of found.keys()) auditors.add(by);
    const standing = after(holders.get(holder), found);
    holders.set(holder, standing);
    payees.push(holder);
    wanted.push(worth(genesis, rules, spanMs, standing, [...found.values()]));
  }
  for (const by of [...auditors].toSorted((a, b) => a - b)) {
    const { node } = genesis.delegates[by]!;
    payees.push(node);
    wanted.push(delegates.get(node)!.isConvicted ? 0n : delegatePay(rules, spanMs));
  }
  const pays = within(schedule(rules, spanMs), wanted);
  for (const [i, payee] of payees.entries()) pay(accounts, payee, pays[i]!);
  for (const payee of payees) changed.add(payee);
}

/** The standing of a holder after a span. */
function after(known: Standing | undefined, found: ReadonlyMap<number, AuditRecord>): Standing {
  const records = [...found].toSorted(([a], [b]) => a - b);
  let standing = known ?? newcomer(records[0]![1].role);
  for (const [by, record] of records) standing = heard(standing, by, record);
  const { sound, silent } = sums(records.map(([, record]) => record));
  return answered({ ...standing, role: records[0]![1].role }, sound, silent);
}

function worth(
  genesis: Genesis,
  rules: Rules,
  spanMs: number,
  standing: Standing,
  records: readonly AuditRecord[],
): bigint {
  const { role, isConvicted, isSuspended } = standing;
  const { sound, asked, wrong } = sums(records);
  const isOne = records.every((record) => record.role === role);
  if (isConvicted || isSuspended || wrong > 0 || !isOne) return 0n;
  return holdingPay(rules, spanMs, { role, bytes: bytesOf(genesis, standing), sound, asked });
}

function sums(records: readonly AuditRecord[]) {
  const all = { sound: 0, silent: 0, wrong: 0, asked: 0 };
  for (const { sound, lacking, silent, false: wrong } of records) {
    all.sound += sound;
    all.silent += silent;
    all.wrong += wrong;
    all.asked += sound + lacking + silent + wrong;
  }
  return all;
}

function pay(accounts: Accounts, to: NodeAddress, nano: bigint): void {
  change(accounts, to, nano);
  earn(accounts.purses, to, nano);
  accounts.made += nano;
}

/** A delegate that holds nothing, or a holder. */
function change({ holders, delegates }: Accounts, of: NodeAddress, by: bigint): void {
  const delegate = delegates.get(of);
  if (delegate !== undefined) delegates.set(of, { ...delegate, balance: delegate.balance + by });
  const holder = delegate === undefined ? holders.get(of) : undefined;
  if (holder !== undefined) holders.set(of, { ...holder, balance: holder.balance + by });
}

/** Once: further evidence against the same takes nothing more. */
function convict(
  accounts: Accounts,
  { rewards }: Rules,
  who: NodeAddress | undefined,
  changed: Set<NodeAddress>,
): void {
  if (who === undefined) return;
  const { holders, delegates, purses } = accounts;
  const delegate = delegates.get(who);
  const known = delegate ?? holders.get(who) ?? newcomer('light');
  if (
    known.isConvicted ||
    (delegate === undefined && !holders.has(who) && holders.size >= HOLDERS_MAX)
  )
    return;
  const due = (known.balance * BigInt(rewards.slashPermille)) / 1_000n;
  const lost = lose(purses, who, due);
  const balance = known.balance - lost;
  if (delegate !== undefined) delegates.set(who, { balance, isConvicted: true });
  else holders.set(who, { ...(known as Standing), balance, isConvicted: true });
  accounts.slashed += lost;
  changed.add(who);
}
