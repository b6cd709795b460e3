/**
 * Jobs of presence: what is too heavy for a step. Each is a function of its input alone.
 *
 * | job               | does                                                   | asked by             |
 * | ----------------- | ------------------------------------------------------ | -------------------- |
 * | `presence.verify` | signatures, one verdict each                           | replicas, presences  |
 * | `presence.admit`  | logins: signatures, and a session key for each that stands | presences        |
 * | `presence.sign`   | one signature                                          | presences, hearts    |
 * | `presence.open`   | what was encapsulated, or `null`                       | hearts               |
 */
import {
  decapsulate,
  encapsulate,
  type DecapsulateJob,
  type EncapsulateJob,
} from '#algorithms/kem.ts';
import {
  isVerifyingKey,
  sign,
  verify,
  verifyMany,
  type SignJob,
  type VerifyJob,
} from '#algorithms/signature.ts';
import type { Plain } from '../effect.ts';

type Job = (input: Plain) => Plain;

/** What comes out of a step goes into a job as it is: the pool's types know only that it is plain. */
const job = <I, O extends Plain>(run: (input: I) => O): Job => run as unknown as Job;

export interface Admission {
  readonly verify: readonly VerifyJob[];
  readonly seal: EncapsulateJob;
}

/** What a session begins with; `undefined` where the login does not stand. */
export interface Admitted {
  readonly ciphertext: Uint8Array;
  readonly secret: Uint8Array;
}

function admit({ verify: jobs, seal }: Admission): Plain {
  const stands = jobs.every((each) => isVerifyingKey(each.suite, each.publicKey) && verify(each));
  const made = stands ? encapsulate(seal) : undefined;
  return made === undefined ? undefined : { ciphertext: made.ciphertext, secret: made.secret };
}

export const PRESENCE_JOBS: Readonly<Record<string, Job>> = {
  'presence.verify': job((input: readonly VerifyJob[]) => verifyMany(input)),
  'presence.admit': job((input: readonly Admission[]) => input.map(admit)),
  'presence.sign': job((input: SignJob) => sign(input)),
  'presence.open': job((input: DecapsulateJob) => decapsulate(input)),
};
