/**
 * Encodings on Curve25519, before any arithmetic: 32 bytes, little-endian, a coordinate below
 * p = 2^255 - 19, and on edwards25519 the sign of x in the top bit. Reference: RFC 8032 section 5.1.3.
 */
import { ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js';
import { same, unhex } from '#lib/bytes.ts';

/** The order of the base point, L = 2^252 + ..., little-endian. RFC 8032 section 5.1. */
const ORDER = unhex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')!;

/** y of the eight points of small order: 0, 1, -1 and two more. */
const SMALL_ORDER = ED25519_TORSION_SUBGROUP.map((point) => withoutSign(unhex(point)!));

/** A field element in its only form: below p, and nothing in the top bit. */
export const isCoordinate = (bytes: Uint8Array): boolean => {
  if (bytes[31]! < 0x7f) return true;
  if (bytes[31]! > 0x7f) return false;
  return bytes[0]! < 0xed || bytes.subarray(1, 31).some((byte) => byte !== 0xff);
};

/** A scalar in its only form: below the order of the base point. */
export function isScalar(bytes: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) if (bytes[i] !== ORDER[i]) return bytes[i]! < ORDER[i]!;
  return false;
}

/**
 * A point that may be a key or a commitment, as far as one sees without a square root: y in its
 * only form, and not one of the eight points that vanish when multiplied by 8.
 */
export function isStrictPoint(bytes: Uint8Array): boolean {
  const y = withoutSign(bytes);
  return isCoordinate(y) && !SMALL_ORDER.some((small) => same(small, y));
}

/** The coordinate y alone. */
export function withoutSign(point: Uint8Array): Uint8Array {
  const y = point.slice();
  y[31] = y[31]! & 0x7f;
  return y;
}
