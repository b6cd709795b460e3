/**
 * The verifiable random function, the door: keys and proofs as bytes, one job shape each way, and
 * the primitive behind it. The construction and its strict profile are in crypto/ecvrf.ts.
 *
 *   suite                        key    proof   output
 *   ecvrf-edwards25519-tai        32       80       64     the default
 *   ecvrf-edwards25519-ell2       32       80       64     no trial and error on the way to a point
 *
 * The seed must not be one that signs: both draw their nonces from it. Not post-quantum: whoever
 * can take logarithms can predict outputs, never prove a second one; what a draw decides therefore
 * never rests on secrecy alone. Reference: RFC 9381; consensus notes, 3j.
 */
import { assert } from '#lib/assert.ts';
import { hex, unhex } from '#lib/bytes.ts';
import { primitive } from './backend.ts';
import { type Ecvrf, ecvrf, type Encoding, PROOF_BYTES } from './crypto/ecvrf.ts';
import { NOBLE_GROUP } from './crypto/edwards-group.ts';
import { isStrictPoint } from './crypto/edwards.ts';

export type VrfSuite = 'ecvrf-edwards25519-tai' | 'ecvrf-edwards25519-ell2';

export interface ProveJob {
  readonly suite: VrfSuite;
  readonly seed: Uint8Array;
  readonly input: Uint8Array;
}

export interface CheckJob {
  readonly suite: VrfSuite;
  readonly publicKey: Uint8Array;
  readonly input: Uint8Array;
  readonly proof: Uint8Array;
}

const ENCODING: Readonly<Record<VrfSuite, Encoding>> = {
  'ecvrf-edwards25519-tai': 'tai',
  'ecvrf-edwards25519-ell2': 'ell2',
};

/** RFC 9381 appendix B.3 example 17 and B.4 example 20: one seed and input, both suites. */
const KNOWN = {
  seed: unhex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')!,
  input: Uint8Array.of(0x72),
  tai:
    'f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed593' +
    '3bf0864a62558b3ed7f2fea45c92a465301b3bbf5e3e54ddf2d935be3b67926d' +
    'a3ef39226bbc355bdc9850112c8f4b02',
  ell2:
    '47b327393ff2dd81336f8a2ef10339112401253b3c714eeda879f12c509072ef' +
    '055b48372bb82efbdce8e10c8cb9a2f9d60e93908f93df1623ad78a86a028d6b' +
    'c064dbfc75a6a57379ef855dc6733801',
};

function passes(vrf: Ecvrf): boolean {
  const key = vrf.publicKey(KNOWN.seed);
  return (['tai', 'ell2'] as const).every((encoding) => {
    const proof = vrf.prove(encoding, KNOWN.seed, KNOWN.input);
    return (
      hex(proof) === KNOWN[encoding] &&
      vrf.verify(encoding, key, KNOWN.input, proof) !== undefined &&
      vrf.verify(encoding, key, Uint8Array.of(1), proof) === undefined
    );
  });
}

export const ECVRF = primitive<Ecvrf>('ecvrf', passes, [
  { name: 'portable', make: () => ecvrf(NOBLE_GROUP) },
]);

/** The public key of a 32-byte seed (the Ed25519 key of the same seed). */
export function vrfKeyOf(seed: Uint8Array): Uint8Array {
  assert(seed.length === 32, 'a VRF seed has 32 bytes');
  return ECVRF.use().publicKey(seed);
}

/** The only proof an honest owner makes for this input; deterministic. */
export function prove(job: ProveJob): Uint8Array {
  assert(job.seed.length === 32, 'a VRF seed has 32 bytes');
  return ECVRF.use().prove(ENCODING[job.suite], job.seed, job.input);
}

/** A proof, and the 64 random bytes that it proves. */
export interface Proven {
  readonly proof: Uint8Array;
  readonly output: Uint8Array;
}

/** A proof with its output, for whoever made it: a fifth of what checking it would cost. */
export function proven(job: ProveJob): Proven {
  const proof = prove(job);
  const output = ECVRF.use().output(ENCODING[job.suite], job.seed, job.input, proof);
  return { proof, output };
}

/** The 64 random bytes that the proof proves; `undefined` if it proves nothing. Total. */
export function outputOf(job: CheckJob): Uint8Array | undefined {
  const { publicKey, proof } = job;
  if (proof.length !== PROOF_BYTES) return undefined;
  if (publicKey.length !== 32 || !isStrictPoint(publicKey)) return undefined;
  if (!isStrictPoint(proof.subarray(0, 32))) return undefined;
  return ECVRF.use().verify(ENCODING[job.suite], publicKey, job.input, proof);
}

export const proveMany = (jobs: readonly ProveJob[]): Uint8Array[] => jobs.map(prove);

export const outputOfMany = (jobs: readonly CheckJob[]): readonly (Uint8Array | undefined)[] =>
  jobs.map(outputOf);
