/**
 * From Tokyo to Paris: budgets of the design, in virtual milliseconds. The sender has its answer within 450, the reader
 * has the text within 450 after asking, both together within 900. More: `city-chain sim tokyo-paris --transfers 200`.
 */
import { describe, expect, it } from 'vitest';
import { reportOf, timelineOf } from '#simulations/tokyo-paris/report.ts';

const ASKED = { transfers: 6, bytes: 16_384, nodes: 60, crossingMs: 254, seed: 5 };

describe('a text that is sent in Tokyo', () => {
  it('is read in Paris within the budgets, and each layer keeps its own', () => {
    const { waits, layers, sender, reader, median } = reportOf(ASKED);
    expect(waits.filter(({ isMet }) => !isMet)).toEqual([]);
    expect(waits.map(({ budgetMs }) => budgetMs)).toEqual([450, 450, 800, 450, 900]);
    expect(layers.filter(({ isMet }) => !isMet)).toEqual([]);
    // A crossing and back, and little more: nobody overseas is asked for a piece.
    const [kept, , , reading] = waits;
    expect(reading!.p50).toBeGreaterThan(254);
    // Nor does the sender wait for anybody there, though its pieces go there as well.
    expect(kept!.p99).toBeLessThan(254);
    expect(median.durableMs).toBeGreaterThan(254);
    for (const parts of [sender, reader]) {
      expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
      expect(parts.filter(({ meanMs }) => meanMs < 0)).toEqual([]);
    }
  });

  it('has a timeline without a gap that is more than a hop in the city and a check there', () => {
    const { median } = reportOf({ ...ASKED, transfers: 1 });
    const lines = timelineOf(median);
    for (const who of ['sender', 'reader'] as const) {
      const path = lines.filter((line) => line.who === who);
      for (const [i, { from }] of path.entries()) {
        if (i === 0) continue;
        // Clocks of machines count whole milliseconds; an ingress on another node than S5 believes its own ledger.
        expect(Math.abs(from - path[i - 1]!.to)).toBeLessThan(20);
      }
    }
    // What runs beside the path begins with a part of it: which of the two first is the clocks' affair.
    const named = (isPath: boolean): string =>
      lines
        .filter(({ who, what }) => (who !== 'nobody') === isPath && what !== 'network')
        .map(({ what }) => what)
        .join(' ');
    expect(named(true)).toBe('ingress S1 S2 S3 acks order R1 R2 pieces R4');
    expect(named(false)).toBe('overseas S4 S5');
  });

  it('is late where the crossing takes too long, which is said', () => {
    const { waits } = reportOf({ ...ASKED, transfers: 1, crossingMs: 600 });
    expect(waits.map(({ isMet }) => isMet)).toEqual([true, true, true, false, true]);
  });
});
