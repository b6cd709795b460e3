/**
 * Rest: what stood in a new proposal of ours that came to nothing is not proposed by us again at once.
 *
 *   waiting --(proposed by us, the round failed)--> resting: 1 s, 2 s, 4 s ... --> waiting
 *      '--(ordered, whoever proposed it)--> gone <------------'
 *
 * A ledger may hold what no other can take: its list is nowhere else any more (others let it go when its time is
 * over, ledger/fit.ts). Whoever names that in a proposal waits for votes in vain. Without rest one such certificate
 * would spoil every turn of its holder, and one at each delegate would stop the city; with it each spoils fewer and
 * fewer rounds. What is held elsewhere is proposed by others meanwhile, and voted for here: resting is still held.
 *
 * Together with this, whoever's turn it is after a round that failed proposes what has not failed before, be it
 * nothing: so a height ends, and nobody goes on through rounds for what cannot be agreed on.
 */
import type { Entry } from '../city-batch.ts';
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
  /** Our new proposal of this height. */
  ours: { readonly round: number; readonly entries: readonly Entry[] } | undefined;
}

export const noRest = (): Rest => ({ resting: new Map(), failures: new Map(), ours: undefined });

/** A later round begins: what we proposed in an earlier one rests. */
export function restAfter(city: City, round: number): void {
  const { rest, waiting, now, self } = city;
  const { ours, resting, failures } = rest;
  if (ours === undefined || ours.round >= round) return;
  rest.ours = undefined;
  for (const entry of ours.entries) {
    const cert = certKey(entry);
    if (!waiting.delete(cert)) continue;
    const failed = (failures.get(cert) ?? 0) + 1;
    failures.set(cert, failed);
    resting.set(cert, { entry, until: now + restMs(failed) });
    self.probe.sometimes('city: a certificate of a failed proposal rests');
  }
}

/** What waits, oldest first. What has failed stands apart from what has not, and in no round but a first one. */
export function toPropose({ waiting, rest, on }: City, most: number): Entry[] {
  const [fresh, failed]: [Entry[], Entry[]] = [[], []];
  for (const [cert, entry] of waiting) {
    if (fresh.length === most) break;
    (rest.failures.has(cert) ? failed : fresh).push(entry);
  }
  return fresh.length > 0 || on!.round > 0 ? fresh : failed.slice(0, most);
}

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
