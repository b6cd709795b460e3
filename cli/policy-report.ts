/** What a policy would mean at some moment, and what that is worth, as data: what `--json` prints. */
import { adviceOn, type Advice } from '#config/policy/advice.ts';
import { explain, type Reason } from '#config/policy/explain.ts';
import type { PolicyFile } from '#config/policy/file.ts';
import { continentOf, localAcks } from '#config/policy/resolve.ts';
import { MILLION, type Inputs, type Policy } from '#config/policy.ts';
import { inForce, piecesOf, resolved, type Resolved } from '#protocols/policy.ts';
import { alarms, ninesOf, readFails } from '#simulations/slo/availability.ts';
import {
  durability,
  hasChain,
  noticeDays,
  REPAIRING,
  type Durability,
} from '#simulations/slo/durability.ts';
import { withLights, type Layout } from '#simulations/slo/layout.ts';
import { layoutOfTerms } from '#simulations/slo/terms.ts';
import { withContinentGone } from '#simulations/slo/outages.ts';
import { CHANCES } from '#simulations/slo/tables.ts';
import { daysKept, devicesFor } from '#simulations/ttl/keeping.ts';
import type { Mood } from './policy-mood.ts';

export interface AtChance {
  readonly p: number;
  readonly fails: number;
  readonly nines: number;
  /** While each continent is dark. */
  readonly gone: readonly { readonly continent: string; readonly fails: number }[];
  /** P(online < floor) with nothing lost. */
  readonly alarms: number;
}

export interface Kept {
  /** What the policy says; 0: as long as there is room. */
  readonly policyDays: number;
  /** When what is given is full, by the formula of `city-chain ttl`. */
  readonly roomDays: number;
}

export interface Worth {
  readonly at: readonly AtChance[];
  /** `undefined` where there are too many kinds of anchors for the chain, or no lights. */
  readonly durability: Durability | undefined;
  readonly bytes: {
    /** Stored for each byte sent. */
    readonly stored: number;
    readonly ofTransaction: number;
    /** Crossing to other continents. */
    readonly crossing: number;
  };
  readonly lights: Kept;
  /** Each continent by itself. */
  readonly anchors: readonly (Kept & { readonly continent: string })[];
  /** Lights that it takes to keep as long as the policy says. */
  readonly lightsNeeded: number;
}

export interface Report {
  readonly inputs: Inputs;
  readonly terms: Resolved;
  /** Of repairs, of one transaction. */
  readonly turns: Policy['repair']['turns'];
  readonly pieces: number;
  /** Acks of local anchors that are waited for. */
  readonly localAcks: number;
  readonly reasons: readonly Reason[];
  readonly worth: Worth;
  readonly advice: readonly Advice[];
}

const DAY_MS = 86_400_000;

export function reportOf(policy: Policy, mood: Mood): Report {
  const { inputs } = mood;
  const terms = resolved(inForce(1, policy), inputs);
  const local = continentOf(inputs.city);
  const here = terms.continents.find(({ continent }) => continent === local)?.pieces ?? 0;
  return {
    inputs,
    terms,
    turns: policy.repair.turns,
    pieces: piecesOf(terms),
    localAcks: localAcks(terms.ackLocalPermille, here),
    reasons: explain(policy, inputs),
    worth: worthOf(policy, terms, mood),
    advice: adviceOn(policy),
  };
}

function worthOf(policy: Policy, terms: Resolved, mood: Mood): Worth {
  const local = continentOf(mood.inputs.city);
  const layout = layoutOfTerms(terms, local);
  const p = mood.inputs.pLight.get(local);
  const asked = p === undefined ? CHANCES[0]! : p / MILLION;
  const chances = [...new Set([asked, ...CHANCES])].toSorted((a, b) => a - b);
  const [pieces, { sizeBytes }] = [piecesOf(terms), mood];
  const abroad = terms.continents.filter(({ continent }) => continent !== local);
  const crossing = abroad.reduce((sum, each) => sum + each.pieces, 0);
  return {
    at: chances.map((chance) => atChance(withLights(layout, chance), chance, terms.onlineFloor)),
    durability: durabilityOf(policy, terms, withLights(layout, asked)),
    bytes: {
      stored: pieces / terms.k,
      ofTransaction: (pieces * sizeBytes) / terms.k,
      crossing: (crossing * sizeBytes) / terms.k,
    },
    ...keptOf(policy, terms, mood),
  };
}

function atChance(layout: Layout, p: number, floor: number): AtChance {
  const fails = readFails(layout);
  return {
    p,
    fails,
    nines: ninesOf(fails),
    gone: withContinentGone(layout),
    alarms: alarms(layout, floor),
  };
}

function durabilityOf({ repair }: Policy, terms: Resolved, layout: Layout): Durability | undefined {
  if (!hasChain(layout) || layout.lights.length === 0) return undefined;
  const { repairAt: startAt, urgentAt, anchorPiecesLow } = terms;
  const noticed = noticeDays(repair.missedMs);
  const repairing = { ...REPAIRING, ...noticed, startAt, urgentAt, anchorPiecesLow };
  return durability(layout, repairing, terms.lightTtlMs / DAY_MS);
}

function keptOf({ capacity, anchors }: Policy, terms: Resolved, mood: Mood) {
  const { perDay, sizeBytes, lights: devices } = mood;
  const { k } = terms;
  const ofLights = {
    capBytes: capacity.lightBytes,
    devices,
    pieces: Math.max(1, terms.lights),
    perDay,
    sizeBytes,
    k,
  };
  const policyDays = terms.lightTtlMs / DAY_MS;
  return {
    lights: { policyDays, roomDays: daysKept(ofLights) },
    lightsNeeded: Math.ceil(devicesFor(policyDays, ofLights)),
    anchors: terms.continents.map(({ continent, pieces }) => ({
      continent,
      policyDays: terms.anchorTtlMs / DAY_MS,
      roomDays: daysKept({
        capBytes: capacity.anchorBytes,
        devices: anchors.find((each) => each.continent === continent)?.anchors ?? 1,
        pieces,
        perDay,
        sizeBytes,
        k,
      }),
    })),
  };
}

export interface Change {
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface Side {
  readonly file: PolicyFile;
  readonly report: Report;
}

export interface Difference {
  readonly keys: readonly Change[];
  readonly before: Report;
  readonly after: Report;
}

export const diffOf = (before: Side, after: Side): Difference => ({
  keys: changesBetween(before.file, after.file),
  before: before.report,
  after: after.report,
});

/** By key and place in a list, down to single values. */
function changesBetween(before: unknown, after: unknown, key = ''): Change[] {
  if (!isTree(before) || !isTree(after)) {
    const isSame = JSON.stringify(before) === JSON.stringify(after);
    return isSame ? [] : [{ key, before, after }];
  }
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) =>
    changesBetween(before[name], after[name], key === '' ? name : `${key}.${name}`),
  );
}

const isTree = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
