/**
 * ristretto255 by libsodium. A point is kept as its 32 bytes, the only form that the library has; the
 * identity is 32 zeros. The module is ready only after a promise, and nothing here waits: a root does
 *
 *   await sodium.ready;  offerSodiumRistretto(sodium);
 */
import { expand_message_xmd } from '@noble/curves/abstract/hash-to-curve.js';
import { sha512 } from '@noble/hashes/sha2.js';
import type library from 'libsodium-wrappers-sumo';
import { assert } from '#lib/assert.ts';
import { same, utf8 } from '#lib/bytes.ts';
import { fromLittleEndian, littleEndian } from './group.ts';
import type { HashingGroup, Ristretto, Scalar } from './group.ts';
import { RISTRETTO } from './ristretto.ts';

export type Sodium = typeof library;

/** RFC 9496 section 4: the order of the group. */
const ORDER = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;
const POINT_BYTES = 32;
const IDENTITY = new Uint8Array(POINT_BYTES);
/** RFC 9496 section 4.3.4: what an element is derived from. */
const UNIFORM_BYTES = 64;

const own = (point: Ristretto) => point as unknown as Uint8Array;
const made = (point: Uint8Array) => point as unknown as Ristretto;
const isIdentity = (point: Ristretto) => same(own(point), IDENTITY);

/** Offers this backend as the most wanted one. Once a process. */
export function offerSodiumRistretto(sodium: Sodium): void {
  assert(typeof sodium.crypto_scalarmult_ristretto255 === 'function', 'sodium.ready was awaited');
  RISTRETTO.offer({ name: 'sodium', make: () => sodiumRistretto(sodium) });
}

function sodiumRistretto(sodium: Sodium): HashingGroup<Ristretto> {
  const generator = made(sodium.crypto_scalarmult_ristretto255_base(littleEndian(1n)));
  // The library refuses to answer the identity; in a group of prime order only these two cases do.
  const multiply = (point: Ristretto, scalar: Scalar) => {
    if (scalar === 0n || isIdentity(point)) return made(IDENTITY);
    const bytes = littleEndian(scalar);
    return made(
      point === generator
        ? sodium.crypto_scalarmult_ristretto255_base(bytes)
        : sodium.crypto_scalarmult_ristretto255(bytes, own(point)),
    );
  };
  const add = (a: Ristretto, b: Ristretto) =>
    made(sodium.crypto_core_ristretto255_add(own(a), own(b)));
  return {
    name: 'ristretto255',
    order: ORDER,
    generator,
    identity: made(IDENTITY),
    pointBytes: POINT_BYTES,
    read: (bytes) =>
      bytes.length === POINT_BYTES &&
      !same(bytes, IDENTITY) &&
      sodium.crypto_core_ristretto255_is_valid_point(bytes)
        ? made(Uint8Array.from(bytes))
        : undefined,
    write: (point) => Uint8Array.from(own(point)),
    readScalar: (bytes) => fromLittleEndian(bytes, ORDER),
    writeScalar: littleEndian,
    same: (a, b) => same(own(a), own(b)),
    add,
    multiply,
    multiplySecret: multiply,
    combine: (points, scalars) =>
      points.reduce((sum, point, i) => add(sum, multiply(point, scalars[i]!)), made(IDENTITY)),
    hash: (message, tag) =>
      made(
        sodium.crypto_core_ristretto255_from_hash(
          expand_message_xmd(message, utf8(tag), UNIFORM_BYTES, sha512),
        ),
      ),
  };
}
