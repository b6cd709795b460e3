/**
 * The genesis of a city: what everybody who takes part was told before the first message.
 *
 * Delegates stand in the order of their names, each once; their stake is above zero. Whoever wants onto
 * the node list shows a grant signed by the grantor. A city's genesis never changes; committees of later
 * epochs follow from it by signed hand-overs.
 */
import { bytes, count, list, optional, record, u64, type Infer } from './codec.ts';
import { contractName, digest, nodeName, placeName, VerifyingKey } from './terms.ts';

export const DELEGATES_MAX = 256;
/** The epoch whose committee the genesis names. */
export const FIRST_EPOCH = 0;

export const Delegate = record({
  node: nodeName,
  stake: u64,
  signing: VerifyingKey,
  /** Proves its draws (algorithms/vrf.ts): another key than the one that signs. */
  vrf: bytes(32),
});
export type Delegate = Infer<typeof Delegate>;

export const ENDOWMENTS_MAX = 1_024;
/** What an account has from the beginning (objects/object.ts): a key's fingerprint, and thousand-millionths of a Harmony. */
export const Endowment = record({ account: digest, amount: u64 });
export type Endowment = Infer<typeof Endowment>;

export const CONTRACTS_MAX = 64;

export const Genesis = record({
  version: count(1),
  /** What is signed for one network says nothing on another. */
  network: bytes(1, 64),
  place: placeName,
  delegates: list(Delegate, DELEGATES_MAX),
  grantor: VerifyingKey,
  endowments: optional(list(Endowment, ENDOWMENTS_MAX)),
  /** What its transactions may call (objects/contracts.ts). */
  contracts: optional(list(contractName, CONTRACTS_MAX)),
});
export type Genesis = Infer<typeof Genesis>;

export const stakeOf = ({ delegates }: Pick<Genesis, 'delegates'>): bigint =>
  delegates.reduce((sum, { stake }) => sum + stake, 0n);

/** Whether at least one in so much of a stake is honest, where less than a third is not. */
export const hasHonest = (part: bigint, whole: bigint): boolean => part * 3n > whole;

/** Whether so much of a stake is more than two thirds of all of it. */
export const isQuorum = (part: bigint, whole: bigint): boolean => part * 3n > whole * 2n;
