/** What a holder has under way: pieces that come in, by key, until each is acknowledged or refused. */
import { sealingKeyOf } from '#algorithms/kem.ts';
import { lru, type Lru } from '#lib/lru.ts';
import { batching, type Batching } from '../batching.ts';
import { verifiedBatches, type VerifiedBatches } from '../certificate.ts';
import type { HolderRole } from '../eligibility.ts';
import type { Moment } from '../effect.ts';
import type { Batch } from '../holding.ts';
import type { Self } from '../self.ts';
import type { SealedPiece } from '../sending.messages.ts';
import type { Address } from '../subjects.ts';
import type { VerifyingKey } from '../terms.ts';
import { readerFingerprintOf } from '../transaction.ts';
import { noneAsked, type Asked } from './asked.ts';
import { noneErased, type Erasing } from './erasing.ts';
import type { HeldPiece } from './held-piece.ts';
import type { Inventory } from './inventory.ts';
import { MARKS, noLeaving, type Leaving, type Marks } from './partings.ts';
import { noProofs, type Proving } from './proving.ts';

/** Pieces under way, and their bytes: a few seconds of what a light is sent when everybody sends. */
export const PIECES_MAX = 4_096;
export const BYTES_MAX = 16 * 1024 * 1024;
/** Those who want the same row at once. */
export const QUEUE_MAX = 8;
/** Jobs at once: more than one only of whole batches. */
export const OPENING_MAX = 2;
/** Order batches known to be signed, and acks that were signed of late. */
const VERIFIED_MAX = 4_096;
const SIGNED_MAX = 1_024;

export interface Holder extends Self {
  readonly role: HolderRole;
  /** When it begins to be rid of something. */
  readonly marks?: Marks | undefined;
}

/** One piece that came in. */
export interface Take {
  readonly key: string;
  readonly sealed: SealedPiece;
  readonly order: Batch;
  readonly orderId: string;
  /** Of the delegate that signed the order. */
  readonly orderKey: VerifyingKey;
  readonly from: Address;
  /** What is on the disk, or is on its way there. */
  held: Omit<HeldPiece, 'version'> | undefined;
  heldUntil: number;
}

/** Pieces of one job, and for each order that it verifies one piece that it is about. */
export interface Opening {
  readonly takes: readonly Take[];
  readonly orders: readonly Take[];
}

export interface SignedAck {
  readonly batch: Batch;
  readonly leaf: number;
  readonly path: Uint8Array;
}

/** What is signed for whoever waits for it. */
export interface AckItem {
  readonly txId: Uint8Array;
  readonly row: number;
  readonly leafKey: string;
}

export interface Holding {
  readonly holder: Holder;
  /** Of the key that pieces are sealed for. */
  readonly fingerprint: Uint8Array;
  /** By key; the first of each is at work. */
  readonly takes: Map<string, Take[]>;
  pieces: number;
  bytes: number;
  /** By the id of the effect that was asked for. */
  readonly working: Map<string, Take>;
  begun: number;
  toOpen: Take[];
  readonly opening: Map<string, Opening>;
  readonly verified: VerifiedBatches;
  readonly acks: Batching<AckItem>;
  /** Leaves that wait for a signature, and who waits for each. */
  readonly awaiting: Map<string, Set<Address>>;
  readonly signed: Lru<string, SignedAck>;
  readonly inventory: Inventory;
  /** What others want to have back. */
  readonly asked: Asked;
  readonly proving: Proving;
  readonly erasing: Erasing;
  readonly leaving: Leaving;
}

export function emptyHolding(
  holder: Holder,
  inventory: Inventory,
  at: Pick<Moment, 'now'>,
): Holding {
  const { genesis, node, secrets } = holder;
  const { suite, seed } = secrets.sealing;
  return {
    holder,
    fingerprint: readerFingerprintOf({ suite, key: sealingKeyOf(suite, seed) }),
    takes: new Map(),
    pieces: 0,
    bytes: 0,
    working: new Map(),
    begun: 0,
    toOpen: [],
    opening: new Map(),
    verified: verifiedBatches(VERIFIED_MAX),
    acks: batching({ node, network: genesis.network, purpose: 'ack', key: secrets.signing }),
    awaiting: new Map(),
    signed: lru(SIGNED_MAX),
    inventory,
    asked: noneAsked(),
    proving: noProofs(),
    erasing: noneErased(),
    leaving: noLeaving(holder.marks ?? MARKS, at),
  };
}

/** Takes note that something was asked for on behalf of a take. */
export function workOn(holding: Holding, what: string, take: Take): string {
  const id = `${what}:${++holding.begun}`;
  holding.working.set(id, take);
  return id;
}

/** On whose behalf it was asked for; it is heard once. */
export function workDone(holding: Holding, id: string): Take | undefined {
  const take = holding.working.get(id);
  holding.working.delete(id);
  return take;
}
