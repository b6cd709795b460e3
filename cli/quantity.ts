/** Numbers with a fraction or a unit on the command line, or `Unfit` with the option's name. */
import { BINARY } from '#simulations/ttl/keeping.ts';
import { Unfit } from './unfit.ts';

const COUNTS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
/** Units of storage are binary here, as everywhere in this project. */
const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: BINARY.kilo,
  mb: BINARY.kilo ** 2,
  gb: BINARY.kilo ** 3,
  tb: BINARY.kilo ** 4,
};

const shown = (text: string): string => `'${text.slice(0, 40)}'`;

/** A number within bounds. */
export function decimal(option: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d*\.?\d+(e-?\d+)?$/i.test(text) && value >= least && value <= most) return value;
    throw new Unfit(`${option} is ${shown(text)}, expected a number from ${least} to ${most}`);
  };
}

/** A count above 0, with k, M or G where it is large: 5M. */
export const count = (option: string): ((text: string) => number) =>
  withUnit(option, COUNTS, 'a count above 0, such as 100000, 100k or 5M');

/** Bytes above 0: 16KB, 500MB, 1000TB, in binary units. */
export const bytes = (option: string): ((text: string) => number) =>
  withUnit(option, BYTES, 'a size above 0 such as 16KB, 500MB or 1000TB (KB = 1024 bytes)');

function withUnit(option: string, units: Readonly<Record<string, number>>, expected: string) {
  return (text: string): number => {
    const [, number, unit] = /^(\d*\.?\d+)\s*([a-z]*)$/i.exec(text.replaceAll('iB', 'B')) ?? [];
    const factor = unit === undefined ? undefined : units[unit.toLowerCase()];
    const value = Number(number) * (factor ?? Number.NaN);
    if (value > 0 && Number.isFinite(value)) return value;
    throw new Unfit(`${option} is ${shown(text)}, expected ${expected}`);
  };
}

/** Each of several, separated by commas. */
export const several =
  <T>(one: (text: string) => T): ((text: string) => T[]) =>
  (text) =>
    text.split(',').map((each) => one(each.trim()));

/** Bytes for people, three digits: 1.64 KB, 84.4 GB. */
export function bytesText(value: number): string {
  const units = Object.entries(BYTES).toReversed();
  const [unit, factor] = units.find(([, each]) => value >= each) ?? ['b', 1];
  return `${numberText(value / factor)} ${unit.toUpperCase()}`;
}

/** Three digits, or all of a larger whole part, with commas. */
export const numberText = (value: number): string =>
  value.toLocaleString(
    'en-US',
    value >= 1_000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 },
  );
