/**
 * Other cities, as a ledger knows them: who orders there in which epoch, and so whose signatures their word on transfers needs.
 *
 *   act with a head of an epoch that is not known --> declined, `busy` | ledger.handovers, of that city --> job --> known
 *
 * Whoever brings an act brings it again. Nothing of it is kept: a ledger that starts learns it from the geneses anew, when it is
 * needed. What one delegate knows already and another one does not yet will be known to both.
 */
import type { SignedAct } from '../act.ts';
import type { CityHead } from '../city-batch.ts';
import type { Committee } from '../committee.ts';
import type { Plain, Spoken } from '../effect.ts';
import type { HandedOver } from '../ledger.messages.ts';
import { committeeFor, newestIn } from '../lineage.ts';
import { askOn, copyOf, LINEAGE, told, verified, type LineageCopy } from '../lineage-copy.ts';
import type { Self } from '../self.ts';
import { anyOf, type Place } from '../subjects.ts';
import type { Effects, Ledger } from './state.ts';

export type Beside = ReadonlyMap<Place, LineageCopy>;
type Knowing = Pick<Ledger, 'beside'>;

const PREFIX = `${LINEAGE}/`;
const VERIFY = 'tip.verify';
export const isOfBeside = (id: string): boolean => id.startsWith(PREFIX);

export const besideOf = ({ neighbours = [] }: Self): Beside =>
  new Map(neighbours.map((genesis) => [genesis.place, copyOf(genesis, PREFIX + genesis.place)]));

/** Who must have sealed that head of another city, as far as that is known. */
export function committeeBeside(beside: Beside, head: CityHead): Committee | undefined {
  const copy = beside.get(head.place);
  return copy && committeeFor(copy.lineage, head);
}

/** Asks for the hand-overs that the proof of an act needs, where they are not known yet. */
export function learnFor({ beside }: Knowing, { act: { what } }: SignedAct): Effects {
  if (what.says !== 'take' && what.says !== 'settle') return [];
  const { place, epoch } = what.proof.head;
  const copy = beside.get(place);
  const isKnown = copy === undefined || epoch <= newestIn(copy.lineage);
  return isKnown ? [] : askOn(copy, anyOf(place, 'ledger'));
}

const copyAt = ({ beside }: Knowing, id: string): LineageCopy =>
  beside.get(id.slice(PREFIX.length) as Place)!;

export const learned = (ledger: Knowing, id: string, said: Spoken | undefined): Effects =>
  told(copyAt(ledger, id), said as HandedOver | undefined, VERIFY);

export function checked(ledger: Knowing, id: string, verdicts: Plain): Effects {
  verified(copyAt(ledger, id), verdicts as readonly boolean[] | undefined);
  return [];
}
