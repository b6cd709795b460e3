/** A delivery: whose acks count, and what it comes to when nobody may take a row. */
import { describe, expect, it } from 'vitest';
import { acked, deliver } from '#protocols/repair/deliver.ts';
import type { Delivery, Target } from '#protocols/repair/delivery.ts';
import type { Leased } from '#protocols/repair/running.ts';
import type { Case, Repairing } from '#protocols/repair/state.ts';
import { HoldAcks } from '#protocols/sending.messages.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { NO_PROBE } from '#lib/probe.ts';
import { from, moment, WALL } from '../moments.ts';
import { CITY, LIST, made, PEOPLE } from '../ledger/kept.ts';
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

/** What becomes of a run whose first candidates are said to be gone, where others stand behind them, or nobody does. */
function nobodyFirst(behind: boolean): 'ends' | 'waits' {
  const { manifest } = one.certified;
  const lights = PEOPLE.slice(0, 3 + (behind ? 1 : 0)).map(({ who }) => who.node);
  const gone = lights.slice(0, 3);
  const places = manifest.placement.holders.map((node) => ({ holder: node, until: WALL + 99_999 }));
  const away = { role: 'light', since: 0, isSaid: true } as const;
  const absent = new Map([...gone, places[0]!.holder].map((node) => [node, away]));
  const run = {
    phase: 'surveying',
    manifest,
    anew: [0],
    longer: [],
    deadline: Infinity,
    list: LIST,
    candidates: { lights, anchors: [] },
    renewing: { places, round: 1, expiresAt: WALL + 99_999_999, from: CITY.genesis.place },
  } as unknown as Leased;
  const its = { leaving: new Map(), fruitless: 0, run } as unknown as Case;
  const state = { absent, self: { probe: NO_PROBE } } as unknown as Repairing;
  const toDeliver = { block: undefined, has: new Map() };
  let end: 'ends' | 'waits' = 'waits';
  deliver(state, its, run, toDeliver, moment(), () => ((end = 'ends'), []));
  return end;
}

describe('a round for which nobody is in reach', () => {
  it('ends with nothing where the next may draw somebody, else the same would be drawn again', () => {
    expect(nobodyFirst(true)).toBe('ends');
  });

  it('waits where there is nobody to be drawn', () => {
    expect(nobodyFirst(false)).toBe('waits');
  });
});

describe('an ack', () => {
  it('counts when its holder brings it', () => {
    expect(brought(holder!.node)).toBe(true);
  });

  it('that somebody else brings takes the place of none: its signature is not looked at yet', () => {
    expect(brought(other!.node)).toBe(false);
  });
});
