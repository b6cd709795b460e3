/**
 * Certificates: the rule in numbers, and everything that an ack must not be good for. Rows of the city of
 * these tests: lights 0 to 4, anchors of Asia 5 to 7 (a0, a1, a0), of Europe 8, for escalation 9 and 10.
 */
import { describe, expect, it } from 'vitest';
import { verifyMany } from '#algorithms/signature.ts';
import { ruleFault } from '#protocols/ack-rule.ts';
import { batchesOf, certFault, verifyJobs } from '#protocols/certificate.ts';
import { FIRST_EPOCH } from '#protocols/genesis.ts';
import type { Ack, Batch } from '#protocols/holding.ts';
import {
  ackOf,
  ANCHORS,
  certified,
  CITY,
  keyOf,
  LIGHTS,
  NETWORK,
  sealed,
  STRANGER,
  TERMS,
  type Sealed,
} from './kept-city.ts';

const [tx, other] = sealed(2) as [Sealed, Sealed];
const ENOUGH = [0, 1, 2, 3, 5, 6] as const;
type Given = readonly { readonly ack: Ack; readonly batch: Batch }[];
const acks = (rows: readonly number[] = ENOUGH): Given[number][] =>
  rows.map((row) => ackOf(tx, row));
const faultOf = (given: Given, made = tx): string | undefined => {
  const { certified: claim, batchOf } = certified(made, given);
  return certFault(claim, batchOf, FIRST_EPOCH);
};
/** An ack presented for another row. */
const asRow = (row: number, { ack, batch }: Given[number]): Given[number] => ({
  ack: { ...ack, row },
  batch,
});
/** With this in the place of the i-th. */
const but = (i: number, one: Given[number]): Given => acks().with(i, one);

describe('a certificate', () => {
  it('stands with enough acks, and its signatures verify with the keys of its holders', () => {
    const { certified: claim, batchOf } = certified(tx, acks());
    expect(certFault(claim, batchOf, FIRST_EPOCH)).toBeUndefined();
    const jobs = verifyJobs(NETWORK, batchesOf(claim.cert, batchOf), keyOf)!;
    expect(verifyMany(jobs)).toEqual(Array.from(ENOUGH, () => true));
  });

  it.each([
    ['an ack of another transaction', 'not-in-batch', but(0, ackOf(other, 0))],
    ['an ack of another row', 'not-in-batch', but(1, asRow(1, ackOf(tx, 0, LIGHTS[5])))],
    ['an ack of another epoch', 'other-epoch', but(0, ackOf(tx, 0, LIGHTS[0], { epoch: 1 }))],
    ['an ack of a holder that was not placed', 'not-placed', but(0, ackOf(tx, 0, STRANGER))],
    ["an ack of an anchor for a light's row", 'not-placed', but(0, ackOf(tx, 0, ANCHORS[0]))],
    ['an ack of a spare for an anchor row', 'not-placed', but(4, ackOf(tx, 5, LIGHTS[5]))],
    [
      'one spare for two rows',
      'light-twice',
      [ackOf(tx, 0, LIGHTS[5]), ackOf(tx, 1, LIGHTS[5]), ...acks().slice(2)],
    ],
    ['one row twice', 'rows-out-of-order', [ackOf(tx, 0), ...acks()]],
    ['rows in another order', 'rows-out-of-order', acks().toReversed()],
    ['a row that there is not', 'no-such-row', [...acks(), asRow(11, ackOf(tx, 8))]],
    ['too few acks', 'too-few', acks().slice(1)],
    ["too few of the sender's continent", 'few-local', acks([0, 1, 2, 3, 5, 8])],
  ] as const)('is none with %s: %s', (_, fault, given) => {
    expect(faultOf(given)).toBe(fault);
  });

  it('is none for another manifest, or another header', () => {
    const { certified: claim, batchOf } = certified(tx, acks());
    const { manifest, cover } = other;
    expect(certFault({ ...claim, manifest }, batchOf, FIRST_EPOCH)).toBe('other-transaction');
    expect(certFault({ ...claim, cover }, batchOf, FIRST_EPOCH)).toBe('other-transaction');
  });

  it('is none without its batches, and says nothing of keys that are not known', () => {
    const { certified: claim, batchOf } = certified(tx, acks());
    expect(certFault(claim, () => undefined, FIRST_EPOCH)).toBe('unknown-batch');
    expect(verifyJobs(NETWORK, batchesOf(claim.cert, batchOf), () => undefined)).toBeUndefined();
  });

  it('takes a spare for the row of a light', () => {
    expect(faultOf(but(0, ackOf(tx, 0, LIGHTS[5])))).toBeUndefined();
  });

  it('may count k - 1 acks only with the bug that is planted for it', () => {
    const { certified: claim, batchOf } = certified(tx, acks().slice(0, 2));
    expect(certFault(claim, batchOf, FIRST_EPOCH)).toBe('too-few');
    expect(certFault(claim, batchOf, FIRST_EPOCH, 'commit-below-k')).toBeUndefined();
  });
});

const held = (...rows: number[]) =>
  rows.map((row) => ({ row, holder: tx.manifest.placement.holders[row]! }));

const rule = (terms: Partial<typeof TERMS>, ...rows: number[]) =>
  ruleFault({ terms: { ...TERMS, ...terms } }, CITY, held(...rows));

describe('the ack rule', () => {
  it("wants the share of anchor pieces on the sender's continent, to the piece", () => {
    expect(rule({ ackNeeded: 1 }, 0, 1, 5, 6)).toBeUndefined();
    expect(rule({ ackNeeded: 1 }, 0, 1, 5, 8)).toBe('few-local');
    expect(rule({ ackNeeded: 1, ackLocalPermille: 667 }, 0, 1, 5, 6)).toBe('few-local');
  });

  it('wants different anchors', () => {
    expect(rule({ ackNeeded: 1 }, 0, 5, 7)).toBe('few-anchors');
  });

  it("takes rows for escalation where they are held on the sender's continent", () => {
    expect(rule({ ackNeeded: 1 }, 0, 5, 9)).toBeUndefined();
    expect(rule({ ackNeeded: 1 }, 0, 5, 10)).toBe('few-local');
  });

  it('never takes fewer than k, whatever a policy says', () => {
    expect(rule({ ackNeeded: 0, ackLocalPermille: 0, ackAnchors: 0 }, 0, 1)).toBe('too-few');
  });
});
