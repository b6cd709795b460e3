/**
 * Sealing rows, each for one holder: the job of S3. Bound to network, transaction, pieces, holder, key, row
 * and policy (`holderBinding`), so that a capsule opens for nobody else and for nothing else.
 */
import { KEM_SUITES } from '#algorithms/kem.ts';
import { sealCapsule } from '#algorithms/seal.ts';
import { assert } from '#lib/assert.ts';
import { holderBinding, type Order } from '../holding.ts';
import type { NodeAddress } from '../subjects.ts';
import type { SealingKey } from '../terms.ts';
import { readerFingerprintOf } from '../transaction.ts';

/** One row, and for whom. */
export interface ToSeal {
  readonly row: number;
  readonly holder: NodeAddress;
  readonly key: SealingKey;
  readonly text: Uint8Array;
}

export interface SealInput {
  readonly network: Uint8Array;
  readonly order: Pick<Order, 'txId' | 'pieceRoot' | 'policyVersion'>;
  readonly rows: readonly ToSeal[];
  /** For all of them, never used twice. */
  readonly entropy: Uint8Array;
}

/** What nobody can open: for a holder whose key is none. */
export const NO_CAPSULE: Uint8Array = Uint8Array.of(0);

/** A capsule for each row. */
export function sealRows({ network, order, rows, entropy }: SealInput): readonly Uint8Array[] {
  let used = 0;
  const capsules = rows.map(({ row, holder, key, text }) => {
    const own = entropy.subarray(used, (used += KEM_SUITES[key.suite].entropyBytes));
    const binding = holderBinding(network, order, row, holder, readerFingerprintOf(key));
    const job = { suite: key.suite, publicKey: key.key, binding, entropy: own, text };
    return sealCapsule(job) ?? NO_CAPSULE;
  });
  assert(used === entropy.length, 'there is as much entropy as it takes');
  return capsules;
}
