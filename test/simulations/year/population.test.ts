/** People and anchors come and go as is assumed, and one seed gives one crowd. */
import { describe, expect, it } from 'vitest';
import { Random } from '#simulations/random.ts';
import { Anchors } from '#simulations/year/anchors.ts';
import { devicesOf } from '#simulations/year/devices.ts';
import { Population, townsOf } from '#simulations/year/population.ts';
import { ASSUMED, type Settings } from '#simulations/year/settings.ts';
import { small } from './settings.ts';

const LIGHTS = 3_000;

function shares(settings: Settings, hours: number): { byHour: number[]; returned: number } {
  const devices = devicesOf(settings.lights, 0);
  const people = new Population(settings, devices, townsOf(settings), Random.of(settings.seed));
  let returned = 0;
  const byHour = Array.from({ length: hours }, (_, hour) => {
    people.step(hour, () => returned++);
    return devices.online.reduce((sum, each) => sum + each, 0) / settings.lights;
  });
  return { byHour, returned };
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;

describe('people', () => {
  it('are online as often as is assumed, all kinds together, and less by night', () => {
    const { byHour } = shares(small({ ...ASSUMED, lights: LIGHTS }), 120);
    expect(meanOf(byHour)).toBeCloseTo(0.1, 2);
    expect(Math.min(...byHour)).toBeLessThan(0.065);
    expect(Math.max(...byHour)).toBeGreaterThan(0.13);
  });
  it('are the same crowd for the same seed, and another for another', () => {
    const of = small({ lights: LIGHTS });
    expect(shares(of, 24)).toEqual(shares(of, 24));
    expect(shares({ ...of, seed: 2 }, 24)).not.toEqual(shares(of, 24));
  });
  it('are all away while their continent is dark, and back after it', () => {
    const dark = { fromDay: 1, untilDay: 2 };
    const of = small({ lights: LIGHTS, continents: [{ continent: 'asia', fromDay: 0, dark }] });
    const { byHour } = shares(of, 72);
    expect(byHour.slice(24, 48).every((share) => share === 0)).toBe(true);
    expect(byHour[48]).toBeCloseTo(0.3, 1);
  });
  it('leave for good, and are not seen again', () => {
    const { byHour } = shares(small({ lights: LIGHTS, lightLifeDays: 5 }), 240);
    expect(byHour.at(-1)).toBeCloseTo(0.3 * Math.exp(-2), 1);
  });
});

describe('anchors', () => {
  it('are up as often as is assumed, and followed by empty ones when they are gone', () => {
    const of = small({ anchorUp: 0.8, outageHours: 5, anchorLifeDays: 400, replacedHours: 1 });
    const devices = devicesOf(0, 3);
    const anchors = new Anchors(of, devices, Random.of(1));
    let [up, lost] = [0, 0];
    const hours = 60_000;
    for (let hour = 0; hour < hours; hour++) {
      anchors.step(hour, () => lost++);
      for (const { device } of anchors.all) up += devices.online[device]!;
    }
    expect(up / hours / 3).toBeCloseTo(0.8, 1);
    expect(lost).toBeGreaterThan(5);
    expect(lost).toBeLessThan(40);
  });
});
