/**
 * Key encapsulation, the door: suites over raw bytes. Whoever has a public key makes a text and a
 * secret of 32 bytes; only the owner of the seed finds the secret in the text again.
 *
 *   suite        id   seed   entropy   public key   ciphertext
 *   ml-kem-768    1     64        32         1184         1088    the default
 *   x-wing        2     32        64         1216         1120    ML-KEM-768 and X25519 together
 *   sntrup761     3     32        32         1158         1039    Streamlined NTRU Prime
 *
 * Both directions are total in what a peer sends: `undefined` for a key or text that nobody honest
 * makes. A text that was made for another key, or mauled, gives a secret that nobody knows
 * (implicit rejection); it is the tag of what was sealed with it that tells. Jobs and results are plain
 * data, for a pool of workers.
 */
import { assert } from '#lib/assert.ts';
import type { Primitive } from './backend.ts';
import type { Encapsulated, Encapsulator } from './crypto/encapsulator.ts';
import { isMlKemKey, ML_KEM_768 } from './crypto/ml-kem.ts';
import { SNTRUP761 } from './crypto/ntru-prime.ts';
import { isXWingKey, isXWingText, X_WING } from './crypto/x-wing.ts';

export type KemSuite = 'ml-kem-768' | 'x-wing' | 'sntrup761';

export interface EncapsulateJob {
  readonly suite: KemSuite;
  readonly publicKey: Uint8Array;
  /** Never used twice. `ml-kem-768` on the native backend draws its own instead. */
  readonly entropy: Uint8Array;
}

export interface DecapsulateJob {
  readonly suite: KemSuite;
  readonly seed: Uint8Array;
  readonly ciphertext: Uint8Array;
}

interface Suite {
  readonly id: number;
  readonly seedBytes: number;
  readonly entropyBytes: number;
  readonly publicKeyBytes: number;
  readonly ciphertextBytes: number;
  readonly kem: Primitive<Encapsulator>;
  readonly isKey: (publicKey: Uint8Array) => boolean;
  /** What of `isKey` no backend sees for itself when it reads a key. */
  readonly admits: (publicKey: Uint8Array) => boolean;
  readonly isText: (ciphertext: Uint8Array) => boolean;
}

const anything = (): boolean => true;

/** Ids are written into what is sealed and stored: never renumbered, never reused. */
export const KEM_SUITES: Readonly<Record<KemSuite, Suite>> = {
  'ml-kem-768': {
    id: 1,
    seedBytes: 64,
    entropyBytes: 32,
    publicKeyBytes: 1_184,
    ciphertextBytes: 1_088,
    kem: ML_KEM_768,
    isKey: isMlKemKey,
    admits: anything,
    isText: anything,
  },
  'x-wing': {
    id: 2,
    seedBytes: 32,
    entropyBytes: 64,
    publicKeyBytes: 1_216,
    ciphertextBytes: 1_120,
    kem: X_WING,
    isKey: isXWingKey,
    admits: isXWingKey,
    isText: isXWingText,
  },
  sntrup761: {
    id: 3,
    seedBytes: 32,
    entropyBytes: 32,
    publicKeyBytes: 1_158,
    ciphertextBytes: 1_039,
    kem: SNTRUP761,
    isKey: anything,
    admits: anything,
    isText: anything,
  },
};

/** The suite that an id stands for; `undefined` for an id of the future. */
export const kemSuiteOf = (id: number): KemSuite | undefined =>
  (Object.keys(KEM_SUITES) as KemSuite[]).find((suite) => KEM_SUITES[suite].id === id);

/** The public key of a seed. */
export function sealingKeyOf(suite: KemSuite, seed: Uint8Array): Uint8Array {
  const { seedBytes, kem } = KEM_SUITES[suite];
  assert(seed.length === seedBytes, 'a seed has the length of its suite');
  return kem.use().publicKey(seed);
}

/** Fit to be registered: the right length, and everything in it in range. */
export function isSealingKey(suite: KemSuite, publicKey: Uint8Array): boolean {
  const { publicKeyBytes, isKey } = KEM_SUITES[suite];
  return publicKey.length === publicKeyBytes && isKey(publicKey);
}

/** `undefined` when the bytes are not a public key of the suite. */
export function encapsulate(job: EncapsulateJob): Encapsulated | undefined {
  const { entropyBytes, publicKeyBytes, kem, admits } = KEM_SUITES[job.suite];
  assert(job.entropy.length === entropyBytes, 'entropy has the length of its suite');
  if (job.publicKey.length !== publicKeyBytes || !admits(job.publicKey)) return undefined;
  return kem.use().encapsulate(job.publicKey, job.entropy);
}

/** `undefined` when the bytes are not a text of the suite. */
export function decapsulate(job: DecapsulateJob): Uint8Array | undefined {
  const { seedBytes, ciphertextBytes, kem, isText } = KEM_SUITES[job.suite];
  assert(job.seed.length === seedBytes, 'a seed has the length of its suite');
  if (job.ciphertext.length !== ciphertextBytes || !isText(job.ciphertext)) return undefined;
  return kem.use().decapsulate(job.seed, job.ciphertext);
}

export const encapsulateMany = (
  jobs: readonly EncapsulateJob[],
): readonly (Encapsulated | undefined)[] => jobs.map(encapsulate);

export const decapsulateMany = (
  jobs: readonly DecapsulateJob[],
): readonly (Uint8Array | undefined)[] => jobs.map(decapsulate);
