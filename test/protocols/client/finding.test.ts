/** What an application asks of any ledger: one that knows nothing may be behind; nobody knows it when two thirds say so. */
import { expect, it } from 'vitest';
import { found, type Finds } from '#protocols/client/finding.ts';
import { Told } from '#protocols/ledger.messages.ts';
import { hex } from '#lib/bytes.ts';
import { SOUND } from '#protocols/fate.ts';
import { bytesOf, cityOf } from '../sample.ts';

const { genesis } = cityOf(4);
const txId = bytesOf('tx');
const told = (known: Told['known']): Told =>
  Told.of({
    txId,
    known,
    state: known === 'unknown' ? 'FRESH' : 'COMMITTED',
    cause: undefined,
    cover: undefined,
    manifest: undefined,
    cert: undefined,
    proof: undefined,
    quorum: undefined,
    expiresAt: undefined,
    fate: SOUND,
  });
const [known, unknown] = [told('ordered'), told('unknown')];

class Looking {
  readonly finds: Finds = new Map();
  hear = (which: number | undefined, answer: Told | undefined) =>
    found(
      this.finds,
      genesis,
      `find/${hex(txId)}${which === undefined ? '' : `/${which}`}`,
      answer,
    );
}

it('is what any ledger knows', () => {
  expect(new Looking().hear(undefined, known)).toMatchObject({ asks: [], word: { answer: known } });
});

it('asks everybody when one knows nothing, and believes one that does', () => {
  const looking = new Looking();
  const { asks, word } = looking.hear(undefined, unknown);
  expect([asks.length, word]).toEqual([4, undefined]);
  expect(looking.hear(0, unknown).word).toBeUndefined();
  expect(looking.hear(1, unknown).word).toBeUndefined();
  expect(looking.hear(2, known).word).toMatchObject({ answer: known });
  expect(looking.finds.size).toBe(0);
});

it('is denied by more than two thirds, and by nobody’s silence', () => {
  const looking = new Looking();
  looking.hear(undefined, unknown);
  for (const which of [0, 1]) expect(looking.hear(which, unknown).word).toBeUndefined();
  expect(looking.hear(3, unknown).word).toMatchObject({ answer: unknown });
  looking.hear(undefined, unknown);
  for (const which of [0, 1]) looking.hear(which, unknown);
  expect(looking.hear(2, undefined).word).toBeUndefined();
  expect(looking.hear(3, undefined).word).toEqual({ what: 'found', txId, answer: undefined });
});
