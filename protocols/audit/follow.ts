/**
 * Following: the accounts of this delegate, by the acts of its own ledger and the policies of its batches.
 *
 *   a second --> ledger.chain (batches: policy, newest digest) --> ledger.acts (up to there) --> accounts
 *                      '---------- again, until there is no more ------------'
 *
 * Acts are applied only when the batches up to theirs were followed, so each under the policy of its height. What
 * has changed is kept in one commit with where to go on, so that a restart neither loses nor repeats anything.
 */
import type { Policy } from '#config/policy.ts';
import { isPruned, type SignedAct } from '../act.ts';
import type { SumLine, SumsHead } from '../audit.messages.ts';
import { headDigest, NONE } from '../city-batch.ts';
import { count, flag, record, toBytes, u64, whole, type Infer } from '../codec.ts';
import { forget, put, type Write } from '../effect.ts';
import type { Genesis } from '../genesis.ts';
import type { Acted, Chained } from '../ledger.messages.ts';
import { bookBytes, bookOf, follow, newestOf, readBook, type Book } from '../policy-book.ts';
import { isNodeAddress, type NodeAddress } from '../subjects.ts';
import { digest, unixMs } from '../terms.ts';
import type { Payday } from '../objects/wages.ts';
import { paydayIn, Purse } from './purses.ts';
import { apply, invariants, noAccounts, resume, type Accounts } from './accounts.ts';
import { Standing } from './standing.ts';
import { adopt, freeze, isPeriodOver, sumsPeriodMs, type Frozen } from './sums.ts';

const HOLDER = 'holder/';
const DELEGATE = 'delegate/';
const PURSE = 'purse/';
const EARNED = 'earned/';
const WHERE = 'where';
const BOOK = 'book';

/** Where to go on. */
const Where = record({
  settledMs: unixMs,
  made: u64,
  slashed: u64,
  /** The act to apply next. */
  next: count(Number.MAX_SAFE_INTEGER),
  newest: digest,
});
type Where = Infer<typeof Where>;
const KeptDelegate = record({ balance: u64, isConvicted: flag });
const Earned = record({ nano: u64 });

export interface Following {
  readonly accounts: Accounts;
  book: Book;
  next: number;
  /** The digest of the newest batch: nobody knew it before. */
  newest: Uint8Array;
  /** An act that cannot be applied: what it found was let go. */
  lost: number | undefined;
  frozen: Frozen | undefined;
  /** What was earned when an epoch of rewards ended, and when that was the last one: it is to be agreed on. */
  payday: Payday | undefined;
}

export function begin(
  genesis: Genesis,
  first: Policy,
  kept: ReadonlyMap<string, Uint8Array>,
): Following {
  const accounts = noAccounts(genesis);
  const where = kept.get(WHERE);
  const book = kept.get(BOOK);
  const nothing = { lost: undefined, frozen: undefined, payday: undefined };
  if (where === undefined || book === undefined)
    return { accounts, book: bookOf(first), next: 1, newest: NONE, ...nothing };
  const { settledMs, made, slashed, next, newest } = whole(Where, where);
  Object.assign(accounts, { settledMs, made, slashed });
  for (const [key, value] of kept) restore(accounts, key, value);
  return { accounts, book: readBook(book), next, newest, ...nothing };
}

function restore(accounts: Accounts, key: string, value: Uint8Array): void {
  const { holders, delegates, purses } = accounts;
  const name = key.slice(key.indexOf('/') + 1);
  if (key.startsWith(EARNED)) purses.earned.set(name, whole(Earned, value).nano);
  if (!isNodeAddress(name)) return;
  if (key.startsWith(PURSE)) purses.of.set(name, whole(Purse, value));
  if (key.startsWith(HOLDER)) holders.set(name, whole(Standing, value));
  if (key.startsWith(DELEGATE)) delegates.set(name, whole(KeptDelegate, value));
}

export const policyOf = ({ book }: Following): Policy => newestOf(book).policy;
export const nextHeight = ({ book }: Following): number => book.height + 1;

/** Batches came; whether there may be more of them. */
export function chained(state: Following, { height, batches }: Chained): boolean {
  for (const { batch } of batches) {
    if (batch.head.height !== state.book.height + 1) continue;
    ({ book: state.book } = follow(state.book, batch));
    state.newest = headDigest(batch.head);
  }
  return batches.length > 0 && state.book.height < height;
}

export interface Applied {
  /** Whose standings are others now. */
  readonly changed: ReadonlySet<NodeAddress>;
  readonly writes: readonly Write[];
  /** There may be more acts within the batches that were followed. */
  readonly isMore: boolean;
}

export function acted(state: Following, { acts, next }: Acted): Applied {
  const { accounts, book } = state;
  const changed = new Set<NodeAddress>();
  const first = next - acts.length;
  let applied = 0;
  for (const [i, { at, height, signed }] of acts.entries()) {
    const number = first + i;
    if (height > book.height) break;
    applied++;
    if (number !== state.next) continue;
    if (isLost(accounts, signed)) state.lost = number;
    if (state.lost !== undefined)
      return { changed, writes: keptWrites(state, changed), isMore: false };
    const before = accounts.settledMs;
    const rules = policyAt(book, height);
    for (const node of apply(accounts, rules, { number, atMs: at, signed })) changed.add(node);
    state.next++;
    const { settledMs, made, purses } = accounts;
    if (isPeriodOver(before, settledMs, sumsPeriodMs(rules.audits)))
      state.frozen = freeze(accounts, state.next);
    if (isPeriodOver(before, settledMs, rules.rewards.epochMs))
      state.payday = paydayIn(purses, settledMs, made);
  }
  invariants(accounts);
  const isMore = applied > 0 && applied === acts.length;
  return { changed, writes: keptWrites(state, changed), isMore };
}

const keptWrites = (state: Following, changed: ReadonlySet<NodeAddress>): readonly Write[] =>
  changed.size === 0 ? [] : writesOf(state, changed);

/** What it found is not there any more, and the time that it is about is not settled. */
const isLost = ({ settledMs }: Accounts, signed: SignedAct): boolean =>
  isPruned(signed) && signed.act.what.says === 'audit' && signed.act.what.sinceMs >= settledMs;

/** Sums of others take the place of the accounts; nothing where these lines are not theirs. */
export function adopted(
  state: Following,
  head: SumsHead,
  lines: readonly SumLine[],
): Omit<Applied, 'isMore'> | undefined {
  const { accounts } = state;
  const before = keysOf(accounts);
  if (!adopt(accounts, head, lines)) return undefined;
  invariants(accounts);
  state.next = head.next;
  state.lost = undefined;
  const changed = new Set(lines.flatMap((line) => (line.is === 'earned' ? [] : [line.node])));
  const now = keysOf(accounts);
  const gone = [...before].filter((key) => !now.has(key)).map((key) => forget(key));
  return { changed, writes: [...gone, ...writesOf(state, changed)] };
}

const keysOf = ({ holders, purses }: Accounts): Set<string> =>
  new Set([
    ...Array.from(holders.keys(), (node) => HOLDER + node),
    ...Array.from(purses.of.keys(), (node) => PURSE + node),
    ...Array.from(purses.earned.keys(), (account) => EARNED + account),
  ]);

/** The policy in force at a height; the oldest that is remembered for what is older. */
function policyAt({ eras }: Book, height: number): Policy {
  const era = eras.findLast(({ fromHeight }) => fromHeight <= height) ?? eras[0]!;
  return era.policy.policy;
}

/** Of nodes those that changed; of accounts those that have earned or lost something since. */
function writesOf(state: Following, changed: ReadonlySet<NodeAddress>): Write[] {
  const { accounts, book, newest } = state;
  const { settledMs, made, slashed, holders, delegates, purses } = accounts;
  const next = resume(accounts, state.next);
  const lines: Write[] = [];
  for (const node of changed) {
    const delegate = delegates.get(node);
    const holder = delegate === undefined ? holders.get(node) : undefined;
    const purse = purses.of.get(node);
    if (holder !== undefined) lines.push(put(HOLDER + node, toBytes(Standing, holder)));
    if (delegate !== undefined) lines.push(put(DELEGATE + node, toBytes(KeptDelegate, delegate)));
    if (purse !== undefined) lines.push(put(PURSE + node, toBytes(Purse, purse)));
  }
  for (const account of purses.touched) {
    const nano = purses.earned.get(account) ?? 0n;
    lines.push(put(EARNED + account, toBytes(Earned, { nano })));
  }
  purses.touched.clear();
  const where: Where = { settledMs, made, slashed, next, newest };
  return [...lines, put(WHERE, toBytes(Where, where)), put(BOOK, bookBytes(book))];
}
