/**
 * Proofs of one logarithm: that somebody knows x with image[k] = x base[k] for every k. With one pair
 * it is Schnorr's proof of knowledge, with two Chaum and Pedersen's of equal logarithms (CRYPTO '92),
 * made non-interactive by hashing the whole statement and a context (strong Fiat-Shamir).
 *
 *   w[k] = s base[k],   e = H(context, bases, images, w),   f = s + e x;   the proof is (e, f)
 *   valid iff e = H(context, bases, images, f base[k] - e image[k])
 *
 * The nonce s is derived from the secret and the whole statement, as in EdDSA: no randomness, and no
 * two statements share one.
 */
import { concat } from '#lib/bytes.ts';
import { type Group, type Scalar, SCALAR_BYTES } from './group.ts';
import { scalarFrom } from './oracle.ts';
import { modulo } from './polynomial.ts';

/** What is proven, and where the proof counts. */
export interface Statement<P> {
  readonly group: Group<P>;
  readonly domain: string;
  readonly context: readonly Uint8Array[];
  readonly bases: readonly P[];
  readonly images: readonly P[];
}

export const PROOF_BYTES = 2 * SCALAR_BYTES;

export function prove<P>(statement: Statement<P>, secret: Scalar): Uint8Array {
  const { group, domain, bases } = statement;
  const { order, writeScalar } = group;
  const nonce = scalarFrom(order, `${domain}/nonce`, writeScalar(secret), ...written(statement));
  const commitments = bases.map((base) => group.multiplySecret(base, nonce));
  const challenge = challengeOf(statement, commitments);
  return concat(writeScalar(challenge), writeScalar(modulo(nonce + challenge * secret, order)));
}

/** False for anything but a valid proof of this very statement. */
export function isProven<P>(statement: Statement<P>, proof: Uint8Array): boolean {
  const { group, bases, images } = statement;
  const challenge = group.readScalar(proof.subarray(0, SCALAR_BYTES));
  const response = group.readScalar(proof.subarray(SCALAR_BYTES));
  if (challenge === undefined || response === undefined) return false;
  const minus = modulo(-challenge, group.order);
  const commitments = bases.map((base, k) => group.combine([base, images[k]!], [response, minus]));
  return challengeOf(statement, commitments) === challenge;
}

const challengeOf = <P>(statement: Statement<P>, commitments: readonly P[]): Scalar =>
  scalarFrom(
    statement.group.order,
    `${statement.domain}/challenge`,
    ...written(statement),
    ...commitments.map(statement.group.write),
  );

const written = <P>({ group, context, bases, images }: Statement<P>): readonly Uint8Array[] => [
  ...context,
  ...bases.map(group.write),
  ...images.map(group.write),
];
