/** City proofs: what is proved is what happened, and nothing else passes for it. */
import { NOTHING } from '#algorithms/merkle/sparse.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyMany } from '#algorithms/signature.ts';
import { utf8 } from '#lib/bytes.ts';
import { isAct } from '#protocols/city-batch.ts';
import { Malformed, toBytes, whole } from '#protocols/codec.ts';
import { stateStep } from '#protocols/city-state.ts';
import { PLACES, type Happened } from '#protocols/ledger.messages.ts';
import { cityProof, CityProof, cityProofJobs } from '#protocols/proof/city-proof.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { cases } from '#test/cases.ts';
import { bytesOf } from '../sample.ts';
import { CITY, committeeOf, madeOf } from './chain.ts';

await offerCityBackends();

const { network } = CITY.genesis;
const shapes = fc.record({
  height: fc.integer({ min: 1, max: 1_000 }),
  entries: fc.integer({ min: 1, max: 20 }),
  actEvery: fc.integer({ min: 1, max: 5 }),
  idleEvery: fc.integer({ min: 2, max: 5 }),
});

/** What somebody says of a proof who has the committee alone. */
function verdict(proof: CityProof, on = network): string {
  const claimed = cityProofJobs(on, committeeOf, proof);
  if (!claimed.ok) return claimed.error;
  return verifyMany(claimed.value.jobs).every(Boolean) ? 'proved' : 'bad-signature';
}

function verdictOfBytes(bytes: Uint8Array): string {
  try {
    return verdict(whole(CityProof, bytes));
  } catch (error) {
    if (error instanceof Malformed) return 'malformed';
    throw error;
  }
}

/** The proof of the first entry that did something. */
function someProof(height = 7): CityProof {
  const made = madeOf({ height, entries: 5, actEvery: 3, idleEvery: 4 });
  return cityProof(made, 0)!;
}

describe('a city proof', () => {
  it('proves what each entry did, and there is none of what did nothing', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, n) => {
        const made = madeOf(shape);
        const index = n % shape.entries;
        const proof = cityProof(made, index);
        const number = shape.height * PLACES + index;
        const outcome = made.happened.find((each) => each.number === number);
        expect(proof === undefined).toBe(outcome === undefined);
        if (proof === undefined || outcome === undefined) return;
        expect(verdict(proof)).toBe('proved');
        const claimed = cityProofJobs(network, committeeOf, proof);
        const entry = made.of.batch.entries[index]!;
        expect(claimed.ok && claimed.value.proved).toMatchObject({
          place: CITY.genesis.place,
          height: shape.height,
          txId: outcome.txId,
          state: outcome.state,
          act: isAct(entry) ? entry.cert : undefined,
          number,
          top: made.next.batch.head,
        });
      }),
      { numRuns: cases(20) },
    );
  });

  it('is refused with any one bit changed', () => {
    const bytes = toBytes(CityProof, someProof());
    expect(verdictOfBytes(bytes)).toBe('proved');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const other = bytes.slice();
        other[at]! ^= 1 << bit;
        expect(verdictOfBytes(other)).not.toBe('proved');
      }),
      { numRuns: cases(50) },
    );
  });

  it('is refused with any part of another one, by the name of what is wrong', () => {
    const [one, other] = [someProof(7), someProof(8)];
    const verdicts = Object.keys(one).map((part) => {
      const mixed = { ...one, [part]: other[part as keyof CityProof] } as CityProof;
      return `${part}: ${verdict(mixed)}`;
    });
    expect(verdicts).toEqual([
      'entry: not-in-batch',
      'ordered: not-in-batch',
      'step: not-in-state',
      'outcome: not-its-outcome',
      'at: proved', // The same number in both.
      'path: not-in-state',
      'next: not-in-state',
      'quorum: bad-signature',
    ]);
  });

  it('is refused with an outcome of its neighbour, a head from elsewhere, a committee nobody knows', () => {
    const made = madeOf({ height: 7, entries: 3, actEvery: 9, idleEvery: 9 });
    const [one, two] = [cityProof(made, 0)!, cityProof(made, 1)!];
    const { outcome, at, path } = two;
    expect(verdict({ ...one, outcome, at, path })).toBe('not-its-outcome');
    const elsewhere = { ...one.next, height: 9 };
    expect(verdict({ ...one, next: elsewhere })).toBe('not-next');
    expect(verdict({ ...one, next: { ...one.next, prev: bytesOf('other') } })).toBe('not-next');
    expect(verdict({ ...one, next: { ...one.next, epoch: 1 } })).toBe('unknown-committee');
  });

  it('is refused with what another entry did to the same transaction, or by another cause', () => {
    const made = madeOf({ height: 7, entries: 3, actEvery: 2, idleEvery: 9 });
    const [first, act, last] = made.happened as [Happened, Happened, Happened];
    const proofWith = (happened: readonly Happened[], index: number): CityProof => {
      const step = stateStep(happened, { accounts: NOTHING, stakes: NOTHING });
      return cityProof({ ...made, happened, step }, index)!;
    };
    const again = [first, { ...act, txId: first.txId }, last];
    const { outcome, at, path } = proofWith(again, 1);
    expect(verdict({ ...proofWith(again, 0), outcome, at, path })).toBe('not-its-outcome');
    const lie = [first, { ...act, cause: bytesOf('another act') }, last];
    expect(verdict(proofWith(lie, 1))).toBe('not-its-outcome');
    expect(verdict(proofWith([last, act, first], 0))).toBe('not-in-state');
  });

  it('is refused without a quorum, with one member twice, and on another network', () => {
    const shape = { height: 7, entries: 2, actEvery: 9, idleEvery: 9 };
    expect(verdict(cityProof(madeOf({ ...shape, by: [0, 1] }), 0)!)).toBe('no-quorum');
    expect(verdict(cityProof(madeOf({ ...shape, by: [0, 1, 1] }), 0)!)).toBe('no-quorum');
    expect(verdict(cityProof(madeOf({ ...shape, by: [1, 2, 3] }), 0)!)).toBe('proved');
    expect(verdict(cityProof(madeOf(shape), 0)!, utf8('other'))).toBe('bad-signature');
  });
});
