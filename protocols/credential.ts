/**
 * Credentials: why somebody may stand on a city's node list, and the login that shows it.
 *
 *   grant      of the city's grantor to a light: this node, with this key, as this role, until then
 *   contract   of an anchor (config/anchors.yaml), known to every presence; needs no grant
 *   login      what a node says of itself, in answer to one challenge of one presence
 *
 * A login is signed by the node's own key over all that it says, the challenge and the presence that
 * gave it included: it says nothing anywhere else, or a second time. Operators and devices are digests:
 * a list must show who is the same, not who it is.
 */
import { readName } from '#algorithms/identity.ts';
import { domain, hash } from '#algorithms/hash/hash.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import type { Anchor } from '#config/anchors.ts';
import { assert } from '#lib/assert.ts';
import { same, utf8 } from '#lib/bytes.ts';
import { bytes, count, optional, record, type Infer } from './codec.ts';
import { HolderRole } from './eligibility.ts';
import { signed } from './signed.ts';
import { isNodeAddress, type NodeAddress } from './subjects.ts';
import {
  actorName,
  digest,
  nodeName,
  SealingKey,
  signature,
  unixMs,
  VerifyingKey,
} from './terms.ts';
import { fingerprintOf, readerFingerprintOf } from './transaction.ts';

export const Grant = record({
  node: nodeName,
  /** The fingerprint of the key that the node signs with. */
  key: digest,
  role: HolderRole,
  operator: digest,
  device: digest,
  until: unixMs,
});
export type Grant = Infer<typeof Grant>;

export const SignedGrant = record({ grant: Grant, signature });
export type SignedGrant = Infer<typeof SignedGrant>;

/** What a contract says of an anchor, as far as presence is concerned. */
export interface Contract extends Omit<Grant, 'role' | 'until'> {
  /** The fingerprint of the key that its pieces are sealed for. */
  readonly sealing: Uint8Array;
}

export const NONCE_BYTES = 40;

export const Login = record({
  node: nodeName,
  role: HolderRole,
  verifying: VerifyingKey,
  sealing: SealingKey,
  operator: digest,
  device: digest,
  freeBytes: count(Number.MAX_SAFE_INTEGER),
  /** The challenge, and who gave it. */
  nonce: bytes(NONCE_BYTES),
  server: actorName,
});
export type Login = Infer<typeof Login>;

/** What shows anyone, later too, that a node wanted onto the list, and that it may. */
export const Proof = record({ login: Login, grant: optional(SignedGrant), signature });
export type Proof = Infer<typeof Proof>;

const OPERATOR = domain('operator');
const DEVICE = domain('device');
export const operatorDigest = (name: string): Uint8Array => hash(OPERATOR, utf8(name));
export const deviceDigest = (name: string): Uint8Array => hash(DEVICE, utf8(name));

export const { sign: grantJob, verify: grantVerifyJob } = signed(Grant, 'grant');
export const { sign: loginJob, verify: loginVerifyJob } = signed(Login, 'login');

export type Contracts = ReadonlyMap<NodeAddress, Contract>;

/** What presence reads of the file of contracts. Each anchor is a device of its own. */
export function contractsOf(anchors: readonly Anchor[]): Contracts {
  const contracts = new Map<NodeAddress, Contract>();
  for (const { node, operator, signing, sealing } of anchors) {
    const [key, seals] = [readName(signing), readName(sealing)];
    assert(isNodeAddress(node) && key !== undefined && seals !== undefined, 'contracts were read');
    contracts.set(node, {
      node,
      key,
      sealing: seals,
      operator: operatorDigest(operator),
      device: deviceDigest(node),
    });
  }
  return contracts;
}

/** What is wrong with a credential before any signature is looked at. */
export type CredentialFault = 'no-grant' | 'other-grant' | 'grant-over';

export function credentialFault(
  { login, grant: shown }: Pick<Proof, 'login' | 'grant'>,
  contracts: Contracts,
  wall: number,
): CredentialFault | undefined {
  if (login.role === 'anchor') return contractFault(login, contracts.get(login.node));
  if (shown === undefined) return 'no-grant';
  const { grant } = shown;
  if (grant.role !== login.role || !isWhoMay(login, grant)) return 'other-grant';
  return grant.until <= wall ? 'grant-over' : undefined;
}

function contractFault(login: Login, contract: Contract | undefined): CredentialFault | undefined {
  if (contract === undefined) return 'no-grant';
  const isTheirs = same(contract.sealing, readerFingerprintOf(login.sealing));
  return isTheirs && isWhoMay(login, contract) ? undefined : 'other-grant';
}

const isWhoMay = (login: Login, may: Omit<Grant, 'role' | 'until'>): boolean =>
  may.node === login.node &&
  same(may.operator, login.operator) &&
  same(may.device, login.device) &&
  same(may.key, fingerprintOf(login.verifying));

/** The signatures of a proof that has no fault: the grant's first, since fewer can bring one. */
export function proofJobs(
  network: Uint8Array,
  grantor: VerifyingKey,
  { login, grant, signature: made }: Proof,
): VerifyJob[] {
  const jobs = [loginVerifyJob(network, login, made, login.verifying)];
  if (login.role === 'light' && grant !== undefined)
    jobs.unshift(grantVerifyJob(network, grant.grant, grant.signature, grantor));
  return jobs;
}
