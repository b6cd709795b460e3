/** What anybody is told of accounts: by name, a page at a time. */
import {
  Standings,
  STANDINGS_MAX,
  type AskStandings,
  type Line,
  type Standings as Told,
} from '../audit.messages.ts';
import type { Genesis } from '../genesis.ts';
import type { NodeAddress } from '../subjects.ts';
import type { Accounts } from './accounts.ts';
import type { Following } from './follow.ts';
import { earnedBy, purseOf, type Purses } from './purses.ts';
import { bytesOf, scoreOf } from './standing.ts';

export function standings(
  genesis: Genesis,
  { accounts, next }: Following,
  { after, node }: AskStandings,
): Told {
  const { settledMs, made, slashed, holders, delegates, purses } = accounts;
  const all = node === undefined ? namesIn(accounts) : [node];
  const behind = all.filter((each) => after === undefined || each > after);
  const lines = behind.slice(0, STANDINGS_MAX).flatMap((each): Line[] => {
    const holder = holders.get(each);
    if (holder !== undefined) {
      const { role, shown, isSuspended, isConvicted, balance } = holder;
      const permille = scoreOf(genesis, holder);
      const bytes = bytesOf(genesis, holder);
      const judged = { role, permille, shown, bytes, isSuspended, isConvicted, balance };
      return [{ node: each, ...judged, ...purseIn(purses, each) }];
    }
    const delegate = delegates.get(each);
    return delegate === undefined ? [] : [{ ...lineOf(each, delegate), ...purseIn(purses, each) }];
  });
  const isMore = behind.length > STANDINGS_MAX;
  return Standings.of({ settledMs, acts: next - 1, made, slashed, lines, isMore });
}

const namesIn = ({ holders, delegates }: Accounts): NodeAddress[] =>
  [...new Set([...holders.keys(), ...delegates.keys()])].toSorted();

function purseIn(purses: Purses, node: NodeAddress): Pick<Line, 'to' | 'unclaimed' | 'earned'> {
  const { to, unclaimed } = purseOf(purses, node);
  return { to, unclaimed, earned: earnedBy(purses, { to }) };
}

const lineOf = (
  node: NodeAddress,
  { balance, isConvicted }: { readonly balance: bigint; readonly isConvicted: boolean },
): Omit<Line, 'to' | 'unclaimed' | 'earned'> => ({
  node,
  role: 'delegate',
  permille: 1_000,
  shown: 0,
  bytes: 0,
  isSuspended: false,
  isConvicted,
  balance,
});
