/**
 * Reading several keys at once and going on when all are there: what a ledger's answers are made of, and others'.
 *
 * Bound: so many readings at a time; whoever asks beyond it gets no answer and asks again.
 */
import { recall, type Effect, type Spoken } from '../effect.ts';
import type { LedgerSays } from './state.ts';

const READS_MAX = 4_096;

export type Values = readonly (Uint8Array | undefined)[];
type Then<M extends Spoken> = (values: Values) => readonly Effect<M>[];

interface Reading<M extends Spoken> {
  readonly values: (Uint8Array | undefined)[];
  left: number;
  readonly goOn: Then<M>;
}

export interface Reads<M extends Spoken = LedgerSays> {
  begun: number;
  readonly underWay: Map<string, Reading<M>>;
}

export const noReads = <M extends Spoken = LedgerSays>(): Reads<M> => ({
  begun: 0,
  underWay: new Map(),
});

/** What is under these keys, in their order. Nothing happens where there are too many readings already. */
export const readAll = <M extends Spoken>(
  reads: Reads<M>,
  keys: readonly string[],
  then: Then<M>,
): readonly Effect<M>[] =>
  keys.length > 0 && reads.underWay.size >= READS_MAX ? [] : readSurely(reads, keys, then);

/** The same whatever else is being read: for the one batch that is being applied. */
export function readSurely<M extends Spoken>(
  reads: Reads<M>,
  keys: readonly string[],
  then: Then<M>,
): readonly Effect<M>[] {
  if (keys.length === 0) return then([]);
  const id = String(++reads.begun);
  reads.underWay.set(id, { values: keys.map(() => undefined), left: keys.length, goOn: then });
  return keys.map((key, i) => recall(`${id}/${i}`, key));
}

export function readOne<M extends Spoken>(
  { underWay }: Reads<M>,
  recalled: string,
  value: Uint8Array | undefined,
): readonly Effect<M>[] {
  const [id, at] = recalled.split('/') as [string, string];
  const reading = underWay.get(id);
  if (reading === undefined) return [];
  reading.values[Number(at)] = value;
  if (--reading.left > 0) return [];
  underWay.delete(id);
  return reading.goOn(reading.values);
}
