/**
 * Holders go slow, and the city finds it: writes burn their budget, more than two thirds of the delegates want the
 * boost of the policy, it holds from one height on, and goes again when all has been well for a window. Everything is
 * as in production but the windows, which are 6 seconds in the place of an hour.
 */
import { expect, it } from 'vitest';
import { DEFAULTS } from '#config/policy/read.ts';
import type { Policy } from '#config/policy.ts';
import type { Json } from '#protocols/effect.ts';
import type { Measured } from '#protocols/figures.ts';
import { address } from '#protocols/subjects.ts';
import type { Selecting } from '#protocols/select.ts';
import { CalmTown } from '#simulations/calm/town.ts';
import { measured } from '#simulations/measured.ts';
import type { Checker, World } from '#simulations/world.ts';

/** A city of few lights, so that it is quick. */
const POLICY: Policy = {
  ...DEFAULTS,
  pieces: { ...DEFAULTS.pieces, lights: 14 },
  acks: { ...DEFAULTS.acks, margin: 5 },
  bounds: { ...DEFAULTS.bounds, lights: { least: 14, most: 14 } },
  repair: { ...DEFAULTS.repair, startAt: 12, urgentAt: 11, anchorPiecesLow: 1, onlineFloor: 10 },
  boosts: DEFAULTS.boosts.filter(({ when }) => when === 'strained'),
  slo: { ...DEFAULTS.slo, windowMs: 6_000 },
};
const EVERY_MS = 100;

interface Change {
  readonly version: number;
  readonly fromHeight: number;
  readonly isStrained: boolean;
}

class Watching implements Checker {
  readonly changes: Change[] = [];
  readonly steps: string[] = [];
  readonly judged = new Map<string | undefined, number>();

  readonly noted = (subject: string, fact: Json): void => {
    if (subject.endsWith('.policy')) this.changes.push(fact as unknown as Change);
    if (subject.endsWith('.slo')) this.steps.push((fact as { readonly is: string }).is);
  };
  readonly figured = (_: string, { name, word }: Measured): void => {
    if (name === 'city_chain_slo_judged_total')
      this.judged.set(word, (this.judged.get(word) ?? 0) + 1);
  };
}

/** Sends all the time until something is so; how many anchor pieces the last placement has. */
function sendUntil(town: CalmTown, isSo: () => boolean, withinMs: number): number {
  let goesOn = true;
  const again = (): void => {
    town.send();
    if (goesOn) town.world.later(EVERY_MS, again);
  };
  again();
  expect(town.world.passUntil(isSo, withinMs, 100)).toBe(true);
  goesOn = false;
  town.finish();
  return anchorPiecesOf(town);
}

/** By the terms that S1 of a delegate resolves now. */
function anchorPiecesOf({ town }: CalmTown): number {
  const node = town.delegates[0]!;
  const { room, newest } = town.machineOf
    .get(node)!
    .system.stateOf(address(node, 'select')) as Selecting;
  const { continents } = room.terms(newest!, new Uint8Array(32));
  return continents.reduce((sum, { pieces }) => sum + pieces, 0);
}

const strained = (world: World): void => {
  const watching = new Watching();
  world.checkers.push(watching);
  const town = new CalmTown(world, { nodes: 28, policy: POLICY });
  const { changes, steps } = watching;
  sendUntil(town, () => town.lives.size > 20, 10_000);
  expect(changes).toEqual([]);
  expect(watching.judged.get('write-bad') ?? 0).toBe(0);

  const lights = town.town.lights.map((node) => town.town.machineOf.get(node)!);
  for (const machine of lights) machine.diskHealth = 'slow';
  expect(sendUntil(town, () => changes.length === 4, 20_000)).toBe(14);
  expect(changes.map(({ version, isStrained }) => [version, isStrained])).toEqual(
    Array.from({ length: 4 }, () => [2, true]),
  );
  expect(new Set(changes.map(({ fromHeight }) => fromHeight)).size).toBe(1);

  for (const machine of lights) machine.diskHealth = 'calm';
  const before = world.nowMs;
  expect(sendUntil(town, () => changes.length === 8, 60_000)).toBe(12);
  expect(world.nowMs - before).toBeGreaterThan(POLICY.slo.windowMs / 2);
  expect(changes.slice(4).map(({ version, isStrained }) => [version, isStrained])).toEqual(
    Array.from({ length: 4 }, () => [3, false]),
  );
  for (const step of ['burning', 'boosted', 'calm', 'back']) expect(steps).toContain(step);
};

it('a city whose holders are slow is boosted, at one height, and later is not any more', () => {
  measured(11, strained);
});
