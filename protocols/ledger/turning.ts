/** The pages of the map that a batch changes: computed here where they are few, else by jobs of the pool (map-parts.ts). */
import type { Leaf, Page } from '#algorithms/merkle/sparse.ts';
import { compute, type Plain } from '../effect.ts';
import {
  joined,
  partsOf,
  turnedAtOnce,
  type PartInput,
  type PartOutput,
  type Turned,
} from './map-parts.ts';
import type { ObjectsAtHand } from './objects.ts';
import type { Effects, Ledger } from './state.ts';

/**
 * Objects that change, from which on jobs are worth it. At once these take some 4 ms, in which the ledger does nothing else; parts
 * leave it an eighth of that (bench/objects.bench.ts), and a job costs some tenths of a millisecond to begin.
 */
export const PARTS_FROM = 64;

type Then = (turned: Turned) => Effects;

/** A batch whose pages are being computed: there is one at a time. */
export interface Turning {
  readonly first: Page;
  readonly parts: readonly PartInput[];
  readonly done: PartOutput[];
  readonly goOn: Then;
}

const MAP = 'map/';
export const isOfMap = (id: string): boolean => id.startsWith(MAP);

export function turn(
  ledger: Ledger,
  { rows, pages }: ObjectsAtHand,
  leaves: readonly Leaf[],
  goOn: Then,
): Effects {
  if (!isInParts(ledger, leaves)) return goOn(turnedAtOnce(pages, leaves));
  const written = new Map([...rows].map(([way, { now }]) => [way, now]));
  const parts = partsOf(written, leaves);
  ledger.turning = { first: pages.get('')!, parts, done: [], goOn };
  ledger.self.probe.sometimes('ledger: a batch changed objects in parts');
  return parts.map(partJob);
}

const isInParts = ({ self: { probe } }: Ledger, { length }: readonly Leaf[]): boolean =>
  length >= PARTS_FROM || (length > 0 && probe.buggify('ledger: few objects change in parts'));

const partJob = (part: PartInput): Effects[number] =>
  compute(MAP + part.part, 'ledger.map', part as unknown as Plain);

/** When all parts are here, the batch goes on. */
export function turned(ledger: Ledger, output: Plain): Effects {
  const { turning } = ledger;
  if (turning === undefined) return [];
  turning.done.push(output as unknown as PartOutput);
  if (turning.done.length < turning.parts.length) return [];
  ledger.turning = undefined;
  return turning.goOn(joined(turning.first, turning.done));
}

/** The pool failed: once more. */
export function turnAgain({ turning }: Ledger, id: string): Effects {
  const part = turning?.parts.find((each) => MAP + each.part === id);
  return part === undefined ? [] : [partJob(part)];
}
