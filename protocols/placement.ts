/**
 * Placement: who holds which row of a transaction.
 *
 *   VRF(delegate's key; txId, frozen list, network) --> key --> draws (algorithms/rendezvous/draws.ts)
 *
 *   lights    nearest first: all of the sender's city before its municipality, then the continent, then
 *             the globe; among equals by weight, which an event at their place multiplies. One of a
 *             device, and few of an operator: where that leaves too few, of an operator more.
 *   anchors   on each continent that the terms name, by weight, one of a device; its rows are dealt out
 *             to them in turn
 *   more      rows for escalation go to further anchors of the sender's continent, or else to the same
 *   spares    the lights that would have been drawn next
 *
 * A pure function of the list, the terms, the sender's city and the output: everybody who has the list
 * finds the same, and checks a placement by making it again. What the output is, its prover cannot
 * choose, and which delegates may prove follows from the transaction (provers.ts).
 *
 * Cost (bench/select.bench.ts): tables of a list once, 15 ms for 100 000 nodes; then 0.15 ms a placement, of
 * however many nodes.
 */
import { draw, drawTable, type DrawTable } from '#algorithms/rendezvous/draws.ts';
import { domain, hash } from '#algorithms/hash/hash.ts';
import type { CheckJob, ProveJob, VrfSuite } from '#algorithms/vrf.ts';
import { concat, same, utf8 } from '#lib/bytes.ts';
import { lru, type Lru } from '#lib/lru.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import type { Eligible, EligibleList } from './eligibility.ts';
import type { Delegate } from './genesis.ts';
import { SPARES_MAX, type Placement } from './manifest.ts';
import type { Resolved } from './policy.ts';
import { continentOf, placeOf, type NodeAddress, type Place } from './subjects.ts';

const VRF: VrfSuite = 'ecvrf-edwards25519-tai';
const INPUT = domain('placement');
const KEY = domain('placement key');

/** What a delegate draws from: of fixed lengths but for the last, so that no two agree. */
export const drawnFrom = (network: Uint8Array, txId: Uint8Array, list: Uint8Array): Uint8Array =>
  hash(INPUT, concat(txId, list, network));

export const proveJob = (seed: Uint8Array, input: Uint8Array): ProveJob => ({
  suite: VRF,
  seed,
  input,
});

/** What shows that a delegate drew this, and gives the output: for the pool. */
export const checkJobOf = (
  network: Uint8Array,
  txId: Uint8Array,
  { list, proof }: Pick<Placement, 'list' | 'proof'>,
  { vrf }: Pick<Delegate, 'vrf'>,
): CheckJob => ({ suite: VRF, publicKey: vrf, input: drawnFrom(network, txId, list), proof });

export interface Draw {
  readonly list: EligibleList;
  readonly terms: Resolved;
  /** The city of the sender. */
  readonly from: Place;
  /** Of the VRF. */
  readonly output: Uint8Array;
}

export type Drawn = Pick<Placement, 'holders' | 'spares'>;

/** Who holds which row; `no-capacity` where the list has not enough of whom the terms want. */
export function drawPlacement({ list, terms, from, output }: Draw): Result<Drawn, 'no-capacity'> {
  const pools = poolsOf(list, terms, from);
  const key = hash(KEY, output);
  const lights = drawLights(list, pools, terms, key);
  const groups = terms.continents.map(({ continent, anchors, pieces }) => ({
    continent,
    pieces,
    ...drawAnchors(list, pools, continent, anchors, terms.escalatePieces, key),
  }));
  const anchored = groups.flatMap(({ chosen, pieces }) => dealt(chosen, pieces));
  const more = escalation(groups, continentOf(from), terms.escalatePieces);
  const different = new Set(anchored).size;
  const isShort =
    lights.length < terms.lights ||
    groups.some(({ chosen, pieces }) => pieces > 0 && chosen.length === 0) ||
    more.length < terms.escalatePieces ||
    different < terms.ackAnchors;
  if (isShort) return fail('no-capacity');
  const named = (nodes: readonly number[]): NodeAddress[] => nodes.map((i) => list.nodes[i]!.node);
  const holders = named([...lights.slice(0, terms.lights), ...anchored, ...more]);
  return ok({ holders, spares: named(lights.slice(terms.lights)) });
}

const ANY_OUTPUT = new Uint8Array(64);

/** Whether a list has enough of whom the terms want: whatever is drawn, as many are left. */
export const hasRoom = (where: Omit<Draw, 'output'>): boolean =>
  drawPlacement({ ...where, output: ANY_OUTPUT }).ok;

export type PlacementFault = 'other-list' | 'other-holders';

/** Whether a placement is what its list, terms and output give. Who proved, and that, is checked apart. */
export function placementFault(draw: Draw, placement: Placement): PlacementFault | undefined {
  if (!same(draw.list.digest, placement.list)) return 'other-list';
  const drawn = drawPlacement(draw);
  const isSame =
    drawn.ok &&
    isEqual(drawn.value.holders, placement.holders) &&
    isEqual(drawn.value.spares, placement.spares);
  return isSame ? undefined : 'other-holders';
}

const isEqual = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i]);

/** So many lights stand by: a third of those that hold. */
export const sparesOf = ({ lights }: Pick<Resolved, 'lights'>): number =>
  Math.min(SPARES_MAX, Math.ceil(lights / 3));

/** Nodes that a draw looks at before it gives up: a rule that nobody meets must cost little. */
const LOOKED_AT_MAX = 2_048;

function drawLights(
  { nodes }: EligibleList,
  { lights }: Pools,
  terms: Resolved,
  key: Uint8Array,
): readonly number[] {
  const most = terms.lights + sparesOf(terms);
  const choose = (perOperator: number): readonly number[] => {
    const choice = new Choice(nodes, most, perOperator);
    for (const [away, pool] of lights.entries()) choice.from(pool, key, `lights ${away}`);
    return choice.chosen;
  };
  const apart = choose(terms.perOperator);
  // Kept by few is better than not kept.
  return apart.length < terms.lights ? choose(Infinity) : apart;
}

interface Anchors {
  /** Who gets rows at once, and who would be next. */
  readonly chosen: readonly number[];
  readonly further: readonly number[];
}

function drawAnchors(
  { nodes }: EligibleList,
  { anchors }: Pools,
  continent: string,
  most: number,
  further: number,
  key: Uint8Array,
): Anchors {
  const choice = new Choice(nodes, most + further, Infinity);
  const pool = anchors.get(continent);
  if (pool !== undefined) choice.from(pool, key, `anchors ${continent}`);
  return { chosen: choice.chosen.slice(0, most), further: choice.chosen.slice(most) };
}

/** The first that are drawn, of those that the rules allow: one of a device, so many of an operator. */
export class Choice {
  readonly chosen: number[] = [];
  readonly #most: number;
  readonly #perOperator: number;
  readonly #devices: Labels;
  readonly #operators: Labels;
  #lookedAt = 0;

  constructor(nodes: readonly Eligible[], most: number, perOperator: number) {
    const { devices, operators } = tagsOf(nodes);
    this.#devices = new Labels(devices, (node) => nodes[node]!.device);
    this.#operators = new Labels(operators, (node) => nodes[node]!.operator);
    this.#most = most;
    this.#perOperator = perOperator;
  }

  /** As if this one had been chosen already. */
  avoid(node: number): void {
    this.#devices.add(node);
    this.#operators.add(node);
  }

  from({ members, table }: Pool, key: Uint8Array, label: string): void {
    if (!this.#goesOn()) return;
    draw(table, concat(key, utf8(label)), (member) => {
      this.#look(members[member]!);
      return this.#goesOn();
    });
  }

  #goesOn(): boolean {
    return this.chosen.length < this.#most && this.#lookedAt < LOOKED_AT_MAX;
  }

  #look(node: number): void {
    this.#lookedAt++;
    if (this.#devices.count(node) > 0) return;
    if (this.#operators.count(node) >= this.#perOperator) return;
    this.avoid(node);
    this.chosen.push(node);
  }
}

/**
 * Who of a few nodes shares a digest. Told apart by their first words, which stand together for the whole list: of a
 * long one, going to a node and its digests is most of what a draw would take.
 */
class Labels {
  readonly #tags: Uint32Array;
  readonly #labelOf: (node: number) => Uint8Array;
  readonly #nodes: number[] = [];

  constructor(tags: Uint32Array, labelOf: (node: number) => Uint8Array) {
    this.#tags = tags;
    this.#labelOf = labelOf;
  }

  add(node: number): void {
    this.#nodes.push(node);
  }

  /** How many have the digest of this one. */
  count(node: number): number {
    const tag = this.#tags[node];
    let count = 0;
    for (const other of this.#nodes) {
      if (this.#tags[other] === tag && same(this.#labelOf(other), this.#labelOf(node))) count++;
    }
    return count;
  }
}

interface Tags {
  readonly devices: Uint32Array;
  readonly operators: Uint32Array;
}

/** Made once for a list. */
const tagged = new WeakMap<readonly Eligible[], Tags>();

function tagsOf(nodes: readonly Eligible[]): Tags {
  const made = tagged.get(nodes) ?? {
    devices: Uint32Array.from(nodes, ({ device }) => tagOf(device)),
    operators: Uint32Array.from(nodes, ({ operator }) => tagOf(operator)),
  };
  tagged.set(nodes, made);
  return made;
}

/** Rows in turn: so the first rows are with different ones. */
const dealt = (to: readonly number[], rows: number): readonly number[] =>
  to.length === 0 ? [] : Array.from({ length: rows }, (_, i) => to[i % to.length]!);

/** The sender waits for its own continent alone; where that has no anchors, for whoever has some. */
function escalation(
  groups: readonly (Anchors & { readonly continent: string })[],
  continent: string,
  rows: number,
): readonly number[] {
  const local = groups.filter((group) => group.continent === continent);
  const near = local.some(({ chosen }) => chosen.length > 0) ? local : groups;
  const further = near.flatMap((group) => group.further);
  const chosen = near.flatMap((group) => group.chosen);
  return dealt([...further, ...chosen], rows);
}

/** Nodes that are drawn from together: by their place in the list. */
interface Pool {
  readonly members: Uint32Array;
  readonly table: DrawTable;
}

export interface Pools {
  /** Of lights, the nearest first: city, municipality, continent, globe. */
  readonly lights: readonly Pool[];
  /** By continent. */
  readonly anchors: ReadonlyMap<string, Pool>;
}

/** A list is drawn from for one sender's city, as a rule, and one set of events. */
const POOLS_MAX = 8;
const known = new WeakMap<EligibleList, Lru<string, Pools>>();

export function poolsOf(list: EligibleList, { events }: Resolved, from: Place): Pools {
  const pools = known.get(list) ?? lru<string, Pools>(POOLS_MAX);
  known.set(list, pools);
  const name = [from, ...events.map(({ place, permille }) => `${place}*${permille}`)].join(' ');
  const made = pools.get(name) ?? makePools(list, events, from);
  pools.put(name, made);
  return made;
}

/**
 * Place by place: nodes stand in the order of their names, and so those of one place together. Of a long
 * list, looking at each node is what takes the time, so its name is not looked at.
 */
function makePools({ nodes }: EligibleList, events: Resolved['events'], from: Place): Pools {
  const lights = Array.from({ length: 4 }, () => new Gathered(nodes.length));
  const anchors = new Map<string, Gathered>();
  const permilles = new Map(events.map(({ place, permille }) => [place, permille]));
  for (let first = 0; first < nodes.length;) {
    const place = placeOf(nodes[first]!.node);
    const end = endOf(nodes, first, place);
    const near = lights[awayFrom(from, place)]!;
    const continent = continentOf(place);
    const high = anchors.get(continent) ?? new Gathered(nodes.length);
    anchors.set(continent, high);
    const permille = permilles.get(place) ?? PERMILLE;
    for (let i = first; i < end; i++) {
      const { role, weight, fingerprint } = nodes[i]!;
      const pool = role === 'light' ? near : high;
      pool.add(i, permille === PERMILLE ? weight : weighed(weight, permille), tagOf(fingerprint));
    }
    first = end;
  }
  const filled = ({ size }: Gathered): boolean => size > 0;
  const continents = [...anchors].filter(([, each]) => filled(each));
  return {
    lights: lights.filter(filled).map((each) => each.pool()),
    anchors: new Map(continents.map(([continent, each]) => [continent, each.pool()])),
  };
}

/** Where the nodes of a place end: before the first name that is behind all that begin with it. */
function endOf(nodes: readonly Eligible[], first: number, place: Place): number {
  const behind = `${place}/`; // The character after the dot.
  let [low, high] = [first + 1, nodes.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (nodes[middle]!.node < behind) low = middle + 1;
    else high = middle;
  }
  return low;
}

const PERMILLE = 1_000;

/** What a node weighs where something goes on: never nothing because of it. */
const weighed = (weight: number, permille: number): number =>
  weight === 0 ? 0 : Math.max(1, Math.floor((weight * permille) / PERMILLE));

/** A pool in the making. Room for all is taken when the first comes: of what stays empty, none. */
class Gathered {
  #members = new Uint32Array();
  #weights = new Float64Array();
  #tags = new Uint32Array();
  readonly #room: number;
  size = 0;

  constructor(room: number) {
    this.#room = room;
  }

  add(node: number, weight: number, tag: number): void {
    if (this.size === 0) {
      this.#members = new Uint32Array(this.#room);
      this.#weights = new Float64Array(this.#room);
      this.#tags = new Uint32Array(this.#room);
    }
    this.#members[this.size] = node;
    this.#weights[this.size] = weight;
    this.#tags[this.size++] = tag;
  }

  pool(): Pool {
    const weights = this.#weights.slice(0, this.size);
    const table = drawTable(weights, this.#tags.subarray(0, this.size));
    return { members: this.#members.slice(0, this.size), table };
  }
}

/** How far a place is from a city: 0 it is that, 1 in its municipality, 2 on its continent, 3 elsewhere. */
function awayFrom(from: Place, place: Place): number {
  if (place === from) return 0;
  const municipality = from.slice(0, from.lastIndexOf('.') + 1);
  if (place.startsWith(municipality)) return 1;
  return continentOf(place) === continentOf(from) ? 2 : 3;
}

/** The first word of a digest. */
const tagOf = (digest: Uint8Array): number =>
  digest[0]! * 2 ** 24 + ((digest[1]! << 16) | (digest[2]! << 8) | digest[3]!);
