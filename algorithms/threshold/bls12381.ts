/**
 * BLS12-381: its numbers, and the gate before its point encodings.
 *
 * Points travel in the compressed form of ZCash, which the IETF drafts on pairing-friendly curves and
 * BLS signatures took over (draft-irtf-cfrg-pairing-friendly-curves, appendix C): the x coordinate
 * big-endian (for G2 its imaginary part first), and in the three highest bits of the first byte
 * "compressed", "infinity", "y is the larger of the two". Libraries differ in what else they let
 * through, so the gate here decides everything that can be seen without knowing the curve, and a
 * backend only whether the x that remains belongs to a point, and that point to the subgroup.
 */
import { compare, unhex } from '#lib/bytes.ts';

/** The order of G1 and G2. */
export const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

export const COORDINATE_BYTES = 48;
export const G1_BYTES = COORDINATE_BYTES;
export const G2_BYTES = 2 * COORDINATE_BYTES;

/** The prime of the coordinates' field, p. */
const MODULUS = unhex(
  '1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab',
)!;
/** The generators that the standard fixes, compressed. */
export const G1_GENERATOR = unhex(
  '97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb',
)!;
export const G2_GENERATOR = unhex(
  '93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e' +
    '024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8',
)!;

const COMPRESSED = 0x80;
const INFINITY = 0x40;
const COORDINATE_BITS = 0x1f;

/** One compressed point of this length: not the identity, every coordinate below p. */
export function isCompressedPoint(bytes: Uint8Array, length: number): boolean {
  if (bytes.length !== length) return false;
  const flags = bytes[0]!;
  if ((flags & COMPRESSED) === 0 || (flags & INFINITY) !== 0) return false;
  const coordinates = Uint8Array.from(bytes);
  coordinates[0] = flags & COORDINATE_BITS;
  for (let at = 0; at < length; at += COORDINATE_BYTES) {
    if (compare(coordinates.subarray(at, at + COORDINATE_BYTES), MODULUS) >= 0) return false;
  }
  return true;
}
