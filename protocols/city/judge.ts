/**
 * May a batch be voted for? Only if it follows the batch that our ledger has applied, says of the state what our
 * ledger says, has a time that may be, and names nothing that our ledger does not hold durably: what is missing is
 * waited for. Nothing here knows what a certificate means.
 *
 * A time is judged when a batch is new. Once more than two thirds have voted for it, their clocks have judged it.
 */
import { stampOf, compareStamps } from '#algorithms/clock/hlc.ts';
import { hex, same } from '#lib/bytes.ts';
import { headDigest, type CityBatch } from '../city-batch.ts';
import type { Millis } from '../ids.ts';
import type { Judge } from './agree.ts';
import { heldEntry } from './rest.ts';
import { certKey, LOOKED_MAX, type City } from './state.ts';

/** How far a proposer's clock may be ahead of ours. */
export const AHEAD_MS = 5_000;

/** What was found in a batch when it was first looked at. */
export interface Looked {
  readonly batch: CityBatch;
  /** Certificates that are not here yet, and whose they are said to be. */
  readonly missing: Map<string, Uint8Array>;
  isUnfit: boolean;
}

export const judgeAt =
  (city: City, wall: Millis): Judge =>
  (batch, isProved) => {
    const looked = lookAt(city, batch);
    if (looked.isUnfit) return 'unfit';
    if (!isProved && isFarAhead(city, batch, wall)) return 'unfit';
    return looked.missing.size > 0 || !isChangeAgreed(city, batch) ? 'wait' : 'fit';
  };

function lookAt(city: City, batch: CityBatch): Looked {
  const key = hex(headDigest(batch.head));
  const known = city.looked.get(key);
  if (known !== undefined) return known;
  const missing = new Map<string, Uint8Array>();
  let isUnfit = !follows(city, batch) || hasTwice(batch);
  for (const entry of batch.entries) {
    const held = heldEntry(city, certKey(entry));
    if (held === undefined) missing.set(certKey(entry), entry.txId);
    else if (!same(held.txId, entry.txId)) isUnfit = true;
  }
  const looked = { batch, missing, isUnfit };
  const [oldest] = city.looked.size < LOOKED_MAX ? [] : city.looked.keys();
  if (oldest !== undefined) city.looked.delete(oldest);
  city.looked.set(key, looked);
  return looked;
}

/** A certificate has come: batches that named it wait for one less. */
export function found(city: City, cert: string, txId: Uint8Array): void {
  for (const looked of city.looked.values()) {
    const said = looked.missing.get(cert);
    if (said === undefined) continue;
    looked.missing.delete(cert);
    if (!same(said, txId)) looked.isUnfit = true;
  }
}

function follows({ head, on, committee, self }: City, { head: its }: CityBatch): boolean {
  return (
    head !== undefined &&
    its.place === self.genesis.place &&
    its.epoch === committee.epoch &&
    its.height === on?.height &&
    same(its.prev, head.digest) &&
    same(its.stateRoot, head.stateRoot) &&
    compareStamps(stampOf(its.at), stampOf(head.at)) > 0
  );
}

const hasTwice = ({ entries }: CityBatch): boolean =>
  new Set(entries.map(certKey)).size < entries.length;

const isFarAhead = ({ self }: City, { head }: CityBatch, wall: Millis): boolean =>
  self.plant !== 'unbounded-clock' && stampOf(head.at).wallMs > wall + AHEAD_MS;

const isChangeAgreed = ({ changes }: City, { head }: CityBatch): boolean =>
  head.changeHash === undefined || changes.has(hex(head.changeHash));
