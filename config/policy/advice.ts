/**
 * What is allowed in a policy and probably not meant: conditions that never or always hold, losses that
 * the pieces do not survive by themselves, acks that wait for every anchor, repair that never rests.
 */
import {
  MILLION,
  type Condition,
  type Continent,
  type Inputs,
  type Policy,
  type Zone,
} from '../policy.ts';
import { holds, isTest, type Test } from './condition.ts';
import { layOut, piecesOnAnchor, survives, type Placed } from './layout.ts';
import { boostedBy, layoutFor, localAcks } from './resolve.ts';
import { DAY_MS, MINUTE_MS, offsetAt } from './zone.ts';

export interface Advice {
  /** The key that it is about. */
  readonly path: readonly PropertyKey[];
  readonly what: string;
}

export const adviceOn = (policy: Policy): Advice[] => [
  ...onConditions(policy),
  ...onBounds(policy),
  ...onLosses(policy),
  ...onAcks(policy),
  ...onRepair(policy),
];

function* onConditions({ boosts, events, zones }: Policy): Generator<Advice> {
  for (const [name, all] of Object.entries({ boosts, events })) {
    for (const [i, { condition }] of all.entries()) {
      const reach = condition.length === 0 ? 'sometimes' : reachOf(condition, zones);
      if (reach === 'sometimes') continue;
      yield { path: [name, i, 'when'], what: `this is ${reach} so` };
    }
  }
  for (const [i, { anchors, lights, margin }] of boosts.entries()) {
    if (anchors !== 0 || lights !== 0 || margin !== 0) continue;
    yield { path: ['boosts', i], what: 'this boost adds nothing' };
  }
}

export type Reach = 'never' | 'sometimes' | 'always';

/** Beyond so many cases nothing is said. */
const CASES_MAX = 100_000;

/**
 * Whether there are a time, lights and a strain for which it holds, and for which it does not. Only where a test
 * changes its answer something can change: just there, and at the beginning of a day, is looked.
 */
export function reachOf(condition: Condition, zones: readonly Zone[]): Reach {
  const tests = condition.filter(isTest);
  const times = timesFor(tests, zones);
  const lights = lightsFor(tests);
  if (times.length * lights.length > CASES_MAX) return 'sometimes';
  const verdicts = new Set(
    times.flatMap((at) =>
      lights.flatMap((pLight) =>
        [false, true].map((isStrained) =>
          holds(condition, zones, { at, pLight, local: '', isStrained }),
        ),
      ),
    ),
  );
  if (verdicts.size === 2) return 'sometimes';
  return verdicts.has(true) ? 'always' : 'never';
}

/** The beginnings and ends of all windows, on one day for each set of offsets that zones have together. */
function timesFor(tests: readonly Test[], zones: readonly Zone[]): number[] {
  const windows = tests.filter((test) => test.op === 'time');
  const named = zones.filter((_, i) => windows.some(({ zone }) => zone === i));
  const days = new Map<string, number>();
  for (const from of [0, ...named.flatMap(({ spans }) => spans.map((span) => span.from))]) {
    const day = (Math.floor(from / DAY_MS) + 2) * DAY_MS;
    days.set(named.map((zone) => offsetAt(zone, day)).join(' '), day);
  }
  const times: number[] = [];
  for (const day of days.values()) {
    times.push(day);
    for (const { zone, from, to } of windows) {
      const offset = offsetAt(zones[zone]!, day);
      for (const minute of [from, to]) times.push(day + timeOfDay(minute * MINUTE_MS - offset));
    }
  }
  return times;
}

const timeOfDay = (ms: number): number => ((ms % DAY_MS) + DAY_MS) % DAY_MS;

/** Each bound, just below and just above it, of each continent with each of the others. */
function lightsFor(tests: readonly Test[]): Inputs['pLight'][] {
  const bounds = new Map<Continent, number[]>();
  for (const test of tests) {
    if (test.op !== 'p_light') continue;
    const { continent, millionths } = test;
    const near = [millionths - 1, millionths, millionths + 1];
    bounds.set(continent, [...(bounds.get(continent) ?? []), ...near]);
  }
  let all: Inputs['pLight'][] = [new Map()];
  for (const [continent, values] of bounds) {
    const known = [...new Set(values)].filter((value) => value >= 0 && value <= MILLION);
    all = all.flatMap((each) => known.map((value) => new Map(each).set(continent, value)));
    if (all.length > CASES_MAX) break;
  }
  return all;
}

function* onBounds(policy: Policy): Generator<Advice> {
  const added = { anchors: 0, lights: 0, margin: 0 };
  for (const boost of policy.boosts) {
    for (const key of ['anchors', 'lights', 'margin'] as const) {
      added[key] += Math.max(0, boost[key]);
    }
  }
  const bases = { ...policy.pieces, margin: policy.acks.margin };
  const keys = { anchors: 'anchor_total', lights: 'light_unique', margin: 'margin' } as const;
  for (const key of ['anchors', 'lights', 'margin'] as const) {
    const [together, { most }] = [bases[key] + added[key], policy.bounds[key]];
    if (added[key] === 0 || together <= most) continue;
    const what = `all boosts together would make ${together}, and ${most} is the most`;
    yield { path: ['bounds', keys[key]], what };
  }
}

/** As it is laid out without boosts, with all continents present. */
function wholeLayout(policy: Policy): Placed[] {
  const present = new Map(policy.anchors.map(({ continent, anchors }) => [continent, anchors]));
  return layoutFor(policy, present, '', boostedBy(policy, [], true));
}

const layoutText = (placed: readonly Placed[]): string =>
  placed.map(({ continent, pieces }) => `${pieces} in ${continent}`).join(' + ') || 'none';

function* onLosses(policy: Policy): Generator<Advice> {
  const { surviveLossOf: loss, pieces, anchors } = policy;
  const path = ['anchors', 'survive_loss_of'];
  const placed = wholeLayout(policy);
  if (loss === 'none' || pieces.anchors === 0) return;
  if (!survives(placed, loss, pieces.k)) {
    yield { path, what: `no number of pieces survives it: there is one ${loss} only` };
    return;
  }
  const used = anchors.filter(({ continent }) =>
    placed.some((each) => each.continent === continent),
  );
  const plain = layOut(used, {
    k: pieces.k,
    pieces: pieces.anchors,
    loss: 'none',
    most: pieces.anchors,
  });
  if (survives(plain, loss, pieces.k)) return;
  const left = `${layoutText(plain)} would leave fewer than k = ${pieces.k}`;
  yield { path, what: `${left} on the other anchors; it becomes ${layoutText(placed)}` };
}

function* onAcks(policy: Policy): Generator<Advice> {
  const { localPermille } = policy.acks;
  for (const each of wholeLayout(policy)) {
    const wanted = localAcks(localPermille, each.pieces);
    const without = each.pieces - piecesOnAnchor(each, 0);
    if (each.anchors < 2 || wanted <= without) continue;
    const what = `${wanted} of ${each.pieces} pieces in ${each.continent} need every anchor there: any ${without} are without one`;
    yield { path: ['ack_rule', 'local_anchor_share'], what };
  }
}

function* onRepair(policy: Policy): Generator<Advice> {
  const { pieces, repair } = policy;
  const placed = wholeLayout(policy).reduce((sum, each) => sum + each.pieces, 0);
  if (repair.startAt >= pieces.lights + placed) {
    const what = `all ${pieces.lights + placed} pieces are not more than that: repair never rests`;
    yield { path: ['repair', 'start_at'], what };
  }
  if (placed > 0 && repair.anchorPiecesLow >= placed) {
    const what = `all ${placed} anchor pieces are not more than that: repair never rests`;
    yield { path: ['repair', 'anchor_pieces_low'], what };
  }
  if (repair.urgentAt < pieces.k) {
    const what = `fewer than k = ${pieces.k} pieces bring nothing back: nothing is ever urgent`;
    yield { path: ['repair', 'urgent_at'], what };
  }
}
