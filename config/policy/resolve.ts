/**
 * What a policy means for one transaction: a function of the policy in force and of what the world is
 * like, in integers. The sender's delegate computes it, the manifest carries it, and anyone who has the
 * policy can compute it again.
 */
import {
  MILLION,
  PIECES_MAX,
  THOUSAND,
  type AnchorsOf,
  type Bounds,
  type Continent,
  type Feature,
  type FeatureName,
  type InForce,
  type Inputs,
  type Policy,
  type Resolved,
} from '../policy.ts';
import { holds } from './condition.ts';
import { layOut, piecesOnAnchor, type Placed } from './layout.ts';

export function resolve({ version, digest, policy }: InForce, inputs: Inputs): Resolved {
  const local = continentOf(inputs.city);
  const features = featuresOn(policy.features, inputs);
  const fired = firedBy(policy, inputs, local);
  const boosted = boostedBy(policy, fired, features.includes('anchor_boost_enabled'));
  const { lights, continents, margin } = sharedOut(policy, inputs, local, boosted);
  const { k } = policy.pieces;
  const pieces = continents.reduce((sum, each) => sum + each.pieces, lights);
  return {
    version,
    digest,
    k,
    lights,
    perOperator: policy.pieces.perOperator,
    events: eventsIn(policy, inputs, local),
    continents,
    ackNeeded: Math.min(k + margin, pieces),
    ackLocalPermille: policy.acks.localPermille,
    ackAnchors: Math.min(policy.acks.anchors, anchorsOn(continents, local)),
    ackDeadlineMs: policy.acks.deadlineMs,
    escalatePieces: policy.acks.escalatePieces,
    lightTtlMs: policy.ttl.lightMs,
    anchorTtlMs: policy.ttl.anchorMs,
    stripeBytes: policy.repair.stripeBytes,
    signatureSuite: policy.crypto.signature,
    kemSuite: policy.crypto.kem,
    repairAt: policy.repair.startAt,
    urgentAt: policy.repair.urgentAt,
    anchorPiecesLow: policy.repair.anchorPiecesLow,
    onlineFloor: policy.repair.onlineFloor,
    features,
    fired,
  };
}

export const continentOf = (city: string): Continent => city.slice(0, city.indexOf('.'));

/** Of so many anchor pieces on the sender's continent, how many must be acknowledged. */
export const localAcks = (permille: number, pieces: number): number =>
  Math.ceil((permille * pieces) / THOUSAND);

/** The boosts whose conditions hold, by their place. */
export function firedBy(
  { boosts, zones, isStrained }: Policy,
  inputs: Inputs,
  local: Continent,
): number[] {
  const asked = { at: inputs.at, pLight: inputs.pLight, local, isStrained };
  const fired: number[] = [];
  for (const [i, { condition }] of boosts.entries()) {
    if (holds(condition, zones, asked)) fired.push(i);
  }
  return fired;
}

function eventsIn({ events, zones, isStrained }: Policy, { at, pLight }: Inputs, local: Continent) {
  const asked = { at, pLight, local, isStrained };
  return events
    .filter(({ condition }) => condition.length === 0 || holds(condition, zones, asked))
    .map(({ place, permille }) => ({ place, permille }));
}

export interface Boosted {
  readonly lights: number;
  readonly anchors: number;
  readonly margin: number;
}

/** All that fired, added up and then held within the bounds. */
export function boostedBy(
  { pieces, acks, boosts, bounds }: Policy,
  fired: readonly number[],
  mayBoostAnchors: boolean,
): Boosted {
  let { lights, anchors } = pieces;
  let { margin } = acks;
  for (const i of fired) {
    const boost = boosts[i]!;
    lights += boost.lights;
    margin += boost.margin;
    if (mayBoostAnchors) anchors += boost.anchors;
  }
  return {
    lights: within(bounds.lights, lights),
    anchors: within(bounds.anchors, anchors),
    margin: within(bounds.margin, margin),
  };
}

const within = ({ least, most }: Bounds, value: number): number =>
  Math.max(least, Math.min(most, value));

interface Shared {
  readonly lights: number;
  readonly continents: readonly Placed[];
  readonly margin: number;
}

/**
 * Lights take what they have room for. Those that are there and have none are stood in for by anchors, piece by piece,
 * as many as the policy allows: there are as many pieces as ever, so that repair and acks mean what they did.
 */
function sharedOut(policy: Policy, inputs: Inputs, local: Continent, boosted: Boosted): Shared {
  const wanted = Math.min(boosted.lights, Math.max(policy.pieces.lights, inputs.lights));
  const layout = (lights: number, anchors: number): Placed[] =>
    layoutFor(policy, inputs.anchors, local, { ...boosted, lights, anchors });
  const plain = { lights: wanted, continents: layout(wanted, boosted.anchors) };
  const lacking = Math.max(0, wanted - inputs.lights);
  const standIns = Math.min(policy.pieces.substitutes, lacking, inputs.fullLights);
  const { margin } = boosted;
  // Where anchors have nothing, there is nobody to stand in.
  if (standIns === 0 || plain.continents.length === 0) return { ...plain, margin };
  const lights = wanted - standIns;
  const continents = layout(lights, boosted.anchors + standIns);
  return { lights, continents, margin: Math.min(margin, worthless(lights, continents)) };
}

/**
 * Of all acks, so many may turn out to be worth nothing: those of liars, who are lights, or those of an anchor that
 * is lost. To ask for more would have the sender wait for another continent.
 */
const worthless = (lights: number, continents: readonly Placed[]): number =>
  Math.max(lights, ...continents.map((each) => piecesOnAnchor(each, 0)));

/** By name of the continent. */
export function layoutFor(
  { pieces: { k, split }, anchors, surviveLossOf, acks }: Policy,
  present: Inputs['anchors'],
  local: Continent,
  { anchors: pieces, lights }: Boosted,
): Placed[] {
  const there: AnchorsOf[] = [];
  for (const { continent, anchors: most, atMost } of anchors) {
    const count = Math.min(most, present.get(continent) ?? 0);
    const isUsed = count > 0 && (split === 'auto' || split === continent);
    if (isUsed) there.push({ continent, anchors: count, atMost });
  }
  const most = PIECES_MAX - lights - acks.escalatePieces;
  const wanted = { k, pieces, loss: surviveLossOf, most };
  return layOut(localFirst(there, local), wanted).toSorted(byContinent);
}

const localFirst = (there: readonly AnchorsOf[], local: Continent): AnchorsOf[] =>
  there.toSorted(
    (a, b) => Number(b.continent === local) - Number(a.continent === local) || byContinent(a, b),
  );

const byContinent = (a: { continent: Continent }, b: { continent: Continent }): number =>
  a.continent < b.continent ? -1 : Number(a.continent > b.continent);

const anchorsOn = (continents: readonly Placed[], local: Continent): number =>
  continents.find(({ continent }) => continent === local)?.anchors ?? 0;

function featuresOn(features: readonly Feature[], { city, tx }: Inputs): FeatureName[] {
  const on: FeatureName[] = [];
  for (const feature of features) {
    if (isOn(feature, city, tx)) on.push(feature.name);
  }
  return on;
}

export function isOn({ name, millionths, cities }: Feature, city: string, tx: Uint8Array): boolean {
  if (cities.length > 0 && !cities.includes(city)) return false;
  return millionths === MILLION || lotOf(name, tx) < millionths;
}

/**
 * The lot of a transaction for a feature, below a million: the same on every node, and another one for
 * each feature. FNV-1a and the last mixing of MurmurHash3; a sender who picks its lot gains nothing.
 */
function lotOf(name: FeatureName, tx: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  for (const byte of tx) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % MILLION;
}
