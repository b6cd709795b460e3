/**
 * People: a million lights that come and go by the clocks of their own cities.
 *
 *   online --- session is over ---> offline --- by the hour of the day ---> online
 *      '--------------- for good, two years on average ----------------> gone, later somebody new
 *
 * Each light is on or off by a chain of two states whose balance is what its kind is online at that hour.
 * Lights of one city and kind that change within an hour are found by jumping from one to the next (a
 * geometric gap), so that an hour costs as many draws as there are changes: 70 000 of a million.
 *
 *   order    [ online ... | offline ... ]    of each city and kind; whoever changes is moved over the bar
 */
import { minuteOfDay, zoneNamed } from '#config/policy/zone.ts';
import type { Zone } from '#config/policy.ts';
import { assert } from '#lib/assert.ts';
import type { Random } from '../random.ts';
import { replace, type Devices } from './devices.ts';
import {
  CITIES,
  hasJoinedAt,
  HOUR_MS,
  HOURS_A_DAY,
  isDarkAt,
  type City,
  type Joining,
  type Settings,
} from './settings.ts';

const MINUTES_AN_HOUR = 60;
const WORD = 2 ** 32;
/** However attractive the evening: so many at most. */
const ONLINE_MOST = 0.95;

export interface Town extends City {
  /** Its place in the population, and its continent's in the settings. */
  readonly index: number;
  readonly continent: number;
  readonly joining: Joining;
  readonly clock: Zone;
  /** Its lights are devices from here to before there. */
  readonly from: number;
  readonly until: number;
}

interface Crowd {
  readonly town: Town;
  readonly online: number;
  /** The first `on` are online. */
  readonly order: Uint32Array;
  on: number;
  isFresh: boolean;
}

/** All towns, with the lights divided among them. */
export function townsOf({ continents, lights }: Settings): Town[] {
  const all = continents.flatMap((joining, continent) =>
    CITIES[joining.continent]!.map((city) => ({ city, joining, continent })),
  );
  const firstOf = (index: number): number => Math.floor((lights * index) / all.length);
  return all.map(({ city: { place, zone }, joining, continent }, index): Town => {
    const clock = zoneNamed(zone);
    assert(clock !== undefined, 'the zones of the cities are known');
    const [from, until] = [firstOf(index), firstOf(index + 1)];
    return { place, zone, index, continent, joining, clock, from, until };
  });
}

export class Population {
  readonly #of: Settings;
  readonly #devices: Devices;
  readonly #chance: Random;
  readonly #crowds: readonly Crowd[];
  readonly #towns: readonly Town[];
  readonly #isGone: Uint8Array;
  readonly #shape: readonly number[];
  #returned: (light: number) => void = () => undefined;

  constructor(of: Settings, devices: Devices, towns: readonly Town[], chance: Random) {
    this.#of = of;
    this.#devices = devices;
    this.#towns = towns;
    this.#chance = chance;
    this.#isGone = new Uint8Array(devices.lights);
    const mean = of.dayShape.reduce((sum, each) => sum + each, 0) / HOURS_A_DAY;
    this.#shape = of.dayShape.map((each) => each / mean);
    this.#crowds = towns.flatMap((town) => crowdsOf(town, of));
    for (const { from, until, continent } of towns) devices.continent.fill(continent, from, until);
  }

  /** One hour: who comes, who goes, and who goes for good; `returned` who had been missed. */
  step(hour: number, returned: (light: number) => void): void {
    this.#returned = returned;
    for (const crowd of this.#crowds) this.#move(crowd, hour);
    for (const town of this.#towns) this.#leave(town, hour);
  }

  /** How much likelier than on average people of a town are awake. */
  shapeOf({ clock }: Town, hour: number): number {
    const at = this.#of.startsAt + hour * HOUR_MS;
    return this.#shape[Math.floor(minuteOfDay(clock, at) / MINUTES_AN_HOUR)]!;
  }

  /** Whether it is away for good; nobody knows that, it only does not come back. */
  isGone(light: number): boolean {
    return this.#isGone[light] === 1;
  }

  /** Somebody new has the number of one who is gone, and nothing of his. */
  renew(light: number, hour: number): void {
    this.#isGone[light] = 0;
    replace(this.#devices, light, hour);
  }

  #move(crowd: Crowd, hour: number): void {
    const { town, order } = crowd;
    if (!hasJoinedAt(town.joining, hour)) return;
    if (isDarkAt(town.joining, hour)) return this.#darken(crowd, hour);
    const online = Math.min(ONLINE_MOST, crowd.online * this.shapeOf(town, hour));
    // The chain of two states over an hour, exactly; at first, its balance.
    const pace = 1 / this.#of.sessionHours / (1 - online);
    const moved = crowd.isFresh ? 1 : 1 - Math.exp(-pace);
    crowd.isFresh = false;
    const before = crowd.on;
    this.#each(before, (1 - online) * moved, (i) => {
      // From the bar down, so that who takes this place was asked before.
      this.#turn(swapped(order, before - 1 - i, --crowd.on), 0, hour);
    });
    this.#each(order.length - before, online * moved, (i) => {
      this.#turn(swapped(order, before + i, crowd.on++), 1, hour);
    });
  }

  #darken(crowd: Crowd, hour: number): void {
    for (let i = 0; i < crowd.on; i++) this.#turn(crowd.order[i]!, 0, hour);
    crowd.on = 0;
    crowd.isFresh = true;
  }

  #leave({ from, until, joining }: Town, hour: number): void {
    if (!hasJoinedAt(joining, hour)) return;
    const daily = 1 / (this.#of.lightLifeDays * HOURS_A_DAY);
    this.#each(until - from, daily, (i) => {
      this.#turn(from + i, 0, hour);
      this.#isGone[from + i] = 1;
    });
  }

  #turn(light: number, to: 0 | 1, hour: number): void {
    const { online, seen, isMissed } = this.#devices;
    if (to === 1 && this.#isGone[light] === 1) return;
    if (online[light] === 1) seen[light] = hour;
    online[light] = to;
    if (to === 0 || isMissed[light] === 0) return;
    isMissed[light] = 0;
    this.#returned(light);
  }

  /** Each of so many with this chance, in order, at the cost of those alone. */
  #each(count: number, chance: number, meet: (i: number) => void): void {
    if (chance <= 0) return;
    const perGap = chance < 1 ? 1 / Math.log1p(-chance) : 0;
    for (let i = -1; ;) {
      const drawn = (this.#chance.next() + 0.5) / WORD;
      i += 1 + Math.floor(Math.log(drawn) * perGap);
      if (i >= count) return;
      meet(i);
    }
  }
}

/** Changes the places of two; who stands at the second place then. */
function swapped(order: Uint32Array, i: number, j: number): number {
  const moved = order[i]!;
  order[i] = order[j]!;
  order[j] = moved;
  return moved;
}

/** The kinds of a town, one behind the other. */
function crowdsOf(town: Town, { people }: Settings): Crowd[] {
  const lights = town.until - town.from;
  let [from, share] = [town.from, 0];
  return people.map((kind) => {
    share += kind.share;
    const until = town.from + Math.round(lights * share);
    const order = Uint32Array.from({ length: until - from }, (_, i) => from + i);
    from = until;
    return { town, online: kind.online, order, on: 0, isFresh: true };
  });
}
