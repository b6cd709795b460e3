/**
 * Spans: audits are summed up in spans of time, as long as the policy says, of the wall clock alone; and in each
 * span some delegates are the auditors of a holder. Who they are follows from the span and the holder, so that
 * nobody chooses whom he judges, and changes from span to span.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { concat, utf8 } from '#lib/bytes.ts';
import type { Delegate, Genesis } from '../genesis.ts';
import { provers } from '../provers.ts';
import type { NodeAddress } from '../subjects.ts';

export interface Span {
  readonly sinceMs: number;
  readonly untilMs: number;
}

export function spanAt(ms: number, lengthMs: number): Span {
  const sinceMs = Math.floor(ms / lengthMs) * lengthMs;
  return { sinceMs, untilMs: sinceMs + lengthMs };
}

const AUDITORS = domain('auditors');

/** As many as have a third of the stake: one of them is alive and honest while the city is. */
export function auditorsOf(genesis: Genesis, holder: NodeAddress, sinceMs: number): Delegate[] {
  const since = new DataView(new ArrayBuffer(8));
  since.setBigUint64(0, BigInt(sinceMs));
  const key = hash(AUDITORS, concat(new Uint8Array(since.buffer), utf8(holder)));
  return provers(genesis, key);
}

export const isAuditorOf = (
  genesis: Genesis,
  delegate: NodeAddress,
  holder: NodeAddress,
  sinceMs: number,
): boolean => auditorsOf(genesis, holder, sinceMs).some(({ node }) => node === delegate);
