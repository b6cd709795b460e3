/**
 * Agreed: what became of a transaction since it was ordered, by the word of other ledgers.
 *
 *   shown, by ledger --(same state, end and fate)--> by more than a third of the stake: one of them is honest
 *
 * That it was ordered each of them proves. What acts made of it since (who holds its rows now, whether it was erased,
 * or shown to be a lie) no proof says; so nobody's word alone is handed on.
 */
import { hex } from '#lib/bytes.ts';
import { optional, record, toBytes } from '../codec.ts';
import { Fate } from '../fate.ts';
import { hasHonest, stakeOf, type Genesis } from '../genesis.ts';
import type { Told } from '../ledger.messages.ts';
import { ShownState } from '../sending.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import { unixMs } from '../terms.ts';

const Became = record({ state: ShownState, expiresAt: optional(unixMs), fate: Fate });

export function agreed(
  genesis: Pick<Genesis, 'delegates'>,
  shown: ReadonlyMap<NodeAddress, Told>,
): Told | undefined {
  const stakes = new Map(genesis.delegates.map(({ node, stake }) => [node, stake]));
  const alike = Map.groupBy(shown, ([, told]) => hex(toBytes(Became, told)));
  for (const group of alike.values()) {
    const stake = group.reduce((sum, [node]) => sum + (stakes.get(node) ?? 0n), 0n);
    if (hasHonest(stake, stakeOf(genesis))) return group[0]![1];
  }
  return undefined;
}
