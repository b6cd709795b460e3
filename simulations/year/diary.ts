/** What is written down of each day: figures of the whole city, whatever the sample. */
import { MILLION } from '#config/policy.ts';
import type { Resolved } from '#protocols/policy.ts';
import { readFails } from '../slo/availability.ts';
import { withLights } from '../slo/layout.ts';
import { layoutOfTerms } from '../slo/terms.ts';
import type { Anchor } from './anchors.ts';
import type { Book } from './book.ts';
import type { Devices } from './devices.ts';
import type { Lists } from './lists.ts';
import { weightOfSample } from './placing.ts';
import type { Town } from './population.ts';
import { nothingRead, type Read, type Reads } from './reads.ts';
import { nothingRepaired, type Repaired, type Repairs } from './repairs.ts';
import type { Settings } from './settings.ts';

/** Of one continent: how many of its registered lights were online, over the hours of the day. */
export interface Presence {
  readonly continent: string;
  readonly registered: number;
  readonly least: number;
  readonly mean: number;
  readonly most: number;
}

/** What the policy made of the transactions that senders of a continent sent. */
export interface Boosted {
  readonly continent: string;
  readonly transactions: number;
  readonly anchorPieces: number;
  readonly lightPieces: number;
  /** Boosts that applied, by their place in the policy: of each the share of the transactions. */
  readonly fired: readonly number[];
}

export interface Day {
  readonly day: number;
  readonly presence: readonly Presence[];
  /** p_light of each hour of UTC, by continent, as `presence`. */
  readonly hours: readonly (readonly number[])[];
  readonly arrived: number;
  /** Where nobody had room, or too few were there. */
  readonly refused: number;
  readonly boosted: readonly Boosted[];
  /** Transactions that are wanted, and those of them that fewer than k pieces are left of. */
  readonly living: number;
  readonly lost: number;
  readonly read: Read;
  /** What the formula says of these terms: at the day's mean p_light, and at the holders' own. */
  readonly formulaFails: number;
  readonly holdersFail: number;
  readonly repaired: Repaired;
  readonly waiting: number;
  /** Pieces given up because a device was full. */
  readonly dropped: number;
  readonly lights: { readonly meanBytes: number; readonly mostBytes: number };
  readonly anchors: readonly {
    readonly node: string;
    readonly bytes: number;
    readonly isUp: boolean;
  }[];
}

interface Parts {
  readonly devices: Devices;
  readonly lists: Lists;
  readonly book: Book;
  readonly towns: readonly Town[];
  readonly repairs: Repairs;
  readonly reads: Reads;
}

interface Sums {
  transactions: number;
  anchorPieces: number;
  lightPieces: number;
  fired: number[];
}

export class Diary {
  readonly #of: Settings;
  readonly #parts: Parts;
  /** Transactions by their terms, since the beginning. */
  readonly #terms = new Map<Resolved, { readonly local: string; count: number }>();
  #hours: number[][] = [];
  #sums: Sums[] = [];
  #arrived = 0;
  #refused = 0;
  #dropped = 0;

  constructor(of: Settings, parts: Parts) {
    this.#of = of;
    this.#parts = parts;
    this.#turn();
  }

  arrived(town: Town, number: number | undefined): void {
    this.#arrived++;
    if (number === undefined) {
      this.#refused++;
      return;
    }
    const { terms } = this.#parts.book.entries[number]!;
    const sums = this.#sums[town.continent]!;
    sums.transactions++;
    sums.lightPieces += terms.lights;
    sums.anchorPieces += anchoredOf(terms);
    for (const boost of terms.fired) sums.fired[boost]!++;
    const known = this.#terms.get(terms) ?? { local: town.joining.continent, count: 0 };
    known.count++;
    this.#terms.set(terms, known);
  }

  dropped(pieces: number): void {
    this.#dropped += pieces;
  }

  hour(towns: readonly Town[], hour: number): void {
    for (const [i, hours] of this.#hours.entries()) {
      const here = towns.filter(({ continent }) => continent === i);
      const shares = here.map((town) => this.#parts.lists.shareOf(town, hour).ppm / MILLION);
      hours.push(shares.length === 0 ? 0 : meanOf(shares));
    }
  }

  close(day: number, anchors: readonly Anchor[]): Day {
    const { repairs, reads, devices, book } = this.#parts;
    const weight = weightOfSample(this.#of);
    const presence = this.#presence(day);
    const pOf = new Map(presence.map(({ continent, mean }) => [continent, mean]));
    const holders = reads.read.lightsOnline / Math.max(1, reads.read.lightPieces);
    const lost = book.entries.filter(({ isLost, isOver }) => isLost && !isOver).length;
    const closed: Day = {
      day,
      presence,
      hours: this.#hours,
      arrived: this.#arrived * weight,
      refused: this.#refused * weight,
      boosted: this.#boosted(),
      living: reads.living * weight,
      lost: lost * weight,
      read: reads.read,
      formulaFails: this.#formulaFails((local) => pOf.get(local)!),
      holdersFail: this.#formulaFails(() => holders),
      repaired: repairs.repaired,
      waiting: repairs.waiting,
      dropped: this.#dropped * weight,
      lights: this.#lights(registeredIn(presence)),
      anchors: anchors.map(({ node, device }) => ({
        node,
        bytes: devices.held[device]!,
        isUp: devices.online[device] === 1,
      })),
    };
    this.#turn();
    return closed;
  }

  #turn(): void {
    const { continents, policy } = this.#of;
    this.#hours = continents.map(() => []);
    this.#sums = continents.map(() => ({
      transactions: 0,
      anchorPieces: 0,
      lightPieces: 0,
      fired: policy.boosts.map(() => 0),
    }));
    this.#arrived = 0;
    this.#refused = 0;
    this.#dropped = 0;
    this.#parts.repairs.repaired = nothingRepaired();
    this.#parts.reads.read = nothingRead();
  }

  #presence(day: number): Presence[] {
    const { towns } = this.#parts;
    return this.#of.continents.map(({ continent, fromDay }, i) => {
      const hours = this.#hours[i]!;
      const here = towns.filter((town) => town.continent === i && fromDay <= day);
      const registered = here.reduce((sum, { from, until }) => sum + until - from, 0);
      const [least, most] = [Math.min(...hours), Math.max(...hours)];
      return { continent, registered, least, mean: meanOf(hours), most };
    });
  }

  #boosted(): Boosted[] {
    return this.#of.continents.map(({ continent }, i) => {
      const { transactions, anchorPieces, lightPieces, fired } = this.#sums[i]!;
      const each = (sum: number): number => (transactions === 0 ? 0 : sum / transactions);
      return {
        continent,
        transactions: transactions * weightOfSample(this.#of),
        anchorPieces: each(anchorPieces),
        lightPieces: each(lightPieces),
        fired: fired.map(each),
      };
    });
  }

  #formulaFails(chanceIn: (continent: string) => number): number {
    let [fails, all] = [0, 0];
    for (const [terms, { local, count }] of this.#terms) {
      const layout = layoutOfTerms(terms, local, this.#of.anchorUp);
      fails += count * readFails(withLights(layout, chanceIn(local)));
      all += count;
    }
    return all === 0 ? 0 : fails / all;
  }

  #lights(registered: number): Day['lights'] {
    const { held, lights } = this.#parts.devices;
    let [sum, most] = [0, 0];
    for (let light = 0; light < lights; light++) {
      sum += held[light]!;
      most = Math.max(most, held[light]!);
    }
    return { meanBytes: sum / Math.max(1, registered), mostBytes: most };
  }
}

const registeredIn = (presence: readonly Presence[]): number =>
  presence.reduce((sum, { registered }) => sum + registered, 0);

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / Math.max(1, values.length);

const anchoredOf = ({ continents }: Resolved): number =>
  continents.reduce((sum, { pieces }) => sum + pieces, 0);
