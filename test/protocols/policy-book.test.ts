/** Policies by height: what a change does, what it does not, and which terms may be ordered. */
import { describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { DEFAULTS, readPolicy } from '#config/policy/read.ts';
import { utf8 } from '#lib/bytes.ts';
import { cityBatch, NONE, type CityBatch } from '#protocols/city-batch.ts';
import { toBytes } from '#protocols/codec.ts';
import {
  areRight,
  bookBytes,
  bookOf,
  follow,
  GRACE_MS,
  newestOf,
  PolicyChange,
  readBook,
  takenUntilMs,
  type Book,
} from '#protocols/policy-book.ts';
import { inForce, policyBytes } from '#protocols/policy.ts';
import { termsOf } from '#protocols/terms-of.ts';
import { bytesOf, holders, KOMATSU, listOf, member } from './sample.ts';

const policyOf = (source: string) => {
  const read = readPolicy(source, 'p.yaml');
  if (!read.ok) throw new Error(read.error);
  return read.value.policy;
};
const TWELVE = policyOf('pieces: { k: 12 }');
const changeTo = (version: number, policy = TWELVE): Uint8Array =>
  toBytes(PolicyChange, { version, bytes: policyBytes(policy) });

const batch = (height: number, change?: Uint8Array, wallMs = 1_000 * height): CityBatch =>
  cityBatch(
    {
      place: KOMATSU,
      epoch: 0,
      height,
      prev: NONE,
      round: height,
      proposer: member('d1').node,
      at: stampBytes({ wallMs, count: 0 }),
      stateRoot: NONE,
    },
    [],
    change,
  );
const followed = (book: Book, ...batches: readonly CityBatch[]): Book =>
  batches.reduce((at, each) => follow(at, each).book, book);

describe('a book', () => {
  const first = bookOf(DEFAULTS);
  it('turns a page at the height after the change', () => {
    const book = followed(first, batch(1), batch(2, changeTo(2)));
    expect(newestOf(book)).toEqual(inForce(2, TWELVE));
    expect(book).toMatchObject({
      height: 2,
      eras: [{ fromHeight: 1 }, { fromHeight: 3, sinceMs: 2_000 }],
    });
    expect(newestOf(followed(first, batch(1)))).toEqual(inForce(1, DEFAULTS));
  });
  it('is not changed by what was followed already', () => {
    const book = followed(first, batch(1, changeTo(2)));
    expect(followed(book, batch(1, changeTo(3)))).toBe(book);
    expect(() => follow(book, batch(3))).toThrow(/one after another/);
  });
  it.each([
    ['malformed', utf8('no change')],
    ['malformed', toBytes(PolicyChange, { version: 2, bytes: utf8('no policy') })],
    ['malformed', changeTo(2, { ...DEFAULTS, zones: [] })],
    ['stale', changeTo(1)],
    ['stale', changeTo(3)],
    ['unchanged', changeTo(2, DEFAULTS)],
  ])('stays as it is where the change is %s', (reason, change) => {
    const { book, refused } = follow(first, batch(1, change));
    expect(refused).toBe(reason);
    expect(book).toEqual({ ...first, height: 1 });
  });
  it('takes the first of two changes made at once', () => {
    const book = followed(
      first,
      batch(1, changeTo(2)),
      batch(2, changeTo(2, policyOf('pieces: { k: 9 }'))),
    );
    expect(newestOf(book).policy).toEqual(TWELVE);
  });
  it('is kept and read again', () => {
    const book = followed(first, batch(1, changeTo(2)), batch(2));
    expect(readBook(bookBytes(book))).toEqual(book);
  });
});

describe('terms that may be ordered', () => {
  const list = listOf(holders());
  const txId = bytesOf('tx');
  const book = followed(bookOf(DEFAULTS), batch(1, changeTo(2), 5_000));
  const terms = (version: number, policy = TWELVE) => termsOf(inForce(version, policy))(list, txId);
  const at = (atMs: number, of: ReturnType<typeof terms>) =>
    areRight(book, { terms: of, list, txId }) && atMs < takenUntilMs(book, of.version);

  it('are those in force', () => {
    expect(at(5_001, terms(2))).toBe(true);
    expect(at(5_001, { ...terms(2), ackNeeded: 12 })).toBe(false);
    expect(at(5_001, terms(2, DEFAULTS))).toBe(false);
    expect(at(5_001, terms(3))).toBe(false);
  });
  it('are those of the version before, for a minute', () => {
    expect(at(5_000 + GRACE_MS - 1, terms(1, DEFAULTS))).toBe(true);
    expect(at(5_000 + GRACE_MS, terms(1, DEFAULTS))).toBe(false);
    const later = followed(book, batch(2, changeTo(3, DEFAULTS), 5_001));
    expect(takenUntilMs(later, 1)).toBe(-Infinity);
    expect(takenUntilMs(later, 2)).toBe(5_001 + GRACE_MS);
  });
});
