/**
 * What a mirror writes into, and what is read from it: one port, one contract suite
 * (test/cli/mirror/sinks.contract.test.ts), a data base of this machine or one by its URL.
 *
 * Keys are in snake case, times in milliseconds since 1970 UTC. What is older than six months goes.
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

export interface Sink {
  /** Where the mirror goes on: what was kept with the last rows. */
  readonly cursor: () => Promise<number>;
  /** All of the rows and the cursor, or none of it. A row replaces what an earlier number said of its transaction. */
  readonly write: (rows: readonly MirrorRow[], cursor: number) => Promise<Outcome>;
  /** In the order of the groups. */
  readonly group: (question: Question) => Promise<readonly Answer[]>;
  readonly close: () => Promise<void>;
}
