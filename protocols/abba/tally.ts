/**
 * Who said what first, and the weight behind each thing said. One word of a member counts; a second, different
 * one is told to whoever counts. Weights are stake: with less than a third of it faulty, more than a third has
 * somebody honest in it, and two sets of more than two thirds share somebody honest.
 */
import { isQuorum } from '../genesis.ts';

export interface Weights {
  readonly of: readonly bigint[];
  readonly whole: bigint;
}

export const weightsOf = (of: readonly bigint[]): Weights => ({
  of,
  whole: of.reduce((sum, weight) => sum + weight, 0n),
});

/** More than two thirds. */
export const isMost = ({ whole }: Weights, part: bigint): boolean => isQuorum(part, whole);
/** More than a third: somebody honest is among them. */
export const isSomebodyHonest = ({ whole }: Weights, part: bigint): boolean => part * 3n > whole;

export interface Tally<T extends number> {
  readonly first: Map<number, T>;
  /** By what was said. */
  readonly behind: bigint[];
}

export const emptyTally = <T extends number>(): Tally<T> => ({ first: new Map(), behind: [] });

export const behind = <T extends number>({ behind: all }: Tally<T>, what: T): bigint =>
  all[what] ?? 0n;

/** Counts a word; what comes back is the other one that this member has said before. */
export function countFirst<T extends number>(
  tally: Tally<T>,
  weights: Weights,
  member: number,
  what: T,
): T | undefined {
  const said = tally.first.get(member);
  if (said !== undefined) return said === what ? undefined : said;
  tally.first.set(member, what);
  tally.behind[what] = behind(tally, what) + weights.of[member]!;
  return undefined;
}
