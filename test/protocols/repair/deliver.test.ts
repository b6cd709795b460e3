/** Acks of a delivery: whose they must be to count. */
import { describe, expect, it } from 'vitest';
import { acked } from '#protocols/repair/deliver.ts';
import type { Delivery, Target } from '#protocols/repair/delivery.ts';
import type { Leased } from '#protocols/repair/running.ts';
import type { Case, Repairing } from '#protocols/repair/state.ts';
import { HoldAcks } from '#protocols/sending.messages.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { from } from '../moments.ts';
import { made, PEOPLE } from '../ledger/kept.ts';
import { renewal } from '../ledger/said.ts';

const one = made('one');
const [holder, other] = PEOPLE.map(({ who }) => who);
const { acks, batches, renewal: anew } = renewal(one, 1, [0], [holder!]);
const word = HoldAcks.of({
  batch: batches[0]!,
  acks: acks.map(({ row, leaf, path }) => ({ txId: one.txId, row, leaf, path })),
});

const target = (of: NodeAddress): Target => ({
  holder: of,
  capsule: undefined,
  sent: 1,
  firstSentAt: 0,
  ack: undefined,
});

/** A delivery of two rows: what it has of the first when somebody brings its ack. */
function brought(by: NodeAddress): boolean {
  const targets = new Map([
    [0, target(holder!.node)],
    [1, target(other!.node)],
  ]);
  const delivery = { targets, until: new Map([[0, anew.until[0]!]]), isVerifying: false };
  const run = { phase: 'delivering', manifest: one.certified.manifest, delivery };
  const its = { txId: one.txId, run } as unknown as Case & { run: Leased & { delivery: Delivery } };
  const state = { cases: new Map([['one', its]]) } as unknown as Repairing;
  expect(acked(state, word, from(address(by, 'holder')))).toEqual([]);
  return targets.get(0)!.ack !== undefined;
}

describe('an ack', () => {
  it('counts when its holder brings it', () => {
    expect(brought(holder!.node)).toBe(true);
  });

  it('that somebody else brings takes the place of none: its signature is not looked at yet', () => {
    expect(brought(other!.node)).toBe(false);
  });
});
