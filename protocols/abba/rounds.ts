/** What is known of one round of a binary agreement. */
import { emptyTally, type Tally } from './tally.ts';
import type { Value, Values } from './words.ts';

export interface Round {
  /** Who proposes or supports 0, and 1: a member may do both. */
  readonly bval: readonly [Tally<Value>, Tally<Value>];
  readonly bvalSaid: [boolean, boolean];
  /** The values that more than two thirds support, in the order in which they came. */
  readonly bin: Value[];
  readonly aux: Tally<Value>;
  auxSaid: Value | undefined;
  readonly conf: Tally<Values>;
  confSaid: Values | undefined;
  /** What this round leaves: bound before anybody honest helps to toss the coin. */
  vals: Values | undefined;
  /** Of each member, the shares for its seats. */
  readonly shares: Map<number, readonly Uint8Array[]>;
  /** Members whose shares were found bad. */
  readonly liars: Set<number>;
  hasTossed: boolean;
  isCombining: boolean;
  coin: Value | undefined;
}

export const emptyRound = (): Round => ({
  bval: [emptyTally(), emptyTally()],
  bvalSaid: [false, false],
  bin: [],
  aux: emptyTally(),
  auxSaid: undefined,
  conf: emptyTally(),
  confSaid: undefined,
  vals: undefined,
  shares: new Map(),
  liars: new Set(),
  hasTossed: false,
  isCombining: false,
  coin: undefined,
});

/**
 * The coin of a round: 1, then 0, then one that nobody foresees, and so on. Unanimous members decide by the first
 * two, without cryptography; and 1 is tried first, since what is agreed on is whether to include something.
 */
export const publicCoin = (round: number): Value | undefined =>
  ([1, 0, undefined] as const)[round % 3];

/** The same, and what stands in for the third where nobody has keys of a coin. */
export const openCoin = (
  { open }: { readonly open?: ((round: number) => Value) | undefined },
  round: number,
): Value | undefined => publicCoin(round) ?? open?.(round);
