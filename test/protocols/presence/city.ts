/** A small city for tests of presence: delegates with real keys of the quick suite, nodes by number. */
import {
  eligibleDigest,
  eligibleHead,
  endorseJob,
  type Eligible,
  type EligibleHead,
  type Freeze,
  type Frozen,
} from '#protocols/eligibility.ts';
import { listedOf, rollOf, type Listed, type Roll } from '#protocols/presence/roll.ts';
import { fingerprintOf, readerFingerprintOf } from '#protocols/transaction.ts';
import { SIGNATURE_SUITES, sign, verifyingKeyOf } from '#algorithms/signature.ts';
import { NO_PROBE, type Probe } from '#lib/probe.ts';
import { deviceDigest, grantJob, operatorDigest, type Grant } from '#protocols/credential.ts';
import type { HeartOptions } from '#protocols/heart.ts';
import type { NodeSecrets, Self } from '#protocols/self.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';

export const KOMATSU = place('asia.ishikawa.komatsu');
export const NETWORK = Uint8Array.of(0x74, 0x65, 0x73, 0x74);
export const nodeNamed = (name: string): NodeAddress => nodeAddress(KOMATSU, name);

const seed = (at: number, what: number): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => (i * 7 + at * 31 + what * 101) & 0xff);

export const delegateSeed = (at: number): Uint8Array => seed(at, 1);
export const grantorSeed = seed(0, 2);

const ED25519 = 'ed25519';
export const keyOf = (from: Uint8Array) =>
  ({ suite: ED25519, key: verifyingKeyOf(ED25519, from) }) as const;

/** Delegates `d0`, `d1`, ... of these stakes. */
export const genesisOf = (...stakes: readonly bigint[]): Genesis => ({
  version: 1,
  network: NETWORK,
  place: KOMATSU,
  delegates: stakes.map((stake, i) => ({
    node: nodeNamed(`d${i}`),
    stake,
    signing: keyOf(delegateSeed(i)),
    vrf: seed(i, 3),
  })),
  grantor: keyOf(grantorSeed),
});

/** A head with the signatures of these delegates. */
export const endorsed = (head: EligibleHead, delegates: readonly number[]): Frozen => ({
  head,
  endorsements: delegates.map((delegate) => ({
    delegate,
    signature: sign(
      endorseJob(NETWORK, eligibleDigest(head), { suite: ED25519, seed: delegateSeed(delegate) }),
    ),
  })),
});

/** A node with keys of its own, as it stands in a list. */
export function listed(name: string, more: Partial<Eligible> = {}): Listed {
  const at = Number.parseInt(name.replaceAll(/\D/g, ''), 10);
  const signing = { suite: ED25519, key: seed(at, 4) } as const;
  const sealing = { suite: 'ml-kem-768', key: new Uint8Array(1_184).fill(at & 0xff) } as const;
  const eligible: Eligible = {
    node: nodeNamed(name),
    role: 'light',
    operator: seed(at, 5),
    device: seed(at, 6),
    weight: 500_000,
    fingerprint: readerFingerprintOf(sealing),
    signer: fingerprintOf(signing),
    ...more,
  };
  return listedOf({ eligible, sealing, signing })!;
}

/** A frozen list of these, signed by the first three delegates. */
export function rollWith(members: readonly Listed[], freeze: Partial<Freeze> = {}): Roll {
  const whole: Freeze = {
    place: KOMATSU,
    number: 1,
    at: 1_700_000_000_000,
    by: nodeNamed('d0'),
    follows: undefined,
    lights: [],
    ...freeze,
  };
  const head = eligibleHead(
    whole,
    members.map(({ eligible }) => eligible),
  );
  return rollOf(endorsed(head, [0, 1, 2]), members)!;
}

/** The secrets of a node, by any number. */
export const secretsOf = (at: number): NodeSecrets => ({
  signing: { suite: ED25519, seed: seed(at, 7) },
  sealing: { suite: 'ml-kem-768', seed: new Uint8Array(64).fill((at % 250) + 1) },
  vrf: seed(at, 3),
});

export const delegateSelf = (genesis: Genesis, at: number, probe: Probe = NO_PROBE): Self => ({
  genesis,
  node: genesis.delegates[at]!.node,
  secrets: { ...secretsOf(at), signing: { suite: ED25519, seed: delegateSeed(at) } },
  probe,
});

/** A light `n<at>` of an operator, with its grant. */
export function lightOf(genesis: Genesis, at: number, more: Partial<Grant> = {}): HeartOptions {
  const node = more.node ?? nodeNamed(`n${at}`);
  const secrets = secretsOf(at);
  const grant: Grant = {
    node,
    key: fingerprintOf(keyOf(secrets.signing.seed)),
    role: 'light',
    operator: operatorDigest(`operator ${at}`),
    device: deviceDigest(`device ${at}`),
    until: 2_000_000_000_000,
    ...more,
  };
  const { operator, device, role } = grant;
  return {
    self: { genesis, node, secrets, probe: NO_PROBE },
    role,
    operator,
    device,
    grant: {
      grant,
      signature: sign(grantJob(NETWORK, grant, { suite: ED25519, seed: grantorSeed })),
    },
    freeBytes: 400_000_000,
  };
}

export const NO_SIGNATURE = new Uint8Array(SIGNATURE_SUITES.ed25519.signatureBytes);
