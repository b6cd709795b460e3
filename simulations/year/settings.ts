/**
 * What a simulated year assumes. Policy, sizes and arrivals are the operator's; how people and machines
 * behave are assumptions until a network has measured them, and stand here, each under a name.
 */
import { assert } from '#lib/assert.ts';
import type { Policy } from '#config/policy.ts';
import { place, type Place } from '#protocols/subjects.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const HOURS_A_DAY = 24;

/** People who are online alike often. */
export interface Kind {
  /** Of all lights. */
  readonly share: number;
  /** Of the time, over day and night. */
  readonly online: number;
}

/** A continent takes part from some day on, and may be dark for a while: its lights and its anchors. */
export interface Joining {
  readonly continent: string;
  readonly fromDay: number;
  readonly dark: { readonly fromDay: number; readonly untilDay: number } | undefined;
}

export interface Settings {
  readonly seed: number;
  readonly days: number;
  /** Milliseconds since 1970: daylight saving and time windows are those of then. */
  readonly startsAt: number;
  readonly policy: Policy;
  readonly continents: readonly Joining[];
  /** Registered, in all cities together. */
  readonly lights: number;
  /** Transactions that arrive, and how many of them are followed in their stead. */
  readonly perDay: number;
  readonly samplesPerDay: number;
  readonly sizeBytes: number;
  /** How long a transaction is wanted. */
  readonly livesDays: number;
  readonly readsPerHour: number;
  readonly people: readonly Kind[];
  /** For each hour of the local day, how much likelier than on average somebody is online. */
  readonly dayShape: readonly number[];
  readonly sessionHours: number;
  readonly lightLifeDays: number;
  readonly anchorUp: number;
  readonly outageHours: number;
  readonly anchorLifeDays: number;
  /** An anchor that is gone for good is followed by an empty one after so long. */
  readonly replacedHours: number;
}

/** Asleep at four, on the way at eight, at home at nine in the evening. */
const DAY_SHAPE: readonly number[] = [
  0.7, 0.5, 0.4, 0.35, 0.35, 0.4, 0.6, 0.9, 1.1, 1.1, 1.05, 1.1, 1.3, 1.2, 1.05, 1.05, 1.1, 1.25,
  1.4, 1.5, 1.6, 1.6, 1.4, 1.0,
];

/**
 * Six of ten people look in for an hour a day, one of ten is there for nine: 10 % of all are online on
 * average, as the owner has it. Anchors are down for four hours at a time, and up 999 of 1000.
 */
export const ASSUMED = {
  people: [
    { share: 0.6, online: 0.04 },
    { share: 0.3, online: 0.13 },
    { share: 0.1, online: 0.37 },
  ],
  dayShape: DAY_SHAPE,
  sessionHours: 2,
  lightLifeDays: 730,
  anchorUp: 0.999,
  outageHours: 4,
  anchorLifeDays: 1_825,
  replacedHours: 24,
} as const satisfies Partial<Settings>;

export interface City {
  readonly place: Place;
  readonly zone: string;
}

const city = (text: string, zone: string): City => ({ place: place(text), zone });

/** Where people are: six cities on each continent, spread over its hours. */
export const CITIES: Readonly<Record<string, readonly City[]>> = {
  asia: [
    city('asia.ishikawa.komatsu', 'Asia/Tokyo'),
    city('asia.tokyo.shinjuku', 'Asia/Tokyo'),
    city('asia.guangdong.shenzhen', 'Asia/Shanghai'),
    city('asia.java.jakarta', 'Asia/Jakarta'),
    city('asia.maharashtra.mumbai', 'Asia/Kolkata'),
    city('asia.dubai.deira', 'Asia/Dubai'),
  ],
  europe: [
    city('europe.france.paris', 'Europe/Paris'),
    city('europe.england.london', 'Europe/London'),
    city('europe.bavaria.munich', 'Europe/Berlin'),
    city('europe.attica.athens', 'Europe/Athens'),
    city('europe.madrid.madrid', 'Europe/Madrid'),
    city('europe.uusimaa.helsinki', 'Europe/Helsinki'),
  ],
  america: [
    city('america.newyork.brooklyn', 'America/New_York'),
    city('america.california.oakland', 'America/Los_Angeles'),
    city('america.illinois.chicago', 'America/Chicago'),
    city('america.saopaulo.campinas', 'America/Sao_Paulo'),
    city('america.jalisco.zapopan', 'America/Mexico_City'),
    city('america.ontario.toronto', 'America/Toronto'),
  ],
};

export const isDarkAt = ({ dark }: Joining, hour: number): boolean =>
  dark !== undefined && hour >= dark.fromDay * HOURS_A_DAY && hour < dark.untilDay * HOURS_A_DAY;

export const hasJoinedAt = ({ fromDay }: Joining, hour: number): boolean =>
  hour >= fromDay * HOURS_A_DAY;

/** Broken here, a figure would look like a finding. */
export function assertSettings(settings: Settings): void {
  const { people, dayShape, continents, lights, days } = settings;
  const shares = people.reduce((sum, { share }) => sum + share, 0);
  assert(Math.abs(shares - 1) < 1e-9, 'all people are of some kind');
  assert(dayShape.length === HOURS_A_DAY, 'a day has 24 hours');
  assert(days > 0 && lights > 0, 'there are days, and people');
  assert(
    continents.length > 0 && continents.every(({ continent }) => Object.hasOwn(CITIES, continent)),
    'the continents are known',
  );
}
