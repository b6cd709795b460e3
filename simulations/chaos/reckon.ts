/**
 * What a record comes to: figures, and promises that hold or do not. Pure: the same record, the same verdict.
 *
 *   record + what the judge read from the disks at the end --> figures, promises, exit code
 *
 * A promise is broken by what was seen, never by what was not: a fault that did not hit proves nothing and is said to
 * have missed, and a repair that was not over when the run was is `undefined`, which is no promise broken. Nor does it hold by
 * what was not seen: where nothing was looked at it is unchecked, and the run is no success.
 */
import type { Report as Judged } from '../judge/judge.ts';
import type { TransfersReport } from '../judge/transfers.ts';
import type { Call, Held, Record, Sample, Stroke } from './record.ts';
import type { Allowed } from './scenarios.ts';

export interface Latency {
  readonly count: number;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

export type Phase = 'before' | 'during' | 'after';
export const PHASES: readonly Phase[] = ['before', 'during', 'after'];

export interface Figures {
  readonly submitted: number;
  readonly committed: number;
  readonly unknown: number;
  /** How often each word ended a call. */
  readonly sends: Readonly<{ [word: string]: number }>;
  readonly reads: Readonly<{ [word: string]: number }>;
  /** Rows of one transaction: the fewest there ever were, on disks and on nodes that were up. */
  readonly leastOnDisk: number | undefined;
  readonly leastOnline: number | undefined;
  /** Transactions that for a time had too few rows on nodes that were up; and those that have too few at the end. */
  readonly lostTransient: number;
  readonly lostPermanent: number;
  readonly ackedNotDurable: number;
  /** Since the first stroke; undefined: not within the run, or nothing to see. */
  readonly detectMs: number | undefined;
  readonly readAgainMs: number | undefined;
  readonly repairMs: number | undefined;
  /** Transactions with so few rows on disks that a repair was due, and since the first stroke until none was. */
  readonly due: number;
  readonly mendedMs: number | undefined;
  /** How long a read still failed that began when k rows were up again; undefined where fewer never were. */
  readonly lateMs: number | undefined;
  readonly latency: Readonly<{ [kind in Call['kind']]: Readonly<{ [phase in Phase]: Latency }> }>;
  /** Calls in flight when the city was struck. */
  readonly inFlight: { readonly sends: number; readonly reads: number };
  readonly didHit: boolean;
  /** Committed for their senders, never heard of by a subscriber; and notes that a subscriber was told it missed. */
  readonly noteGaps: number;
  readonly missedNotes: number;
  readonly renewedRows: number;
}

export interface Promised {
  readonly name: string;
  readonly says: string;
  /** What was looked at. */
  readonly seenBy: string;
  readonly checked: number;
  readonly broken: readonly string[];
}

export type Standing = 'holds' | 'BROKEN' | 'unchecked';

export function standingOf({ checked, broken }: Promised): Standing {
  if (broken.length > 0) return 'BROKEN';
  return checked > 0 ? 'holds' : 'unchecked';
}

export interface Outcome {
  readonly name: string;
  readonly seed: number;
  readonly figures: Figures;
  readonly promises: readonly Promised[];
  /** Every promise was checked, and holds. */
  readonly isKept: boolean;
}

/** Around a stroke it is not known to the millisecond who is up. */
const BLURRED_MS = 3_000;
/** Of all rows: flapping must not move more. */
const STORM_SHARE = 0.1;

export function reckon(record: Record, judged: Judged, allowed: Allowed): Outcome {
  const { name, seed } = record;
  const figures = figuresOf(record, judged);
  const promises = promisesOf(record, judged, allowed);
  const isKept = promises.every((each) => standingOf(each) === 'holds');
  return { name, seed, figures, promises, isKept };
}

export function figuresOf(record: Record, judged: Judged): Figures {
  const { calls, samples, strokes } = record;
  const sends = calls.filter(({ kind }) => kind === 'send');
  const reads = calls.filter(({ kind }) => kind === 'read');
  const struckAt = strokes.find(({ isDone }) => isDone)?.atMs;
  const inFlight = inFlightAt(calls, strokes);
  const committed = sends.filter(({ word }) => word === 'COMMITTED');
  return {
    submitted: sends.length,
    committed: committed.length,
    unknown: sends.filter(({ word }) => word === undefined || word === 'OUTCOME_UNKNOWN').length,
    sends: tally(sends),
    reads: tally(reads),
    leastOnDisk: least(samples, 'onDisk'),
    leastOnline: least(samples, 'online'),
    lostTransient: thin(record, samples, 'online').size,
    lostPermanent: thin(record, samples.slice(-1), 'onDisk').size,
    ackedNotDurable: judged.faults.filter(({ what }) => isHollow(what)).length,
    detectMs: struckAt && detected(record, struckAt),
    readAgainMs: readAgain(reads),
    repairMs: struckAt === undefined ? undefined : repaired(record, struckAt),
    due: due(record, samples).size,
    mendedMs: struckAt === undefined ? undefined : mended(record, struckAt),
    lateMs: lateAfterReturn(record, reads),
    latency: { send: latencies(record, sends), read: latencies(record, reads) },
    inFlight,
    didHit: struckAt !== undefined && inFlight.sends > 0,
    noteGaps: committed.filter(({ txId }) => !record.notedCommits.has(txId)).length,
    missedNotes: record.missedNotes,
    renewedRows: judged.renewedRows - record.renewedBefore,
  };
}

const HOLLOW = 'acknowledged, and not on the disk';
const isHollow = (what: string): boolean => what.startsWith(HOLLOW);
const isOfChain = (what: string): boolean => /batch|quorum|ordered|by its ledger/.test(what);
const isOfEnd = (what: string): boolean => what === 'its call has not ended';
const isRest = (what: string): boolean => !isHollow(what) && !isOfChain(what) && !isOfEnd(what);

function tally(calls: readonly Call[]): { [word: string]: number } {
  const counts: { [word: string]: number } = {};
  for (const { word = 'nothing' } of calls) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

function least(samples: readonly Sample[], of: 'onDisk' | 'online'): number | undefined {
  const all = samples.flatMap(({ held }) => Array.from(held.values(), (each) => each[of]));
  return all.length === 0 ? undefined : Math.min(...all);
}

/** Transactions that had fewer than k rows in one of the samples. */
const thin = ({ k }: Record, samples: readonly Sample[], of: keyof Held): Set<string> =>
  fewer(samples, (each) => each[of] < k);

/** Transactions that the policy wants repaired, in one of the samples. */
const due = ({ startAt }: Record, samples: readonly Sample[]): Set<string> =>
  fewer(samples, ({ onDisk }) => onDisk <= startAt);

function fewer(samples: readonly Sample[], isIt: (held: Held) => boolean): Set<string> {
  const found = samples.flatMap(({ held }) => [...held].filter(([, each]) => isIt(each)));
  return new Set(found.map(([txId]) => txId));
}

function mended(record: Record, struckAt: number): number | undefined {
  const { samples } = record;
  const last = samples.findLastIndex((sample) => due(record, [sample]).size > 0);
  const after = samples[last + 1];
  return last === -1 || after === undefined ? undefined : after.atMs - struckAt;
}

const isAt = ({ startMs, endMs = Infinity }: Call, atMs: number): boolean =>
  startMs <= atMs && endMs >= atMs;

/** The most there were at one of the strokes. */
function inFlightAt(calls: readonly Call[], strokes: readonly Stroke[]): Figures['inFlight'] {
  const most = (kind: Call['kind']): number =>
    Math.max(
      0,
      ...strokes
        .filter(({ isDone }) => isDone)
        .map(({ atMs }) => calls.filter((call) => call.kind === kind && isAt(call, atMs)).length),
    );
  return { sends: most('send'), reads: most('read') };
}

/** The first that the city itself says of it in public: a node that was hit is off the list, or an act. */
function detected({ heard, strokes }: Record, struckAt: number): number | undefined {
  const hit = strokes.flatMap(({ nodes }) => nodes.map((node) => `presence.${node}.left`));
  const first = heard.find(
    ({ atMs, topic }) =>
      atMs >= struckAt && (hit.includes(topic) || /^act\.(?:repair|lost|accuse)/.test(topic)),
  );
  return first && first.atMs - struckAt;
}

/** The longest time in which a transaction was not to be had, of those that came back. */
function readAgain(reads: readonly Call[]): number | undefined {
  const since = new Map<string, number>();
  let longest: number | undefined;
  for (const { txId, startMs, endMs, word } of reads) {
    if (endMs === undefined || word === undefined) continue;
    if (word !== 'same') since.set(txId, since.get(txId) ?? startMs);
    else if (since.has(txId)) {
      longest = Math.max(longest ?? 0, endMs - since.get(txId)!);
      since.delete(txId);
    }
  }
  return longest;
}

/** Of all reads that began after k rows of theirs were up again, for good: the last failure. */
function lateAfterReturn({ samples, k }: Record, reads: readonly Call[]): number | undefined {
  let longest: number | undefined;
  for (const txId of new Set(reads.map((read) => read.txId))) {
    const isThin = ({ held }: Sample): boolean => (held.get(txId)?.online ?? k) < k;
    const back = samples[samples.findLastIndex(isThin) + 1];
    if (back === undefined || !samples.some(isThin)) continue;
    const failed = reads
      .filter((read) => read.txId === txId && read.startMs > back.atMs && read.word !== 'same')
      .map(({ endMs }) => (endMs ?? Infinity) - back.atMs);
    longest = Math.max(longest ?? 0, ...failed);
  }
  return longest;
}

/** From when on all transactions of before had as many rows on nodes that are up as before, to the end. */
function repaired({ samples }: Record, struckAt: number): number | undefined {
  const before = samples.findLast(({ atMs }) => atMs <= struckAt)?.held;
  if (before === undefined || before.size === 0) return undefined;
  const isWhole = ({ held }: Sample): boolean =>
    [...before].every(([txId, { online }]) => (held.get(txId)?.online ?? 0) >= online);
  const after = samples.filter(({ atMs }) => atMs > struckAt);
  const lastThin = after.findLastIndex((sample) => !isWhole(sample));
  if (lastThin === -1) return 0;
  const whole = after[lastThin + 1];
  return whole && whole.atMs - struckAt;
}

function phaseOf({ faultAt, faultEnd }: Record, { startMs, endMs = Infinity }: Call): Phase {
  if (endMs < faultAt) return 'before';
  return startMs > faultEnd ? 'after' : 'during';
}

const DONE = new Set(['COMMITTED', 'same']);

function latencies(record: Record, calls: readonly Call[]): { [phase in Phase]: Latency } {
  const of = (phase: Phase): Latency => {
    const all = calls
      .filter((call) => DONE.has(call.word ?? '') && phaseOf(record, call) === phase)
      .map(({ startMs, endMs }) => endMs! - startMs)
      .toSorted((a, b) => a - b);
    const at = (share: number): number | undefined =>
      all[Math.min(all.length - 1, Math.floor(share * all.length))];
    return { count: all.length, p50: at(0.5), p99: at(0.99) };
  };
  return { before: of('before'), during: of('during'), after: of('after') };
}

function promisesOf(record: Record, judged: Judged, allowed: Allowed): Promised[] {
  const { calls, samples } = record;
  const reads = calls.filter(({ kind, endMs }) => kind === 'read' && endMs !== undefined);
  const told = judged.told['COMMITTED'] ?? 0;
  const damaged = judged.damagedPieces - record.damagedBefore;
  const faults = (matches: (what: string) => boolean): string[] =>
    judged.faults.filter(({ what }) => matches(what)).map(({ who, what }) => `${who}: ${what}`);
  const all: Promised[] = [
    {
      name: 'kept',
      says: 'what anybody was told is COMMITTED can be brought back from the disks, and is what was sent',
      seenBy: 'the segments of every node and the ledgers of every delegate, as files, at the end',
      checked: told,
      broken: faults(isRest),
    },
    {
      name: 'one order',
      says: 'the chains of all delegates are one, each batch under the signatures of more than two thirds',
      seenBy: 'the ledgers of every delegate, copied from their disks and played again',
      checked: judged.delegates.filter(({ height }) => height > 0).length,
      broken: faults(isOfChain),
    },
    {
      name: 'durable acks',
      says: 'whoever acknowledged a piece has it on its disk, unless that disk was damaged by this run',
      seenBy: 'each ack of each certificate against the segments of who signed it',
      checked: told,
      broken: faults(isHollow),
    },
    {
      name: 'every call ends',
      says: 'with a state, or with a word that says what is the matter',
      seenBy: 'the senders and readers of this run',
      checked: calls.length,
      broken: calls
        .filter(({ endMs }) => endMs === undefined)
        .map(({ kind, txId }) => `${kind} of ${txId} has not ended`),
    },
    {
      name: 'right bytes',
      says: 'a read gives what was sent, or nothing',
      seenBy: 'each read against the copy of the payload that this run keeps',
      checked: reads.filter(({ word }) => word === 'same' || word === 'other').length,
      broken: reads
        .filter(({ word }) => word === 'other')
        .map(({ txId }) => `other bytes: ${txId}`),
    },
    {
      name: 'readable',
      says: 'as long as k of its rows are on nodes that are up, nobody is told that a transaction is unavailable; and never that it is not known',
      seenBy: 'each read against the disks and processes as they were while it was under way',
      checked: reads.filter((read) => isJudged(record, read)).length,
      broken: reads
        .filter((read) => isWronged(record, read))
        .map(({ txId }) => `unavailable: ${txId}`),
    },
    {
      name: 'readable at the end',
      says: 'every transaction that was read came back once the damage was over',
      seenBy: 'the last read of each transaction',
      checked: new Set(reads.map(({ txId }) => txId)).size,
      broken: [...lastReads(reads)]
        .filter(([txId, word]) => word !== 'same' && !isThinAtLast(record, txId))
        .map(([txId, word]) => `${word}: ${txId}`),
    },
    {
      name: 'damage stays where it is',
      says: 'a flipped bit costs one piece, and no other',
      seenBy: 'the records of all segments, by their checksums',
      checked: judged.pieces + judged.damagedPieces,
      broken:
        damaged > record.flipped
          ? [`${damaged} pieces were damaged, ${record.flipped} bits were flipped`]
          : [],
    },
  ];
  all.push(
    {
      name: 'one chain above',
      says: 'municipality, continent and globe have one chain each, of what the city has and nothing else',
      seenBy: 'what their members have on their disks, verified from the genesis of the network on',
      checked: judged.rooted,
      broken: judged.faultsAbove.map(({ who, what }) => `${who}: ${what}`),
    },
    {
      name: 'rooted at the end',
      says: 'what anybody was told is COMMITTED is rooted at the globe once the damage is over',
      seenBy: 'the blocks of the globe, down to the batch of each transaction',
      checked: told,
      broken: judged.unrooted.map((txId) => `not rooted: ${txId}`),
    },
  );
  if (allowed.isOffline === true) all.push(unmoved(record, judged, samples));
  if (allowed.isUntimely === true) all.push(goesOn(record), undropped(record));
  if (allowed.isParted === true) all.push(goesOn(record), rootedAfter(record, judged));
  if (judged.transfers !== undefined) all.push(...transferred(judged.transfers));
  return all;
}

/** What is committed is rooted by then, where nobody is parted. */
const ROOTED_MS = 5_000;

/** Of what was sent since continents were parted: committed for long enough, and not rooted all the same. */
export function cutOffIn(
  calls: readonly Call[],
  unrooted: readonly string[],
  { since, now }: { readonly since: number; readonly now: number },
): string[] {
  const missing = new Set(unrooted);
  return calls
    .filter(({ kind, word }) => kind === 'send' && word === 'COMMITTED')
    .filter(({ startMs, endMs }) => startMs >= since && endMs! <= now - ROOTED_MS)
    .map(({ txId }) => txId)
    .filter((txId) => missing.has(txId));
}

/** Only what could not be rooted shows by its being rooted later that continents were parted. */
const rootedAfter = ({ cutOff }: Record, { unrooted }: Judged): Promised => ({
  name: 'what was cut off is rooted',
  says: 'what a city committed while its continent was parted is rooted at the globe afterwards',
  seenBy: 'the blocks of the globe: these were not in them while continents were parted',
  checked: cutOff.length,
  broken: cutOff.filter((txId) => unrooted.includes(txId)).map((txId) => `not rooted: ${txId}`),
});

function transferred({ settled, released, locked, faults }: TransfersReport): Promised[] {
  const checked = settled + released + locked.length;
  const seenBy = `the objects of both cities, from the disks of their delegates: ${settled} arrived, ${released} came back`;
  return [
    {
      name: 'transfers happen once',
      says: 'what leaves one city for the other is there, or came back, and never both',
      seenBy,
      checked,
      broken: faults.map(({ who, what }) => `${who}: ${what}`),
    },
    {
      name: 'transfers end',
      says: 'each has arrived or come back once continents hear each other again',
      seenBy,
      checked,
      broken: locked.map((txId) => `on its way: ${txId}`),
    },
  ];
}

/** With one clock of four wrong there is a quorum without it; and within a parted continent. */
function goesOn({ calls, faultAt, faultEnd }: Record): Promised {
  const meanwhile = calls.filter(
    ({ kind, startMs, endMs = Infinity }) =>
      kind === 'send' && startMs >= faultAt && endMs <= faultEnd,
  );
  const committed = meanwhile.filter(({ word }) => word === 'COMMITTED').length;
  return {
    name: 'the order goes on',
    says: 'while clocks are wrong, or continents parted, what is sent is committed',
    seenBy: 'the senders of this run: calls that began and ended meanwhile',
    checked: meanwhile.length,
    // Where nobody was that quick, nothing is known.
    broken:
      meanwhile.length > 0 && committed === 0 ? [`none of ${meanwhile.length} was committed`] : [],
  };
}

/** What is not held any more is missing where it is asked for, long before its bytes are gone from a disk. */
function undropped({ shown, samples, faultAt }: Record): Promised {
  const before = samples.findLast(({ atMs }) => atMs <= faultAt)?.held ?? new Map<string, Held>();
  const fewer = [...before].filter(([txId, { onDisk }]) =>
    samples.some(({ atMs, held }) => atMs > faultAt && (held.get(txId)?.onDisk ?? 0) < onDisk),
  );
  const lacking = shown.filter(({ is }) => is === 'missing' || is === 'wrong');
  return {
    name: 'nothing is dropped early',
    says: 'whoever has a wrong clock holds what it has promised, and shows it when it is asked',
    seenBy: 'each holder of some old transactions, asked while clocks were wrong; and the disks',
    checked: shown.filter(({ is }) => is !== 'silent').length,
    broken: [
      ...lacking.map(({ txId, row, holder, is }) => `row ${row} of ${txId} is ${is} at ${holder}`),
      ...fewer.map(([txId]) => `${txId} has fewer rows on disks than before`),
    ],
  };
}

/** What nobody may be told of a transaction that is committed, and is one's own. */
const DENIED = new Set(['NOT_FOUND', 'NOT_A_READER', 'BAD_MANIFEST', 'EXPIRED', 'ERASED']);

/** Told that it is unavailable, though the disks say otherwise for as long as it was asked for. */
function isWronged(record: Record, read: Call): boolean {
  if (DENIED.has(read.word ?? '')) return true;
  if (read.word !== 'UNAVAILABLE') return false;
  const isThere = ({ isBusUp, held }: Sample): boolean =>
    isBusUp && (held.get(read.txId)?.online ?? 0) >= record.k;
  const looks = looksDuring(record, read);
  return looks.length > 0 && looks.every(isThere);
}

/** Whether what it was told can be held against the disks; other words say by themselves what they are. */
const isJudged = (record: Record, read: Call): boolean =>
  read.word !== 'UNAVAILABLE' || looksDuring(record, read).length > 0;

/** None where a stroke makes it unknown who was up. */
function looksDuring({ samples, strokes }: Record, { startMs, endMs }: Call): readonly Sample[] {
  const isNear = (at: number): boolean => at > startMs - BLURRED_MS && at < endMs! + BLURRED_MS;
  if (strokes.some(({ atMs, endMs: over }) => isNear(atMs) || isNear(over))) return [];
  return samples.filter(({ atMs }) => atMs >= startMs - BLURRED_MS && atMs <= endMs! + BLURRED_MS);
}

function lastReads(reads: readonly Call[]): Map<string, string | undefined> {
  const ended = reads.toSorted((a, b) => a.endMs! - b.endMs!);
  return new Map(ended.map(({ txId, word }) => [txId, word]));
}

/** Where the disks themselves say so at last, it is counted as lost, and not a second time. Of what nobody looked at they say nothing. */
const isThinAtLast = ({ samples, k }: Record, txId: string): boolean =>
  (samples.at(-1)?.held.get(txId)?.onDisk ?? k) < k;

function unmoved(record: Record, judged: Judged, samples: readonly Sample[]): Promised {
  const last = [...(samples.at(-1)?.held.values() ?? [])];
  const rows = last.reduce((sum, { onDisk }) => sum + onDisk, 0);
  const most = Math.floor(STORM_SHARE * rows);
  const renewed = judged.renewedRows - record.renewedBefore;
  return {
    name: 'no storm',
    says: 'for nodes that are only away at most a tenth of the rows is placed anew',
    seenBy: 'the renewals in the ledgers of the delegates, from their disks',
    checked: rows,
    broken: renewed > most ? [`${renewed} rows were placed anew, at most ${most} may be`] : [],
  };
}
