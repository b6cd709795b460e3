/**
 * Scenarios: a workload, its faults, and what must be true. Drawn from the seed, printed, run with
 * faults, healed, run without, and judged. A scenario owns neither randomness nor time.
 */
import type { FaultPlan } from './faults.ts';
import { withoutAmbient } from './ambient.ts';
import { cryptoOf, withCrypto, type CryptoKind } from './crypto.ts';
import type { Plant } from './plants.ts';
import { Random } from './random.ts';
import type { Checkpoint, Window } from './trace.ts';
import { Violation, World } from './world.ts';

/** What a failing seed explains itself with: plain data. */
export interface Drawn {
  readonly plan: FaultPlan;
}

export interface Scenario<D extends Drawn = Drawn> {
  readonly name: string;
  /** One line for the list of scenarios. */
  readonly about: string;
  /** What a set of runs must have reached to be worth anything. */
  readonly sometimes: readonly string[];
  /** Has a bug of its own: a set of runs that all pass is a failure of the simulator. */
  readonly canary?: Plant;
  readonly draw: (random: Random) => D;
  readonly run: (world: World, drawn: D) => void;
}

/** Forgets the type of what is drawn, for places that hold scenarios of many types. */
export const anyScenario = <D extends Drawn>(scenario: Scenario<D>): Scenario =>
  scenario as unknown as Scenario;

export interface RunOptions {
  readonly plant?: Plant | undefined;
  /** Only these faults of the plan, by their places in it. */
  readonly faults?: readonly number[] | undefined;
  readonly print?: ((text: string) => void) | undefined;
  readonly window?: Window | undefined;
  /** Instead of what the seed has. */
  readonly crypto?: CryptoKind | undefined;
}

export interface Failure {
  readonly claim: string;
  readonly transcript: readonly string[];
}

export interface Outcome {
  readonly scenario: string;
  readonly seed: number;
  readonly plant: Plant | undefined;
  readonly drawn: Drawn;
  /** Of everything that happened. */
  readonly hash: string;
  readonly lines: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly checkpoints: readonly Checkpoint[];
  /** Lines within the window that was asked for. */
  readonly seen: readonly { readonly hash: string; readonly text: string }[];
  readonly reached: ReadonlyMap<string, number>;
  readonly failure: Failure | undefined;
}

const TRANSCRIPT_LINES = 40;

export function drawn(scenario: Scenario, seed: number, faults?: readonly number[]): Drawn {
  const all = scenario.draw(Random.of(seed).fork('draw'));
  if (faults === undefined) return all;
  const chosen = all.plan.faults.filter((_, place) => faults.includes(place));
  return { ...all, plan: { ...all.plan, faults: chosen } };
}

export function runSeed(scenario: Scenario, seed: number, options: RunOptions = {}): Outcome {
  const { plant = scenario.canary, faults, print, window, crypto = cryptoOf(seed) } = options;
  const parameters = drawn(scenario, seed, faults);
  const world = new World({ seed, plant, print, window });
  const claim = withCrypto(crypto, () =>
    withoutAmbient(() => brokenClaim(() => scenario.run(world, parameters))),
  );
  const { trace, events, nowMs, disturbance } = world;
  return {
    scenario: scenario.name,
    seed,
    plant,
    drawn: parameters,
    hash: trace.hash,
    lines: trace.lines,
    events,
    virtualMs: nowMs,
    checkpoints: trace.checkpoints,
    seen: trace.seen,
    reached: disturbance.reached,
    failure: claim === undefined ? undefined : { claim, transcript: trace.last(TRANSCRIPT_LINES) },
  };
}

/** Anything thrown is a failure of the run; what is not a claim is a mistake of ours, with its stack. */
function brokenClaim(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error.message;
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
