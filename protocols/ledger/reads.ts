/**
 * Reading several keys at once and going on when all are there: what a ledger's answers are made of.
 *
 * Bound: so many readings at a time; whoever asks beyond it gets no answer and asks again.
 */
import { recall, type Effect } from '../effect.ts';
import type { LedgerSays } from './state.ts';

const READS_MAX = 4_096;

export type Values = readonly (Uint8Array | undefined)[];
type Then = (values: Values) => readonly Effect<LedgerSays>[];

interface Reading {
  readonly values: (Uint8Array | undefined)[];
  left: number;
  readonly goOn: Then;
}

export interface Reads {
  begun: number;
  readonly underWay: Map<string, Reading>;
}

export const noReads = (): Reads => ({ begun: 0, underWay: new Map() });

/** What is under these keys, in their order. Nothing happens where there are too many readings already. */
export const readAll = (
  reads: Reads,
  keys: readonly string[],
  then: Then,
): readonly Effect<LedgerSays>[] =>
  keys.length > 0 && reads.underWay.size >= READS_MAX ? [] : readSurely(reads, keys, then);

/** The same whatever else is being read: for the one batch that is being applied. */
export function readSurely(
  reads: Reads,
  keys: readonly string[],
  then: Then,
): readonly Effect<LedgerSays>[] {
  if (keys.length === 0) return then([]);
  const id = String(++reads.begun);
  reads.underWay.set(id, { values: keys.map(() => undefined), left: keys.length, goOn: then });
  return keys.map((key, i) => recall(`${id}/${i}`, key));
}

export function readOne(
  { underWay }: Reads,
  recalled: string,
  value: Uint8Array | undefined,
): readonly Effect<LedgerSays>[] {
  const [id, at] = recalled.split('/') as [string, string];
  const reading = underWay.get(id);
  if (reading === undefined) return [];
  reading.values[Number(at)] = value;
  if (--reading.left > 0) return [];
  underWay.delete(id);
  return reading.goOn(reading.values);
}
