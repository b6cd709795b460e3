/** Policies as bytes: one form, read back the same, and whatever can be read can be resolved. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPolicy } from '#config/policy/read.ts';
import { DEFAULTS } from '#config/policy/read.ts';
import { Malformed, toBytes, whole } from '#protocols/codec.ts';
import {
  digestOfPolicy,
  inForce,
  policyBytes,
  policyFault,
  piecesOf,
  readPolicyBytes,
  Resolved,
  resolved,
} from '#protocols/policy.ts';
import { BY_DAY } from '#test/config/policy/world.ts';
import { hex } from '#lib/bytes.ts';
import { cases } from '#test/cases.ts';

const BYTES = policyBytes(DEFAULTS);
const fault = (change: Partial<typeof DEFAULTS>) => policyFault({ ...DEFAULTS, ...change });

describe('policy as bytes', () => {
  it('is read back the same, and named by its bytes', () => {
    expect(readPolicyBytes(BYTES)).toEqual(DEFAULTS);
    expect(inForce(7, DEFAULTS)).toEqual({
      version: 7,
      digest: digestOfPolicy(BYTES),
      policy: DEFAULTS,
    });
  });
  it('has other bytes for each other policy', () => {
    const other = readPolicy('boosts: [{ when: p_light < 0.09, anchor_total: 1 }]', 'p');
    expect(other.ok && hex(policyBytes(other.value.policy))).not.toBe(hex(BYTES));
  });
  it('of any peer is malformed, or can be resolved', () => {
    const flips = fc.array(fc.tuple(fc.nat(BYTES.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(flips, (at) => {
        const bytes = BYTES.slice();
        for (const [i, value] of at) bytes[i] = value;
        try {
          const policy = readPolicyBytes(bytes);
          const now = resolved(inForce(1, policy), BY_DAY);
          expect(piecesOf(now)).toBeLessThanOrEqual(256);
          expect(policyBytes(policy)).toEqual(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
      { numRuns: cases(1_500) },
    );
  });
  it('says what cannot be judged or coded', () => {
    const [boost] = DEFAULTS.boosts;
    expect(policyFault(DEFAULTS)).toBeUndefined();
    expect(fault({ pieces: { ...DEFAULTS.pieces, k: 0 } })).toMatch(/few/);
    expect(fault({ zones: [] })).toMatch(/verdict/);
    expect(fault({ boosts: [{ ...boost!, condition: [{ op: 'and' }] }] })).toMatch(/verdict/);
    expect(fault({ boosts: [{ ...boost!, condition: [] }] })).toMatch(/verdict/);
    expect(fault({ zones: [{ name: 'x', spans: [] }] })).toMatch(/zone/);
    expect(fault({ anchors: DEFAULTS.anchors.toReversed() })).toMatch(/order/);
    const lights = { least: 30, most: 256 };
    expect(fault({ bounds: { ...DEFAULTS.bounds, lights } })).toMatch(/rows/);
  });
});

describe('what is resolved', () => {
  it('has one form', () => {
    const now = resolved(inForce(1, DEFAULTS), BY_DAY);
    const bytes = toBytes(Resolved, now);
    expect(whole(Resolved, bytes)).toEqual(now);
    expect(bytes.length).toBeLessThan(200);
    expect(piecesOf(now)).toBe(42);
  });
});
