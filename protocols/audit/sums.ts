/**
 * Sums: what all acts up to one of them made of the accounts, for whoever cannot apply those acts any more.
 *
 *   each time that settled time passes a period        frozen: accounts as they are, and the act to go on with
 *   ledgers let go what audits found (ledger/prune.ts)
 *   a delegate that was away, or has an empty disk     meets an act without its records
 *        '--> asks the others' auditors --(more than a third of the stake say the same)--> pages of one --(digest)--> adopted
 *
 * Safety: accounts follow from the order alone, so all who freeze at the same act freeze the same; among more than a third
 * of the stake one is honest. What is adopted is what their digest names, whoever showed it. Liveness: a period is ten minutes,
 * or a sixth of the time for which findings are kept where that is less, so what follows the newest sums is there in full;
 * whoever begins a life has nothing frozen until settled time passes a period again. Bounds: one set of sums; answers of 64 lines, for delegates alone.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import type { Policy } from '#config/policy.ts';
import { concat, hex, same, unhex } from '#lib/bytes.ts';
import { Sums, SumLine, SumsHead, SUM_LINES_MAX, type AskSums } from '../audit.messages.ts';
import { toBytes } from '../codec.ts';
import { stakeOf, type Genesis } from '../genesis.ts';
import { EARNERS_MAX } from '../objects/wages.ts';
import type { NodeAddress } from '../subjects.ts';
import { HOLDERS_MAX, resume, type Accounts } from './accounts.ts';

const PERIOD_MS_MAX = 600_000;
/** Within the time for which ledgers keep findings. */
const PERIODS = 6;

export interface Frozen {
  readonly head: SumsHead;
  readonly lines: readonly SumLine[];
}

const LINES = domain('audit sum lines');
const HEAD = domain('audit sums');
const rootOf = (lines: readonly SumLine[]): Uint8Array =>
  hash(LINES, concat(...lines.map((line) => toBytes(SumLine, line))));
export const sumsDigest = (head: SumsHead): Uint8Array => hash(HEAD, toBytes(SumsHead, head));

/** How often sums are frozen, by the policy in force. */
export const sumsPeriodMs = ({ keepMs }: Pick<Policy['audits'], 'keepMs'>): number =>
  Math.min(PERIOD_MS_MAX, keepMs / PERIODS);

/** Whether sums are to be frozen when settled time has come from there to here; or what was earned is to be paid. */
export const isPeriodOver = (fromMs: number, toMs: number, periodMs: number): boolean =>
  Math.floor(fromMs / periodMs) !== Math.floor(toMs / periodMs);

const nameOf = (line: SumLine): string =>
  line.is === 'earned' ? `earned ${hex(line.to)}` : `${line.node} ${line.is}`;

/** After an act; `next` is the one behind it. */
export function freeze(accounts: Accounts, next: number): Frozen {
  const { settledMs, made, slashed, holders, delegates, purses } = accounts;
  const { of, earned } = purses;
  const lines: SumLine[] = [
    ...Array.from(holders, ([node, standing]) => ({ is: 'holder', node, standing }) as const),
    ...Array.from(delegates, ([node, account]) => ({ is: 'delegate', node, ...account }) as const),
    ...Array.from(of, ([node, purse]) => ({ is: 'purse', node, purse }) as const),
    ...Array.from(earned, ([to, nano]) => ({ is: 'earned', to: unhex(to)!, nano }) as const),
  ].toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const root = rootOf(lines);
  const head = {
    next: resume(accounts, next),
    settledMs,
    made,
    slashed,
    count: lines.length,
    root,
  };
  return { head, lines };
}

/** What another delegate is told: of what there is, or of the sums that it wants the next lines of. */
export function shown(frozen: Frozen | undefined, { of, from }: AskSums): Sums {
  if (frozen === undefined) return Sums.of({ head: undefined, lines: [] });
  const { head, lines } = frozen;
  const isIt = of !== undefined && same(of, sumsDigest(head));
  return Sums.of({ head, lines: isIt ? lines.slice(from, from + SUM_LINES_MAX) : [] });
}

export interface Agreed {
  readonly head: SumsHead;
  readonly by: readonly NodeAddress[];
}

/** The newest that more than a third of the stake say, and that go on behind an act. */
export function agreedOn(
  genesis: Genesis,
  said: ReadonlyMap<NodeAddress, SumsHead>,
  behind: number,
): Agreed | undefined {
  const alike = Map.groupBy(said, ([, head]) => hex(sumsDigest(head)));
  const believed = [...alike.values()].flatMap((each): Agreed[] => {
    const by = each.map(([node]) => node);
    const part = genesis.delegates.reduce(
      (sum, { node, stake }) => (by.includes(node) ? sum + stake : sum),
      0n,
    );
    const head = each[0]![1];
    return part * 3n > stakeOf(genesis) && head.next > behind ? [{ head, by }] : [];
  });
  return believed.toSorted((a, b) => b.head.next - a.head.next)[0];
}

/** The lines of sums take the place of what there was; nothing where they are not those. */
export function adopt(accounts: Accounts, head: SumsHead, lines: readonly SumLine[]): boolean {
  if (lines.length !== head.count || !same(rootOf(lines), head.root)) return false;
  const { holders, open, purses } = accounts;
  open.clear();
  holders.clear();
  purses.of.clear();
  purses.earned.clear();
  purses.touched.clear();
  for (const line of lines) take(accounts, line);
  const { settledMs, made, slashed } = head;
  Object.assign(accounts, { settledMs, made, slashed });
  return true;
}

function take({ holders, delegates, purses }: Accounts, line: SumLine): void {
  switch (line.is) {
    case 'holder':
      holders.set(line.node, line.standing);
      return;
    case 'delegate':
      delegates.set(line.node, { balance: line.balance, isConvicted: line.isConvicted });
      return;
    case 'purse':
      purses.of.set(line.node, line.purse);
      return;
    case 'earned':
      purses.earned.set(hex(line.to), line.nano);
      purses.touched.add(hex(line.to));
  }
}

/** More lines than anybody can have are nobody's. */
export const areFew = ({ delegates }: Genesis, { count }: SumsHead): boolean =>
  count <= HOLDERS_MAX + delegates.length + 2 * EARNERS_MAX;
