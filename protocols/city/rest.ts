/**
 * Rest: what stood in a new proposal of ours that came to nothing is not proposed by us again at once.
 *
 *   waiting --(proposed by us, the round failed)--> resting: 1 s, 2 s, 4 s ... --> waiting
 *      '--(ordered, whoever proposed it)--> gone <------------'
 *
 * That is so of certificates, and of a change of policy: others wait for their own operators to want it.
 *
 * A ledger may hold what no other can take: its list is nowhere else any more (others let it go when its time is
 * over, ledger/fit.ts). Whoever names that in a proposal waits for votes in vain. Without rest one such certificate
 * would spoil every turn of its holder, and one at each delegate would stop the city; with it each spoils fewer and
 * fewer rounds. What is held elsewhere is proposed by others meanwhile, and voted for here: resting is still held.
 *
 * Together with this, whoever's turn it is after a round that failed proposes what has not failed before, be it
 * nothing: so a height ends, and nobody goes on through rounds for what cannot be agreed on.
 */
import { hex } from '#lib/bytes.ts';
import type { CityBatch, Entry } from '../city-batch.ts';
import { certKey, type City } from './state.ts';

const REST_MS = 1_000;
/** Longer than an hour nothing rests. */
const DOUBLINGS_MAX = 12;

export const restMs = (failures: number): number =>
  REST_MS * 2 ** Math.min(failures - 1, DOUBLINGS_MAX);

/** What our ledger holds, whether we would propose it now or not. */
export const heldEntry = ({ waiting, rest }: City, cert: string): Entry | undefined =>
  waiting.get(cert) ?? rest.resting.get(cert)?.entry;

export interface Rest {
  readonly resting: Map<string, { readonly entry: Entry; readonly until: number }>;
  /** How often it stood in a proposal of ours in vain. */
  readonly failures: Map<string, number>;
  /** Until when each change of policy rests, and how often it failed; by hash. */
  readonly changes: Map<string, { readonly until: number; readonly failures: number }>;
  /** Our new proposal of this height. */
  ours: Ours | undefined;
}

interface Ours {
  readonly round: number;
  readonly entries: readonly Entry[];
  readonly changeHash: Uint8Array | undefined;
}

export const noRest = (): Rest => ({
  resting: new Map(),
  failures: new Map(),
  changes: new Map(),
  ours: undefined,
});

/** A later round begins: what we proposed in an earlier one rests. */
export function restAfter(city: City, round: number): void {
  const { rest, waiting, now, self } = city;
  const { ours, resting, failures } = rest;
  if (ours === undefined || ours.round >= round) return;
  rest.ours = undefined;
  if (ours.changeHash !== undefined) restChange(city, hex(ours.changeHash));
  for (const entry of ours.entries) {
    const cert = certKey(entry);
    if (!waiting.delete(cert)) continue;
    const failed = (failures.get(cert) ?? 0) + 1;
    failures.set(cert, failed);
    resting.set(cert, { entry, until: now + restMs(failed) });
    self.probe.sometimes('city: a certificate of a failed proposal rests');
  }
}

function restChange({ rest, now, self }: City, name: string): void {
  const failures = (rest.changes.get(name)?.failures ?? 0) + 1;
  rest.changes.set(name, { failures, until: now + restMs(failures) });
  self.probe.sometimes('city: a change of policy of a failed proposal rests');
}

/** What has failed stands apart from what has not, and in no round but a first one; a change stands alone then. */
export function toPropose(city: City, most: number): Pick<CityBatch, 'entries' | 'change'> {
  const change = dueChange(city);
  const entries = change?.hasFailed === true ? [] : entriesToPropose(city, most);
  return { entries, change: change?.bytes };
}

/** Oldest first; of a transaction one certificate, since the first that is ordered decides it. */
function entriesToPropose({ waiting, rest, on }: City, most: number): Entry[] {
  const [fresh, failed]: [Entry[], Entry[]] = [[], []];
  const taken = new Set<string>();
  for (const [cert, entry] of waiting) {
    if (fresh.length === most) break;
    const txId = hex(entry.txId);
    const hasFailed = rest.failures.has(cert);
    if (!hasFailed && taken.size === taken.add(txId).size) continue;
    (hasFailed ? failed : fresh).push(entry);
  }
  return fresh.length > 0 || on!.round > 0 ? fresh : failed.slice(0, most);
}

/** A change that waits and does not rest. */
function dueChange({
  changes,
  rest,
  now,
  on,
}: City): { bytes: Uint8Array; hasFailed: boolean } | undefined {
  for (const [name, bytes] of changes) {
    const rested = rest.changes.get(name);
    if (rested === undefined) return { bytes, hasFailed: false };
    if (now >= rested.until && on!.round === 0) return { bytes, hasFailed: true };
  }
  return undefined;
}

/** Whether there is something that we would propose. */
export const isWanted = (city: City): boolean =>
  city.waiting.size > 0 || dueChange(city) !== undefined;

/** What has rested long enough waits again. */
export function wakeRested({ rest, waiting, now }: City): void {
  for (const [cert, { entry, until }] of rest.resting) {
    if (now < until) continue;
    rest.resting.delete(cert);
    waiting.set(cert, entry);
  }
}

/** It was ordered, or waits no more. */
export function ended({ rest, waiting }: City, cert: string): void {
  waiting.delete(cert);
  rest.resting.delete(cert);
  rest.failures.delete(cert);
}

export function changeEnded({ changes, rest }: City, changeHash: Uint8Array): void {
  changes.delete(hex(changeHash));
  rest.changes.delete(hex(changeHash));
}
