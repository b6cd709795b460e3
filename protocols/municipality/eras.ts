/**
 * Whose quorum proves a row of a city: that of its epoch (lineage.ts), of which a member learns from rows that end an epoch,
 * and from ledgers of the city where it has seen none.
 *
 * A row never goes on after the last batch of an epoch: until that is proved nobody knows whose quorum comes next.
 */
import type { Effect, Spoken } from '../effect.ts';
import type { CityHead } from '../city-batch.ts';
import type { Genesis } from '../genesis.ts';
import type { AskHandovers, HandedOver } from '../ledger.messages.ts';
import { askOn, copyOf as copyIn, told, verified, type LineageCopy } from '../lineage-copy.ts';
import { handedOver, newestIn } from '../lineage.ts';
import { address, anyOf } from '../subjects.ts';
import type { Member } from './state.ts';

const ERA = 'era/';
const JOB = 'municipality.verify';
export const isOfEras = (id: string): boolean => id.startsWith(ERA);
const which = (id: string): number => Number(id.slice(ERA.length));

type Effects = readonly Effect<AskHandovers>[];

/** Several cities, each with questions and jobs of its own. */
export const copyOf = (genesis: Genesis, of: number): LineageCopy => copyIn(genesis, ERA + of);

/** A head that is proved, the last one of its row. */
export function learn({ copies }: Member, of: number, head: CityHead): void {
  const copy = copies[of]!;
  copy.lineage = handedOver(copy.lineage, head);
}

const isOurs = ({ self }: Member, of: number): boolean =>
  self.municipality.cities[of]!.delegates.some(({ node }) => node === self.node);

/** Of an epoch of which nothing is known here: a ledger of that city is asked. */
export function askFor(member: Member, of: number, { epoch }: CityHead): Effects {
  const copy = member.copies[of]!;
  const { place } = member.self.municipality.cities[of]!;
  if (epoch <= newestIn(copy.lineage)) return [];
  member.self.probe.sometimes('municipality: who orders in a city was asked of its ledger');
  const ledger = isOurs(member, of) ? address(member.self.node, 'ledger') : anyOf(place, 'ledger');
  return askOn(copy, ledger);
}

/** A ledger has answered, or has not: our own one has verified it. */
export function answered(member: Member, id: string, answer: Spoken | undefined): Effects {
  const of = which(id);
  const job = isOurs(member, of) ? undefined : JOB;
  return told(member.copies[of]!, answer as HandedOver | undefined, job);
}

export function computed({ copies }: Member, id: string, verdicts?: readonly boolean[]): void {
  verified(copies[which(id)]!, verdicts);
}
