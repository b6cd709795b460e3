/** What the days come to: the figures that an operator asks for, over all of them. */
import { ninesOf } from '../slo/availability.ts';
import type { Day } from './diary.ts';
import { DAY_MS, HOURS_A_DAY, type Settings } from './settings.ts';

/** Two-sided, normal: 19 in 20. */
const DEVIATIONS = 1.96;
/** None of n failed: 19 times in 20 fewer than this of n would (the rule of three). */
const NONE_FAILED = 3;

export interface Total {
  readonly reads: number;
  readonly failed: number;
  readonly fails: number;
  /** Half of the interval around `fails`, from the spread between days: reads of an hour share its outages. */
  readonly within: number;
  readonly nines: number;
  /** Where nothing failed, `nines` is the least that can be said. */
  readonly isAtLeast: boolean;
  /** What the formula says of the same terms, with lights as all are, and as those that hold are. */
  readonly formulaNines: number;
  readonly holdersNines: number;
  /** Of all registered lights, and of those that hold what is read: the share that is online. */
  readonly pLight: number;
  readonly pHolders: number;
  /** Of all reads, those that found fewer pieces online than the policy's floor. */
  readonly alarms: number;
  readonly arrived: number;
  readonly refused: number;
  readonly repaired: number;
  readonly renewed: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** In the fullest hour's end, how many waited. */
  readonly waitedMost: number;
  readonly lostMost: number;
  readonly lostAtLast: number;
  readonly dropped: number;
}

export interface Report {
  readonly settings: Settings;
  readonly days: readonly Day[];
  readonly total: Total;
}

export const reportOf = (settings: Settings, days: readonly Day[]): Report => ({
  settings,
  days,
  total: totalOf(days),
});

export function totalOf(days: readonly Day[]): Total {
  const sum = (of: (day: Day) => number): number => days.reduce((all, day) => all + of(day), 0);
  const most = (of: (day: Day) => number): number => Math.max(0, ...days.map(of));
  const reads = sum(({ read }) => read.reads);
  const failed = sum(({ read }) => read.failed);
  const fails = failed / Math.max(1, reads);
  const registered = sum(registeredOn);
  return {
    reads,
    failed,
    fails,
    within: withinOf(days, fails),
    nines: ninesOf(failed === 0 ? NONE_FAILED / Math.max(NONE_FAILED, reads) : fails),
    isAtLeast: failed === 0,
    formulaNines: ninesOf(sum(({ formulaFails }) => formulaFails) / Math.max(1, days.length)),
    holdersNines: ninesOf(sum(({ holdersFail }) => holdersFail) / Math.max(1, days.length)),
    pLight: sum(onlineOn) / Math.max(1, registered),
    pHolders:
      sum(({ read }) => read.lightsOnline) /
      Math.max(
        1,
        sum(({ read }) => read.lightPieces),
      ),
    alarms: sum(({ read }) => read.alarms) / Math.max(1, reads),
    arrived: sum(({ arrived }) => arrived),
    refused: sum(({ refused }) => refused),
    repaired: sum(({ repaired }) => repaired.transactions),
    renewed: sum(({ repaired }) => repaired.renewed),
    bytesRead: sum(({ repaired }) => repaired.bytesRead),
    bytesWritten: sum(({ repaired }) => repaired.bytesWritten),
    waitedMost: most(({ waiting }) => waiting),
    lostMost: most(({ lost }) => lost),
    lostAtLast: days.at(-1)?.lost ?? 0,
    dropped: sum(({ dropped }) => dropped),
  };
}

const registeredOn = ({ presence }: Day): number =>
  presence.reduce((all, { registered }) => all + registered, 0);

const onlineOn = ({ presence }: Day): number =>
  presence.reduce((all, { registered, mean }) => all + registered * mean, 0);

function withinOf(days: readonly Day[], fails: number): number {
  const rates = days.map(({ read }) => read.failed / Math.max(1, read.reads));
  if (rates.length < 2) return 0;
  const squares = rates.reduce((all, rate) => all + (rate - fails) ** 2, 0);
  return DEVIATIONS * Math.sqrt(squares / (rates.length - 1) / rates.length);
}

/** Parts of so many days each, the last one shorter. */
export function periodsOf(days: readonly Day[], length: number): (readonly Day[])[] {
  const parts = Math.ceil(days.length / length);
  return Array.from({ length: parts }, (_, i) => days.slice(i * length, (i + 1) * length));
}

/** Of each hour of UTC, over all days on which a continent was there: how many of its lights are online. */
export function hoursOf(days: readonly Day[], continent: number): number[] {
  const there = days.filter(({ presence }) => presence[continent]!.registered > 0);
  return Array.from({ length: HOURS_A_DAY }, (_, hour) => {
    const all = there.reduce((sum, { hours }) => sum + hours[continent]![hour]!, 0);
    return all / Math.max(1, there.length);
  });
}

export const dateOf = ({ startsAt }: Pick<Settings, 'startsAt'>, day: number): number =>
  startsAt + day * DAY_MS;
