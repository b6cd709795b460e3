/** Why a boost applies or does not: each of its tests with what was found, for people. */
import { MILLION, type Inputs, type Policy, type Zone } from '../policy.ts';
import { holds, isSo, isTest, type Asked, type Test } from './condition.ts';
import { continentOf } from './resolve.ts';
import { minuteOfDay } from './zone.ts';

export interface Reason {
  readonly when: string;
  readonly holds: boolean;
  readonly tests: readonly { readonly found: string; readonly isSo: boolean }[];
  readonly adds: { readonly anchors: number; readonly lights: number; readonly margin: number };
}

export function explain(
  { boosts, zones, isStrained }: Policy,
  { at, pLight, city }: Inputs,
): Reason[] {
  const asked = { at, pLight, local: continentOf(city), isStrained };
  return boosts.map(({ when, condition, anchors, lights, margin }) => ({
    when,
    holds: holds(condition, zones, asked),
    tests: condition
      .filter(isTest)
      .map((test) => ({ found: found(test, zones, asked), isSo: isSo(test, zones, asked) })),
    adds: { anchors, lights, margin },
  }));
}

function found(
  test: Test,
  zones: readonly Zone[],
  { at, pLight, local, isStrained }: Asked,
): string {
  if (test.op === 'strained')
    return isStrained ? 'the city is strained' : 'the city is not strained';
  if (test.op === 'time') {
    const zone = zones[test.zone]!;
    return `${clockText(minuteOfDay(zone, at))} in ${zone.name}`;
  }
  const continent = test.continent === '' ? local : test.continent;
  const value = pLight.get(continent);
  return `p_light of ${continent} is ${value === undefined ? 'not known' : value / MILLION}`;
}

export const clockText = (minute: number): string =>
  [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
