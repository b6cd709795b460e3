/**
 * What is done to a city: a closed list. A plan follows from the seed and from where things are; it is data, which
 * the director (cli/chaos/) carries out and this folder reckons with.
 *
 *   stage (who lives where, which rows lie where) + chance --> strokes, each at its time
 *
 * Which processes are hit is chosen by what the disks have: `limit` leaves of every transaction just what brings it
 * back, `beyond` of none.
 */
import type { NodeAddress } from '#protocols/subjects.ts';
import type { Random } from '../random.ts';

export interface Housed {
  readonly id: string;
  readonly nodes: readonly NodeAddress[];
  readonly delegates: number;
  readonly isAbroad: boolean;
  readonly continent: string;
}

/** Of one transaction: how many of its rows each process has on its nodes' disks. */
export type Spread = ReadonlyMap<string, number>;

export interface Stage {
  readonly processes: readonly Housed[];
  readonly spreads: readonly Spread[];
  readonly k: number;
  /** How long the damage is to last. */
  readonly lengthMs: number;
}

/** Where a transaction may stand when the delegate that drew its placement dies. */
export const POINTS = ['accepted', 'FRESH', 'acks', 'POH_ACK', 'COMMITTED'] as const;
export type Point = (typeof POINTS)[number];

export type Blow =
  /** To a process, or to the bus. */
  | {
      readonly do: 'kill' | 'freeze' | 'cut' | 'slow' | 'fill';
      readonly to: string;
      readonly forMs: number;
      readonly byMs?: number;
    }
  /** A continent hears none of the others, nor they it. */
  | { readonly do: 'part'; readonly to: string; readonly forMs: number }
  /** The clock of a process is off by so much, and then right again. */
  | { readonly do: 'jump'; readonly to: string; readonly forMs: number; readonly byMs: number }
  /** To the disks of a process, which is down meanwhile; but a bit may rot under one that runs. */
  | { readonly do: 'empty' | 'old'; readonly to: string; readonly forMs: number }
  | { readonly do: 'corrupt'; readonly to: string; readonly pieces: number }
  /** Whoever drew the placement of the next transaction that stands there is killed. */
  | { readonly do: 'kill-at'; readonly point: Point };

export interface Planned {
  readonly atMs: number;
  /** Not before everybody is up again. */
  readonly isAlone?: boolean;
  readonly blow: Blow;
}

/** What a scenario allows, and otherwise nobody may suffer. */
export interface Allowed {
  /** Nodes were only away: nothing may be moved for that. */
  readonly isOffline?: boolean;
  /** Only clocks were wrong: the order goes on, and nobody drops anything for that. */
  readonly isUntimely?: boolean;
  /** Continents were parted: each city goes on, and what could not be rooted is rooted afterwards. */
  readonly isParted?: boolean;
}

export interface Scenario extends Allowed {
  readonly name: string;
  readonly line: string;
  /** For cities on several continents, each of which is damaged so at once (`up --drill --world`). */
  readonly isOfWorld?: boolean;
  /** Disks are put back as they were before: so they are copied then. */
  readonly wantsCopies?: boolean;
  readonly plan: (stage: Stage, random: Random) => Planned[];
}

/** The design's own figure: so many holders of a transaction at once. */
const SOME_ROWS = 20;
const SLOW_MS = 300;
const FLAP_MS = 2_000;
const FLIPPED = 5;
/** Longer than lights promise to hold anything. */
const HALF_A_YEAR_MS = 182 * 86_400_000;

const holders = ({ processes }: Stage): Housed[] =>
  processes.filter(({ delegates, nodes }) => delegates === 0 && nodes.length > 0);
const home = (stage: Stage): Housed[] => holders(stage).filter(({ isAbroad }) => !isAbroad);

const all =
  (does: 'kill' | 'freeze' | 'cut', forMs: number) =>
  ({ id }: Housed): Planned => ({ atMs: 0, blow: { do: does, to: id, forMs } });

/** What is left of each transaction without these. */
const leftOf = ({ spreads }: Stage, gone: readonly Housed[]): number[] =>
  spreads.map((spread) => {
    const away = new Set(gone.map(({ id }) => id));
    return [...spread].reduce((sum, [id, rows]) => sum + (away.has(id) ? 0 : rows), 0);
  });

const whole = (stage: Stage): number => Math.max(0, ...leftOf(stage, []));

/** In an order by lot: each that leaves every transaction `least` rows. */
function asManyAs(stage: Stage, random: Random, least: number, most: number): Housed[] {
  const gone: Housed[] = [];
  for (const each of shuffled(holders(stage), random)) {
    const left = leftOf(stage, [...gone, each]);
    if (Math.min(Infinity, ...left) >= least) gone.push(each);
    if (whole(stage) - Math.min(whole(stage), ...leftOf(stage, gone)) >= most) break;
  }
  return gone;
}

/** In an order by lot, until no transaction has what brings it back. */
function untilBelow(stage: Stage, random: Random): Housed[] {
  const gone: Housed[] = [];
  for (const each of shuffled(holders(stage), random)) {
    if (Math.max(0, ...leftOf(stage, gone)) < stage.k) break;
    gone.push(each);
  }
  return gone;
}

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0]!);
}

const oneOf = (stage: Stage, random: Random): Housed[] => shuffled(home(stage), random).slice(0, 1);

/** One after another, over the whole time. */
const spacedOver = (stage: Stage, blows: readonly Blow[], isAlone = false): Planned[] =>
  blows.map((blow, i) => ({
    atMs: Math.floor((i * stage.lengthMs) / blows.length),
    blow,
    isAlone,
  }));

const REPLACED_MS = 5_000;
const otherDisks = (
  does: 'empty' | 'old',
  { lengthMs }: Stage,
  hit: readonly Housed[],
): Planned[] =>
  hit.map(({ id }) => ({
    atMs: 0,
    blow: { do: does, to: id, forMs: Math.min(REPLACED_MS, lengthMs) },
  }));

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'calm',
    line: 'nothing is damaged: what the others are compared with',
    plan: () => [],
  },
  {
    name: 'holders',
    line: "processes with 20 of a transaction's holders are killed at once, and stay down",
    isOffline: true,
    plan: (stage, random) =>
      asManyAs(stage, random, stage.k, SOME_ROWS).map(all('kill', stage.lengthMs)),
  },
  {
    name: 'limit',
    line: 'holders are killed until k rows of some transaction are just left, and stay down',
    isOffline: true,
    plan: (stage, random) =>
      asManyAs(stage, random, stage.k, Infinity).map(all('kill', stage.lengthMs)),
  },
  {
    name: 'beyond',
    line: 'holders are killed until fewer than k rows of every transaction are left, and come back',
    isOffline: true,
    plan: (stage, random) => untilBelow(stage, random).map(all('kill', stage.lengthMs)),
  },
  {
    name: 'rolling',
    line: 'every process is killed in turn, delegates as well, and comes back by itself',
    isOffline: true,
    plan: (stage, random) =>
      spacedOver(
        stage,
        shuffled(stage.processes, random).map(({ id }) => ({ do: 'kill', to: id, forMs: 0 })),
        true,
      ),
  },
  {
    name: 'flapping',
    line: 'a process of holders is cut off for 2 s, is back for 2 s, and so on',
    isOffline: true,
    plan: (stage, random) =>
      oneOf(stage, random).flatMap(({ id }) =>
        Array.from({ length: Math.max(1, Math.floor(stage.lengthMs / (2 * FLAP_MS))) }, (_, i) => ({
          atMs: 2 * i * FLAP_MS,
          blow: { do: 'cut', to: id, forMs: FLAP_MS } as const,
        })),
      ),
  },
  {
    name: 'hung',
    line: 'a process of holders is frozen (SIGSTOP), until `up` finds that it hangs and starts another',
    isOffline: true,
    plan: (stage, random) => oneOf(stage, random).map(all('freeze', stage.lengthMs)),
  },
  {
    name: 'delegates',
    line: "the delegate that drew a transaction's placement is killed as the transaction stands at each named point",
    isOffline: true,
    plan: (stage) =>
      spacedOver(
        stage,
        POINTS.map((point) => ({ do: 'kill-at', point })),
        true,
      ),
  },
  {
    name: 'levels',
    line: 'half of the delegates, who make up all levels above the city, are cut off while it waits to be rooted; then each is killed in turn',
    isOffline: true,
    plan: (stage, random) => {
      const { processes, lengthMs } = stage;
      const all = shuffled(
        processes.filter(({ delegates }) => delegates > 0),
        random,
      );
      const cutMs = Math.floor(lengthMs / 3);
      // Neither side has two thirds: nothing is ordered, sealed or rooted until they hear each other again.
      const cut = all.slice(0, Math.ceil(all.length / 2)).map(({ id }) => ({
        atMs: 0,
        blow: { do: 'cut', to: id, forMs: cutMs } as const,
      }));
      const kills = all.map(({ id }, i) => ({
        atMs: cutMs + Math.floor((i * (lengthMs - cutMs)) / all.length),
        blow: { do: 'kill', to: id, forMs: 0 } as const,
        isAlone: true,
      }));
      return [...cut, ...kills];
    },
  },
  {
    name: 'broker',
    line: 'the nats-server is killed three times, and comes back at its port',
    isOffline: true,
    plan: (stage) =>
      spacedOver(
        stage,
        Array.from({ length: 3 }, () => ({ do: 'kill', to: 'bus', forMs: 0 })),
      ),
  },
  {
    name: 'frozen-broker',
    line: 'the nats-server is frozen (SIGSTOP), until `up` finds that it hangs and starts another',
    isOffline: true,
    plan: ({ lengthMs }) => [{ atMs: 0, blow: { do: 'freeze', to: 'bus', forMs: lengthMs } }],
  },
  {
    name: 'continent',
    line: 'the lines of all processes of other continents are cut: no byte, no refusal, both ways',
    isOffline: true,
    plan: (stage) =>
      holders(stage)
        .filter(({ isAbroad }) => isAbroad)
        .map(all('cut', stage.lengthMs)),
  },
  {
    name: 'parted',
    line: 'continents are parted from each other while cities on both commit, and pay each other; a delegate of each city is killed meanwhile',
    isOffline: true,
    isParted: true,
    isOfWorld: true,
    plan: (stage, random) => {
      const { processes, lengthMs } = stage;
      const others = new Set(
        processes.filter(({ isAbroad }) => isAbroad).map(({ continent }) => continent),
      );
      const parted = [...others].map((to): Planned => ({
        atMs: 0,
        blow: { do: 'part', to, forMs: lengthMs },
      }));
      const delegates = processes.filter((each) => each.delegates > 0);
      const killed = shuffled(delegates, random).slice(0, 1);
      return [
        ...parted,
        ...killed.map(({ id }): Planned => ({
          atMs: Math.floor(lengthMs / 3),
          blow: { do: 'kill', to: id, forMs: 0 },
        })),
      ];
    },
  },
  {
    name: 'slow',
    line: 'the lines of half of the holders` processes, and of one delegate, take 300 ms each way',
    isOffline: true,
    plan: (stage, random) => {
      const half = shuffled(holders(stage), random).slice(0, Math.ceil(holders(stage).length / 2));
      const one = stage.processes.find(({ delegates }) => delegates > 0);
      return [...half, ...(one === undefined ? [] : [one])].map(({ id }) => ({
        atMs: 0,
        blow: { do: 'slow', to: id, forMs: stage.lengthMs, byMs: SLOW_MS },
      }));
    },
  },
  {
    name: 'clock',
    line: 'the clocks of one delegate and of up to two processes of holders are off by half a year, each in its direction, and are set right again',
    isOffline: true,
    isUntimely: true,
    plan: (stage, random) => {
      const delegates = stage.processes.filter((each) => each.delegates > 0);
      const off = [
        ...shuffled(delegates, random).slice(0, 1),
        // Never most of them: what somebody signs who is ahead is not taken.
        ...shuffled(home(stage), random).slice(0, Math.min(2, home(stage).length >> 1)),
      ];
      return off.map(({ id }, i) => ({
        atMs: 0,
        blow: {
          do: 'jump',
          to: id,
          byMs: i === 1 ? -HALF_A_YEAR_MS : HALF_A_YEAR_MS,
          forMs: stage.lengthMs,
        },
      }));
    },
  },
  {
    name: 'storm',
    line: 'some holders are killed and stay down; the nats-server and a delegate are killed meanwhile',
    isOffline: true,
    plan: (stage, random) => {
      const one = shuffled(stage.processes, random).find(({ delegates }) => delegates > 0);
      const killed: Blow[] = [{ do: 'kill', to: 'bus', forMs: 0 }];
      if (one !== undefined) killed.push({ do: 'kill', to: one.id, forMs: 0 });
      return [
        ...asManyAs(stage, random, stage.k, SOME_ROWS).map(all('kill', stage.lengthMs)),
        ...killed.map((blow, i) => ({ atMs: Math.floor(((i + 1) * stage.lengthMs) / 3), blow })),
      ];
    },
  },
  {
    name: 'corrupt',
    line: 'a bit of five pieces of old transactions is flipped on the disk, under a process that runs',
    plan: (stage, random) =>
      oneOf(stage, random).map(({ id }) => ({
        atMs: 0,
        blow: { do: 'corrupt', to: id, pieces: FLIPPED },
      })),
  },
  {
    name: 'full',
    line: 'no write of a process of holders succeeds any more, as on a full disk',
    isOffline: true,
    plan: (stage, random) =>
      oneOf(stage, random).map(({ id }) => ({
        atMs: 0,
        blow: { do: 'fill', to: id, forMs: stage.lengthMs },
      })),
  },
  {
    name: 'old',
    line: 'a process of holders comes back with its disks as they were before the load',
    wantsCopies: true,
    plan: (stage, random) => otherDisks('old', stage, oneOf(stage, random)),
  },
  {
    name: 'empty',
    line: "processes with 20 of a transaction's holders come back with empty disks",
    plan: (stage, random) =>
      otherDisks('empty', stage, asManyAs(stage, random, stage.k, SOME_ROWS)),
  },
];
