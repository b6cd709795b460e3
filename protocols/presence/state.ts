/** What a presence is made of; see presence.ts. */
import { hex } from '#lib/bytes.ts';
import type { Scores } from './scores.ts';
import type { Contracts } from '../credential.ts';
import { record, count, type Infer } from '../codec.ts';
import type { Effect } from '../effect.ts';
import type { EligibleHead, Endorsement } from '../eligibility.ts';
import type { PresenceSays } from '../presence.messages.ts';
import type { Self } from '../self.ts';
import { address, type Address, type NodeAddress } from '../subjects.ts';
import { digest } from '../terms.ts';
import type { Desk } from './desk.ts';
import type { Download } from './download.ts';
import type { Peers } from './peers.ts';
import type { Registry } from './registry.ts';
import type { Replica } from './replica.ts';
import type { Roll } from './roll.ts';
import type { Strangers } from './strangers.ts';
import type { Limits, Table } from './table.ts';
import type { Weighing } from './weigh.ts';

export interface Options {
  readonly self: Self;
  readonly contracts: Contracts;
  readonly limits: Limits;
  readonly weighing: Weighing;
}

/** The last list that this presence stood for. Durable before its signature is made. */
export const Voted = record({ number: count(Number.MAX_SAFE_INTEGER), list: digest });
export type Voted = Infer<typeof Voted>;

/** A list of our own, until enough stand for it. */
export interface Proposal {
  readonly key: string;
  readonly roll: Roll;
  /** When it was made, and when anybody last moved for it. */
  readonly since: number;
  stirredAt: number;
  saidAt: number;
  /** By delegate: as they came, and those that verified. */
  readonly ballots: Map<number, Uint8Array>;
  readonly endorsements: Map<number, Endorsement>;
}

/** A list of another, until we stand for it or not. */
export interface Candidate {
  readonly key: string;
  readonly head: EligibleHead;
  readonly from: Address;
  stirredAt: number;
  readonly download: Download;
  roll: Roll | undefined;
  /** Who is new in it and was not proved yet. */
  unproven: readonly NodeAddress[];
}

/** A vote on its way: kept, then signed, then said. */
export interface Casting {
  readonly key: string;
  readonly list: Uint8Array;
  readonly to: Address | undefined;
  signature: Uint8Array | undefined;
}

export interface Presence {
  readonly of: Options;
  readonly address: Address;
  /** Our place among the delegates. */
  readonly delegate: number;
  readonly desk: Desk;
  readonly peers: Peers;
  readonly replica: Replica;
  readonly registry: Registry;
  readonly scores: Scores;
  /** Until when each is told of new lists. */
  readonly followers: Map<Address, number>;
  readonly strangers: Strangers;
  table: Table;
  leads: boolean;
  /** The newest list when we last looked. */
  newest: Roll | undefined;
  /** When that came, or we took the lead; and how many lists came early in a row. */
  frozenAt: number;
  early: number;
  voted: Voted | undefined;
  casting: Casting | undefined;
  proposal: Proposal | undefined;
  candidate: Candidate | undefined;
  /** Numbers that others stood for already. */
  taken: number;
  aliveAt: number;
}

export type Said = readonly Effect<PresenceSays>[];

export const keyOf = (list: Uint8Array): string => hex(list);
export const newestRoll = ({ replica }: Presence): Roll | undefined => replica.rolls[0];

/** The presences of the other delegates. */
export const othersOf = ({ of, delegate }: Presence): readonly Address[] =>
  of.self.genesis.delegates.flatMap(({ node }, i) =>
    i === delegate ? [] : [address(node, 'presence')],
  );
