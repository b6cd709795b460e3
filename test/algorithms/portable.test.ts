/**
 * What a browser and a worker can load: nothing of `algorithms/` and `lib/` needs Node but the one file that
 * says so, and jobs and answers are plain data.
 */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encapsulateMany, sealingKeyOf } from '#algorithms/kem.ts';
import { sealCapsules } from '#algorithms/seal.ts';
import { signMany, verifyingKeyOf, verifyMany } from '#algorithms/signature.ts';
import { outputOfMany, proveMany, vrfKeyOf } from '#algorithms/vrf.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';

await offerBackends('ml-kem-768=sodium'); // The one that repeats itself.

const filled = (length: number, fill: number) => new Uint8Array(length).fill(fill);
const network = utf8('net');
const text = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? hex(part) : part));

/** As a pool does it: both ways through the structured clone of a worker's port. */
const carried = <Job, Answer>(
  work: (jobs: readonly Job[]) => Answer,
  jobs: readonly Job[],
): string => text(structuredClone(work(structuredClone(jobs))));

describe('portable', () => {
  it('needs node: in crypto/native.ts only', () => {
    const needy = globSync('{algorithms,lib}/**/*.ts').filter((file) =>
      /(?:from|import) 'node:/.test(readFileSync(file, 'utf8')),
    );
    expect(needy).toEqual(['algorithms/crypto/native.ts']);
  });

  it('has signing jobs that survive a port', () => {
    const how = { suite: 'ed25519', purpose: 'vote', network } as const;
    const jobs = [{ ...how, seed: filled(32, 1), bytes: utf8('a') }];
    const checks = [
      {
        ...how,
        publicKey: verifyingKeyOf('ed25519', filled(32, 1)),
        bytes: utf8('a'),
        signature: signMany(jobs)[0]!,
      },
    ];
    expect(carried(signMany, jobs)).toBe(text(signMany(jobs)));
    expect(carried(verifyMany, checks)).toBe('[true]');
  });

  it('has sealing jobs that survive a port', () => {
    const suite = 'ml-kem-768' as const;
    const publicKey = sealingKeyOf(suite, filled(64, 1));
    const made = [{ suite, publicKey, entropy: filled(32, 2) }];
    const binding = {
      role: 'reader' as const,
      network,
      transaction: filled(32, 1),
      pieceRoot: filled(32, 2),
      recipient: utf8('r'),
      fingerprint: filled(32, 3),
      index: 0,
      policyVersion: 0,
    };
    const sealed = [{ ...made[0]!, binding, text: filled(32, 9) }];
    expect(carried(encapsulateMany, made)).toBe(text(encapsulateMany(made)));
    expect(carried(sealCapsules, sealed)).toBe(text(sealCapsules(sealed)));
  });

  it('has draws that survive a port', () => {
    const suite = 'ecvrf-edwards25519-tai' as const;
    const [seed, input] = [filled(32, 4), utf8('tx')];
    const proofs = proveMany([{ suite, seed, input }]);
    const checks = [{ suite, publicKey: vrfKeyOf(seed), input, proof: proofs[0]! }];
    expect(carried(proveMany, [{ suite, seed, input }])).toBe(text(proofs));
    expect(carried(outputOfMany, checks)).toBe(text(outputOfMany(checks)));
  });
});
