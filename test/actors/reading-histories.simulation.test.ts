/**
 * Histories of reads: any holders are dead, silent or lie in any way. What is given is what was kept, exactly when k
 * good pieces are to be had; whoever lies is told to whoever audits; and who waits is served when somebody returns.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { bodyHashOf } from '#protocols/transaction.ts';
import { ANCHORS, LIGHTS, sealed, type Sealed } from '../protocols/holding/kept-city.ts';
import { ReadingYard, type Lie } from './reading-yard.ts';

const RUNS = 40;
const [one, other] = sealed(2) as [Sealed, Sealed];
const { k } = one.manifest.terms;
const HOLDERS = [...LIGHTS.slice(0, 5), ...ANCHORS];

const LIES: Readonly<Record<string, Lie>> = {
  bytes: (shown) => ({ ...shown, piece: shown.piece.map((byte) => byte ^ 1) }),
  longer: (shown) => ({ ...shown, piece: Uint8Array.of(...shown.piece, 0) }),
  shorter: (shown) => ({ ...shown, piece: shown.piece.slice(1) }),
  'other row': (shown) => ({ ...shown, row: (shown.row + 1) % one.pieces.length }),
  'other transaction': (shown) => ({ ...shown, piece: other.pieces[shown.row]! }),
};
const mood = fc.constantFrom('honest', 'dead', 'silent', ...Object.keys(LIES));
const history = fc.record({
  moods: fc.tuple(...HOLDERS.map(() => mood)),
  returns: fc.nat(HOLDERS.length - 1),
});

const rowsOf = (node: string): number =>
  one.manifest.placement.holders.filter((holder) => holder === node).length;

it('give what was kept exactly when it can be had, and name each liar', () => {
  const reached = { given: 0, unavailable: 0, returned: 0 };
  fc.assert(
    fc.property(history, ({ moods, returns }) => {
      const yard = new ReadingYard();
      yard.keep(one);
      for (const [i, node] of HOLDERS.entries()) {
        const lie = LIES[moods[i]!];
        if (moods[i] === 'dead') yard.kill(node);
        else if (moods[i] === 'silent') yard.lie(node, () => undefined);
        else if (lie !== undefined) yard.lie(node, lie);
      }
      const good = HOLDERS.filter((_, i) => moods[i] === 'honest');
      const rows = good.reduce((sum, node) => sum + rowsOf(node), 0);
      const number = yard.read(one, 30_000);
      yard.pass(8_000);
      const given = (): boolean => {
        const last = yard.last(number);
        if (last?.kind !== 'receive.given') return false;
        expect(hex(bodyHashOf(last.body))).toBe(hex(one.cover.header.bodyHash));
        return true;
      };
      expect(given()).toBe(rows >= k);
      if (rows >= k) return void reached.given++;
      reached.unavailable++;
      // Everybody was asked: whoever lied is known, and nobody else is accused of it.
      const liars = HOLDERS.filter((_, i) => LIES[moods[i]!] !== undefined);
      const accused = yard.doubts.filter(({ why }) => why === 'wrong').map(({ holder }) => holder);
      expect([...new Set(accused)].toSorted()).toEqual(liars.toSorted());
      // Enough of the dead return, beginning with any of them.
      const dead = HOLDERS.filter((_, i) => moods[i] === 'dead');
      const back = [...dead.slice(returns % (dead.length + 1)), ...dead];
      let have = rows;
      for (const node of new Set(back)) {
        if (have >= k) break;
        yard.revive(node);
        have += rowsOf(node);
      }
      yard.pass(5_000);
      expect(given()).toBe(have >= k);
      if (have >= k) reached.returned++;
      expect(yard.wrong).toEqual([]);
    }),
    { numRuns: RUNS, seed: 7 },
  );
  expect(Math.min(...Object.values(reached))).toBeGreaterThan(0);
});
