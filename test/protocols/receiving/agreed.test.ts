/** What became of a transaction, by the word of other ledgers: of more than one of four. */
import { expect, it } from 'vitest';
import { SOUND, type Fate } from '#protocols/fate.ts';
import { Told } from '#protocols/ledger.messages.ts';
import { agreed } from '#protocols/receiving/agreed.ts';
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
