/** Reads over the real placement and the real restoring agree with the formula. */
import { describe, expect, it } from 'vitest';
import { readFails } from '#simulations/slo/availability.ts';
import { anchorsIn, LAYOUTS, lightsIn, named } from '#simulations/slo/layout.ts';
import { continentCauses, readFailsUnder } from '#simulations/slo/outages.ts';
import { isPlaceable, sampleReads, SAMPLING, SAMPLING_DARK } from '#simulations/slo/sampled.ts';

const READS = 6_000;

const drawnFrom = (seed: number) =>
  sampleReads(named('asia', 0.05), { ...SAMPLING, seed, reads: 800, transactions: 16 });

describe('sampled reads', () => {
  for (const name of Object.keys(LAYOUTS) as (keyof typeof LAYOUTS)[]) {
    it(`agree with the formula within their interval: ${name}`, () => {
      const layout = named(name, 0.05);
      const { fails, within, failed } = sampleReads(layout, { ...SAMPLING, reads: READS });
      expect(failed).toBeGreaterThan(500);
      expect(Math.abs(fails - readFails(layout))).toBeLessThanOrEqual(within);
      // Narrow enough to tell a wrong formula: a fifth of what it measures.
      expect(within).toBeLessThan(readFails(layout) / 5);
    });
  }
  it('agree also when nothing is drawn otherwise than it is', () => {
    const layout = { ...named('asia', 0.1), anchors: [{ ...LAYOUTS.asia[0], online: 0.8 }] };
    const { fails, within } = sampleReads(layout, { ...SAMPLING, reads: READS, anchorUpDrawn: 1 });
    expect(Math.abs(fails - readFails(layout))).toBeLessThanOrEqual(within);
  });
  it('agree also when continents go dark as a whole', () => {
    const layout = named('split', 0.1);
    const { fails, within } = sampleReads(layout, { ...SAMPLING_DARK, reads: READS, dark: 0.01 });
    const exact = readFailsUnder(layout, continentCauses(layout, 0.01));
    expect(Math.abs(fails - exact)).toBeLessThanOrEqual(within);
    expect(within).toBeLessThan(exact / 5);
  });
  it('place what a city places, uneven by one, and nothing else', () => {
    const uneven = {
      ...named('asia', 0.05),
      anchors: [anchorsIn('asia', 1, 5, 0.9), anchorsIn('asia', 2, 4, 0.9)],
    };
    const { fails, within } = sampleReads(uneven, { ...SAMPLING, reads: READS });
    expect(Math.abs(fails - readFails(uneven))).toBeLessThanOrEqual(within);
    expect(isPlaceable(uneven)).toBe(true);
    const lone = { ...uneven, anchors: [anchorsIn('asia', 1, 8), anchorsIn('asia', 2, 2)] };
    expect(isPlaceable(lone)).toBe(false);
    expect(isPlaceable({ ...uneven, lights: [lightsIn('asia', 1), lightsIn('europe', 1)] })).toBe(
      false,
    );
  });
  it('repeat themselves with their seed, and only with it', () => {
    expect(drawnFrom(7)).toEqual(drawnFrom(7));
    expect(drawnFrom(7)).not.toEqual(drawnFrom(8));
  });
});
