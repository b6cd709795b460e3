/**
 * Repairs, by the city's own judge and budget (protocols/repair/): what was touched is judged, what is due
 * waits in its town's queue, the shortest-lived first, and is placed anew while k pieces are online and
 * there are bytes left in the hour. Who only waited and is sound again, because somebody came back, leaves
 * the queue for nothing.
 */
import {
  budgetAt,
  costOf,
  mayBegin,
  refilled,
  spent,
  type Budget,
} from '#protocols/repair/budget.ts';
import {
  judge,
  stateOf,
  survivalDays,
  type Tally,
  type Verdict,
  type Why,
} from '#protocols/repair/judge.ts';
import { piecesOf } from '#protocols/policy.ts';
import { NOBODY, type Book, type Entry } from './book.ts';
import type { Clock } from './clock.ts';
import type { Devices } from './devices.ts';
import type { Lists } from './lists.ts';
import { weightOfSample, type Placing } from './placing.ts';
import type { Town } from './population.ts';
import { HOUR_MS, type Settings } from './settings.ts';

/** What repairing came to, in transactions and bytes of the whole city, not of the sample. */
export interface Repaired {
  transactions: number;
  /** Those that whoever holds them holds for longer: nothing is moved. */
  renewed: number;
  bytesRead: number;
  bytesWritten: number;
  /** Transactions by why they were due. */
  readonly why: Partial<Record<Why, number>>;
  /** Tries that found fewer than k pieces online. */
  tooFew: number;
}

export const nothingRepaired = (): Repaired => ({
  transactions: 0,
  renewed: 0,
  bytesRead: 0,
  bytesWritten: 0,
  why: {},
  tooFew: 0,
});

interface Parts {
  readonly devices: Devices;
  readonly lists: Lists;
  readonly book: Book;
  readonly placing: Placing;
  readonly clock: Clock;
  readonly towns: readonly Town[];
}

export class Repairs {
  repaired = nothingRepaired();
  readonly #of: Settings;
  readonly #parts: Parts;
  readonly #queues: number[][];
  readonly #budgets: Budget[];

  constructor(of: Settings, parts: Parts) {
    this.#of = of;
    this.#parts = parts;
    this.#queues = parts.towns.map(() => []);
    this.#budgets = parts.towns.map(() => budgetAt(of.startsAt));
  }

  /** How many transactions wait. */
  get waiting(): number {
    const queued = this.#queues.reduce((sum, queue) => sum + queue.length, 0);
    return queued * weightOfSample(this.#of);
  }

  step(hour: number): void {
    const { book, towns } = this.#parts;
    const present = this.#present();
    for (const number of book.takeTouched()) this.#judgeTouched(number, hour, present);
    for (const town of towns) this.#repairIn(town, hour, present);
  }

  tallyOf({ firstSlot, terms, lightUntil, anchorUntil }: Entry, hour: number): Tally {
    const { book, devices, lists } = this.#parts;
    const at = this.#at(hour);
    const anchors = new Map<string, number>();
    let [lights, online] = [0, 0];
    for (let row = 0; row < piecesOf(terms); row++) {
      const slot = firstSlot + row;
      const until = row < terms.lights ? lightUntil : anchorUntil;
      if (!this.#isSound(slot, row < terms.lights, until, hour)) continue;
      const device = book.holder[slot]!;
      online += devices.online[device]!;
      if (row < terms.lights) {
        lights++;
        continue;
      }
      const continent = lists.continentOf(device);
      anchors.set(continent, (anchors.get(continent) ?? 0) + 1);
    }
    return { lights, anchors, online, anchorLeftMs: anchorUntil - at };
  }

  /** Whoever died, or gave up what it had, has no row any more; else its holder's absence counts. */
  #isSound(slot: number, isLight: boolean, until: number, hour: number): boolean {
    const { book, devices } = this.#parts;
    const device = book.holder[slot]!;
    if (device === NOBODY) return false;
    const seenHour = devices.online[device] === 1 ? hour : devices.seen[device]!;
    const sight = {
      missedMs: this.#of.policy.repair.missedMs[isLight ? 'light' : 'anchor'],
      isAcked: true,
      isDisproved: false,
      until,
      seenAt: this.#at(seenHour),
    } as const;
    return stateOf(sight, this.#at(hour)) === 'sound';
  }

  #judgeTouched(number: number, hour: number, present: ReadonlySet<string>): void {
    const entry = this.#parts.book.entries[number]!;
    if (entry.isQueued || entry.isOver) return;
    const verdict = this.#judge(entry, this.tallyOf(entry, hour), hour, present);
    entry.isLost = verdict.is === 'lost';
    if (!isDue(verdict)) return;
    entry.isQueued = true;
    this.#queues[entry.town]!.push(number);
  }

  #judge(entry: Entry, tally: Tally, hour: number, present: ReadonlySet<string>): Verdict {
    const { repair } = this.#of.policy;
    const judging = { ...entry, repair, ackedAt: entry.createdAt, present };
    return judge(judging, tally, this.#at(hour));
  }

  #repairIn(town: Town, hour: number, present: ReadonlySet<string>): void {
    const { bytesPerSecond } = this.#of.policy.repair;
    let budget = refilled(this.#budgets[town.index]!, bytesPerSecond, this.#at(hour));
    const left: number[] = [];
    for (const due of this.#inOrder(this.#queues[town.index]!, hour, present)) {
      const { number, entry } = due;
      if (mayBegin(budget)) {
        budget = spent(budget, this.#repair(due, town, hour) * weightOfSample(this.#of));
        const after = this.#judge(entry, this.tallyOf(entry, hour), hour, present);
        entry.isQueued = isDue(after);
      }
      if (entry.isQueued) left.push(number);
    }
    this.#budgets[town.index] = budget;
    this.#queues[town.index] = left;
  }

  /** Who is still due, the shortest-lived first. */
  #inOrder(queue: readonly number[], hour: number, present: ReadonlySet<string>): Due[] {
    const due = queue.flatMap((number): Due[] => {
      const entry = this.#parts.book.entries[number]!;
      const tally = this.tallyOf(entry, hour);
      const verdict = this.#judge(entry, tally, hour, present);
      entry.isQueued = !entry.isOver && isDue(verdict);
      if (!entry.isQueued || !('why' in verdict)) return [];
      const days = survivalDays(tally, entry.terms.k);
      return [{ number, entry, tally, why: verdict.why, days }];
    });
    return due.toSorted((a, b) => a.days - b.days || a.number - b.number);
  }

  /** The bytes that it moved; none where it could not be done. */
  #repair({ number, entry, tally, why }: Due, town: Town, hour: number): number {
    const { terms } = entry;
    if (tally.online < terms.k) {
      this.repaired.tooFew += weightOfSample(this.#of);
      return 0;
    }
    const made = this.#parts.placing.placeAnew(entry, town, hour, (slot) => {
      const isLight = slot < entry.firstSlot + terms.lights;
      return this.#isSound(slot, isLight, isLight ? entry.lightUntil : entry.anchorUntil, hour);
    });
    entry.isUnderway = made.isPartOf;
    // Whoever still has a row keeps it for longer, and nothing is moved for that.
    if (why === 'time') this.#parts.clock.holdOn(number, this.#at(hour));
    return this.#counted(terms.k, made.lights + made.anchors, why);
  }

  /** The bytes that were moved. */
  #counted(k: number, pieces: number, why: Why): number {
    const weight = weightOfSample(this.#of);
    if (pieces === 0) {
      if (why === 'time') this.repaired.renewed += weight;
      return 0;
    }
    this.repaired.transactions += weight;
    this.repaired.why[why] = (this.repaired.why[why] ?? 0) + weight;
    const pieceBytes = this.#of.sizeBytes / k;
    this.repaired.bytesRead += weight * k * pieceBytes;
    this.repaired.bytesWritten += weight * pieces * pieceBytes;
    return costOf(k, pieceBytes, pieces);
  }

  #present(): Set<string> {
    const { lists } = this.#parts;
    return new Set(lists.anchorsUp().map((device) => lists.continentOf(device)));
  }

  #at(hour: number): number {
    return this.#of.startsAt + hour * HOUR_MS;
  }
}

/** Waits in its town's queue. */
interface Due {
  readonly number: number;
  readonly entry: Entry;
  readonly tally: Tally;
  readonly why: Why;
  /** That it would live on without a repair. */
  readonly days: number;
}

const isDue = ({ is }: Verdict): boolean => is === 'due' || is === 'urgent';
