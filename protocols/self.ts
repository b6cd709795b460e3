/**
 * Self: what every actor of a node is given when it is made. Who it is, in which city, with which secrets.
 *
 * Secrets never leave: they go into jobs of the pool of this process, never into a message, a note, a log
 * or a store. `plant` is a bug on purpose (simulations/plants.ts), for seeing that the suite catches it;
 * in production there is none.
 */
import type { KemSuite } from '#algorithms/kem.ts';
import type { SignatureSuite } from '#algorithms/signature.ts';
import type { Probe } from '#lib/probe.ts';
import type { DagPlant, EpochPlant } from './dag/plants.ts';
import type { Genesis } from './genesis.ts';
import type { Moment } from './effect.ts';
import { address, type Address, type NodeAddress } from './subjects.ts';

export interface NodeSecrets {
  readonly signing: { readonly suite: SignatureSuite; readonly seed: Uint8Array };
  readonly sealing: { readonly suite: KemSuite; readonly seed: Uint8Array };
  /** Of delegates, for draws: not the seed that signs. */
  readonly vrf: Uint8Array;
}

export const KEEPING_PLANTS = {
  'ack-before-fsync': 'a holder acknowledges what is not durable',
  'duplicate-ack-counted': 'an ack that comes twice counts twice',
  'no-holder-check': 'an ack counts whoever gave it',
  'commit-below-k': 'a certificate of k - 1 acks passes',
  'vertex-not-kept': 'a vertex is sent before it is durable',
  'seed-by-client': 'the client chooses what its placement is drawn from',
  'repair-trusts-index': 'a repairer believes the ledger, and not holders that have nothing',
  'repair-without-lease': 'a repairer begins before its lease was ordered',
  'repair-without-hysteresis': 'a transaction is repaired as soon as one piece is missing',
  'drop-before-moved': 'a holder drops what it has announced before others have it',
  'expiry-by-own-clock': 'a holder judges what has expired by its own clock',
  'unbounded-clock': 'a stamp from the far future is taken in',
  'decode-before-verify': 'a piece goes to the decoder before it was checked against the manifest',
  'no-recode-check': 'what was decoded is not coded again',
  'taken-twice': 'a transfer is taken in as often as somebody shows it',
  'released-early': 'a transfer that is not taken in yet comes back before its time is over',
} as const;
export type KeepingPlant = keyof typeof KEEPING_PLANTS | DagPlant | EpochPlant;

export interface Self {
  readonly genesis: Genesis;
  /** Other cities of the network, whose word on transfers can be checked. */
  readonly neighbours?: readonly Genesis[];
  readonly node: NodeAddress;
  readonly secrets: NodeSecrets;
  /** There are levels above its city, and this delegate follows how far that is rooted. */
  readonly isRooted?: boolean | undefined;
  /** Members of the levels above its city: they know what its delegates have signed there. */
  readonly above?: readonly Address[] | undefined;
  readonly probe: Probe;
  readonly plant?: KeepingPlant | undefined;
}

/** Whether something was said by the own node's actor of a role, or by this very process: not over a wire. */
export const isOwn = ({ node }: Pick<Self, 'node'>, role: string, { from }: Pick<Moment, 'from'>) =>
  from === undefined || from === address(node, role);
