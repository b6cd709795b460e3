/** A node of the small city on a frozen list that its delegates signed, with its key and the way to it. */
import { sign } from '#algorithms/signature.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { eligibleDigest, eligibleHead, endorseJob, type Frozen } from '#protocols/eligibility.ts';
import { listedKey, type ListedKey } from '#protocols/listed-key.ts';
import { listedOf, rollOf, type Roll } from '#protocols/presence/roll.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { fingerprintOf, readerFingerprintOf } from '#protocols/transaction.ts';
import { DELEGATES, keyOf, LIGHTS, NETWORK, sealingOf, selfOf } from './holding/kept-city.ts';
import { WALL } from './moments.ts';

export function rollOfLights(genesis: Genesis, nodes: readonly NodeAddress[] = LIGHTS): Roll {
  const members = nodes.toSorted().map((node) => {
    const [signing, sealing] = [keyOf(node)!, sealingOf(node)!];
    const eligible = {
      node,
      role: 'light',
      operator: new Uint8Array(32),
      device: new Uint8Array(32),
      weight: 1,
      fingerprint: readerFingerprintOf(sealing),
      signer: fingerprintOf(signing),
    } as const;
    return listedOf({ eligible, sealing, signing })!;
  });
  const freeze = { number: 1, at: WALL, by: DELEGATES[0], follows: undefined, lights: [] };
  const head = eligibleHead(
    { place: genesis.place, ...freeze },
    members.map(({ eligible }) => eligible),
  );
  const endorsements = genesis.delegates.map(({ node }, delegate) => ({
    delegate,
    signature: sign(endorseJob(NETWORK, eligibleDigest(head), selfOf(node).secrets.signing)),
  }));
  const frozen: Frozen = { head, endorsements };
  return rollOf(frozen, members)!;
}

export const listedIn = (genesis: Genesis, node: NodeAddress): ListedKey =>
  listedKey(rollOfLights(genesis), node)!;
