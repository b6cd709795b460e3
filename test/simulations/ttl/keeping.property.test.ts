/** Keeping turned around: each inverse undoes the formula. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capBytesFor, daysKept, devicesFor, perDayFor } from '#simulations/ttl/keeping.ts';

const some = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const keeping = () =>
  fc.record({
    capBytes: some(2 ** 50),
    devices: some(1_000_000),
    pieces: some(42),
    perDay: some(50_000_000),
    sizeBytes: some(2 ** 20),
    k: some(30),
  });

describe('keeping', () => {
  it('turned around is itself', () => {
    fc.assert(
      fc.property(keeping(), (each) => {
        const days = daysKept(each);
        expect(devicesFor(days, each) / each.devices).toBeCloseTo(1, 12);
        expect(capBytesFor(days, each) / each.capBytes).toBeCloseTo(1, 12);
        expect(perDayFor(days, each) / each.perDay).toBeCloseTo(1, 12);
      }),
    );
  });
  it('lasts as much longer as there are more devices, and as much shorter as more arrives', () => {
    fc.assert(
      fc.property(keeping(), some(9), (each, by) => {
        const days = daysKept(each);
        expect(daysKept({ ...each, devices: by * each.devices }) / days).toBeCloseTo(by, 9);
        expect(daysKept({ ...each, perDay: by * each.perDay }) / days).toBeCloseTo(1 / by, 9);
      }),
    );
  });
});
