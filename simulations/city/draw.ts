/**
 * What a run of the city has: who there is, under which policy, what is sent when, who lies, what goes wrong.
 * Plain data, printed with a failure.
 *
 * Budgets. A certificate shows k + margin acks. Of the rows that it shows, up to `margin` may be lost or never
 * have been: those of liars, and those on the one machine whose disks may rot or be replaced. One delegate of
 * four may have a clock that is wrong. Beyond these nothing is promised, so nothing beyond them is drawn.
 */
import { DEFAULTS } from '#config/policy/read.ts';
import type { Policy } from '#config/policy.ts';
import { drawPlan, SURVIVABLE, type Fault, type FaultKind, type FaultPlan } from '../faults.ts';
import { LIES, type Lie } from '../byzantine.ts';
import { DELEGATE_LIES, type DelegateLie } from '../lying-delegate.ts';
import type { ReadReason } from '#protocols/receiving.messages.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import type { Random } from '../random.ts';
import type { Cheat } from './cheats.ts';
import type { Drawn } from '../scenario.ts';

export const DELEGATES = 4;
export const ANCHORS = 6;
/** Faults begin within so long. */
export const FAULTS_MS = 12_000;

/** What somebody wants to send. */
export const WANTS = [
  'fair',
  /** Another text under the number of the one before, through another client. */
  'conflict',
  /** The one before once more, the same bytes, through another client. */
  'again',
  /** Its time is over soon. */
  'short',
  'forged',
  'expired',
  'future',
  'other-body',
  /** Signed for another network. */
  'other-network',
] as const;
/** Of these some are wanted by applications. */
const WANTED = WANTS.filter((want) => want !== 'other-network');
/** What the rogue wants to have kept is well-formed, and his own. */
export type Want = (typeof WANTS)[number] | 'rogue';

export interface Wanted {
  readonly atMs: number;
  readonly client: number;
  readonly sender: number;
  readonly want: Want;
  readonly bytes: number;
}

export interface Numbers {
  readonly k: number;
  readonly margin: number;
  /** Pieces on lights, and on anchors. */
  readonly lights: number;
  readonly anchors: number;
  /** When it is repaired, where that is tried: else hardly ever. */
  /** How long audits are summed up, where they are tried. */
  readonly auditEpochMs?: number;
  /** How long anchors promise to hold, where that is not as long as there is room. */
  readonly anchorTtlMs?: number;
  readonly repair?: Pick<Policy['repair'], 'startAt' | 'urgentAt' | 'anchorPiecesLow'>;
}

export interface CityDrawn extends Drawn {
  readonly lights: number;
  readonly lightsPerMachine: number;
  readonly anchorsPerMachine: number;
  readonly clients: number;
  readonly numbers: Numbers;
  /** In the place of what follows from the numbers. */
  readonly policy?: Policy;
  readonly allowance: { readonly perSecond: number; readonly burst: number };
  /** Faults do not wait until everybody has arrived. */
  readonly warmMs: number;
  /** By number of the light. */
  readonly liars: readonly { readonly light: number; readonly lies: readonly Lie[] }[];
  /** Holders that deceive auditors, and nobody else. */
  readonly cheats?: readonly { readonly light: number; readonly cheat: Cheat }[];
  /** Holders that are short of room from the start, by number. */
  readonly crowded?: { readonly lights: readonly number[]; readonly anchors: readonly number[] };
  /** One delegate of four. */
  readonly lie: { readonly delegate: number; readonly lie: DelegateLie } | undefined;
  readonly hasRogue: boolean;
  /** Delegates whose S2 codes what is no payload. */
  readonly forgers?: readonly NodeAddress[];
  /** A delegate that refuses every read, and why. */
  readonly denial?: { readonly by: NodeAddress; readonly reason: ReadReason } | undefined;
  readonly wanted: readonly Wanted[];
}

/** What a city survives, whoever of it is hit. */
export const KINDS: readonly FaultKind[] = [...SURVIVABLE, 'full-disk'];
/** What destroys pieces: only where the budget allows it. */
const DESTROYS: readonly FaultKind[] = ['rot', 'lose-disk'];

const machinesOf = (nodes: number, perMachine: number): number => Math.ceil(nodes / perMachine);

export function drawCity(random: Random): CityDrawn {
  const lights = 12 + random.below(29);
  const lightsPerMachine = random.pick([1, 3, 6]);
  const anchorsPerMachine = random.pick([1, 3]);
  const clients = 1 + random.below(3);
  const numbers = drawNumbers(random, lights);
  const mayRot = lightsPerMachine <= numbers.margin && random.below(3) === 0;
  const liarsMax = Math.min(numbers.margin - (mayRot ? lightsPerMachine : 0), lights >> 2);
  const lightMachines = machinesOf(lights, lightsPerMachine);
  const machines = DELEGATES + lightMachines + machinesOf(ANCHORS, anchorsPerMachine) + clients;
  const plan = drawPlan(random.fork('plan'), {
    machines,
    forMs: FAULTS_MS,
    faultsMax: 15,
    kinds: mayRot ? [...KINDS, ...DESTROYS] : KINDS,
  });
  return {
    lights,
    lightsPerMachine,
    anchorsPerMachine,
    clients,
    numbers,
    allowance: random.pick([
      { perSecond: 200, burst: 1_000 },
      { perSecond: 1, burst: 2 },
    ]),
    warmMs: random.pick([0, 1_000, 4_000, 4_000, 6_000]),
    liars: drawLiars(random.fork('liars'), lights, liarsMax),
    lie: drawLie(random.fork('lie')),
    hasRogue: random.below(2) === 0,
    wanted: drawWanted(random.fork('wanted'), clients),
    plan: withinBudget(plan, DELEGATES + random.below(lightMachines)),
  };
}

/** As in the owner's policy, smaller: about six of ten pieces are to be acknowledged. */
function drawNumbers(random: Random, lights: number): Numbers {
  const onLights = Math.min(30, 6 + random.below(lights - 8));
  const anchors = random.pick([6, 12]);
  const k = Math.min(10, 2 + random.below(Math.floor((onLights + anchors) / 4)));
  const most = Math.floor((onLights + anchors) * 0.6) - k;
  return { k, margin: 1 + random.below(Math.max(1, most)), lights: onLights, anchors };
}

function drawLiars(random: Random, lights: number, most: number): CityDrawn['liars'] {
  const count = random.below(Math.max(0, most) + 1);
  const who = random.shuffled(Array.from({ length: lights }, (_, i) => i)).slice(0, count);
  return who.map((light) => ({
    light,
    lies: random.shuffled(LIES).slice(0, 1 + random.below(3)),
  }));
}

const drawLie = (random: Random): CityDrawn['lie'] =>
  random.below(3) > 0
    ? undefined
    : { delegate: random.below(DELEGATES), lie: random.pick(DELEGATE_LIES) };

function drawWanted(random: Random, clients: number): Wanted[] {
  const count = 4 + random.below(random.pick([6, 20]));
  const forMs = random.pick([500, FAULTS_MS]);
  const wants = [...WANTED, 'fair', 'fair', 'fair', 'fair', 'conflict'] as const;
  return Array.from({ length: count }, (_, i): Wanted => {
    const want = i === 0 ? 'fair' : random.pick(wants);
    return {
      atMs: random.below(forMs),
      client: random.below(clients),
      sender: random.below(3),
      want,
      bytes: random.pick([1, 400, 400, 1_200, 16_384]),
    };
  }).toSorted((a, b) => a.atMs - b.atMs);
}

/** Faults that some may have and others must not, put where they may be. */
function withinBudget({ weather, faults }: FaultPlan, perishable: number): FaultPlan {
  const moved = faults.map((fault): Fault => {
    switch (fault.do) {
      case 'rot':
      case 'lose-disk':
        return { ...fault, machine: perishable };
      case 'clock-jump':
      case 'clock-freeze':
        return { ...fault, machine: fault.machine < DELEGATES ? 0 : fault.machine };
      default:
        return fault;
    }
  });
  return { weather, faults: moved };
}

/** The owner's rules with fewer pieces, and no boosts: a city of twelve lights has none to spare. */
export function policyOf({
  k,
  margin,
  lights,
  anchors,
  repair,
  auditEpochMs = DEFAULTS.audits.epochMs,
  anchorTtlMs = DEFAULTS.ttl.anchorMs,
}: Numbers): Policy {
  const low = repair ?? { startAt: k + 1, urgentAt: k, anchorPiecesLow: 1 };
  return {
    ...DEFAULTS,
    pieces: { ...DEFAULTS.pieces, k, lights, anchors },
    acks: { ...DEFAULTS.acks, margin },
    boosts: [],
    zones: [],
    bounds: {
      anchors: { least: anchors, most: anchors },
      lights: { least: lights, most: lights },
      margin: { least: margin, most: margin },
    },
    ttl: { ...DEFAULTS.ttl, anchorMs: anchorTtlMs },
    repair: {
      ...DEFAULTS.repair,
      watermarkMs: anchorTtlMs === 0 ? DEFAULTS.repair.watermarkMs : anchorTtlMs / 2,
      onlineFloor: k,
      ...low,
    },
    audits: { ...DEFAULTS.audits, epochMs: auditEpochMs },
    rewards: { ...DEFAULTS.rewards, epochMs: 2 * auditEpochMs },
  };
}
