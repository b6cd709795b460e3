/** Four delegates order and keep: what is told to senders is the same everywhere, whatever dies in between. */
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { made, type Made } from '../protocols/ledger/kept.ts';
import { WALL } from '../protocols/moments.ts';
import { Yard } from './ordering-yard.ts';

const [one, rival, two] = [made('one'), made('one, differently'), made('two', { seq: 2 })];

const ends = ({ told }: Yard, of: Made): string[] => [...(told.get(hex(of.txId)) ?? [])];
const happened = (yard: Yard): string[] => [
  ...new Set(yard.nodes.map((node) => yard.happenedAt(node).join(';'))),
];

describe('four delegates', () => {
  it('commit a transaction within a few crossings, and say so once to the world', () => {
    const yard = new Yard();
    yard.offer(one, yard.nodes[0]!);
    yard.pass(100);
    expect(ends(yard, one)).toEqual(['COMMITTED']);
    expect(yard.notes.filter((topic) => topic.startsWith('tx.'))).toHaveLength(1);
    yard.pass(10_000);
    // And one more, that says what became of it.
    expect(yard.ledgerOf(yard.nodes[2]!)!.head).toMatchObject({ height: 2, count: 0 });
    expect(yard.wrong).toEqual([]);
  });

  it('let one of two in conflict win, the same everywhere, when each comes through another of them', () => {
    const yard = new Yard();
    yard.offer(one, yard.nodes[0]!);
    yard.offer(rival, yard.nodes[3]!, yard.nodes.toReversed());
    yard.pass(2_000);
    expect([...ends(yard, one), ...ends(yard, rival)].toSorted()).toEqual([
      'COMMITTED',
      'REJECTED',
    ]);
    expect(happened(yard)).toHaveLength(1);
    expect(yard.wrong).toEqual([]);
  });

  it('order what one of them took while its list was valid, though the others have that no more', () => {
    const yard = new Yard();
    const [first, ...others] = yard.nodes;
    for (const node of others) {
      yard.listless.set(node, 'gone');
      yard.restart(node, 'ledger');
    }
    yard.listless.set(first!, 'older');
    yard.offer(two, first!);
    yard.offer(one, first!, [first!]);
    yard.pass(12_000);
    expect([ends(yard, one), ends(yard, two)]).toEqual([['COMMITTED'], ['COMMITTED']]);
    expect(happened(yard)).toHaveLength(1);
    expect(yard.wrong).toEqual([]);
  });

  it('order what one of them took in time, though the others heard of it later', () => {
    const yard = new Yard();
    const late = made('late', { seq: 3, expiresAt: WALL + 6_000 });
    yard.lossPermille = 1_000;
    yard.offer(late, yard.nodes[1]!, [yard.nodes[1]!]);
    yard.pass(2_000);
    yard.lossPermille = 0;
    yard.restart(yard.nodes[1]!, 'ledger');
    yard.pass(10_000);
    expect(ends(yard, late)).toEqual(['EXPIRED']);
    yard.offer(one, yard.nodes[0]!);
    yard.pass(2_000);
    expect(ends(yard, one)).toEqual(['COMMITTED']);
    expect(yard.nodes.map((node) => yard.ledgerOf(node)!.table.byCert.size)).toEqual([0, 0, 0, 0]);
    expect(happened(yard)).toHaveLength(1);
    expect(yard.wrong).toEqual([]);
  });

  it('order what only one of them was offered: the others get it from there', () => {
    const yard = new Yard();
    yard.offer(two, yard.nodes[1]!, [yard.nodes[1]!]);
    yard.pass(8_000);
    expect(ends(yard, two)).toEqual(['COMMITTED']);
    expect(happened(yard)).toHaveLength(1);
    expect(yard.wrong).toEqual([]);
  });
});
