/**
 * Delegates with keys that are drawn: for simulations of those levels where nobody has a device of its own. Of the suite
 * of cities: it repeats itself in seeds that have real cryptography (crypto.ts), and certificates have their real size.
 */
import { verifyingKeyOf } from '#algorithms/signature.ts';
import type { Delegate } from '#protocols/genesis.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import type { NodeAddress } from '#protocols/subjects.ts';

const SUITE = 'ml-dsa-65';
/** Nothing is drawn by it on these levels. */
const NO_VRF = new Uint8Array(32);

export const signingWith = (seed: Uint8Array): NodeSecrets['signing'] => ({ suite: SUITE, seed });

export function delegateWith(node: NodeAddress, stake: number, seed: Uint8Array): Delegate {
  const signing = { suite: SUITE, key: verifyingKeyOf(SUITE, seed) } as const;
  return { node, stake: BigInt(stake), signing, vrf: NO_VRF };
}
