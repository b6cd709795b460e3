/**
 * Read availability: the chance that a read that begins now finds k pieces online.
 *
 *   P = sum over j of C(M,j) q^j (1-q)^(M-j) * P[Bin(L,p) >= k - a*j]
 *
 * for L lights online with chance p and M anchors of a pieces each, up with chance q; for several
 * groups the sum of their distributions. What it is: one read, at one moment, of a transaction whose
 * pieces are all in place, devices independent, no repair and no second try. What it is not: the
 * chance that the transaction still exists (durability.ts), or that a read succeeds within a day.
 *
 * Everything is computed as the chance of *failure*, which keeps its digits however many nines.
 */
import { assert } from '#lib/assert.ts';
import {
  binomial,
  certain,
  chanceBelow,
  sum,
  times,
  type Distribution,
} from '#algorithms/distribution.ts';
import { assertLayout, type Group, type Layout } from './layout.ts';

/** How many pieces are online. */
export function piecesOnline(layout: Layout): Distribution {
  assertLayout(layout);
  return [...layout.lights, ...layout.anchors].map(groupOnline).reduce(sum, certain(0));
}

const groupOnline = ({ devices, piecesEach, online }: Group): Distribution =>
  times(binomial(devices, online), piecesEach);

/** The chance that a read fails. */
export const readFails = (layout: Layout): number => chanceBelow(piecesOnline(layout), layout.k);

/** How often the floor raises its alarm although nothing is lost: P(online < floor). */
export const alarms = (layout: Layout, floor: number): number =>
  chanceBelow(piecesOnline(layout), floor);

/** The chance of failure over a time of which each part is spent under another layout. */
export function mixed(parts: readonly { readonly days: number; readonly fails: number }[]): number {
  const days = parts.reduce((total, part) => total + part.days, 0);
  assert(days > 0, 'a time has days');
  return parts.reduce((total, part) => total + part.days * part.fails, 0) / days;
}

/** How many nines: 0.999 has 3, 0.9995 has 3.3. */
export const ninesOf = (fails: number): number => -Math.log10(fails);
