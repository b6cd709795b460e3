/** Whom a gathering asks: so many rows, each holder once, and somebody else for whoever is no help. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GavePieces } from '#protocols/holder.messages.ts';
import {
  addCandidates,
  chosen,
  forgive,
  gatheringOf,
  isEnough,
  isExhausted,
  nextToAsk,
  SPARE_ROWS,
  takeIn,
  type Gathering,
} from '#protocols/receiving/gathering.ts';
import { address } from '#protocols/subjects.ts';
import { cases } from '../../cases.ts';
import { DELEGATES, sealed, type Sealed } from '../holding/kept-city.ts';

const [one] = sealed(1) as [Sealed];
const { manifest } = one;
const { txId } = manifest;
const { k } = manifest.terms;
const errand = {
  for: address(DELEGATES[0], 'receive'),
  number: 1,
  want: 'body',
  withinMs: 1_000,
  bodyHash: undefined,
} as const;

function fresh(): Gathering {
  const gathering = gatheringOf(1, errand, manifest);
  const { holders, spares } = manifest.placement;
  addCandidates(gathering, [
    ...holders.map((holder, row) => ({ row, holder, isOnline: true })),
    ...spares.map((holder) => ({ row: undefined, holder, isOnline: true })),
  ]);
  return gathering;
}

const shown = (row: number) => ({
  row,
  piece: one.pieces[row]!,
});
const lie = (row: number) => ({ ...shown(row), piece: one.pieces[row]!.slice(1) });
type Mood = 'gives' | 'lacks' | 'lies' | 'late';
const mood = fc.constantFrom<Mood>('gives', 'lacks', 'lies', 'late');

/** Asks, and has everybody do as his mood is, until there is enough or nobody is left. */
function played(gathering: Gathering, moods: readonly Mood[]): string[] {
  const asked: string[] = [];
  for (;;) {
    const targets: Gathering['targets'] = [];
    for (const target of nextToAsk(gathering)) {
      target.did = 'asked';
      targets.push(target);
    }
    if (targets.length === 0) return asked;
    for (const target of targets) {
      asked.push(target.holder);
      const what = moods[gathering.targets.indexOf(target)] ?? 'lacks';
      if (what === 'late') target.did = 'late';
      else {
        const rows = what === 'lacks' ? [] : target.rows;
        const pieces = rows.map((row) => (what === 'gives' ? shown(row) : lie(row)));
        const gave = GavePieces.of({ txId, pieces, lacks: [], because: undefined });
        takeIn(gathering, target, gave, undefined);
      }
      if (isEnough(gathering)) return asked;
    }
  }
}

describe('a gathering', () => {
  it('asks for k + 4 rows at once, and for no more', () => {
    const gathering = fresh();
    const rows = [];
    for (const target of nextToAsk(gathering)) {
      target.did = 'asked';
      rows.push(...target.rows);
    }
    // The last one may be an anchor with more rows than one.
    expect(rows.length).toBeGreaterThanOrEqual(k + SPARE_ROWS);
    expect(rows.length).toBeLessThanOrEqual(k + SPARE_ROWS + 1);
  });

  it('has enough, or has asked everybody once; what it has is the manifest’s', () => {
    fc.assert(
      fc.property(fc.array(mood, { minLength: 12, maxLength: 12 }), (moods) => {
        const gathering = fresh();
        const asked = played(gathering, moods);
        expect(new Set(asked).size).toBe(asked.length);
        const good = gathering.targets.filter((_, i) => moods[i] === 'gives');
        const rows = good.reduce((sum, { rows: own }) => sum + own.length, 0);
        expect(isEnough(gathering)).toBe(rows >= k);
        if (!isEnough(gathering)) expect(isExhausted(gathering)).toBe(true);
        for (const { row, piece } of chosen(gathering)) expect(piece).toEqual(one.pieces[row]);
      }),
      { numRuns: cases(100) },
    );
  });

  it('asks whoever had it not once more, and no liar', () => {
    const gathering = fresh();
    played(gathering, ['lies', 'lacks']);
    forgive(gathering);
    const [liar, ...others] = gathering.targets;
    expect(liar!.did).toBe('wrong');
    expect(others.every(({ did }) => did === 'unasked')).toBe(true);
  });
});
