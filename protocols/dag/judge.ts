/**
 * May a vertex be voted for? Only if nothing that it names is missing here, its time may be, and a change of policy
 * in it is one that this delegate's operator wants as well. Nothing here knows what a certificate means.
 *
 *   fit      vote                              early    its time has not come yet (when.ts)
 *   wait     something may still come, soon    unfit    it never will
 *
 * Whoever cannot vote for it in time stands on it all the same, and rejects it: its author learns by whom.
 */
import type { Stamp } from '#algorithms/clock/hlc.ts';
import { hex, same } from '#lib/bytes.ts';
import { changeHashOf } from '../city-batch.ts';
import { send } from '../effect.ts';
import type { Millis } from '../ids.ts';
import { Fetch } from '../order.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import { backedIn } from './decide.ts';
import type { Named } from './graph.ts';
import { certKey, memberNode, ownLedger, refuse, type City, type Effects } from './state.ts';
import { medianBelow, timingOf } from './when.ts';

/** What a vertex names is on its way here as a rule. */
const FETCH_AFTER_MS = 40;
const FETCHED_MAX = 500;

/** What was found in a vertex when it was first looked at. */
export interface Looked {
  readonly vertex: Named;
  readonly since: number;
  /** Certificates that are not here yet, and whose they are said to be. */
  readonly missing: Map<string, Uint8Array>;
  /** Of the stamps that it stands on. */
  readonly median: Stamp;
  isUnfit: boolean;
  isFetched: boolean;
  /** Whether it was counted that its time cannot be. */
  isRefused: boolean;
}

export type Verdict = 'fit' | 'early' | 'wait' | 'unfit';

export function judge(city: City, vertex: Named, time: Millis): Verdict {
  const looked = lookAt(city, vertex);
  if (looked.isUnfit) return 'unfit';
  const timing = timingOf(city, vertex, looked.median, time);
  if (timing !== 'now' && timing !== 'early') {
    if (!looked.isRefused) refuse(city, timing);
    looked.isRefused = true;
    return 'unfit';
  }
  if (looked.missing.size > 0 || !isChangeWanted(city, vertex)) return 'wait';
  return timing === 'now' ? 'fit' : 'early';
}

function lookAt(city: City, vertex: Named): Looked {
  const known = city.looked.get(vertex.name);
  if (known !== undefined) return known;
  const missing = new Map<string, Uint8Array>();
  let isUnfit = false;
  for (const entry of vertex.vertex.content.entries) {
    const held = heldTx(city, certKey(entry));
    if (held === undefined) missing.set(certKey(entry), entry.txId);
    else if (!same(held, entry.txId)) isUnfit = true;
  }
  const median = medianBelow(city.graph, vertex.parents);
  const seen = { isUnfit, isFetched: false, isRefused: false };
  const looked = { vertex, since: city.now, missing, median, ...seen };
  city.looked.set(vertex.name, looked);
  return looked;
}

/** Whose certificate it is, if our ledger holds it: it waits, or had its place or its end of late. */
export const heldTx = ({ waiting, rest, ended }: City, cert: string): Uint8Array | undefined =>
  waiting.get(cert)?.txId ?? rest.resting.get(cert)?.entry.txId ?? ended.get(cert);

/** A certificate has come: vertices that name it wait for one less. */
export function found(city: City, cert: string, txId: Uint8Array): void {
  for (const looked of city.looked.values()) {
    const said = looked.missing.get(cert);
    if (said === undefined) continue;
    looked.missing.delete(cert);
    if (!same(said, txId)) looked.isUnfit = true;
  }
}

const isChangeWanted = ({ changes }: City, { vertex: { content } }: Named): boolean =>
  content.change === undefined || changes.has(hex(changeHashOf(content.change)));

/** Has our ledger get what vertices name and we have not: from their authors, or from another. */
export function fetchMissing(city: City, from?: NodeAddress): Effects {
  return [...city.looked.values()].flatMap((looked) => {
    const isDue = from !== undefined || !looked.isFetched;
    if (looked.missing.size === 0 || !isDue || city.now < looked.since + FETCH_AFTER_MS) return [];
    looked.isFetched = true;
    const { vertex } = looked;
    const isProved = backedIn(city.graph, vertex.round)?.name === vertex.name;
    const certs = vertex.vertex.content.entries
      .filter((entry) => looked.missing.has(certKey(entry)))
      .slice(0, FETCHED_MAX)
      .map(({ cert }) => cert);
    const whose = from ?? memberNode(city, vertex.author);
    return [send(ownLedger(city), Fetch.of({ certs, from: whose, isProved }))];
  });
}

/** What was decided need not be looked at any more. */
export function forgetLooked({ looked, graph }: City): void {
  for (const [name, { vertex }] of looked) if (vertex.round <= graph.floor) looked.delete(name);
}
