/** The border to libraries that throw. */
import { describe, expect, it } from 'vitest';
import { assert, InvariantViolation } from '#lib/assert.ts';
import { attempt } from '#lib/attempt.ts';

describe('attempt', () => {
  it('gives what the library gives', () => expect(attempt(() => 7)).toBe(7));
  it('makes an answer of what a library throws', () =>
    expect(
      attempt(() => {
        throw new RangeError('bad point');
      }),
    ).toBeUndefined());
  it('lets our own broken invariants through', () =>
    expect(() => attempt(() => assert(false, 'never'))).toThrow(InvariantViolation));
});
