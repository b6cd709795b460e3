/**
 * Rest: what more than a third of the stake would not vote for is not named by us again at once.
 *
 *   waiting --(named by us, rejected)--> resting: 1 s, 2 s, 4 s ... --> waiting
 *      '--(ordered, whoever named it)--> gone <---------'
 *
 * That is so of certificates, and of a change of policy: others wait for their own operators to want it.
 *
 * A ledger may hold what no other can take: its list is nowhere else any more (others let it go when its time is
 * over, ledger/fit.ts). Whoever names that is voted for in vain. Without rest one such certificate would spoil every
 * turn of its holder, and one at each delegate would stop the city; with it each spoils fewer and fewer turns. What is
 * held elsewhere is named by others meanwhile, and voted for here: resting is still held.
 *
 * A turn that was skipped without being rejected came too late; what it named rests no moment.
 */
import { hex } from '#lib/bytes.ts';
import { changeHashOf, type Entry } from '../city-batch.ts';
import { haveHonest, leaderIn, verticesAt, type Named } from './graph.ts';
import { openVertices, owes, quietAt, skippedTurns } from './seal.ts';
import { certKey, ENDED_MAX, type City } from './state.ts';
import type { Content } from './vertex.ts';

const REST_MS = 1_000;
/** Longer than an hour nothing rests. */
const DOUBLINGS_MAX = 12;

export const restMs = (failures: number): number =>
  REST_MS * 2 ** Math.min(failures - 1, DOUBLINGS_MAX);

export interface Rest {
  readonly resting: Map<string, { readonly entry: Entry; readonly until: number }>;
  /** How often it was named by us in vain. */
  readonly failures: Map<string, number>;
  /** Until when each change of policy rests, and how often it failed; by hash. */
  readonly changes: Map<string, { readonly until: number; readonly failures: number }>;
  /** What we have named in turns of ours that are not decided yet. */
  readonly ours: Map<string, Named>;
}

export const noRest = (): Rest => ({
  resting: new Map(),
  failures: new Map(),
  changes: new Map(),
  ours: new Map(),
});

/** Our turns that came to nothing: if they were rejected, what they named rests. */
export function restAfter(city: City): void {
  const { rest, graph } = city;
  if (rest.ours.size === 0) return;
  const skipped = skippedTurns(city);
  for (const [name, vertex] of rest.ours) {
    if (vertex.round <= graph.floor) rest.ours.delete(name);
    else if (skipped.has(vertex.round)) {
      rest.ours.delete(name);
      if (isRejected(city, vertex)) restAll(city, vertex);
    }
  }
}

/** By so much of the stake that somebody honest is among them. */
function isRejected({ graph }: City, { round, name }: Named): boolean {
  const leader = leaderIn(graph, round);
  const by = verticesAt(graph, round + 1)
    .filter(
      ({ vertex: { content }, parents }) =>
        content.rejects && content.turn === leader && parents.get(leader) === name,
    )
    .map(({ author }) => author);
  return haveHonest(graph, by);
}

function restAll(city: City, { vertex: { content } }: Named): void {
  const { rest, waiting, now, self } = city;
  if (content.change !== undefined) restChange(city, hex(changeHashOf(content.change)));
  for (const entry of content.entries) {
    const cert = certKey(entry);
    if (!waiting.delete(cert)) continue;
    const failed = (rest.failures.get(cert) ?? 0) + 1;
    rest.failures.set(cert, failed);
    rest.resting.set(cert, { entry, until: now + restMs(failed) });
    self.probe.sometimes('city: a certificate that was rejected rests');
  }
}

function restChange({ rest, now, self }: City, name: string): void {
  const failures = (rest.changes.get(name)?.failures ?? 0) + 1;
  rest.changes.set(name, { failures, until: now + restMs(failures) });
  self.probe.sometimes('city: a change of policy that was rejected rests');
}

/**
 * Turns that name something and are not handed over yet. Two are under way when all goes well. Where ledgers are slow a
 * turn more each round would only wait behind the others: instead the next batches are larger.
 */
const OPEN_MAX = 3;

type Names = Pick<Content, 'entries' | 'change' | 'closes'>;
export const NAMES_NOTHING: Names = { entries: [], change: undefined, closes: false };

/** What has failed stands apart from what has not; so does a change. */
export function toName(city: City, most: number): Names {
  const turns = new Set(openVertices(city).map(({ round }) => round));
  if (turns.size >= OPEN_MAX) return NAMES_NOTHING;
  const change = dueChange(city);
  const entries = change?.hasFailed === true ? [] : entriesToName(city, most);
  const isQuiet = turns.size === 0 && entries.length === 0 && change === undefined;
  const closes = isQuiet && owes(city) && city.now >= quietAt(city);
  return { entries, change: change?.bytes, closes };
}

/** Oldest first; not what is named already; of a transaction one certificate, since the first that is ordered decides. */
function entriesToName(city: City, most: number): Entry[] {
  const { waiting, rest } = city;
  const [fresh, failed]: [Entry[], Entry[]] = [[], []];
  const named = namedAlready(city);
  const taken = new Set<string>();
  for (const [cert, entry] of waiting) {
    if (fresh.length === most) break;
    if (named.has(cert)) continue;
    const txId = hex(entry.txId);
    const hasFailed = rest.failures.has(cert);
    if (!hasFailed && taken.size === taken.add(txId).size) continue;
    (hasFailed ? failed : fresh).push(entry);
  }
  return fresh.length > 0 ? fresh : failed.slice(0, most);
}

function namedAlready(city: City): ReadonlySet<string> {
  const open = openVertices(city);
  return new Set(open.flatMap(({ vertex }) => vertex.content.entries.map(certKey)));
}

/** A change that is due and does not rest, and is not named already. */
function dueChange(city: City): { bytes: Uint8Array; hasFailed: boolean } | undefined {
  const { changes, rest, now } = city;
  if (changes.size === 0) return undefined;
  const named = openVertices(city).flatMap(({ vertex: { content } }) =>
    content.change === undefined ? [] : [hex(changeHashOf(content.change))],
  );
  for (const [name, { change: bytes, isDue }] of changes) {
    if (!isDue || named.includes(name)) continue;
    const rested = rest.changes.get(name);
    if (rested === undefined) return { bytes, hasFailed: false };
    if (now >= rested.until) return { bytes, hasFailed: true };
  }
  return undefined;
}

/** Whether there is something that we would name. */
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

/** It was ordered, or waits no more. Whose it is is known if our ledger holds it. */
export function ended(
  { rest, waiting, ended: lately }: City,
  cert: string,
  txId: Uint8Array | undefined,
): void {
  waiting.delete(cert);
  rest.resting.delete(cert);
  rest.failures.delete(cert);
  if (txId === undefined) return;
  lately.set(cert, txId);
  const [oldest] = lately.size > ENDED_MAX ? lately.keys() : [];
  if (oldest !== undefined) lately.delete(oldest);
}

/** It was ordered, or is wanted no more. */
export function changeEnded({ changes, rest }: City, name: string): void {
  changes.delete(name);
  rest.changes.delete(name);
}
