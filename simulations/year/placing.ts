/**
 * Placing, by the city's own code: the terms of the policy in force for a town's list at that hour, the
 * draw over it (protocols/placement.ts), and until when who holds what. What stands in for the VRF is a
 * number of the seed.
 *
 * Placing anew is that of a repair (repair/placing.ts): rows that nobody holds any more go to whom the next
 * round draws.
 */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { EMPTY } from '#lib/bytes.ts';
import { heldTimes } from '#protocols/manifest.ts';
import { drawPlacement } from '#protocols/placement.ts';
import { inForce, piecesOf, type Resolved } from '#protocols/policy.ts';
import { assigned, candidatesOf, type Held, type Renewing } from '#protocols/repair/placing.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { termsOf, type TermsOf } from '#protocols/terms-of.ts';
import type { Random } from '../random.ts';
import type { Book, Entry } from './book.ts';
import { takeIn, type Devices } from './devices.ts';
import type { Lists } from './lists.ts';
import type { Town } from './population.ts';
import { DAY_MS, HOUR_MS, type Settings } from './settings.ts';

const OUTPUT_BYTES = 64;
const ID_BYTES = 32;

/** Pieces that were made when a transaction was placed anew; a part of what is missing, or all. */
export interface Made {
  readonly lights: number;
  readonly anchors: number;
  readonly isPartOf: boolean;
}

export class Placing {
  readonly #of: Settings;
  readonly #termsOf: TermsOf;
  readonly #devices: Devices;
  readonly #lists: Lists;
  readonly #book: Book;
  readonly #chance: Random;
  readonly #known = new Map<string, Resolved>();
  readonly #towns: readonly Town[];
  /** Bytes for lights by town: of this hour, of this day, of the days before. */
  readonly #toSpread: number[];
  #today: number[];
  readonly #days: number[][] = [];

  constructor(
    of: Settings,
    parts: {
      readonly devices: Devices;
      readonly lists: Lists;
      readonly book: Book;
      readonly towns: readonly Town[];
    },
    chance: Random,
  ) {
    this.#of = of;
    this.#termsOf = termsOf(inForce(1, of.policy));
    this.#devices = parts.devices;
    this.#lists = parts.lists;
    this.#book = parts.book;
    this.#chance = chance;
    this.#towns = parts.towns;
    this.#toSpread = parts.towns.map(() => 0);
    this.#today = parts.towns.map(() => 0);
  }

  /** The transaction's number; `undefined` where the list has no room for it. */
  place(town: Town, hour: number): number | undefined {
    const list = this.#lists.listOf(town, hour);
    const terms = this.#interned(this.#termsOf(list, this.#chance.bytes(ID_BYTES)));
    const output = this.#chance.bytes(OUTPUT_BYTES);
    const drawn = drawPlacement({ list, terms, from: town.place, output });
    if (!drawn.ok) return undefined;
    const rows = piecesOf(terms);
    const times = this.#timesOf(terms, hour);
    const number = this.#book.open({ town: town.index, terms, output, ...times }, rows);
    const { firstSlot } = this.#book.entries[number]!;
    for (let row = 0; row < rows; row++) {
      this.#give(firstSlot + row, this.#lists.deviceOf(drawn.value.holders[row]!), terms);
    }
    this.#toSpread[town.index]! += terms.lights * this.#bytesOf(terms);
    return number;
  }

  /** New holders for the rows that have none that counts; `isSound` says which have. */
  placeAnew(entry: Entry, town: Town, hour: number, isSound: (slot: number) => boolean): Made {
    const { firstSlot, terms, output, expiresAt, lightUntil } = entry;
    const wantsLights = this.#of.startsAt + hour * HOUR_MS < lightUntil;
    const rows = range(wantsLights ? 0 : terms.lights, entry.rows).filter(
      (row) => !isSound(firstSlot + row),
    );
    const renewing: Renewing = {
      manifest: { terms, pieceHashes: EMPTY },
      list: this.#lists.listOf(town, hour),
      from: town.place,
      output,
      round: ++entry.round,
      places: this.#placesOf(entry),
      expiresAt,
    };
    const to = assigned(renewing, candidatesOf(renewing), { rows, ...ASKS_ALL });
    let lights = 0;
    for (const [row, node] of to) {
      this.#give(firstSlot + row, this.#lists.deviceOf(node), terms);
      if (row < terms.lights) lights++;
    }
    this.#toSpread[town.index]! += lights * this.#bytesOf(terms);
    const isPartOf = to.size > 0 && to.size < rows.length;
    return { lights, anchors: to.size - lights, isPartOf };
  }

  #placesOf({ firstSlot, rows, terms, lightUntil, anchorUntil }: Entry): Held[] {
    return Array.from({ length: rows }, (_, row) => ({
      holder: this.#lists.nodeOf(this.#book.holder[firstSlot + row]!),
      until: row < terms.lights ? lightUntil : anchorUntil,
    }));
  }

  /** What lights were given this hour, over all of each town that could have been drawn. */
  spread(towns: readonly Town[], hour: number): void {
    for (const town of towns) {
      const { index } = town;
      if (this.#toSpread[index] === 0) continue;
      this.#lists.spread(town, hour, this.#toSpread[index]!);
      this.#today[index]! += this.#toSpread[index]!;
      this.#toSpread[index] = 0;
    }
  }

  /** A day is over: what lights took in a time to live ago is gone from all of the town alike. */
  release(): void {
    const ttlDays = Math.ceil(this.#of.policy.ttl.lightMs / DAY_MS);
    this.#days.push(this.#today);
    this.#today = this.#towns.map(() => 0);
    const over = this.#days[this.#days.length - 1 - ttlDays];
    if (over === undefined) return;
    for (const town of this.#towns) this.#lists.release(town, over[town.index]!);
  }

  /** Lights take in what falls on their town; anchors, which are few, what they are given. */
  #give(slot: number, device: number, terms: Resolved): void {
    this.#book.give(slot, device);
    if (device < this.#devices.lights) return;
    takeIn(this.#devices, device, this.#bytesOf(terms), this.#of.policy.capacity.anchorBytes);
  }

  /** Of one row of all the transactions that one stands for. */
  #bytesOf({ k }: Resolved): number {
    return (this.#of.sizeBytes / k) * weightOfSample(this.#of);
  }

  #timesOf(terms: Resolved, hour: number) {
    const createdAt = this.#of.startsAt + hour * HOUR_MS;
    const expiresAt = createdAt + this.#of.livesDays * DAY_MS;
    const core = { createdAt: stampBytes({ wallMs: createdAt, count: 0 }), expiresAt };
    return { createdAt, expiresAt, ...heldTimes(core, terms) };
  }

  /** Terms that are alike are kept once. */
  #interned(terms: Resolved): Resolved {
    const { lights, ackNeeded, continents, fired, features } = terms;
    const key = JSON.stringify([lights, ackNeeded, continents, fired, features]);
    const known = this.#known.get(key) ?? terms;
    this.#known.set(key, known);
    return known;
  }
}

/** How many transactions one that is followed stands for. */
export const weightOfSample = ({ perDay, samplesPerDay }: Settings): number =>
  perDay / samplesPerDay;

/** Whoever is on a list is there, and answers. */
const ASKS_ALL = {
  given: new Map<number, NodeAddress>(),
  without: new Set<NodeAddress>(),
} as const;

const range = (from: number, until: number): number[] =>
  Array.from({ length: until - from }, (_, i) => from + i);
