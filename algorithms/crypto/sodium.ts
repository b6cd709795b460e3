/**
 * The backends of libsodium (WASM, 1.0.22): what a browser uses, and what Node uses where
 * `node:crypto` has nothing. All of them are deterministic: whoever must repeat bytes, as a simulation,
 * chooses `sodium` for ml-kem-768.
 *
 *   ed25519      sign 45 us, verify 110 us
 *   ml-kem-768   encapsulate 100 us, decapsulate 75 us      x-wing   190 us, 250 us
 *   ecvrf        over its group operations, each of which checks that a point is in the subgroup
 *
 * The module is ready only after a promise, and nothing here waits: a root does
 *
 *   await sodium.ready;  offerSodium(sodium);
 */
import type sodium from 'libsodium-wrappers-sumo';
import { assert } from '#lib/assert.ts';
import { attempt } from '#lib/attempt.ts';
import { concat, hex, same } from '#lib/bytes.ts';
import { ECVRF } from '../vrf.ts';
import { ecvrf, type Group } from './ecvrf.ts';
import { ED25519 } from './ed25519.ts';
import { NOBLE_GROUP } from './edwards-group.ts';
import { isCoordinate, withoutSign } from './edwards.ts';
import type { Encapsulator } from './encapsulator.ts';
import { memo } from './memo.ts';
import { ML_KEM_768 } from './ml-kem.ts';
import type { Signer } from './signer.ts';
import { X_WING } from './x-wing.ts';

export type Sodium = typeof sodium;

const SECRET_KEYS_MAX = 64;

function signer(library: Sodium): Signer {
  const keyPairOf = memo(
    SECRET_KEYS_MAX,
    digestWith(library),
    (seed) => library.crypto_sign_seed_keypair(seed),
    (pair) => pair.privateKey.fill(0),
  );
  return {
    deterministic: true,
    publicKey: (seed) => keyPairOf(seed).publicKey.slice(),
    sign: (seed, message) => library.crypto_sign_detached(message, keyPairOf(seed).privateKey),
    verify: (publicKey, message, signature) =>
      library.crypto_sign_verify_detached(signature, message, publicKey),
  };
}

const digestWith =
  (library: Sodium) =>
  (bytes: Uint8Array): string =>
    hex(library.crypto_hash_sha256(bytes));

function mlKem(library: Sodium): Encapsulator {
  const keyPairOf = memo(
    SECRET_KEYS_MAX,
    digestWith(library),
    (seed) => library.crypto_kem_mlkem768_seed_keypair(seed),
    (pair) => pair.privateKey.fill(0),
  );
  return {
    deterministic: true,
    publicKey: (seed) => keyPairOf(seed).publicKey.slice(),
    encapsulate: (publicKey, entropy) =>
      renamed(attempt(() => library.crypto_kem_mlkem768_enc_deterministic(publicKey, entropy))),
    decapsulate: (seed, ciphertext) =>
      library.crypto_kem_mlkem768_dec(ciphertext, keyPairOf(seed).privateKey),
  };
}

const xWing = (library: Sodium): Encapsulator => ({
  deterministic: true,
  publicKey: (seed) => library.crypto_kem_xwing_seed_keypair(seed).publicKey,
  encapsulate: (publicKey, entropy) =>
    renamed(attempt(() => library.crypto_kem_xwing_enc_deterministic(publicKey, entropy))),
  decapsulate: (seed, ciphertext) => attempt(() => library.crypto_kem_xwing_dec(ciphertext, seed)),
});

const renamed = (made: { ciphertext: Uint8Array; sharedSecret: Uint8Array } | undefined) =>
  made && { ciphertext: made.ciphertext, secret: made.sharedSecret };

const IDENTITY = concat(Uint8Array.of(1), new Uint8Array(31));

/** Points are their encodings; libsodium reads and checks them at every operation. */
const group = (library: Sodium): Group<Uint8Array> => ({
  read: (bytes) => (library.crypto_core_ed25519_is_valid_point(bytes) ? bytes : undefined),
  write: (point) => point,
  readTimesEight: (bytes) => {
    if (!isCoordinate(withoutSign(bytes))) return undefined;
    const double = library.crypto_core_ed25519_add; // Throws for bytes off the curve.
    const point = attempt(() => {
      const twice = double(bytes, bytes);
      const fourTimes = double(twice, twice);
      return double(fourTimes, fourTimes);
    });
    return point === undefined || same(point, IDENTITY) ? undefined : point;
  },
  // libsodium's own map fixes the sign of x, where RFC 9380 fixes that of y: half of its points
  // are the negatives of the right ones.
  encode: (message, tag) => NOBLE_GROUP.write(NOBLE_GROUP.encode(message, tag)),
  multiply: (scalar, point) => library.crypto_scalarmult_ed25519_noclamp(scalar, point),
  multiplyBase: (scalar) => library.crypto_scalarmult_ed25519_base_noclamp(scalar),
  subtract: (a, b) => library.crypto_core_ed25519_sub(a, b),
  reduce: (wide) => library.crypto_core_ed25519_scalar_reduce(wide),
  multiplyAdd: (a, b, c) =>
    library.crypto_core_ed25519_scalar_add(library.crypto_core_ed25519_scalar_mul(a, b), c),
});

/** Offers every backend of this file, as the most wanted ones. Once a process, before `native`. */
export function offerSodium(library: Sodium): void {
  assert(typeof library.crypto_sign_detached === 'function', 'sodium.ready was awaited');
  ED25519.offer({ name: 'sodium', make: () => signer(library) });
  ML_KEM_768.offer({ name: 'sodium', make: () => mlKem(library) });
  X_WING.offer({ name: 'sodium', make: () => xWing(library) });
  ECVRF.offer({ name: 'sodium', make: () => ecvrf(group(library)) });
}
