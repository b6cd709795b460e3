/**
 * Peers: the presences of the other delegates, and who of all is the active one.
 *
 * Active is the first living delegate, in the order of their names, beginning with the one that proposed
 * the newest list. So it stays while it lives; when it is silent, the next one is; and a delegate that
 * comes back takes nothing from anybody. Two who do not hear each other, or have different newest lists,
 * may both believe that they are: then neither harms the other, since a list needs the votes of more than
 * two thirds of the stake and nobody votes for two lists of one number (voting.ts).
 *
 * Whoever has not had the time to be heard counts as living.
 */
import type { EligibleHead } from '../eligibility.ts';
import { isQuorum, stakeOf, type Genesis } from '../genesis.ts';
import { address, nodeOf, type Address } from '../subjects.ts';

export const ALIVE_MS = 1_000;
const LIVING_MS = 3 * ALIVE_MS + 500;
/** What somebody says that it has, and nobody can get from it, holds nobody up for longer. */
const CLAIM_MS = 5_000;

interface Peer {
  heardAt: number | undefined;
  newest: number;
  newestSince: number;
}

export interface Peers {
  readonly genesis: Genesis;
  readonly own: number;
  readonly all: readonly Peer[];
  readonly since: number;
}

/** `own` is a delegate's presence. */
export const peers = (genesis: Genesis, own: number, now: number): Peers => ({
  genesis,
  own,
  since: now,
  all: genesis.delegates.map(() => ({ heardAt: undefined, newest: 0, newestSince: now })),
});

export const presenceOf = ({ delegates }: Genesis, delegate: number): Address =>
  address(delegates[delegate]!.node, 'presence');

/** Which delegate's actor this is; `undefined` for anybody else's. */
export function delegateOf({ delegates }: Genesis, actor: Address): number | undefined {
  const at = delegates.findIndex(({ node }) => node === nodeOf(actor));
  return at < 0 ? undefined : at;
}

/** Whether it is the first sign of that peer. */
export function heardFrom({ all }: Peers, delegate: number, newest: number, now: number): boolean {
  const peer = all[delegate]!;
  const isFirst = peer.heardAt === undefined;
  peer.heardAt = now;
  if (newest > peer.newest) [peer.newest, peer.newestSince] = [newest, now];
  return isFirst;
}

const isLiving = ({ own, all, since }: Peers, delegate: number, now: number): boolean =>
  delegate === own || (all[delegate]!.heardAt ?? since) + LIVING_MS > now;

export function activeAt(
  of: Peers,
  newest: Pick<EligibleHead, 'by'> | undefined,
  now: number,
): number {
  const { delegates } = of.genesis;
  const by = delegates.findIndex(({ node }) => node === newest?.by);
  const first = Math.max(0, by);
  for (let i = 0; i < delegates.length; i++) {
    const delegate = (first + i) % delegates.length;
    if (isLiving(of, delegate, now)) return delegate;
  }
  return of.own;
}

/** Whether enough others were heard of late, to be sure that no list was missed. */
export function isInTouch({ genesis, own, all }: Peers, now: number): boolean {
  const stake = genesis.delegates.reduce((sum, delegate, i) => {
    const { heardAt } = all[i]!;
    const isHeard = i === own || (heardAt !== undefined && heardAt + LIVING_MS > now);
    return isHeard ? sum + delegate.stake : sum;
  }, 0n);
  return isQuorum(stake, stakeOf(genesis));
}

/** Who has a newer list than this number, and may be asked for it. */
export function aheadOf({ all }: Peers, number: number, now: number): number | undefined {
  const ahead = all
    .map(({ newest, newestSince }, delegate) => ({ newest, newestSince, delegate }))
    .filter(({ newest, newestSince }) => newest > number && newestSince + CLAIM_MS > now)
    .toSorted((a, b) => b.newest - a.newest);
  return ahead[0]?.delegate;
}
