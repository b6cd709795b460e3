/**
 * Fault plans: what goes wrong in a run, as data. Drawn from the seed, printed with a failure, and
 * small enough to be shrunk: a run with some of the faults left out is a run all the same, since
 * nothing else is drawn from where they are.
 *
 * A run uses only some kinds of faults (swarm testing, Groce and others 2012): all kinds at once hide
 * each other. Faults happen in the first phase, where only safety is asked for; then the world heals,
 * and must come to rest.
 */
import { NEVER, type Ratio } from './chance.ts';
import { CALM_WEATHER, type Weather } from './network/weather.ts';
import type { Random } from './random.ts';

/** Processes are told by their numbers. */
export type Fault = { readonly atMs: number } & (
  | { readonly do: 'kill' | 'power-cut'; readonly machine: number; readonly downMs: number }
  /** Everybody's power. */
  | { readonly do: 'blackout'; readonly downMs: number }
  | {
      readonly do: 'kill-storm';
      readonly machines: readonly number[];
      readonly everyMs: number;
      readonly downMs: number;
    }
  | { readonly do: 'pause'; readonly machine: number; readonly forMs: number }
  /** It starts again from an empty disk, or from what its disk was `agoMs` before. */
  | { readonly do: 'lose-disk'; readonly machine: number; readonly downMs: number }
  | {
      readonly do: 'old-disk';
      readonly machine: number;
      readonly downMs: number;
      readonly agoMs: number;
    }
  | { readonly do: 'slow-disk'; readonly machine: number; readonly forMs: number }
  /** Each sync of it fails, until the process has died of that. */
  | { readonly do: 'failing-disk'; readonly machine: number }
  /** It is told to end in order, and comes back later with so much room for pieces. */
  | {
      readonly do: 'leave';
      readonly machine: number;
      readonly downMs: number;
      readonly bytesMax: number;
    }
  /** Its disks for pieces take little more for a while. */
  | { readonly do: 'full-disk'; readonly machine: number; readonly forMs: number }
  /** One bit on each of its disks for pieces turns over. */
  | { readonly do: 'rot'; readonly machine: number }
  /** Actors, by their places in the list of all, end at one moment; and again, every so often. */
  | {
      readonly do: 'crash';
      readonly machine: number;
      readonly actors: readonly number[];
      readonly times: number;
      readonly everyMs: number;
    }
  | {
      readonly do: 'slow-machine';
      readonly machine: number;
      readonly times: number;
      readonly forMs: number;
    }
  | {
      readonly do: 'partition';
      readonly shape: Shape;
      readonly side: readonly number[];
      readonly forMs: number;
    }
  | {
      readonly do: 'clog';
      readonly from: number;
      readonly to: number;
      readonly forMs: number;
    }
  /** Clogs all links of some, one after another, and lets go in another order. */
  | {
      readonly do: 'swizzle';
      readonly machines: readonly number[];
      readonly release: readonly number[];
      readonly everyMs: number;
    }
  | {
      readonly do: 'slow-link';
      readonly machine: number;
      readonly times: number;
      readonly forMs: number;
    }
  | { readonly do: 'outage'; readonly forMs: number }
  | { readonly do: 'disconnect'; readonly machine: number; readonly forMs: number }
  | { readonly do: 'clock-jump'; readonly machine: number; readonly byMs: number }
  | { readonly do: 'clock-freeze'; readonly machine: number; readonly forMs: number }
);

export type FaultKind = Fault['do'];

/**
 * | shape   | who hears whom                                             |
 * | ------- | ---------------------------------------------------------- |
 * | halves  | the side hears itself, the others hear themselves          |
 * | one-way | as halves, but the side hears everybody                    |
 * | bridge  | as halves, but the first of the side hears, and is heard by, everybody |
 * | ring    | each hears its two neighbours                              |
 */
export const SHAPES = ['halves', 'one-way', 'bridge', 'ring'] as const;
export type Shape = (typeof SHAPES)[number];

export interface FaultPlan {
  /** From the beginning until the world heals. */
  readonly weather: Weather;
  readonly faults: readonly Fault[];
}

export const NO_FAULTS: FaultPlan = { weather: CALM_WEATHER, faults: [] };

export interface Bounds {
  readonly machines: number;
  /** Faults begin within so long. */
  readonly forMs: number;
  readonly faultsMax: number;
  readonly kinds: readonly FaultKind[];
}

/** What every workload that keeps its promises on disk survives: all but the loss of what is on it. */
export const SURVIVABLE: readonly FaultKind[] = [
  'kill',
  'power-cut',
  'blackout',
  'kill-storm',
  'pause',
  'slow-disk',
  'failing-disk',
  'crash',
  'slow-machine',
  'partition',
  'clog',
  'swizzle',
  'slow-link',
  'outage',
  'disconnect',
  'clock-jump',
  'clock-freeze',
];

/** What only disks for pieces have. A full one refuses and loses nothing; one that rots loses a piece. */
export const OF_PIECES: readonly FaultKind[] = ['full-disk', 'rot'];

/** Whose owner wants it back for a while, and lends it again with more room or less. */
export const OF_OWNERS: readonly FaultKind[] = ['leave'];

export function drawPlan(random: Random, bounds: Bounds): FaultPlan {
  const kinds = random.shuffled(bounds.kinds).slice(0, 1 + random.below(bounds.kinds.length));
  const count = random.below(bounds.faultsMax + 1);
  const faults = Array.from({ length: count }, () => drawFault(random, random.pick(kinds), bounds));
  return { weather: drawWeather(random), faults: faults.toSorted((a, b) => a.atMs - b.atMs) };
}

function drawWeather(random: Random): Weather {
  const odds = (): Ratio => random.pick([NEVER, NEVER, [1, 200], [1, 50], [1, 10]] as const);
  return {
    loss: odds(),
    duplication: odds(),
    reordering: odds(),
    jitterUs: [0, random.pick([200, 2_000, 20_000])],
    delayed: odds(),
    delayMs: [1, random.pick([20, 200, 1_000])],
  };
}

function drawFault(random: Random, kind: FaultKind, { machines, forMs }: Bounds): Fault {
  const atMs = random.below(forMs);
  const machine = random.below(machines);
  const some = (): number[] =>
    random.shuffled(range(machines)).slice(0, 1 + random.below(machines));
  const shortMs = 20 + random.below(2_000);
  const longMs = 20 + random.below(5_000);
  switch (kind) {
    case 'kill':
    case 'power-cut':
    case 'lose-disk':
      return { atMs, do: kind, machine, downMs: longMs };
    case 'old-disk':
      return { atMs, do: kind, machine, downMs: shortMs, agoMs: 1 + random.below(atMs + 1) };
    case 'leave':
      return { atMs, do: kind, machine, downMs: longMs, bytesMax: random.pick(ROOMS) };
    case 'blackout':
      return { atMs, do: kind, downMs: shortMs };
    case 'kill-storm':
      return { atMs, do: kind, machines: some(), everyMs: 1 + random.below(300), downMs: shortMs };
    case 'pause':
    case 'slow-disk':
    case 'full-disk':
    case 'disconnect':
    case 'clock-freeze':
      return { atMs, do: kind, machine, forMs: longMs };
    case 'failing-disk':
    case 'rot':
      return { atMs, do: kind, machine };
    case 'crash':
      return { atMs, do: kind, machine, actors: neighbours(random), ...repeated(random) };
    case 'slow-machine':
      return { atMs, do: kind, machine, times: random.pick([10, 100, 1_000]), forMs: longMs };
    case 'slow-link':
      return { atMs, do: kind, machine, times: 2 + random.below(20), forMs: longMs };
    case 'partition':
      return { atMs, do: kind, shape: random.pick(SHAPES), side: some(), forMs: longMs };
    case 'clog':
      return { atMs, do: kind, from: machine, to: random.below(machines), forMs: longMs };
    case 'swizzle': {
      const chosen = some();
      const everyMs = 1 + random.below(300);
      return { atMs, do: kind, machines: chosen, release: random.shuffled(chosen), everyMs };
    }
    case 'outage':
      return { atMs, do: kind, forMs: shortMs };
    case 'clock-jump':
      return { atMs, do: kind, machine, byMs: random.pick([-3_600_000, -500, 500, 3_600_000]) };
  }
}

/** From little more than the least that a piece store takes. */
const ROOMS = [1024 * 1024, 4 * 1024 * 1024, 16 * 1024 * 1024] as const;

/** Up to three in a row of the list of actors, where those of one supervisor are neighbours. */
function neighbours(random: Random): number[] {
  const first = random.below(64);
  return Array.from({ length: 1 + random.below(3) }, (_, i) => first + i);
}

const repeated = (random: Random): { readonly times: number; readonly everyMs: number } => ({
  times: 1 + random.below(5),
  everyMs: random.pick([50, 500, 2_500]),
});

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
