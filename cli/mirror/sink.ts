/**
 * What a mirror writes into, and what is read from it: one port, one contract suite
 * (test/cli/mirror/sinks.contract.test.ts), a data base of this machine or one by its URL.
 *
 * Keys are in snake case, times in milliseconds since 1970 UTC. What is older than six months goes. Each city has an order
 * of its own, and so a cursor of its own; a transaction is in the order of one city.
 */
import type { MirrorRow } from '#protocols/mirror/row.ts';

/** Rows live so long after their transaction was made. */
export const KEPT_DAYS = 180;
export const DAY_MS = 86_400_000;

/** `refused`: one of these rows will never be taken. `unreachable`: try again later. */
export type Outcome =
  | { readonly outcome: 'written' }
  | { readonly outcome: 'unreachable' | 'refused'; readonly why: string };

export const WRITTEN: Outcome = { outcome: 'written' };

export const GROUPS = ['continent', 'city', 'kind', 'day', 'state'] as const;
export type Group = (typeof GROUPS)[number];

export interface Question {
  readonly by: readonly Group[];
  /** By when transactions were made; from, and up to without it. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** The groups that were asked for; a day is its first millisecond. */
export type Answer = Partial<Readonly<Record<Group, string | number>>> & {
  readonly txs: number;
  readonly bytes: number;
};

/** Up to where in the order of a city. */
export interface Cursor {
  readonly city: string;
  readonly next: number;
}

export interface Sink {
  /** Where the mirror of a city goes on: what was kept with its last rows. */
  readonly cursor: (city: string) => Promise<number>;
  /** All of the rows and the cursor, or none of it. A row replaces what an earlier number said of its transaction. */
  readonly write: (rows: readonly MirrorRow[], at: Cursor) => Promise<Outcome>;
  /** In the order of the groups. */
  readonly group: (question: Question) => Promise<readonly Answer[]>;
  readonly close: () => Promise<void>;
}
