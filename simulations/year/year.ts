/**
 * Half a year, and longer: a million lights with their days and nights, anchors with outages, continents
 * that join, and transactions that arrive, are placed, expire and are repaired by the city's own decisions.
 *
 *   each hour   anchors and people come and go -> what time ends -> arrivals are placed -> repairs -> reads
 *   each day    who has been away too long, who is overfull, weights; and the day is written down
 *
 * What is real: the policy's terms of each transaction (protocols/terms-of.ts), the draw over frozen lists
 * (placement.ts), weights by free room (presence/weigh.ts), until when who holds (manifest.ts), the judge
 * and the budget of repair (protocols/repair/). What is not: messages, acks, bytes, audits; all that is
 * accepted is stored at once, and of all transactions `samplesPerDay` are followed in their stead.
 *
 * Safety: one seed, one report. Cost, 180 days of a million lights: minutes and about a gigabyte, nearly
 * all of it for lists and for who is online.
 */
import { Random } from '../random.ts';
import { anchorsOn, Anchors } from './anchors.ts';
import { Book } from './book.ts';
import { Clock } from './clock.ts';
import { devicesOf, type Devices } from './devices.ts';
import { Diary, type Day } from './diary.ts';
import { Lists } from './lists.ts';
import { Placing } from './placing.ts';
import { Population, townsOf, type Town } from './population.ts';
import { Reads } from './reads.ts';
import { Repairs } from './repairs.ts';
import {
  assertSettings,
  hasJoinedAt,
  HOUR_MS,
  HOURS_A_DAY,
  isDarkAt,
  type Settings,
} from './settings.ts';

const WORD = 2 ** 32;
/** What is sampled comes together: making a list costs as much as a hundred placements from it. */
const PARTY = 5;

export class Year {
  readonly #of: Settings;
  readonly #devices: Devices;
  readonly #towns: readonly Town[];
  readonly #anchors: Anchors;
  readonly #population: Population;
  readonly #book: Book;
  readonly #clock: Clock;
  readonly #placing: Placing;
  readonly #repairs: Repairs;
  readonly #reads: Reads;
  readonly #diary: Diary;
  /** Of arrivals, by town: less than a party. */
  readonly #gathered: number[];
  #hour = 0;

  constructor(of: Settings) {
    assertSettings(of);
    const chance = Random.of(of.seed);
    const anchors = of.continents.reduce(
      (sum, { continent }) => sum + anchorsOn(of.policy, continent),
      0,
    );
    const devices = devicesOf(of.lights, anchors);
    const towns = townsOf(of);
    this.#of = of;
    this.#devices = devices;
    this.#towns = towns;
    this.#anchors = new Anchors(of, devices, chance.fork('anchors'));
    this.#population = new Population(of, devices, towns, chance.fork('people'));
    const book = new Book(devices);
    const who = { towns, anchors: this.#anchors };
    const lists = new Lists(of, devices, who, chance.fork('names'));
    const parts = { devices, lists, book, towns };
    this.#book = book;
    this.#clock = new Clock(of, book);
    this.#placing = new Placing(of, parts, chance.fork('draws'));
    this.#repairs = new Repairs(of, { ...parts, placing: this.#placing, clock: this.#clock });
    const movesAtFloor = of.policy.repair.floorAction === 'repair';
    this.#reads = new Reads(book, devices, movesAtFloor, chance.fork('reads'));
    const arrivals = chance.fork('arrivals');
    this.#gathered = towns.map(() => (PARTY * arrivals.next()) / WORD);
    this.#diary = new Diary(of, { ...parts, repairs: this.#repairs, reads: this.#reads });
  }

  /** One day; `undefined` after the last. */
  nextDay(): Day | undefined {
    if (this.#hour >= this.#of.days * HOURS_A_DAY) return undefined;
    for (let i = 0; i < HOURS_A_DAY; i++) this.#step(this.#hour++);
    this.#lookAround(this.#hour);
    return this.#diary.close(this.#hour / HOURS_A_DAY - 1, this.#anchors.all);
  }

  #step(hour: number): void {
    this.#anchors.step(hour, (device) => this.#book.forget(device));
    this.#population.step(hour, (light) => this.#book.touchAllOf(light));
    this.#missAnchors(hour);
    this.#clock.step(hour);
    const towns = this.#towns.filter(
      ({ joining }) => hasJoinedAt(joining, hour) && !isDarkAt(joining, hour),
    );
    for (const town of towns) this.#arrive(town, hour, towns.length);
    this.#repairs.step(hour);
    this.#placing.spread(towns, hour);
    this.#reads.step(this.#of.readsPerHour);
    this.#diary.hour(towns, hour);
  }

  /** Arrivals follow the day as people do; parties come as soon as enough has gathered for one. */
  #arrive(town: Town, hour: number, towns: number): void {
    const { samplesPerDay } = this.#of;
    const expected = (samplesPerDay / HOURS_A_DAY / towns) * this.#population.shapeOf(town, hour);
    const gathered = this.#gathered[town.index]! + expected;
    const parties = Math.floor(gathered / PARTY);
    this.#gathered[town.index] = gathered - parties * PARTY;
    for (let i = 0; i < parties * PARTY; i++) {
      const number = this.#placing.place(town, hour);
      if (number !== undefined) {
        this.#clock.follow(number);
        this.#reads.opened(number);
      }
      this.#diary.arrived(town, number);
    }
  }

  /** An anchor that is away for too long counts no more; one that is back counts again. */
  #missAnchors(hour: number): void {
    const { seen, isMissed } = this.#devices;
    const missedHours = this.#of.policy.repair.missedMs.anchor / HOUR_MS;
    for (const { device } of this.#anchors.all) {
      const now = hour - seen[device]! > missedHours ? 1 : 0;
      if (now !== isMissed[device]) this.#book.touchAllOf(device);
      isMissed[device] = now;
    }
  }

  #lookAround(hour: number): void {
    const { lights, online, seen, isMissed } = this.#devices;
    const missedHours = this.#of.policy.repair.missedMs.light / HOUR_MS;
    for (let light = 0; light < lights; light++) {
      if (online[light] === 1 || isMissed[light] === 1) continue;
      if (hour - seen[light]! <= missedHours) continue;
      isMissed[light] = 1;
      if (this.#population.isGone(light)) this.#renew(light, hour);
      else this.#book.touchAllOf(light);
    }
    this.#dropOverfull();
    this.#placing.release();
    this.#reads.dropOver();
  }

  /** Whoever was gone is missed by now: somebody new takes the number. */
  #renew(light: number, hour: number): void {
    this.#book.forget(light);
    this.#population.renew(light, hour);
  }

  #dropOverfull(): void {
    const { lightBytes, anchorBytes } = this.#of.policy.capacity;
    for (let device = 0; device < this.#devices.count; device++) {
      const room = device < this.#devices.lights ? lightBytes : anchorBytes;
      this.#diary.dropped(this.#book.dropOverfull(device, room));
    }
  }
}
