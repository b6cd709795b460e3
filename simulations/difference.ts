/**
 * Where two runs of one seed part: the checkpoints tell between which two of them, a second pair of
 * runs that keeps the lines in between tells which line is the first that differs.
 */
import type { Outcome } from './scenario.ts';
import type { Window } from './trace.ts';

export interface Difference {
  /** The number of the first line that differs. */
  readonly line: number;
  readonly one: string;
  readonly other: string;
}

/** `undefined` when the two runs are alike. Runs twice, or four times. */
export function firstDifference(
  run: (window?: Window) => Outcome,
  again: (window?: Window) => Outcome = run,
): Difference | undefined {
  const [one, other] = [run(), again()];
  if (one.hash === other.hash) return undefined;
  const window = windowOf(one, other);
  const [seen, otherSeen] = [run(window).seen, again(window).seen];
  const at = firstWhere(seen.length, (i) => seen[i]!.hash !== otherSeen[i]?.hash);
  return {
    line: window.from + at + 1,
    one: seen[at]?.text ?? 'nothing more happens',
    other: otherSeen[at]?.text ?? 'nothing more happens',
  };
}

/** The lines between the last checkpoint that is alike and the first that is not. */
function windowOf({ checkpoints }: Outcome, other: Outcome): Window {
  const at = firstWhere(
    checkpoints.length,
    (i) => checkpoints[i]!.trace !== other.checkpoints[i]?.trace,
  );
  return { from: checkpoints[at - 1]?.lines ?? 0, to: checkpoints[at]?.lines ?? Infinity };
}

/** The least i below `count` for which it is so, where it is so for all above; else `count`. */
function firstWhere(count: number, isSo: (i: number) => boolean): number {
  let [least, most] = [0, count];
  while (least < most) {
    const middle = (least + most) >>> 1;
    if (isSo(middle)) most = middle;
    else least = middle + 1;
  }
  return least;
}
