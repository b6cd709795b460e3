/** What an outcome says to people: rows of words, for a terminal and for a page alike. */
import type { Record, Stroke } from './record.ts';
import {
  PHASES,
  standingOf,
  type Figures,
  type Latency,
  type Outcome,
  type Standing,
} from './reckon.ts';

export type Row = readonly string[];

export interface Told {
  readonly outcome: Outcome;
  readonly record: Record;
  readonly line: string;
}

export const verdictOf = (outcome: Outcome): string => {
  const { name, figures } = outcome;
  const hit = figures.didHit || name === 'calm' ? '' : '; the damage did not hit work in flight';
  return `${VERDICTS[worstOf(outcome)]}${hit}`;
};

const VERDICTS: { readonly [standing in Standing]: string } = {
  holds: 'every promise was checked, and holds',
  BROKEN: 'A PROMISE IS BROKEN',
  unchecked: 'NOT EVERY PROMISE WAS CHECKED: those that were hold',
};

/** Of all its promises. */
export function worstOf({ promises }: Pick<Outcome, 'promises'>): Standing {
  const all = promises.map(standingOf);
  return (['BROKEN', 'unchecked'] as const).find((each) => all.includes(each)) ?? 'holds';
}

const since = (ms: number | undefined, none: string): string =>
  ms === undefined ? none : `${(ms / 1_000).toFixed(1)} s`;

const words = (counts: Readonly<{ [word: string]: number }>): string =>
  Object.entries(counts)
    .map(([word, count]) => `${count} ${word}`)
    .join(', ') || 'none';

export function figureRows({ outcome: { figures }, record }: Told): Row[] {
  const { inFlight, didHit } = figures;
  const { strokes } = record;
  return [
    ['submitted', `${figures.submitted}: ${words(figures.sends)}`],
    ['committed', `${figures.committed}; outcome unknown to their senders: ${figures.unknown}`],
    ['read', words(figures.reads)],
    ['held', heldText(figures, record)],
    ['lost', `for a time ${figures.lostTransient}, for good ${figures.lostPermanent}`],
    ['acknowledged, not durable', String(figures.ackedNotDurable)],
    ['first sign in public', since(figures.detectMs, 'none within the run')],
    ['read again', since(figures.readAgainMs, 'no read failed that came back later')],
    ['read with k rows back', lateText(figures.lateMs)],
    [
      'all rows back',
      since(figures.repairMs, strokes.length === 0 ? 'none was missing' : 'not within the run'),
    ],
    ['repairs that were due', dueText(figures, record)],
    ['rows placed anew', String(figures.renewedRows)],
    [
      'subscriber',
      `${figures.noteGaps} commits not heard of, ${figures.missedNotes} notes dropped`,
    ],
    [
      'overlap',
      `${inFlight.sends} sends and ${inFlight.reads} reads in flight at a stroke${didHit ? '' : ': it did not hit'}`,
    ],
  ];
}

const lateText = (ms: number | undefined): string => {
  if (ms === undefined) return 'there never were fewer';
  return ms === 0 ? 'at once: no read failed that began then' : `failed for ${since(ms, '')} more`;
};

const dueText = ({ due, mendedMs }: Figures, { startAt }: Record): string =>
  due === 0
    ? `none: never ${startAt} rows or fewer on disks`
    : `${due} transactions had ${startAt} rows or fewer on disks; none had after ${since(mendedMs, 'the end of the run')}`;

const heldText = ({ leastOnDisk, leastOnline }: Figures, { k, samples }: Record): string =>
  `at least ${leastOnDisk ?? '-'} rows on disks, ${leastOnline ?? '-'} on nodes that were up; ${k} bring it back (${samples.length} looks)`;

const latencyText = ({ count, p50, p99 }: Latency): string =>
  count === 0 ? '-' : `${since(p50, '-')} / ${since(p99, '-')} of ${count}`;

export function latencyRows({ latency }: Figures): Row[] {
  return [
    ['p50 / p99', ...PHASES],
    ['sent to COMMITTED', ...PHASES.map((phase) => latencyText(latency.send[phase]))],
    ['read', ...PHASES.map((phase) => latencyText(latency.read[phase]))],
  ];
}

export const strokeRow = ({ atMs, endMs, what, nodes, said, isDone }: Stroke): Row => [
  since(atMs, ''),
  since(endMs, ''),
  what,
  nodes.length === 0 ? '' : `${nodes.length} nodes`,
  isDone ? said : `NOT DONE: ${said}`,
];

const BROKEN_MAX = 5;

export const promiseRows = ({ promises }: Outcome): Row[] =>
  promises.map((promised) => {
    const { name, says, seenBy, checked, broken } = promised;
    const words = `${says} (${checked} checked: ${seenBy})${brokenText(broken)}`;
    return [standingOf(promised), name, words];
  });

const brokenText = (broken: readonly string[]): string => {
  if (broken.length === 0) return '';
  const more = broken.length > BROKEN_MAX ? `; and ${broken.length - BROKEN_MAX} more` : '';
  return `: ${broken.slice(0, BROKEN_MAX).join('; ')}${more}`;
};
