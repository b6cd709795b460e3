/** The ack rule in numbers: whose acks are waited for, and what is left when some of them lie. */
import { describe, expect, it } from 'vitest';
import { readFails } from '#simulations/slo/availability.ts';
import { anchorsIn, lightsIn, named, piecesOf } from '#simulations/slo/layout.ts';
import { acksOf, liarsCovered, MARGIN, onlyAcked, promiseIsEmpty } from '#simulations/slo/liars.ts';

const acksOfAnchors = (anchors: number): number =>
  acksOf({ ...named('asia', 0.1), anchors: [anchorsIn('asia', anchors, 4)] }, MARGIN).anchors;

describe('the ack rule', () => {
  it('waits for 25 of 42, two thirds of the local anchors among them, from two at least', () => {
    expect(acksOf(named('asia', 0.1), MARGIN)).toEqual({
      k: 10,
      margin: 15,
      anchors: 2,
      ofAnchors: 8,
    });
    expect(acksOf(named('split', 0.1), MARGIN)).toMatchObject({ anchors: 2, ofAnchors: 4 });
    expect([1, 2, 3, 4, 6].map((anchors) => acksOfAnchors(anchors))).toEqual([1, 2, 2, 3, 4]);
  });
  it('knows no anchors where the city has none', () => {
    const acks = acksOf({ ...named('asia', 0.1), anchors: [anchorsIn('europe', 3, 4)] }, MARGIN);
    expect([acks.anchors, acks.ofAnchors]).toEqual([0, 0]);
  });
  it('bears as many liars as its margin: fourteen of the default leave eleven', () => {
    const acks = acksOf(named('asia', 0.1), MARGIN);
    expect(liarsCovered(acks)).toBe(15);
    expect(acks.k + acks.margin - 14).toBe(11);
  });
  it('is empty when fewer than two of seventeen lights are honest beside eight anchor pieces', () => {
    const acks = acksOf(named('asia', 0.1), MARGIN);
    expect(promiseIsEmpty(acks, 0.5)).toBeCloseTo((1 + 17) / 2 ** 17, 15);
    expect(promiseIsEmpty(acks, 1)).toBe(1);
    expect(promiseIsEmpty({ ...acks, margin: 0 }, 0.5)).toBeCloseTo(3 / 4, 12);
  });
  it('at its least leaves 25 pieces, which are read less often than 42', () => {
    const layout = named('asia', 0.1);
    const least = onlyAcked(layout, acksOf(layout, MARGIN));
    expect(piecesOf(least)).toBe(25);
    expect(least.lights).toEqual([lightsIn('asia', 0.1, 17)]);
    expect(readFails(least)).toBeGreaterThan(readFails(layout));
  });
});
