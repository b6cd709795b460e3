/** What a delegate of a continent knows, and its bounds. continent.ts has the picture. */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { hex } from '#lib/bytes.ts';
import type { Probe } from '#lib/probe.ts';
import { count, list, optional, record, toBytes, type Infer } from '../codec.ts';
import type {
  ContinentSays,
  Offer,
  Proposal,
  TimeoutWord,
  VoteWord,
  Where,
  Given,
} from '../continent.messages.ts';
import { refs, type Ref } from '../continent.messages.ts';
import type { Effect } from '../effect.ts';
import { EMPTY_PAYLOAD, Qc, round, Tc } from '../jolteon/block.ts';
import type { Chain } from '../jolteon/certify.ts';
import type { Jolteon } from '../jolteon/jolteon.ts';
import {
  batchId,
  municipalityName,
  type Municipality,
  type Sealed,
} from '../municipality-batch.ts';
import type { NodeSecrets } from '../self.ts';
import { address, type Address, type NodeAddress } from '../subjects.ts';
import { digest } from '../terms.ts';
import type { Verifying } from '../verifying.ts';

/** Municipality batches of each municipality that wait for their place. */
export const WAITING_MAX = 64;
export const CASTS_MAX = 64;

export interface Continent extends Chain {
  readonly municipalities: readonly Pick<Municipality, 'network' | 'name' | 'epoch' | 'members'>[];
}

export const CONTINENT_PLANTS = {
  'continent-vote-not-kept': 'a delegate says its vote before it is durable',
} as const;
export type ContinentPlant = keyof typeof CONTINENT_PLANTS;

export interface DelegateSelf {
  readonly continent: Continent;
  readonly node: NodeAddress;
  readonly signing: NodeSecrets['signing'];
  readonly probe: Probe;
  readonly plant?: ContinentPlant | undefined;
}

export type Effects = Effect<ContinentSays>[];
export type Claim = Offer | Proposal | VoteWord | TimeoutWord | Where | Given;

/** On its way out: signed, and said when all that was kept before it is kept. */
export interface Cast {
  readonly make: (signature: Uint8Array) => ContinentSays;
  readonly after: number;
  signature: Uint8Array | undefined;
}

export interface DelegateState {
  readonly self: DelegateSelf;
  readonly own: number;
  readonly peers: readonly NodeAddress[];
  jolteon: Jolteon;
  /** How many blocks are committed, and of each municipality the last batch that is. */
  height: number;
  readonly ordered: Map<string, number>;
  /** Verified municipality batches that are not ordered yet, by name and number. */
  readonly waiting: Map<string, Sealed>;
  /** What blocks carry that are not committed. */
  readonly bodies: Map<string, readonly Ref[]>;
  readonly wanted: Set<string>;
  keeps: number;
  kept: number;
  casts: number;
  readonly underWay: Map<string, Cast>;
  readonly verifying: Verifying<Claim>;
  ticks: number;
  /** How much was given to each of the others since the last tick. */
  readonly gave: Map<NodeAddress, number>;
}

export const delegateOf = (node: NodeAddress): Address => address(node, 'continent');
export const keyOf = ({ name, id }: Pick<Ref, 'name' | 'id'>): string => `${name} ${id}`;
export const nameOfBlock = (id: Uint8Array): string => `block/${hex(id)}`;

const PAYLOAD = domain('continent block payload');
const Refs = record({ refs });
/** What a block says of what it carries. */
export const payloadOf = (all: readonly Ref[]): Uint8Array =>
  all.length === 0 ? EMPTY_PAYLOAD : hash(PAYLOAD, toBytes(Refs, { refs: all }));

/** Kept before anything signed leaves. */
export const KeptSafety = record({
  lastVoted: round,
  oneChain: round,
  highQc: Qc,
  lastTc: optional(Tc),
  vote: optional(record({ round, block: digest })),
  proposed: round,
});
export const KeptTip = record({
  id: digest,
  round,
  height: count(Number.MAX_SAFE_INTEGER),
  ordered: list(record({ name: municipalityName, id: batchId }), 1_024),
});
export type KeptTip = Infer<typeof KeptTip>;
