/** Delegates with keys that are drawn: for simulations of those levels where nobody has a device of its own. */
import { verifyingKeyOf } from '#algorithms/signature.ts';
import type { Delegate } from '#protocols/genesis.ts';
import type { NodeAddress } from '#protocols/subjects.ts';

export function delegateWith(node: NodeAddress, stake: number, seed: Uint8Array): Delegate {
  const key = verifyingKeyOf('ed25519', seed);
  return { node, stake: BigInt(stake), signing: { suite: 'ed25519', key }, vrf: key };
}
