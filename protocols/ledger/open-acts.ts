/** Acts of a ledger that wait for their place in the order, or are on their way there. */
import type { SignedAct } from '../act.ts';
import type { Entry } from '../city-batch.ts';
import { whole } from '../codec.ts';
import { ACT_COUNT, ActCount } from './act-records.ts';
import type { ActPlan } from './act-check.ts';
import { bytesOf } from './live.ts';
import { pruningOf, type Pruning } from './prune.ts';
import type { Ledger, Offerer } from './state.ts';

/** On its way through the checks. */
export interface Checking {
  readonly signed: SignedAct;
  readonly offerer: Offerer;
  readonly author: string;
  /** Of a transfer: what it decides. */
  matter: string | undefined;
  plan: ActPlan | undefined;
}

/** One that waits: who said it, and until when it may be ordered, by the time of the batches. */
export interface Open {
  readonly author: string;
  readonly matter: string | undefined;
  readonly until: number;
}

/** Acts of a ledger that are not ordered yet. */
export interface Acts {
  /** By id. Those that are on the disk, or on their way there. */
  readonly open: Map<string, Open>;
  readonly beingKept: Set<string>;
  readonly checking: Map<string, Checking>;
  /** How many were ordered and meant something. */
  count: number;
  readonly pruning: Pruning;
}

/** As they were when the last life ended; those that waited are read by whoever restores the rest. */
export function noActs(kept: ReadonlyMap<string, Uint8Array>): Acts {
  const count = kept.get(ACT_COUNT);
  return {
    open: new Map(),
    beingKept: new Set(),
    checking: new Map(),
    count: count === undefined ? 0 : whole(ActCount, count).count,
    pruning: pruningOf(kept),
  };
}

export const actEntry = (id: string): Entry => ({ txId: bytesOf(id), cert: bytesOf(id) });

/** On the disk, not only on its way there. */
export const isActHere = ({ acts }: Ledger, id: string): boolean =>
  acts.open.has(id) && !acts.beingKept.has(id);

/** A certificate or an act of that name waits for its place, or is on its way to the disk. */
export const isWaiting = ({ table, acts }: Ledger, name: string): boolean =>
  table.byCert.has(name) || acts.open.has(name);
