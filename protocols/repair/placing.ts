/**
 * Placing anew: who takes the rows that a repair replaces.
 *
 *   VRF output of the first placement, round --> key --> draws over a later list, as placement.ts draws
 *
 *   stays     whoever has a row may keep it: for longer, or because its piece never arrived
 *   lights    drawn as at first, the nearest first; who holds a row now is left out, and so are its device
 *             and its operator's others beyond the terms' bound, as long as that leaves enough
 *   anchors   of the row's own continent: those that hold nothing of it before those that do, each no more
 *             rows than its share. Of a continent that is dark, anchors of the others
 *   until     no shorter than was promised, no longer than the terms give from the list's time on
 *
 * The order of candidates depends on the round and on who holds what, not on how many rows are replaced: so
 * a repair that succeeds for a part of its rows is checked as the whole would be. Whoever is silent is
 * passed over, and few may be: a repairer chooses hardly more than the prover of a placement does.
 *
 * A pure function of what was ordered, and of a frozen list: whoever has both finds the same. Cost: as a
 * placement.
 */
import { ackLeaf } from '#algorithms/identity.ts';
import { HASH_BYTES, domain, hash } from '#algorithms/hash/hash.ts';
import { concat, same } from '#lib/bytes.ts';
import { round as roundCodec, type Renewal } from '../act.ts';
import { toBytes } from '../codec.ts';
import type { EligibleList } from '../eligibility.ts';
import { isLightRow, placedRows, rowsOf, type Manifest } from '../manifest.ts';
import { Choice, poolsOf, sparesOf, type Pools } from '../placement.ts';
import { continentOf, type NodeAddress, type Place } from '../subjects.ts';

const KEY = domain('renewal key');

/** Who holds a row, and until when. */
export interface Held {
  readonly holder: NodeAddress;
  readonly until: number;
}

export interface Renewing {
  readonly manifest: Pick<Manifest, 'terms' | 'pieceHashes'>;
  /** That the renewal is drawn from. */
  readonly list: EligibleList;
  /** The city of the sender. */
  readonly from: Place;
  /** Of the VRF of the first placement. */
  readonly output: Uint8Array;
  readonly round: number;
  /** By row, as the rounds before left them. */
  readonly places: readonly Held[];
  /** Of the transaction, as it was extended. */
  readonly expiresAt: number;
}

/** The anchors of the rows of one continent, in the order in which they take rows. */
export interface AnchorGroup {
  /** Its rows, from and up to. */
  readonly from: number;
  readonly to: number;
  /** So many of the fresh ones may be passed over. */
  readonly passed: number;
  /** Of its rows, at most so many for one. */
  readonly share: number;
  /** Those that hold nothing of the transaction, as they were drawn; and those that do. */
  readonly fresh: readonly NodeAddress[];
  readonly holding: readonly NodeAddress[];
}

export interface Candidates {
  readonly lights: readonly NodeAddress[];
  readonly anchors: readonly AnchorGroup[];
}

export function candidatesOf(renewing: Renewing): Candidates {
  const { list, manifest, from, output, round } = renewing;
  const key = hash(KEY, concat(output, toBytes(roundCodec, round)));
  const pools = poolsOf(list, manifest.terms, from);
  return {
    lights: lightsFor(renewing, pools, key),
    anchors: groupsFor(renewing, pools, key),
  };
}

/** Those that keep to the rule of operators first: kept by few is better than not kept. */
function lightsFor(renewing: Renewing, pools: Pools, key: Uint8Array): readonly NodeAddress[] {
  const { list, manifest, places } = renewing;
  const { terms } = manifest;
  const most = terms.lights + sparesOf(terms);
  const taken = places.slice(0, terms.lights).flatMap(({ holder }) => placeIn(list, holder) ?? []);
  const choose = (perOperator: number, count: number, without: readonly number[]) => {
    const choice = new Choice(list.nodes, count, perOperator);
    for (const node of without) choice.avoid(node);
    for (const [away, pool] of pools.lights.entries()) choice.from(pool, key, `lights ${away}`);
    return choice.chosen;
  };
  const apart = choose(terms.perOperator, most, taken);
  const more =
    apart.length < most ? choose(Infinity, most - apart.length, [...taken, ...apart]) : [];
  return [...apart, ...more].map((node) => list.nodes[node]!.node);
}

function groupsFor(renewing: Renewing, pools: Pools, key: Uint8Array): readonly AnchorGroup[] {
  const { terms } = renewing.manifest;
  let to = terms.lights;
  return terms.continents.map(({ continent, anchors, pieces }) => {
    const from = to;
    to += pieces;
    const { fresh, holding } = anchorsFor(renewing, pools, key, continent, 2 * anchors);
    const there = fresh.length + holding.length;
    const sharing = Math.max(1, Math.min(anchors, there - anchors));
    return { from, to, passed: anchors, share: Math.ceil(pieces / sharing), fresh, holding };
  });
}

/** Of this continent; where that is dark, of all others that the terms name. */
function anchorsFor(
  { list, manifest, places }: Renewing,
  pools: Pools,
  key: Uint8Array,
  continent: string,
  most: number,
): Pick<AnchorGroup, 'fresh' | 'holding'> {
  const { lights, continents } = manifest.terms;
  const all = continents.map((each) => each.continent).filter((each) => pools.anchors.has(each));
  const where = all.includes(continent) ? [continent] : all;
  const holders = new Set(places.slice(lights).map(({ holder }) => holder));
  const taken = [...holders].flatMap((holder) => placeIn(list, holder) ?? []);
  const choice = new Choice(list.nodes, most, Infinity);
  for (const node of taken) choice.avoid(node);
  for (const each of where) choice.from(pools.anchors.get(each)!, key, `anchors ${each}`);
  const holding = taken
    .map((node) => list.nodes[node]!)
    .filter(({ node, weight }) => weight > 0 && where.includes(continentOf(node)));
  return {
    fresh: choice.chosen.map((node) => list.nodes[node]!.node),
    holding: holding.map(({ node }) => node),
  };
}

/** Where a node stands in a list, which is in the order of names. */
export function placeIn({ nodes }: EligibleList, node: NodeAddress): number | undefined {
  let [low, high] = [0, nodes.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (nodes[middle]!.node < node) low = middle + 1;
    else high = middle;
  }
  return nodes[low]?.node === node ? low : undefined;
}

type Lasting = Pick<Renewing, 'manifest' | 'list' | 'places' | 'expiresAt'>;

/** Until when a row may be promised at most. */
export function longestOf({ manifest, list, places, expiresAt }: Lasting, row: number): number {
  const { lights, lightTtlMs, anchorTtlMs } = manifest.terms;
  const isLight = isLightRow(manifest, row);
  const alike = isLight ? places.slice(0, lights) : places.slice(lights);
  const ttl = isLight ? lightTtlMs : anchorTtlMs;
  const given = ttl === 0 ? expiresAt : Math.min(expiresAt, list.head.at + ttl);
  return Math.max(given, ...alike.map(({ until }) => until));
}

/** What is promised of a row that is held anew: as long as for the others, or what the terms give now. */
export function promisedUntil(renewing: Lasting, row: number): number {
  const { manifest, list, places } = renewing;
  const { lights } = manifest.terms;
  const alike = isLightRow(manifest, row) ? places.slice(0, lights) : places.slice(lights);
  const promised = Math.max(...alike.map(({ until }) => until));
  return promised > list.head.at ? promised : longestOf(renewing, row);
}

export type RenewalFault =
  | 'other-list'
  | 'other-round'
  | 'no-such-rows'
  | 'other-holders'
  | 'other-times';

/** What is wrong with a renewal, apart from the acks of its holders. */
export function renewalFault(renewing: Renewing, renewal: Renewal): RenewalFault | undefined {
  const { list, round, manifest } = renewing;
  const { rows, holders, until } = renewal;
  if (!same(list.digest, renewal.list)) return 'other-list';
  if (round !== renewal.round) return 'other-round';
  const areRows =
    rows.length === holders.length &&
    rows.length === until.length &&
    rows.every((row, i) => row < rowsOf(manifest) && (i === 0 || rows[i - 1]! < row));
  if (!areRows) return 'no-such-rows';
  if (!rows.every((row, i) => isTimely(renewing, row, until[i]!))) return 'other-times';
  return areHolders(renewing, renewal) ? undefined : 'other-holders';
}

function isTimely(renewing: Renewing, row: number, until: number): boolean {
  const isLess = until < renewing.places[row]!.until;
  return !isLess && until > renewing.list.head.at && until <= longestOf(renewing, row);
}

function areHolders(renewing: Renewing, { rows, holders }: Renewal): boolean {
  const { places, manifest } = renewing;
  const moved = new Map<number, NodeAddress>();
  for (const [i, row] of rows.entries()) {
    if (places[row]!.holder !== holders[i]) moved.set(row, holders[i]!);
  }
  if (moved.size === 0) return true;
  // Rows for escalation were placed beyond what the terms promise: nobody else takes them.
  if ([...moved.keys()].some((row) => row >= placedRows(manifest))) return false;
  const { lights, anchors } = candidatesOf(renewing);
  const toLights = [...moved].flatMap(([row, to]) => (isLightRow(manifest, row) ? [to] : []));
  return (
    areInRank(lights, toLights, sparesOf(manifest.terms)) &&
    anchors.every((group) => areInGroup(places, group, moved))
  );
}

/** Each once, and few of those that were drawn earlier passed over. */
function areInRank(
  ranked: readonly NodeAddress[],
  used: readonly NodeAddress[],
  passed: number,
): boolean {
  const ranks = used.map((node) => ranked.indexOf(node));
  const isKnown = ranks.every((rank) => rank >= 0) && new Set(ranks).size === ranks.length;
  return isKnown && Math.max(-1, ...ranks) + 1 - ranks.length <= passed;
}

function areInGroup(
  places: readonly Held[],
  { from, to, passed, share, fresh, holding }: AnchorGroup,
  moved: ReadonlyMap<number, NodeAddress>,
): boolean {
  const loads = loadsOf(places, from, to, moved);
  const used = new Set([...moved].flatMap(([row, by]) => (row >= from && row < to ? [by] : [])));
  const news = [...used].filter((node) => !holding.includes(node));
  const isFair = [...used].every((node) => loads.get(node)! <= share);
  return isFair && areInRank(fresh, news, passed);
}

/** How many of the rows of a group each has, when these have moved. */
function loadsOf(
  places: readonly Held[],
  from: number,
  to: number,
  moved: ReadonlyMap<number, NodeAddress>,
): Map<NodeAddress, number> {
  const loads = new Map<NodeAddress, number>();
  for (let row = from; row < to; row++) {
    const holder = moved.get(row) ?? places[row]!.holder;
    loads.set(holder, (loads.get(holder) ?? 0) + 1);
  }
  return loads;
}

/** The leaf of the ack of the i-th row of a renewal. */
export const renewedLeaf = (
  { txId, pieceHashes }: Pick<Manifest, 'txId' | 'pieceHashes'>,
  { rows, until }: Pick<Renewal, 'rows' | 'until'>,
  i: number,
): Uint8Array => {
  const row = rows[i]!;
  const pieceHash = pieceHashes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES);
  return ackLeaf(txId, row, pieceHash, until[i]!);
};

/** Rows that want a holder: `given` have been found one, `without` are not asked (again). */
export interface Wanting {
  readonly rows: readonly number[];
  readonly given: ReadonlyMap<number, NodeAddress>;
  readonly without: ReadonlySet<NodeAddress>;
}

/**
 * Who takes them: somebody else, or, where there is nobody, whoever has the row now, if he is there. Rows for
 * which there is not even that are left out.
 */
export function assigned(
  renewing: Pick<Renewing, 'places' | 'manifest' | 'list'>,
  candidates: Candidates,
  wanting: Wanting,
): ReadonlyMap<number, NodeAddress> {
  const { places, list } = renewing;
  const { rows, given, without } = wanting;
  const moved = movedTo(renewing, candidates, wanting);
  const stays = rows.flatMap((row): readonly (readonly [number, NodeAddress])[] => {
    const { holder } = places[row]!;
    const isFound = given.has(row) || moved.has(row);
    const isThere = placeIn(list, holder) !== undefined && !without.has(holder);
    return !isFound && isThere ? [[row, holder]] : [];
  });
  return new Map([...moved, ...stays]);
}

function movedTo(
  { places, manifest }: Pick<Renewing, 'places' | 'manifest'>,
  { lights, anchors }: Candidates,
  { rows, given, without }: Wanting,
): ReadonlyMap<number, NodeAddress> {
  const wanted = rows.filter((row) => !given.has(row));
  const used = new Set(given.values());
  const free = inReach(lights, without, sparesOf(manifest.terms)).filter((node) => !used.has(node));
  const toLights = wanted
    .filter((row) => isLightRow(manifest, row))
    .slice(0, free.length)
    .map((row, i): [number, NodeAddress] => [row, free[i]!]);
  const toAnchors = anchors.flatMap((group) => {
    const loads = loadsOf(places, group.from, group.to, given);
    return dealt(group, wanted, loads, without);
  });
  return new Map([...toLights, ...toAnchors]);
}

/** The rows of one continent: to the first that has not its share yet, where all of them share alike. */
function dealt(
  { from, to, share: most, passed, fresh, holding }: AnchorGroup,
  wanted: readonly number[],
  loads: Map<NodeAddress, number>,
  without: ReadonlySet<NodeAddress>,
): readonly (readonly [number, NodeAddress])[] {
  const able = [
    ...inReach(fresh, without, passed),
    ...holding.filter((node) => !without.has(node)),
  ];
  const share = Math.min(most, Math.ceil((to - from) / Math.min(passed, able.length)));
  const own = wanted.filter((row) => row >= from && row < to);
  return own.flatMap((row): readonly (readonly [number, NodeAddress])[] => {
    const next = able.find((node) => (loads.get(node) ?? 0) < share);
    if (next === undefined) return [];
    loads.set(next, (loads.get(next) ?? 0) + 1);
    return [[row, next]];
  });
}

/** Those that may still be asked, where so many may be passed over. */
function inReach(
  ranked: readonly NodeAddress[],
  without: ReadonlySet<NodeAddress>,
  passed: number,
): NodeAddress[] {
  const reach: NodeAddress[] = [];
  let over = 0;
  for (const node of ranked) {
    if (!without.has(node)) reach.push(node);
    else if (++over > passed) break;
  }
  return reach;
}
