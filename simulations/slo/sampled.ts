/**
 * The formula's judge: reads drawn by lot, over the placement and the restoring that run in production.
 *
 *   transactions   coded and put under their head (shards.ts), placed by a draw over a frozen list
 *                  (protocols/placement.ts) under terms that say what the layout says
 *   worlds         each device of the list online or not, by its chance; and, where asked, continents dark
 *   reads          the pieces of a transaction whose holders are online in that world -> restore
 *
 * A read counts as failed when `restore` says so; a wrong payload is a broken invariant. Failures are
 * rare where availability is good, so anchors are drawn down far more often than they are and each
 * read is weighed by how much likelier it was drawn than it is (importance sampling; Kahn and
 * Marshall 1953): a failure in 10^7 reads shows in 10^5. Reads within a world share its devices and
 * are no independent draws; worlds are, so the interval comes from the spread between worlds.
 *
 * A city deals pieces out evenly over the anchors of a continent and puts lights near the sender: a layout
 * that it would never place (`isPlaceable`) is not judged.
 *
 * Cost: about 30 us a read and 10 us a world of 2 000 lights. The same seed, the same answer.
 */
import { DEFAULTS } from '#config/policy/read.ts';
import type { Inputs } from '#config/policy.ts';
import { assert } from '#lib/assert.ts';
import { EMPTY, same } from '#lib/bytes.ts';
import { pieceBytes, shapeOf, type Piece } from '#algorithms/erasure/code.ts';
import { restore, shard, type Shards } from '#algorithms/erasure/shards.ts';
import type { Entropy } from '#protocols/effect.ts';
import type { Eligible, EligibleList } from '#protocols/eligibility.ts';
import { drawPlacement } from '#protocols/placement.ts';
import { inForce, resolved, type Resolved } from '#protocols/policy.ts';
import { nodeAddress, place, type NodeAddress, type Place } from '#protocols/subjects.ts';
import { Random } from '../random.ts';
import { assertLayout, continentsOf, piecesIn, type Group, type Layout } from './layout.ts';

export interface Sampling {
  readonly seed: number;
  readonly reads: number;
  /** Devices from which each group of a layout is chosen, as a multiple of those it needs. */
  readonly devicesPerPlace: number;
  readonly transactions: number;
  readonly payloadBytes: number;
  readonly readsPerWorld: number;
  /** With what chance an anchor is drawn up; 1 or its own chance draws nothing but the truth. */
  readonly anchorUpDrawn: number;
  /** How often each continent is dark, and is drawn so. */
  readonly dark: number;
  readonly darkDrawn: number;
}

/**
 * Half of the anchors drawn down shows every way to fail. 64 devices a place make two transactions
 * share a light in one of two cases; payloads are small because their length changes no answer.
 */
export const SAMPLING: Sampling = {
  seed: 1,
  reads: 100_000,
  devicesPerPlace: 64,
  transactions: 256,
  payloadBytes: 160,
  readsPerWorld: 8,
  anchorUpDrawn: 0.5,
  dark: 0,
  darkDrawn: 0.25,
};

/**
 * Where continents go dark as well, most reads that fail do so with all anchors up that are left: drawn down
 * half of the time, each of these would weigh dozens.
 */
export const SAMPLING_DARK: Sampling = { ...SAMPLING, anchorUpDrawn: 0.95 };

export interface Sampled {
  readonly fails: number;
  /** Half of the interval around `fails` that holds the truth 999 times in 1000. */
  readonly within: number;
  readonly reads: number;
  /** Reads that failed, as drawn. */
  readonly failed: number;
}

const OUTPUT_BYTES = 64;
/** Two-sided, normal: 999 in 1000. */
export const DEVIATIONS = 3.2905;

interface Transaction {
  readonly payload: Uint8Array;
  readonly shards: Shards;
  /** Where each piece is: a device of the list, by its place. */
  readonly holders: Uint32Array;
  /** Its anchors, each once, and the continents of all its holders. */
  readonly anchors: readonly number[];
  readonly continents: readonly number[];
}

/** A list from which a city would draw the layout. */
interface Country {
  readonly list: EligibleList;
  readonly terms: Resolved;
  readonly from: Place;
  readonly groups: readonly Group[];
  readonly continents: readonly string[];
  /** By the place in the list: the group and the continent of a device. */
  readonly groupOf: Uint16Array;
  readonly continentOf: Uint16Array;
}

export function sampleReads(layout: Layout, sampling: Sampling): Sampled {
  assertLayout(layout);
  assert(isPlaceable(layout), 'a city would place this layout');
  const chance = Random.of(sampling.seed);
  const entropy = chance.fork('reads');
  const country = countryOf(layout, sampling.devicesPerPlace, chance.fork('nodes'));
  const transactions = placed(layout, country, sampling, chance.fork('transactions'));
  const shape = shapeOf(layout.k, sampling.payloadBytes);
  const bytes = pieceBytes(shape);
  const draw = worldsOf(country, sampling, chance.fork('worlds'));
  const worlds = Math.ceil(sampling.reads / sampling.readsPerWorld);
  let [total, squares, failed] = [0, 0, 0];
  for (let world = 0; world < worlds; world++) {
    const world = draw();
    let ofWorld = 0;
    for (let read = 0; read < sampling.readsPerWorld; read++) {
      const transaction = transactions[entropy.below(transactions.length)]!;
      if (reads(transaction, world.online, bytes, shape)) continue;
      failed++;
      ofWorld += weightOf(transaction, world);
    }
    const mean = ofWorld / sampling.readsPerWorld;
    total += mean;
    squares += mean * mean;
  }
  const fails = total / worlds;
  const variance = Math.max(0, squares / worlds - fails * fails) / Math.max(1, worlds - 1);
  const within = DEVIATIONS * Math.sqrt(variance);
  return { fails, within, reads: worlds * sampling.readsPerWorld, failed };
}

/** How much likelier what a read met is than it was drawn: the anchors and continents that it depends on. */
function weightOf({ anchors, continents }: Transaction, { weights, skies }: World): number {
  let weight = 1;
  for (const anchor of anchors) weight *= weights[anchor]!;
  for (const continent of continents) weight *= skies[continent]!;
  return weight;
}

/** Does the real code bring the payload back from what is online? */
function reads(
  { payload, shards, holders }: Transaction,
  online: Uint8Array,
  bytes: number,
  shape: ReturnType<typeof shapeOf>,
): boolean {
  const pieces: Piece[] = [];
  for (let index = 0; index < holders.length; index++) {
    if (online[holders[index]!] === 0) continue;
    pieces.push({ index, bytes: shards.block.subarray(index * bytes, (index + 1) * bytes) });
  }
  const restored = restore(shape, shards.tree.levels[0]!, pieces);
  if (restored.ok) {
    assert(same(restored.value, payload), 'what was restored is what was sent');
    return true;
  }
  assert(restored.error === 'too-few', 'sound pieces fail only by being too few');
  return false;
}

/** Whether a city would place it so: lights near each other, and anchors of a continent alike in number. */
export function isPlaceable(layout: Layout): boolean {
  if (layout.lights.length > 1) return false;
  const continents = Map.groupBy(layout.anchors, ({ continent }) => continent);
  return [...continents.values()].every((groups) => {
    const each = groups.flatMap(({ devices, piecesEach }) =>
      Array<number>(devices).fill(piecesEach),
    );
    const isEven = Math.max(...each) - Math.min(...each) <= 1;
    return isEven && groups.every(({ online }) => online === groups[0]!.online);
  });
}

/** Devices of each continent, so many times as are needed, in a list as presence would freeze it. */
function countryOf(layout: Layout, devicesPerPlace: number, entropy: Entropy): Country {
  const groups = [...layout.lights, ...layout.anchors];
  const continents = continentsOf(layout);
  const named = groups.flatMap((group, number) => {
    const role = number < layout.lights.length ? ('light' as const) : ('anchor' as const);
    const place = placeFor(group.continent, role);
    const count = group.devices * devicesPerPlace;
    return Array.from({ length: count }, (_, i) => ({
      group: number,
      node: eligible(nodeAddress(place, `g${number}n${String(i).padStart(6, '0')}`), role, entropy),
    }));
  });
  const inOrder = named.toSorted((a, b) => (a.node.node < b.node.node ? -1 : 1));
  const nodes = inOrder.map(({ node }) => node);
  const groupOf = Uint16Array.from(inOrder, ({ group }) => group);
  const from = placeFor(layout.lights[0]?.continent ?? continents[0]!, 'light');
  const by = nodeAddress(from, 'd1');
  const freeze = { place: from, number: 1, at: 0, by, follows: undefined, lights: [] };
  const head = { ...freeze, root: EMPTY, count: nodes.length };
  return {
    list: { head, digest: EMPTY, nodes, keys: [], signers: [] },
    terms: termsFor(layout),
    from,
    groups,
    continents,
    groupOf,
    continentOf: groupOf.map((group) => continents.indexOf(groups[group]!.continent)),
  };
}

const placeFor = (continent: string, role: Eligible['role']): Place =>
  place(`${continent}.sample.${role}s`);

function eligible(node: NodeAddress, role: Eligible['role'], entropy: Entropy): Eligible {
  const own = entropy.bytes(8);
  return { node, role, operator: own, device: own, weight: 1_000, fingerprint: own, signer: own };
}

/** The terms that would be resolved to this layout. */
function termsFor(layout: Layout): Resolved {
  const base = resolved(inForce(1, DEFAULTS), NOWHERE);
  const continents = Map.groupBy(layout.anchors, ({ continent }) => continent);
  return {
    ...base,
    k: layout.k,
    lights: piecesIn(layout.lights),
    perOperator: 1,
    continents: Array.from(continents, ([continent, groups]) => ({
      continent,
      anchors: groups.reduce((sum, { devices }) => sum + devices, 0),
      pieces: piecesIn(groups),
    })).toSorted((a, b) => (a.continent < b.continent ? -1 : 1)),
    ackAnchors: 0,
    escalatePieces: 0,
  };
}

const NOWHERE: Inputs = {
  at: 0,
  city: 'asia.sample.lights',
  anchors: new Map(),
  lights: 0,
  fullLights: 0,
  pLight: new Map(),
  tx: EMPTY,
};

/** Transactions with random payloads, coded and placed. */
function placed(
  layout: Layout,
  { list, terms, from, continentOf }: Country,
  { transactions, payloadBytes }: Sampling,
  entropy: Entropy,
): Transaction[] {
  const shape = shapeOf(layout.k, payloadBytes);
  const places = new Map(list.nodes.map(({ node }, i) => [node, i]));
  return Array.from({ length: transactions }, () => {
    const payload = entropy.bytes(payloadBytes);
    const drawn = drawPlacement({ list, terms, from, output: entropy.bytes(OUTPUT_BYTES) });
    assert(drawn.ok, 'the list has room for the layout');
    const holders = Uint32Array.from(drawn.value.holders, (node) => places.get(node)!);
    return {
      payload,
      shards: shard(shape, payload, holders.length),
      holders,
      anchors: [...new Set(holders.subarray(terms.lights))],
      continents: [...new Set(Array.from(holders, (device) => continentOf[device]!))],
    };
  });
}

interface World {
  readonly online: Uint8Array;
  /** By device, and by continent: how much likelier its state is than it was drawn. */
  readonly weights: Float64Array;
  readonly skies: Float64Array;
}

/** Draws worlds, one after another into the same arrays. */
function worldsOf(
  { list, groups, groupOf, continents, continentOf }: Country,
  { anchorUpDrawn, dark, darkDrawn }: Sampling,
  chance: Random,
): () => World {
  const devices = list.nodes.length;
  const world = {
    online: new Uint8Array(devices),
    weights: new Float64Array(devices).fill(1),
    skies: new Float64Array(continents.length).fill(1),
  };
  const plans = groups.map(({ online }, group) =>
    planFor(online, isAnchorGroup(list, groupOf, group) ? anchorUpDrawn : online),
  );
  const sky = planFor(1 - dark, 1 - darkDrawn);
  const isLit = new Uint8Array(continents.length);
  return () => {
    for (let i = 0; i < continents.length; i++) {
      isLit[i] = chance.next() < sky.threshold ? 1 : 0;
      world.skies[i] = isLit[i] === 1 ? sky.up : sky.down;
    }
    for (let device = 0; device < devices; device++) {
      const { threshold, up, down } = plans[groupOf[device]!]!;
      const isUp = chance.next() < threshold;
      world.online[device] = isUp ? isLit[continentOf[device]!]! : 0;
      world.weights[device] = isUp ? up : down;
    }
    return world;
  };
}

const isAnchorGroup = ({ nodes }: EligibleList, groupOf: Uint16Array, group: number): boolean =>
  nodes[groupOf.indexOf(group)]?.role === 'anchor';

/** What is surely so is not drawn otherwise: it would weigh nothing. */
function planFor(truth: number, wished: number) {
  const drawn = truth > 0 && truth < 1 && wished < 1 ? wished : truth;
  return {
    threshold: Math.round(drawn * 2 ** 32),
    up: drawn === truth ? 1 : truth / drawn,
    down: drawn === truth ? 1 : (1 - truth) / (1 - drawn),
  };
}
