/** Four delegates order and keep while their actors die and their words are lost. Real cryptography. */
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { seeded } from '../runtime/manual.ts';
import { made, type Made } from '../protocols/ledger/kept.ts';
import { Yard } from './ordering-yard.ts';

const many = [
  made('one'),
  made('one, differently'),
  ...[2, 3, 4, 5, 6].map((seq) => made(`number ${seq}`, { seq })),
];

const ends = ({ told }: Yard, of: Made): string[] => [...(told.get(hex(of.txId)) ?? [])];
const happened = (yard: Yard): string[] => [
  ...new Set(yard.nodes.map((node) => yard.happenedAt(node).join(';'))),
];

describe('four delegates', () => {
  it.each([1, 2, 3, 4])(
    'agree on every end though ledgers and cities die and words are lost (%i)',
    (seed) => {
      const yard = new Yard(seed);
      const { below } = seeded(seed * 31);
      const any = <T>(all: readonly T[]): T => all[below(all.length)]!;
      yard.lossPermille = 150;
      for (const each of many) {
        yard.offer(
          each,
          any(yard.nodes),
          yard.nodes.filter(() => below(3) > 0),
        );
        yard.offer(each, any(yard.nodes), [any(yard.nodes)]);
        for (let i = below(3); i > 0; i--)
          yard.restart(any(yard.nodes), any(['ledger', 'city'] as const));
        yard.pass(below(400));
      }
      yard.lossPermille = 0;
      for (const each of many) yard.offer(each, any(yard.nodes));
      yard.pass(20_000);
      expect(many.map((each) => ends(yard, each).length)).toEqual(many.map(() => 1));
      expect(happened(yard)).toHaveLength(1);
      const roots = yard.nodes.map((node) => hex(yard.ledgerOf(node)!.head.stateRoot));
      expect(new Set(roots).size).toBe(1);
      expect(yard.wrong).toEqual([]);
    },
  );
});
