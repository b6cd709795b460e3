/** What an ingress knows: who waits at the door, and the transactions that it drives. */
import { hex } from '#lib/bytes.ts';
import { lru, type Lru } from '#lib/lru.ts';
import { record, type Infer } from '../codec.ts';
import type { Ticket } from '../effect.ts';
import type { Order } from '../lifecycle.ts';
import type { Moved } from '../sending.messages.ts';
import type { Address, NodeAddress } from '../subjects.ts';
import { unixMs } from '../terms.ts';
import { Tx } from '../transaction.ts';
import { buckets, type Buckets } from '../allowance.ts';
import { openWindow, type Window } from './window.ts';

/** Transactions that one ingress drives at a time; each is up to 17 KB in memory and in the journal. */
export const DRIVEN_MAX = 4_096;
/** At the door: waiting for their signature to be verified. */
export const WAITING_MAX = 1_024;
/** Who hears of one transaction. More are refused nothing: they ask the ledger. */
export const FOLLOWERS_MAX = 8;
/** Of whom it is known how much of their allowance is left. */
const SENDERS_MAX = 65_536;
/** Who waits at once to hear that one transaction is accepted. */
export const TICKETS_MAX = 64;
/** Ended transactions whose end is still told without asking the ledger. */
const ENDED_MAX = 16_384;

/** What the journal holds of a transaction until it has come to its end. */
export const Journal = record({ tx: Tx, at: unixMs });
export type Journal = Infer<typeof Journal>;
export const JOURNAL = 'tx/';

export type Standing = Omit<Moved, 'kind' | 'txId'>;

export interface Guest {
  readonly tx: Tx;
  /** When it came. */
  readonly since: number;
  readonly txId: Uint8Array;
  readonly tickets: Ticket[];
  readonly followers: Set<Address>;
}

export interface Driven {
  readonly tx: Tx;
  readonly txId: Uint8Array;
  readonly followers: Set<Address>;
  /** Waiting for the journal; empty once it is kept. */
  tickets: Ticket[];
  isKept: boolean;
  /** When it came, in this life; absent for what an earlier one took in. */
  readonly since: number | undefined;
  /** When enough holders had acknowledged. */
  keptAt: number | undefined;
  isJudged: boolean;
  attempt: number;
  /** Who was asked last, and since when. */
  askedOf: NodeAddress | undefined;
  askedAt: number;
  order: Order;
  standing: Standing;
}

export interface Ingress {
  /** At the door, by id and signature, in the order in which they came. */
  readonly guests: Map<string, Guest>;
  /** Whose signatures are being verified; `undefined`: the pool is free. */
  verifying: readonly string[] | undefined;
  readonly driven: Map<string, Driven>;
  readonly ended: Lru<string, Standing>;
  readonly buckets: Buckets;
  readonly window: Window;
}

export const emptyIngress = (): Ingress => ({
  guests: new Map(),
  verifying: undefined,
  driven: new Map(),
  ended: lru<string, Standing>(ENDED_MAX),
  buckets: buckets(SENDERS_MAX),
  window: openWindow(),
});

export const FRESH: Standing = {
  state: 'FRESH',
  acks: 0,
  needed: 0,
  rows: 0,
  cause: undefined,
  height: undefined,
  reason: undefined,
};

/** The key of a transaction or a sender in tables. */
export const keyOf = (txId: Uint8Array): string => hex(txId);
