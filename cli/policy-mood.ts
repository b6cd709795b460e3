/** What the world is like, as an operator imagines it on the command line. */
import { DAY_MS, momentShown, offsetAt, zoneNamed } from '#config/policy/zone.ts';
import {
  ANCHORS_MAX,
  MILLION,
  PIECES_MAX,
  type Continent,
  type Inputs,
  type Policy,
} from '#config/policy.ts';
import { continentOf } from '#config/policy/resolve.ts';
import { isPlace } from '#protocols/subjects.ts';
import { bytes, count, decimal, several } from './quantity.ts';
import { Unfit, wholeNumber } from './unfit.ts';

export interface MoodFlags {
  readonly at?: string;
  readonly pLight: string;
  readonly continents?: string;
  readonly city: string;
  readonly perDay: string;
  readonly size: string;
  readonly lights: string;
}

export interface Mood {
  readonly inputs: Inputs;
  readonly perDay: number;
  readonly sizeBytes: number;
  readonly lights: number;
}

export function moodOf(flags: MoodFlags, policy: Policy): Mood {
  const { city } = flags;
  if (!isPlace(city)) {
    throw new Unfit(`--city is '${city.slice(0, 60)}', expected such as asia.ishikawa.komatsu`);
  }
  const known = new Map(policy.anchors.map(({ continent, anchors }) => [continent, anchors]));
  return {
    inputs: {
      at: flags.at === undefined ? Date.now() : timeOf(flags.at),
      city,
      anchors: flags.continents === undefined ? known : anchorsOf(flags.continents, known),
      lights: PIECES_MAX,
      fullLights: 0,
      pLight: lightsOf(flags.pLight, [continentOf(city), ...known.keys()]),
      tx: new Uint8Array(32),
    },
    perDay: count('--per-day')(flags.perDay),
    sizeBytes: bytes('--size')(flags.size),
    lights: Math.floor(count('--lights')(flags.lights)),
  };
}

function continentName(text: string): string {
  if (/^[a-z]{1,16}$/.test(text)) return text;
  throw new Unfit(`--continents has '${text.slice(0, 40)}', expected such as asia,europe`);
}

/** Those named, each with as many anchors as the policy uses, or with so many: asia,europe=1. */
function anchorsOf(text: string, known: Inputs['anchors']): Inputs['anchors'] {
  const pairs = several((part): [Continent, number] => {
    const [name, anchors] = part.split('=', 2) as [string, string | undefined];
    const continent = continentName(name);
    if (anchors === undefined) return [continent, known.get(continent) ?? 0];
    return [continent, wholeNumber('--continents', 0, ANCHORS_MAX)(anchors)];
  });
  return new Map(pairs(text));
}

const millionths = (text: string): number => Math.round(decimal('--p-light', 0, 1)(text) * MILLION);

/** One chance for all, or one for each continent named. */
function lightsOf(text: string, continents: readonly Continent[]): Inputs['pLight'] {
  if (!text.includes('=')) {
    const value = millionths(text);
    return new Map(continents.map((continent) => [continent, value]));
  }
  const pairs = several((part) => {
    const [name, value] = part.split('=', 2) as [string, string | undefined];
    return [continentName(name), millionths(value ?? '')] as const;
  });
  return new Map(pairs(text));
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?)?(Z|\s+(\S+))?$/;
const EXPECT_TIME =
  'a time such as "2026-01-01T23:30 Asia/Tokyo", "23:30 Asia/Tokyo" or 2026-01-01T14:30Z';

const CLOCK = /^(\d\d):(\d\d)(?:\s+(\S+))?$/;

/** Milliseconds of UTC. Without a zone it is UTC; without a date, the next time that clocks show it. */
export function timeOf(text: string, option = '--at', now = Date.now()): number {
  const [, hour, minute, name = 'UTC'] = CLOCK.exec(text) ?? [];
  if (hour === undefined) return dateOf(text, option);
  const zone = zoneNamed(name);
  if (zone === undefined) return dateOf(text, option);
  // A clock that skips this time today shows it tomorrow.
  const moments = [0, 1, 2].map((days) => {
    const day = new Date(now + offsetAt(zone, now) + days * DAY_MS).toISOString().slice(0, 10);
    return momentShown(zone, Date.parse(`${day}T${hour}:${minute}Z`));
  });
  return moments.find((at) => at !== undefined && at >= now) ?? dateOf(text, option);
}

function dateOf(text: string, option: string): number {
  const unfit = (why: string): Unfit => new Unfit(`${option} is '${text.slice(0, 60)}', ${why}`);
  const [, ...parts] = TIME.exec(text) ?? [];
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts
    .slice(0, 6)
    .map((part) => (part === undefined ? undefined : Number(part)));
  if (year === undefined) throw unfit(`expected ${EXPECT_TIME}`);
  const shown = Date.UTC(year, month! - 1, day, hour, minute, second);
  const isOfCalendar = month! >= 1 && month! <= 12 && new Date(shown).getUTCDate() === day;
  if (!isOfCalendar || hour > 23 || minute > 59 || second > 59)
    throw unfit(`expected ${EXPECT_TIME}`);
  const zone = zoneNamed(parts[7] ?? 'UTC');
  if (zone === undefined) throw unfit('expected a time zone such as Asia/Tokyo at its end');
  const at = momentShown(zone, shown);
  if (at === undefined) throw unfit(`which clocks in ${zone.name} skip`);
  return at;
}
