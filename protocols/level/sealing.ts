/**
 * Who seals in the municipalities of a continent, as one of its delegates knows it (sealers.ts).
 *
 *   offered batch, verified --(the last one of an epoch)--> kept with it, before anything is signed that rests on it
 *   offered batch of an epoch that is not known --> a delegate of the municipality is asked for hand-overs --> verified --> kept
 *
 * Those below offer batch after batch, so an epoch that is not known is one that ended in blocks that came as a page: their heads
 * and what they carry, but not the batches. What was offered meanwhile is offered again.
 */
import { toBytes, whole } from '../codec.ts';
import { put, type Write } from '../effect.ts';
import type { Item } from '../level.messages.ts';
import type { SealersTold } from '../municipality.messages.ts';
import { KeptEra, keptEras, newestSealers, restoredSealers } from '../sealers.ts';
import { askOn, learn, sealersCopy, told, verified, type SealersCopy } from '../sealers-copy.ts';
import { address, type Address } from '../subjects.ts';
import type { Below } from './below.ts';
import type { DelegateState, Effects, Level } from './state.ts';

/** Of the question to those below, and of the job: with the name. */
const OF = 'sealers/';
export const isOfSealers = (id: string): boolean => id.startsWith(OF);
const nameIn = (id: string): string => id.slice(OF.length);

const KEPT = 'live/sealers/';
const under = (name: string): string => `${KEPT}${name}/`;
/** In the order of epochs. */
const keyOf = (name: string, epoch: number): string =>
  under(name) + String(epoch).padStart(16, '0');

export type Copies = ReadonlyMap<string, SealersCopy>;

/** With what a former life knew. */
export function copiesIn({ below }: Level, kept: ReadonlyMap<string, Uint8Array>): Copies {
  const copies = new Map<string, SealersCopy>();
  for (const { name, municipality } of below) {
    if (municipality === undefined) continue;
    const copy = sealersCopy(municipality, OF + name);
    const eras = [...kept].filter(([key]) => key.startsWith(under(name))).toSorted(byKey);
    const since = eras.map(([, bytes]) => whole(KeptEra, bytes));
    copy.sealers = restoredSealers(municipality, [...keptEras(copy.sealers), ...since]);
    copies.set(name, copy);
  }
  return copies;
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : 1;

/** Epochs that were learned of. */
const keptSince = (name: string, { sealers }: SealersCopy, epoch: number): Write[] =>
  keptEras(sealers)
    .filter((era) => era.epoch > epoch)
    .map((era) => put(keyOf(name, era.epoch), toBytes(KeptEra, era)));

/** A verified item: maybe somebody else seals from there on. */
export function learnFrom({ copies }: DelegateState, item: Item): Write[] {
  if (item.is !== 'sealed') return [];
  const { name, epoch } = item.sealed.batch;
  const copy = copies.get(name);
  return copy !== undefined && learn(copy, item.sealed) ? keptSince(name, copy, epoch) : [];
}

/** Those who have what it makes, by what is known. */
export function makersOf({ copies }: DelegateState, { name, makers }: Below): readonly Address[] {
  const copy = copies.get(name);
  if (copy === undefined) return makers;
  return newestSealers(copy.sealers).members.map(({ node }) => address(node, 'municipality'));
}

/** Offered, and of an epoch of which nothing is known here. */
export function askIfUnknown(state: DelegateState, item: Item): Effects {
  if (item.is !== 'sealed') return [];
  const { name, epoch } = item.sealed.batch;
  const below = state.self.level.below.find((each) => each.name === name);
  const copy = state.copies.get(name);
  if (below === undefined || copy === undefined || epoch <= newestSealers(copy.sealers).epoch)
    return [];
  const { role } = state.self.level;
  state.self.probe.sometimes(`${role}: who seals in a municipality was asked of it`);
  return [...askOn(copy, below.makers[state.ticks % below.makers.length]!)];
}

/** A delegate of the municipality has answered, or has not. */
export const heardSealers = (
  { copies }: DelegateState,
  id: string,
  answer: SealersTold | undefined,
): Effects => [...told(copies.get(nameIn(id))!, answer, 'level.verify')];

/** What is kept of what was verified; the pool may have failed. */
export function sealersVerified(
  { copies }: DelegateState,
  id: string,
  verdicts?: readonly boolean[],
): Write[] {
  const name = nameIn(id);
  const copy = copies.get(name)!;
  const { epoch } = newestSealers(copy.sealers);
  return verified(copy, verdicts) ? keptSince(name, copy, epoch) : [];
}
