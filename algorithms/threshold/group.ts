/**
 * Groups of prime order, as the threshold schemes see them: points that can be added, multiplied by
 * a scalar, written as bytes and read back. The schemes are written once over this interface; what
 * stands behind it is a library (mcl, libsodium) or noble, with the same bytes and the same verdicts.
 *
 * A point is opaque and belongs to the backend that made it: read it again from its bytes to use it
 * with another. `read` is the only entrance for foreign bytes and refuses what is not the one
 * encoding of a point of the prime-order group, and the identity (a key or a share that is the
 * identity is known to everybody). Scalars are bigints below the order.
 *
 * Timing: `multiplySecret` does its best against a remote clock (constant-time in mcl and libsodium,
 * branch-free tables in noble); arithmetic on bigint scalars is not constant-time, and JavaScript
 * cannot erase them. Whoever runs code beside the delegate's process is not kept out here.
 */
import { assert } from '#lib/assert.ts';
import type { Brand } from '#lib/brand.ts';
import { hex, unhex } from '#lib/bytes.ts';

/** A number below the order of the group at hand. */
export type Scalar = bigint;

export type G1 = Brand<object, 'BLS12-381 G1'>;
export type G2 = Brand<object, 'BLS12-381 G2'>;
export type Ristretto = Brand<object, 'ristretto255'>;

export interface Group<P> {
  readonly name: string;
  readonly order: bigint;
  readonly generator: P;
  readonly identity: P;
  readonly pointBytes: number;
  /** The point of these bytes, or `undefined` for anything but a canonical point, not the identity. */
  readonly read: (bytes: Uint8Array) => P | undefined;
  readonly write: (point: P) => Uint8Array;
  /** The standard's scalar bytes (32), or `undefined` when they are not below the order. */
  readonly readScalar: (bytes: Uint8Array) => Scalar | undefined;
  readonly writeScalar: (scalar: Scalar) => Uint8Array;
  readonly same: (a: P, b: P) => boolean;
  readonly add: (a: P, b: P) => P;
  /** For public scalars. */
  readonly multiply: (point: P, scalar: Scalar) => P;
  readonly multiplySecret: (point: P, scalar: Scalar) => P;
  /** The sum of the points, each times its (public) scalar. */
  readonly combine: (points: readonly P[], scalars: readonly Scalar[]) => P;
}

/** A group into which messages can be hashed so that nobody knows the result's logarithm. */
export interface HashingGroup<P> extends Group<P> {
  /** RFC 9380; `tag` is the domain separation tag of the suite. */
  readonly hash: (message: Uint8Array, tag: string) => P;
}

/** BLS12-381: signatures and hashes in G1, keys in G2. */
export interface Pairing {
  readonly g1: HashingGroup<G1>;
  readonly g2: Group<G2>;
  /** e(hash, key) = e(signature, generator of G2). */
  readonly matches: (hash: G1, key: G2, signature: G1) => boolean;
}

export const SCALAR_BYTES = 32;

/** Big-endian, as in the IETF's BLS drafts (I2OSP). */
export function bigEndian(scalar: Scalar): Uint8Array {
  const bytes = unhex(scalar.toString(16).padStart(2 * SCALAR_BYTES, '0'));
  assert(bytes?.length === SCALAR_BYTES, 'a scalar has 32 bytes');
  return bytes;
}

/** Little-endian, as in RFC 9496 section 4.4. */
export const littleEndian = (scalar: Scalar): Uint8Array => bigEndian(scalar).toReversed();

export function fromBigEndian(bytes: Uint8Array, order: bigint): Scalar | undefined {
  if (bytes.length !== SCALAR_BYTES) return undefined;
  const scalar = BigInt(`0x${hex(bytes)}`);
  return scalar < order ? scalar : undefined;
}

export const fromLittleEndian = (bytes: Uint8Array, order: bigint): Scalar | undefined =>
  fromBigEndian(bytes.toReversed(), order);
