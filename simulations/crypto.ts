/**
 * Which cryptography a run has. Most seeds have keyed hashes, so that a run of a city costs what its
 * actors cost; one seed in a hundred has the real thing, from backends that repeat themselves.
 *
 *   seed --(drawn)--> cheap: keyed-hash.ts stands in       restored after the run,
 *                '--> real:  backends without chance       however it ends
 *
 * `runSeed` does this for every scenario, so that a scenario does nothing. Keys and signatures of one kind
 * mean nothing in the other: whoever makes keys makes them within the run.
 */
import type { Primitive } from '#algorithms/backend.ts';
import { ED25519 } from '#algorithms/crypto/ed25519.ts';
import { ML_DSA, type MlDsa } from '#algorithms/crypto/ml-dsa.ts';
import { ML_KEM_768 } from '#algorithms/crypto/ml-kem.ts';
import { KEM_SUITES } from '#algorithms/kem.ts';
import { SIGNATURE_SUITES } from '#algorithms/signature.ts';
import { PAIRING } from '#algorithms/threshold/pairing.ts';
import { ECVRF } from '#algorithms/vrf.ts';
import { assert } from '#lib/assert.ts';
import { hashedEd25519, hashedKem, hashedSigner, hashedVrf } from './keyed-hash.ts';
import { Random } from './random.ts';
import { scalarPairing } from './scalar-pairing.ts';

export type CryptoKind = 'cheap' | 'real';

/** One seed in so many has real cryptography. */
const REAL_SEEDS = 100;
const LATTICES = Object.keys(ML_DSA) as MlDsa[];

export const cryptoOf = (seed: number): CryptoKind =>
  Random.of(seed).fork('crypto').below(REAL_SEEDS) === 0 ? 'real' : 'cheap';

export const withCheapCrypto = <T>(run: () => T): T => withStandIns(CHEAP, run);

/** Of the backends that this process has, those that draw nothing themselves. */
export const withRealCrypto = <T>(run: () => T): T => withStandIns(REAL, run);

export const withCrypto = <T>(kind: CryptoKind, run: () => T): T =>
  withStandIns(kind === 'cheap' ? CHEAP : REAL, run);

/** Puts something in the place of a primitive; the result takes it away. */
type StandIn = () => () => void;

const instead =
  <T>(primitive: Primitive<T>, made: T): StandIn =>
  () =>
    primitive.standIn(made);

const { 'ml-kem-768': mlKem } = KEM_SUITES;

const CHEAP: readonly StandIn[] = [
  ...LATTICES.map((suite) => instead(ML_DSA[suite], hashedSigner(suite, SIGNATURE_SUITES[suite]))),
  instead(ED25519, hashedEd25519()),
  instead(ML_KEM_768, hashedKem(mlKem.publicKeyBytes, mlKem.ciphertextBytes)),
  instead(ECVRF, hashedVrf()),
  instead(PAIRING, scalarPairing()),
];

/** Node has no way to give OpenSSL our entropy: its ML-DSA and ML-KEM would differ from run to run. */
const REAL: readonly StandIn[] = [
  ...LATTICES.map((suite) => repeating(ML_DSA[suite])),
  repeating(ML_KEM_768),
  // The curve library blinds its scalars by chance of its own, which no simulated step may touch.
  instead(ECVRF, hashedVrf()),
  instead(PAIRING, scalarPairing()),
];

function repeating<T extends { readonly deterministic: boolean }>(
  primitive: Primitive<T>,
): StandIn {
  return () => {
    const made = primitive.backend('sodium') ?? primitive.backend('portable');
    assert(made?.deterministic === true, `${primitive.name} has a backend that repeats itself`);
    return primitive.standIn(made);
  };
}

function withStandIns<T>(standIns: readonly StandIn[], run: () => T): T {
  const leave = standIns.map((standIn) => standIn());
  try {
    return run();
  } finally {
    for (const each of leave.toReversed()) each();
  }
}
