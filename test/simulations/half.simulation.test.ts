/**
 * Twenty of forty-two rows lost at one moment: each stroke once on every change, with a few transactions. With a hundred:
 * `city-chain sim hundred`.
 */
import { describe, expect, it } from 'vitest';
import { half, STROKES, type HalfDrawn } from '#simulations/half.ts';
import { anyScenario, drawn, runSeed } from '#simulations/scenario.ts';

const scenario = anyScenario(half);
const strokeOf = (seed: number) => (drawn(scenario, seed) as HalfDrawn).stroke;
const firstOf = (stroke: string): number => {
  for (let seed = 1; ; seed++) if (strokeOf(seed) === stroke) return seed;
};

describe('of forty-two rows', () => {
  it.each(STROKES)('twenty are struck: %s', (stroke) => {
    const { failure } = runSeed(scenario, firstOf(stroke));
    expect(failure?.claim).toBe(undefined);
  });
});
