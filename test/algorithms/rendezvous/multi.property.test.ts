/** Composite keys: different lists of parts never make the same bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compositeKey, shardKey, type KeyPart } from '#algorithms/rendezvous/multi.ts';
import { hex } from '#lib/bytes.ts';
import { cases } from '#test/cases.ts';

const part = (): fc.Arbitrary<KeyPart> =>
  fc.oneof(
    fc.uint8Array({ maxLength: 3 }),
    fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'b', '\0') }),
    fc.bigInt({ min: 0n, max: 300n }),
  );
const parts = () => fc.array(part(), { maxLength: 4 });
const named = (parts: readonly KeyPart[]): string =>
  JSON.stringify(
    parts.map((part) =>
      part instanceof Uint8Array ? [hex(part)] : typeof part === 'bigint' ? Number(part) : part,
    ),
  );

describe('composite keys', () => {
  it('differ whenever their parts do', () =>
    fc.assert(
      fc.property(parts(), parts(), (a, b) => {
        expect(hex(compositeKey(...a)) === hex(compositeKey(...b))).toBe(named(a) === named(b));
      }),
      { numRuns: cases(1_000) },
    ));
  it('have one form', () => {
    expect(hex(shardKey(3n, Uint8Array.of(0xab), 258n))).toBe(
      '0200080000000000000003000001ab0200080000000000000102',
    );
    expect(hex(compositeKey('é', ''))).toBe('010002c3a9010000');
  });
  it('take numbers beyond 64 bits, and parts beyond 64 KiB, for a bug', () => {
    for (const bad of [-1n, 2n ** 64n]) expect(() => compositeKey(bad)).toThrow('64 bits');
    expect(() => compositeKey(new Uint8Array(65_536))).toThrow('64 KiB');
  });
});
