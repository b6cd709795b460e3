/** Values on their way between threads: the same on the other side, however their bytes lie. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plain } from '#protocols/effect.ts';
import { Parcel } from '#runtime/pool/parcel.ts';

/** Bytes that are all there is of their memory, or a part of more. */
const bytes = fc
  .tuple(fc.uint8Array({ maxLength: 40 }), fc.boolean())
  .map(([own, isPart]) => (isPart ? Uint8Array.of(7, ...own, 7).subarray(1, 1 + own.length) : own));
const { plain } = fc.letrec<{ plain: Plain }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 3 },
    bytes,
    fc.constantFrom(undefined, null, true, 7, 7n, 'seven'),
    fc.array(tie('plain'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('path', 'key', 'rows'), tie('plain'), { maxKeys: 3 }),
  ),
}));

const large = (): Uint8Array<ArrayBuffer> => new Uint8Array(32 * 1024).fill(3);

/** What the other thread has. */
const travelled = (value: Plain, { transfer }: Parcel): Plain =>
  structuredClone(value, { transfer }) as Plain;

describe('a parcel', () => {
  it('brings what is lent as it is, together, and leaves it with its owner', () => {
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 4 }), (values) => {
        const before = structuredClone(values);
        const parcel = new Parcel();
        expect(travelled(parcel.lent(values), parcel)).toEqual(before);
        expect(values).toEqual(before);
        expect(parcel.transfer.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 60 },
    );
  });

  it('brings what is given as it is, and gives large bytes away without a copy', () => {
    const [one, two] = [large(), large().subarray(0, 20_000)];
    const parcel = new Parcel();
    const given = parcel.given({ one, again: one, two, small: Uint8Array.of(1, 2) });
    expect(parcel.transfer).toEqual([one.buffer, expect.any(ArrayBuffer)]);
    const there = travelled(given, parcel);
    expect(there).toEqual({ one: large(), again: large(), two, small: Uint8Array.of(1, 2) });
    expect([one.length, two.length]).toEqual([0, 20_000]);
  });

  it('copies large bytes that are lent', () => {
    const mine = large();
    const parcel = new Parcel();
    expect(travelled(parcel.lent([mine]), parcel)).toEqual([large()]);
    expect(mine).toEqual(large());
  });
});
