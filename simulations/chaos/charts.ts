/** A record as charts: what the disks had, how long calls took, how many ended; the time of the damage stands in the title. */
import type { Chart, Series } from '../plot/chart.ts';
import type { Call, Held, Record } from './record.ts';

const SECONDS = { label: 'seconds' };
/** Calls are counted in spans of this length. */
const SPAN_MS = 2_000;

const seconds = (ms: number): number => Math.round(ms / 100) / 10;

export const chartsOf = (record: Record): Chart[] => [rows(record), took(record), ended(record)];

const struck = ({ faultAt, faultEnd }: Record): string =>
  `damage from ${seconds(faultAt)} to ${seconds(faultEnd)} s`;

function rows(record: Record): Chart {
  const least = (of: keyof Held): Series['points'] =>
    record.samples
      .filter(({ held }) => held.size > 0)
      .map(({ atMs, held }) => {
        const all = Array.from(held.values(), (each) => each[of]);
        return [seconds(atMs), Math.min(...all)] as const;
      });
  const ends = [0, seconds(record.endMs)];
  return {
    title: `Rows of the transaction that has fewest; ${struck(record)}`,
    x: SECONDS,
    y: { label: 'intact rows' },
    series: [
      { name: 'on disks', points: least('onDisk') },
      { name: 'on nodes that are up', points: least('online') },
      { name: 'bring it back (k)', points: ends.map((at) => [at, record.k] as const) },
    ],
  };
}

const DONE = ['COMMITTED', 'same'];

function took(record: Record): Chart {
  const of = (kind: Call['kind']): Series['points'] =>
    record.calls
      .filter(({ word, kind: each }) => each === kind && DONE.includes(word ?? ''))
      .toSorted((a, b) => a.startMs - b.startMs)
      .map(({ startMs, endMs }) => [seconds(startMs), endMs! - startMs] as const);
  return {
    title: `How long calls took that were done; ${struck(record)}`,
    x: SECONDS,
    y: { label: 'ms', isLog: true },
    series: [
      { name: 'sent to COMMITTED', points: of('send') },
      { name: 'read', points: of('read') },
    ],
  };
}

const isDone = ({ word }: Call): boolean => DONE.includes(word ?? '');

function ended(record: Record): Chart {
  const spans = Math.max(1, Math.ceil(record.endMs / SPAN_MS));
  const of = (name: string, fits: (call: Call) => boolean): Series => {
    const counts = Array.from({ length: spans }, () => 0);
    for (const call of record.calls)
      if (call.endMs !== undefined && fits(call))
        counts[Math.min(spans - 1, Math.floor(call.endMs / SPAN_MS))]! += 1;
    return { name, points: counts.map((count, i) => [seconds(i * SPAN_MS), count] as const) };
  };
  return {
    title: `Calls that ended in ${SPAN_MS / 1_000} s; ${struck(record)}`,
    x: SECONDS,
    y: { label: 'calls' },
    series: [
      of('committed', (call) => call.kind === 'send' && isDone(call)),
      of('read', (call) => call.kind === 'read' && isDone(call)),
      of('not done', (call) => !isDone(call)),
    ],
  };
}
