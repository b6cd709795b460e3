/** Availability in print: as many digits as say something, never rounded up to certainty. */

/** Digits of a double that can be trusted after `1 -`. */
const DIGITS_MAX = 15;

/**
 * 1 - fails with the nines it has and two digits more: 0.9999917. Below 1e-15 a decimal says nothing,
 * and the failure is written instead: `1 - 6.95e-17`.
 */
export function availabilityText(fails: number): string {
  if (fails <= 0) return '1';
  if (fails >= 1) return '0';
  const digits = Math.floor(-Math.log10(fails)) + 2;
  return digits > DIGITS_MAX ? `1 - ${fails.toPrecision(3)}` : (1 - fails).toFixed(digits);
}

/** Plain where it is read easily, with an exponent where it is small; 1 only where it is certain. */
export function chanceText(chance: number): string {
  if (chance > 0.999 && chance < 1) return `1 - ${(1 - chance).toExponential(1)}`;
  return chance === 0 || chance >= 1e-3
    ? String(Number(chance.toPrecision(3)))
    : chance.toExponential(2);
}

/** A share in percent, to two digits; 100 only where it is all. */
export const percentText = (share: number): string =>
  share > 0.995 && share < 1 ? '> 99 %' : `${Number((100 * share).toPrecision(2))} %`;
