/** Reads over the real placement and the real restoring agree with the formula. */
import { describe, expect, it } from 'vitest';
import { readFails } from '#simulations/slo/availability.ts';
import { LAYOUTS, named } from '#simulations/slo/layout.ts';
import { sampleReads, SAMPLING } from '#simulations/slo/sampled.ts';

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
  it('repeat themselves with their seed, and only with it', () => {
    expect(drawnFrom(7)).toEqual(drawnFrom(7));
    expect(drawnFrom(7)).not.toEqual(drawnFrom(8));
  });
});
