/** What R1 has under way: who asked for what, how far it is, and how much each may ask. */
import { hex, same } from '#lib/bytes.ts';
import { stampOf } from '#algorithms/clock/hlc.ts';
import { buckets, takeOne, type Allowance, type Buckets } from '../allowance.ts';
import type { Told } from '../ledger.messages.ts';
import type { Moment } from '../effect.ts';
import type { Phase, Read, ReadReason } from '../receiving.messages.ts';
import type { Self } from '../self.ts';
import { nodeOf, type Address } from '../subjects.ts';
import { fingerprintOf, type Cover } from '../transaction.ts';

export const READINGS_MAX = 512;
/** What a reader's clock may be off. */
const STALE_MS = 300_000;

/** One question, until it has its answer. */
export interface Reading {
  readonly id: number;
  readonly what: 'read' | 'about' | 'survey';
  readonly from: Address;
  /** The asker's own. */
  readonly number: number;
  readonly txId: Uint8Array;
  readonly since: number;
  readonly endsAt: number;
  readonly read: Read | undefined;
  /** Whether the reader's signature stands; nothing to check where there is none. */
  isSigned: boolean;
  told: Told | undefined;
  isGathered: boolean;
  phase: Phase;
  /** For measuring: when its phase began, and how long other ledgers were waited for. */
  turnedAt: number;
  waitedMs: number;
}

export interface Readings {
  readonly self: Self;
  readonly underWay: Map<number, Reading>;
  readonly byAsker: Map<string, Reading>;
  readonly asked: Buckets;
  begun: number;
}

export const askerOf = ({ from, number }: Pick<Reading, 'from' | 'number'>): string =>
  `${from} ${number}`;

/** Of one node; and of one reader, counted by its key, wherever it asks from. */
const ALLOWANCES: Readonly<Record<Reading['what'], Allowance>> = {
  read: { perSecond: 64, burst: 256 },
  about: { perSecond: 64, burst: 256 },
  // Everybody who holds something is asked.
  survey: { perSecond: 8, burst: 32 },
};
const ASKERS_MAX = 4_096;

export const noReadings = (self: Self): Readings => ({
  self,
  underWay: new Map(),
  byAsker: new Map(),
  asked: buckets(ASKERS_MAX),
  begun: 0,
});

/** Whether somebody may ask once more; then it has. */
export const isAllowed = (
  { asked }: Readings,
  who: string,
  what: Reading['what'],
  { now }: Moment,
): boolean => takeOne(asked, `${what} ${who}`, now, ALLOWANCES[what]);

/** By whom a read is counted: its key, so that a new node is no new allowance. */
export const payerOf = ({ key }: Read): string => hex(fingerprintOf(key));

/** What can be seen of a request without its signature. */
export function requestFault(
  { genesis }: Self,
  { request }: Read,
  { from, wall }: Moment,
): ReadReason | undefined {
  const { version, place, node, at } = request;
  if (version !== 1 || place !== genesis.place) return 'malformed';
  if (from === undefined || nodeOf(from) !== node) return 'malformed';
  return Math.abs(stampOf(at).wallMs - wall) > STALE_MS ? 'stale' : undefined;
}

/** Sender and receiver by their keys; another reader by the capsule that it says is its own. */
export function isReader({ header, readers }: Cover, { key, request }: Read): boolean {
  const { sender, receiver } = header.core;
  const own = fingerprintOf(key);
  if (same(own, sender) || (receiver !== undefined && same(own, receiver))) return true;
  const { reader } = request;
  return reader !== undefined && readers.some(({ fingerprint }) => same(fingerprint, reader));
}
