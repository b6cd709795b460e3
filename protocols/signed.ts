/**
 * What is signed: a record, for a purpose of its own, within one network. Signing it and checking a signature are work
 * for the pool; here is what it is given.
 *
 *   export const { sign: vertexSignJob, verify: vertexVerifyJob } = signed(VertexHead, 'vertex');
 */
import type { Purpose, SignatureSuite, SignJob, VerifyJob } from '#algorithms/signature.ts';
import { toBytes, type Codec } from './codec.ts';
import type { VerifyingKey } from './terms.ts';

export interface SigningKey {
  readonly suite: SignatureSuite;
  readonly seed: Uint8Array;
}

export interface Signed<T> {
  readonly sign: (network: Uint8Array, said: T, key: SigningKey) => SignJob;
  readonly verify: (
    network: Uint8Array,
    said: T,
    signature: Uint8Array,
    by: VerifyingKey,
  ) => VerifyJob;
}

export const signed = <T>(record: Codec<T>, purpose: Purpose): Signed<T> => ({
  sign: (network, said, key) => ({ ...key, purpose, network, bytes: toBytes(record, said) }),
  verify: (network, said, signature, { suite, key: publicKey }) => ({
    suite,
    purpose,
    network,
    publicKey,
    bytes: toBytes(record, said),
    signature,
  }),
});
