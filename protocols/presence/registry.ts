/**
 * The registry: which lights stood in a list within the last thirty days, so that the share of those who
 * are online means something. Durable: a light and the day it was last seen, written once a day.
 *
 * A presence that is younger than thirty days has not seen all of them, and takes the count of the list
 * before for its own as long as that is greater. Bound: ELIGIBLE_MAX lights, about 120 bytes each.
 */
import { put, forget, type Write } from '../effect.ts';
import { ELIGIBLE_MAX, type Eligible, type EligibleHead } from '../eligibility.ts';
import { continentOf, isNodeAddress, type NodeAddress } from '../subjects.ts';
import { count, toBytes, whole } from '../codec.ts';
import { REGISTERED_MS } from './shares.ts';

const DAY_MS = 86_400_000;
const LIGHT = 'light/';
const SINCE = 'since';
const Day = count(100_000_000);

export interface Registry {
  /** The day on which each was last listed. */
  readonly lights: Map<NodeAddress, number>;
  readonly byContinent: Map<string, number>;
  readonly since: number;
}

const dayOf = (wall: number): number => Math.floor(wall / DAY_MS);
const dayBytes = (day: number): Uint8Array => toBytes(Day, day);

/** What was kept; the writes are to be kept now. */
export function registry(
  kept: ReadonlyMap<string, Uint8Array>,
  wall: number,
): readonly [Registry, readonly Write[]] {
  const began = kept.get(SINCE);
  const since = began === undefined ? dayOf(wall) : whole(Day, began);
  const of: Registry = { lights: new Map(), byContinent: new Map(), since };
  for (const [key, value] of kept) {
    const node = key.startsWith(LIGHT) ? key.slice(LIGHT.length) : '';
    if (isNodeAddress(node)) see(of, node, whole(Day, value));
  }
  return [of, began === undefined ? [put(SINCE, dayBytes(since))] : []];
}

function see({ lights, byContinent }: Registry, node: NodeAddress, day: number): void {
  if (!lights.has(node)) {
    const continent = continentOf(node);
    byContinent.set(continent, (byContinent.get(continent) ?? 0) + 1);
  }
  lights.set(node, day);
}

/** Takes in a list; the writes are those who are new today. */
export function listedOn(of: Registry, nodes: readonly Eligible[], at: number): readonly Write[] {
  const day = dayOf(at);
  const writes: Write[] = [];
  for (const { node, role } of nodes) {
    if (role !== 'light' || of.lights.get(node) === day) continue;
    if (of.lights.size >= ELIGIBLE_MAX && !of.lights.has(node)) continue;
    see(of, node, day);
    writes.push(put(`${LIGHT}${node}`, dayBytes(day)));
  }
  return writes;
}

/** Forgets who was not listed for too long. */
export function expire(of: Registry, wall: number): readonly Write[] {
  const writes: Write[] = [];
  for (const [node, day] of of.lights) {
    if ((day + 1) * DAY_MS + REGISTERED_MS > wall) continue;
    of.lights.delete(node);
    const continent = continentOf(node);
    of.byContinent.set(continent, of.byContinent.get(continent)! - 1);
    writes.push(forget(`${LIGHT}${node}`));
  }
  return writes;
}

/** How many lights of a continent are registered. */
export function registeredOf(
  { byContinent, since }: Registry,
  before: Pick<EligibleHead, 'lights'> | undefined,
  wall: number,
): (continent: string) => number {
  const isYoung = since * DAY_MS + REGISTERED_MS > wall;
  const said = new Map(isYoung ? before?.lights.map((each) => [each.continent, each]) : []);
  return (continent) =>
    Math.max(byContinent.get(continent) ?? 0, said.get(continent)?.registered ?? 0);
}
