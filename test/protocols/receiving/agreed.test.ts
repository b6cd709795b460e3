/** What became of a transaction, by the word of other ledgers: of more than one of four. */
import { describe, expect, it } from 'vitest';
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import { SOUND, type Fate } from '#protocols/fate.ts';
import { Told } from '#protocols/ledger.messages.ts';
import { agreed, ordered } from '#protocols/receiving/agreed.ts';
import { nodeAddress } from '#protocols/subjects.ts';
import { sealed } from '../holding/kept-city.ts';
import { bytesOf, cityOf } from '../sample.ts';

const { genesis, delegates } = cityOf(4);
const [, b, c, d] = delegates.map(({ node }) => node);
const told = (fate: Partial<Fate> = {}, expiresAt = 9): Told =>
  Told.of({
    txId: bytesOf('tx'),
    known: 'ordered',
    state: 'COMMITTED',
    cause: undefined,
    cover: undefined,
    manifest: undefined,
    cert: undefined,
    proof: undefined,
    quorum: undefined,
    expiresAt,
    fate: { ...SOUND, ...fate },
  });
const { manifest } = sealed(1)[0]!;
const lie = told({ isErased: true });

it('is nobody’s word alone', () => {
  expect(agreed(genesis, new Map([[b!, told()]]))).toBeUndefined();
  expect(
    agreed(
      genesis,
      new Map([
        [b!, lie],
        [c!, told()],
      ]),
    ),
  ).toBeUndefined();
  expect(
    agreed(
      genesis,
      new Map([
        [b!, told({}, 8)],
        [c!, told()],
      ]),
    ),
  ).toBeUndefined();
});

it('is what more than a third of the stake says alike, whatever another one says', () => {
  const shown = new Map([
    [b!, lie],
    [c!, told()],
    [d!, told()],
  ]);
  expect(agreed(genesis, shown)?.fate.isErased).toBe(false);
});

describe('what one proves, where too few answer', () => {
  it('is that it was ordered, and nothing of what became of it', () => {
    expect(ordered(new Map())).toBeUndefined();
    const shown = { ...told({ isErased: true, isFalse: true }), manifest, state: 'LOST' as const };
    expect(ordered(new Map([[b!, shown]]))).toMatchObject({ state: 'COMMITTED', fate: SOUND });
  });

  it('hides none of those who were drawn behind others', () => {
    const [drawn] = manifest.placement.holders;
    const place = { row: 0, holder: c!, until: 9 };
    const found = ordered(new Map([[b!, { ...told({ places: [place] }), manifest }]]));
    const holders = found!.fate.places.map(({ row, holder }) => [row, holder]);
    expect(holders).toEqual([
      [0, drawn],
      [0, c],
    ]);
  });

  it('leaves room for what others say, however much one does', () => {
    const { length: rows } = manifest.placement.holders;
    const at = (row: number, name: string) => ({
      row,
      holder: nodeAddress(genesis.place, name),
      until: 9,
    });
    const most = Array.from({ length: PIECES_MAX }, (_, i) => at(i < 9 ? 250 : 0, `x${i}`));
    const [lied, right] = [{ places: most }, { places: [at(rows - 1, 'y')] }];
    const shown = new Map([
      [b!, { ...told(lied), manifest }],
      [c!, { ...told(right), manifest }],
    ]);
    const { places } = ordered(shown)!.fate;
    expect(places.map(({ holder }) => holder)).toContain(nodeAddress(genesis.place, 'y'));
    const said = new Set(places.map(({ row }) => row));
    expect(places.length + rows - said.size).toBeLessThanOrEqual(PIECES_MAX);
  });
});
