/**
 * The frozen list of a town, as its presence would freeze it at that hour: whoever is online, in the order
 * of names, with the weight that the room left gives. Made when somebody is to be placed, at most once an
 * hour; nobody endorses it, and its digest, which no draw looks at, is left out.
 */
import { EMPTY } from '#lib/bytes.ts';
import { MILLION } from '#config/policy.ts';
import type { Eligible, EligibleList, LightShare } from '#protocols/eligibility.ts';
import { DEFAULT_WEIGHING, settled, weigh } from '#protocols/presence/weigh.ts';
import { nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import type { Random } from '../random.ts';
import type { Anchors } from './anchors.ts';
import { NOBODY } from './book.ts';
import { takeIn, type Devices } from './devices.ts';
import type { Town } from './population.ts';
import { HOUR_MS, type Settings } from './settings.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Weights are looked up for so many steps of free room; a list follows them by eighths. */
const ROOM_STEPS = 64;
/** Of everybody alike: what differs is how much room is left. */
const MEASURED = { loadPermille: 200, roundTripUs: 50_000 } as const;
const AUDITED = 1_000;
/** What is compared of a device; draws look at its first word. */
const NAME_BYTES = 8;
const NAME_DIGITS = 8;

const GONE = nodeAddress(place('nowhere.nowhere.nowhere'), 'gone');

/** Who of a town's lights is online, looked up once an hour. */
interface Present {
  readonly hour: number;
  /** Written over each hour. */
  readonly room: Uint32Array;
  readonly lights: Uint32Array;
  list: EligibleList | undefined;
}

export class Lists {
  readonly #of: Settings;
  readonly #devices: Devices;
  readonly #anchors: Anchors;
  readonly #lights: Writable<Eligible>[] = [];
  readonly #high: readonly Writable<Eligible>[];
  readonly #anchorOf = new Map<NodeAddress, number>();
  readonly #weights: Readonly<Record<Eligible['role'], readonly number[]>>;
  readonly #present = new Map<Town, Present>();
  #number = 0;

  constructor(
    of: Settings,
    devices: Devices,
    { towns, anchors }: { readonly towns: readonly Town[]; readonly anchors: Anchors },
    chance: Random,
  ) {
    this.#of = of;
    this.#devices = devices;
    this.#anchors = anchors;
    const { lightBytes, anchorBytes } = of.policy.capacity;
    this.#weights = {
      light: weightsOf('light', lightBytes),
      anchor: weightsOf('anchor', anchorBytes),
    };
    for (const { place, from, until } of towns) {
      for (let light = from; light < until; light++) {
        const name = `l${String(light).padStart(NAME_DIGITS, '0')}`;
        this.#lights.push(this.#eligible(nodeAddress(place, name), 'light', chance));
      }
    }
    this.#high = anchors.all.map(({ node, device }) => {
      this.#anchorOf.set(node, device);
      return this.#eligible(node, 'anchor', chance);
    });
  }

  deviceOf(node: NodeAddress): number {
    return this.#anchorOf.get(node) ?? Number(node.slice(-NAME_DIGITS));
  }

  /** Of nobody: the name of one who is on no list. */
  nodeOf(device: number): NodeAddress {
    if (device === NOBODY) return GONE;
    const { lights } = this.#devices;
    return (device < lights ? this.#lights[device]! : this.#high[device - lights]!).node;
  }

  /** The lights of a town that are online. */
  lightsOf(town: Town, hour: number): Uint32Array {
    return this.#presentIn(town, hour).lights;
  }

  anchorsUp(): number[] {
    const { online } = this.#devices;
    return this.#anchors.all.map(({ device }) => device).filter((device) => online[device] === 1);
  }

  continentOf(device: number): string {
    return this.#of.continents[this.#devices.continent[device]!]!.continent;
  }

  /** The list of a town's lights and of all anchors that are up. */
  listOf(town: Town, hour: number): EligibleList {
    const present = this.#presentIn(town, hour);
    return (present.list ??= this.#freeze(town, hour, present.lights));
  }

  /** The share of a town's lights, as its list has it: an hour is longer than the smoothing's memory. */
  shareOf(town: Town, hour: number): LightShare {
    const online = this.lightsOf(town, hour).length;
    const registered = town.until - town.from;
    const ppm = Math.floor((online * MILLION) / Math.max(1, registered));
    return { continent: town.joining.continent, online, registered, ppm };
  }

  /** Spreads bytes over all of a town that could have been drawn. */
  spread(town: Town, hour: number, bytes: number): void {
    const lights = this.lightsOf(town, hour);
    let whole = 0;
    for (const light of lights) whole += this.#lights[light]!.weight;
    if (whole === 0) return;
    const room = this.#of.policy.capacity.lightBytes;
    for (const light of lights) {
      takeIn(this.#devices, light, (bytes * this.#lights[light]!.weight) / whole, room);
    }
  }

  /** So many bytes of a town are over; of whom, follows from who holds how much. */
  release({ from, until }: Town, bytes: number): void {
    const { held } = this.#devices;
    let whole = 0;
    for (let light = from; light < until; light++) whole += held[light]!;
    const left = whole <= bytes ? 0 : 1 - bytes / whole;
    for (let light = from; light < until; light++) held[light]! *= left;
  }

  #presentIn(town: Town, hour: number): Present {
    const known = this.#present.get(town);
    if (known?.hour === hour) return known;
    const { online } = this.#devices;
    const all = known?.room ?? new Uint32Array(town.until - town.from);
    let count = 0;
    for (let light = town.from; light < town.until; light++) {
      if (online[light] === 1) all[count++] = light;
    }
    const present = { hour, room: all, lights: all.subarray(0, count), list: undefined };
    this.#present.set(town, present);
    return present;
  }

  #freeze(town: Town, hour: number, lights: Uint32Array): EligibleList {
    const { online } = this.#devices;
    const up = this.#high.filter((_, i) => online[this.#anchors.all[i]!.device] === 1);
    const first = lights.length === 0 ? '' : this.#lights[lights[0]!]!.node;
    const all: Eligible[] = up.filter(({ node }) => node < first);
    const before = all.length;
    for (const light of lights) all.push(this.#lights[light]!);
    for (const anchor of up.slice(before)) all.push(anchor);
    this.#reweigh(lights);
    const head = {
      place: town.place,
      number: ++this.#number,
      at: this.#of.startsAt + hour * HOUR_MS,
      by: nodeAddress(town.place, 'd1'),
      follows: undefined,
      lights: [this.shareOf(town, hour)],
      root: EMPTY,
      count: all.length,
    };
    return { head, digest: EMPTY, nodes: all, keys: [], signers: [] };
  }

  /** By the room that is left now: of the full nobody is drawn. */
  #reweigh(lights: Uint32Array): void {
    const { held } = this.#devices;
    const { lightBytes, anchorBytes } = this.#of.policy.capacity;
    for (const light of lights) {
      const node = this.#lights[light]!;
      const weight = weightAt(this.#weights.light, held[light]! / lightBytes);
      if (weight !== node.weight) node.weight = settled(node.weight, weight);
    }
    for (const [i, { device }] of this.#anchors.all.entries()) {
      const weight = weightAt(this.#weights.anchor, held[device]! / anchorBytes);
      this.#high[i]!.weight = settled(this.#high[i]!.weight, weight);
    }
  }

  #eligible(node: NodeAddress, role: Eligible['role'], chance: Random): Writable<Eligible> {
    const own = chance.bytes(NAME_BYTES);
    const weight = this.#weights[role][0]!;
    return { node, role, operator: own, device: own, weight, fingerprint: own, signer: own };
  }
}

/** By how much of the room is taken. */
const weightsOf = (role: Eligible['role'], room: number): readonly number[] =>
  Array.from({ length: ROOM_STEPS + 1 }, (_, step) => {
    const freeBytes = Math.floor((room * (ROOM_STEPS - step)) / ROOM_STEPS);
    return weigh(DEFAULT_WEIGHING, role, { ...MEASURED, freeBytes }, AUDITED);
  });

const weightAt = (weights: readonly number[], taken: number): number =>
  weights[Math.floor(Math.min(1, taken) * ROOM_STEPS)]!;
