/**
 * Anchors: up 999 of 1000, down for hours, gone for good after years and then followed by an empty one;
 * dark with their continent. Times between changes are drawn from exponentials; who is up is looked at once
 * an hour.
 */
import { assert } from '#lib/assert.ts';
import { nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import type { Random } from '../random.ts';
import { replace, type Devices } from './devices.ts';
import { hasJoinedAt, HOURS_A_DAY, isDarkAt, type Joining, type Settings } from './settings.ts';

const WORD = 2 ** 32;

export interface Anchor {
  readonly device: number;
  readonly node: NodeAddress;
  readonly continent: number;
  readonly joining: Joining;
  /** The hour of its next change; `isUp` until then. */
  changesAt: number;
  isUp: boolean;
  /** The hour at which it is gone for good, and at which another one is in its place. */
  diesAt: number;
  replacedAt: number;
}

/** As many on each continent as the policy has there. */
export class Anchors {
  readonly all: readonly Anchor[];
  readonly #of: Settings;
  readonly #devices: Devices;
  readonly #chance: Random;

  constructor(of: Settings, devices: Devices, chance: Random) {
    this.#of = of;
    this.#devices = devices;
    this.#chance = chance;
    this.all = this.#founded();
    assert(devices.lights + this.all.length === devices.count, 'each anchor is a device');
  }

  /** One hour. Whose anchor is gone for good is told at once: `lost` are its pieces. */
  step(hour: number, lost: (device: number) => void): void {
    const { online, seen } = this.#devices;
    for (const anchor of this.all) {
      if (hour >= anchor.diesAt) this.#die(anchor, hour, lost);
      while (hour >= anchor.changesAt) this.#change(anchor);
      const { device, joining, isUp, replacedAt } = anchor;
      const isThere = hasJoinedAt(joining, hour) && !isDarkAt(joining, hour);
      online[device] = isThere && isUp && hour >= replacedAt ? 1 : 0;
      if (online[device] === 1) seen[device] = hour;
    }
  }

  #founded(): Anchor[] {
    const { continents, policy } = this.#of;
    let device = this.#devices.lights;
    return continents.flatMap((joining, continent) => {
      const count = anchorsOn(policy, joining.continent);
      return Array.from({ length: count }, (_, i): Anchor => {
        this.#devices.continent[device] = continent;
        const node = nodeAddress(place(`${joining.continent}.anchors.hall`), `a${i + 1}`);
        const times = { changesAt: this.#upHours(), diesAt: this.#lifeHours(), replacedAt: 0 };
        return { device: device++, node, continent, joining, isUp: true, ...times };
      });
    });
  }

  #die(anchor: Anchor, hour: number, lost: (device: number) => void): void {
    lost(anchor.device);
    replace(this.#devices, anchor.device, hour);
    anchor.replacedAt = hour + this.#of.replacedHours;
    anchor.diesAt = anchor.replacedAt + this.#lifeHours();
  }

  #change(anchor: Anchor): void {
    anchor.isUp = !anchor.isUp;
    anchor.changesAt += anchor.isUp ? this.#upHours() : this.#exponential(this.#of.outageHours);
  }

  /** So long between outages that it is up as often as assumed. */
  #upHours(): number {
    const { anchorUp, outageHours } = this.#of;
    return anchorUp === 1 ? Infinity : this.#exponential((outageHours * anchorUp) / (1 - anchorUp));
  }

  #lifeHours(): number {
    return this.#exponential(this.#of.anchorLifeDays * HOURS_A_DAY);
  }

  #exponential(mean: number): number {
    return -mean * Math.log((this.#chance.next() + 0.5) / WORD);
  }
}

export const anchorsOn = ({ anchors }: Settings['policy'], continent: string): number =>
  anchors.find((each) => each.continent === continent)?.anchors ?? 0;
