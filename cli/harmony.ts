/** Amounts of Harmony, for people: whole ones and up to nine places of a part. */
import { NANO_PER_HARMONY } from '#protocols/objects/object.ts';
import { Unfit } from './unfit.ts';

const PLACES = 9;
const AMOUNT = /^(\d{1,10})(?:\.(\d{1,9}))?$/;

/** Thousand-millionths of Harmony. */
export function harmonyText(nano: bigint): string {
  const rest = String(nano % NANO_PER_HARMONY).padStart(PLACES, '0');
  return `${nano / NANO_PER_HARMONY}.${rest}`;
}

export function readHarmony(text: string): bigint {
  const [, whole, part = ''] = AMOUNT.exec(text) ?? [];
  const nano =
    whole === undefined ? 0n : BigInt(whole) * NANO_PER_HARMONY + BigInt(part.padEnd(PLACES, '0'));
  if (nano > 0n) return nano;
  throw new Unfit(
    `'${text.slice(0, 40)}' is no amount, expected Harmony above 0, such as 5 or 0.25`,
  );
}
