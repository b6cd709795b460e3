/** What an auditor is made of, and its bounds; auditor.ts has the picture. */
import type { Lru } from '#lib/lru.ts';
import type { Policy } from '#config/policy.ts';
import type { HolderRole } from '../eligibility.ts';
import type { Replica } from '../presence/replica.ts';
import type { Self } from '../self.ts';
import { address, type Address, type NodeAddress } from '../subjects.ts';
import type { Facts, Wanted } from './facts.ts';
import type { Following } from './follow.ts';
import type { Pace } from './pace.ts';
import type { Paying } from './payday.ts';
import type { AuditPlant } from './plants.ts';
import type { Span } from './span.ts';
import type { Waits } from './waits.ts';

/** Challenges under way at once. */
export const CHALLENGES_MAX = 64;
/** Rows asked of a holder in a span: who lacks a twentieth of them is seen to 99 times of 100. */
export const ROWS_PER_SPAN = 96;
/** Of transactions looked at of late. */
export const FACTS_MAX = 2_048;
/** Doubts of readers that wait for a challenge, of one holder and of all. */
export const DOUBTS_MAX = 16;
export const DOUBTED_MAX = 256;

export interface Options {
  readonly self: Self;
  /** The city's first policy. */
  readonly policy: Policy;
  readonly plant?: AuditPlant | undefined;
}

/** Rows that were asked for, and never answered. */
export interface Debt {
  readonly wanted: readonly Wanted[];
  tries: number;
}

/** A holder, as long as it is on the list. */
export interface Known {
  readonly node: NodeAddress;
  role: HolderRole;
  /** It owes an answer, and is asked for that before anything else. */
  debt: Debt | undefined;
  /** Right answers in a row that came too late. */
  late: number;
  challenges: number;
  isBusy: boolean;
  nextAt: number;
  /** Pages of its own behind the newest one; transactions on a page, and bytes of a transaction, as far as was seen. */
  pages: number;
  perPage: number | undefined;
  bytesPerTx: number | undefined;
}

/** Rows by what was found in this span. */
export interface Tally {
  sound: number;
  lacking: number;
  silent: number;
  false: number;
}

export interface Round {
  readonly span: Span;
  /** Drawn from the newest batch; nothing is asked before. */
  seed: Uint8Array | undefined;
  drawn: number;
  /** Whose turn it is, newcomers first. */
  readonly queue: NodeAddress[];
  readonly isQueued: Set<NodeAddress>;
  turn: number;
  readonly tallies: Map<NodeAddress, Tally>;
  /** Rows that were asked for. */
  readonly asked: Map<NodeAddress, Set<string>>;
  /** Whose silence was counted. */
  readonly isSilent: Set<NodeAddress>;
}

export interface Auditing {
  readonly of: Options;
  readonly copy: Replica;
  readonly following: Following;
  readonly paying: Paying;
  readonly waits: Waits;
  readonly known: Map<NodeAddress, Known>;
  /** And when they were told. */
  readonly facts: Lru<string, { readonly facts: Facts; readonly at: number }>;
  readonly pace: Pace;
  round: Round | undefined;
  /** The list that the queue was made from. */
  listed: Uint8Array | undefined;
  underWay: number;
  /** What may still be asked for now: pieces, as many as the policy has for the time that has passed. */
  allowance: number;
  allowedAt: number;
  readonly doubts: Map<NodeAddress, { readonly txId: Uint8Array; readonly row: number }[]>;
  /** Sums of others are being asked for. */
  isCatchingUp: boolean;
  /** Against whom evidence was brought. */
  readonly accused: Set<NodeAddress>;
}

export const own = ({ of }: Auditing, role: string): Address => address(of.self.node, role);

export function tallyOf(round: Round, node: NodeAddress): Tally {
  let tally = round.tallies.get(node);
  if (tally === undefined)
    round.tallies.set(node, (tally = { sound: 0, lacking: 0, silent: 0, false: 0 }));
  return tally;
}
