/**
 * How the command ends, and how it says why: one line that tells what to do.
 *
 *   0  done      1  it ran and failed (a claim does not hold, a peer is not there)
 *   2  unfit: the command line, a file or the machine is not what it should be
 *   130  interrupted
 */
export const EXIT = { done: 0, failed: 1, unfit: 2, interrupted: 130 } as const;

/** An operator can mend it: what was found, where, and what was expected. */
export class Unfit extends Error {
  override readonly name = 'Unfit';
}

/** It ran, and the answer is no. */
export class Failed extends Error {
  override readonly name = 'Failed';
}

export interface Explained {
  readonly code: number;
  readonly line: string;
}

/** One line for a person; a program that asked for JSON gets the same as an object. */
export function explain(error: unknown, asJson: boolean): Explained {
  const isUnfit = error instanceof Unfit || isOfTheMachine(error);
  const code = isUnfit ? EXIT.unfit : EXIT.failed;
  const message = error instanceof Error ? error.message : String(error);
  if (asJson) return { code, line: JSON.stringify({ error: message, code }) };
  // Anything else is a fault of ours: whoever reports it will want to know where. What happened is the
  // last line, because that is what is passed on of a process that ended.
  const isKnown = isUnfit || error instanceof Failed;
  const where = !isKnown && error instanceof Error ? `${error.stack ?? ''}\n` : '';
  return { code, line: `${where}city-chain: ${message}` };
}

/** A file or a port that the system refuses; its message names which. */
const isOfTheMachine = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

/** A whole number within bounds, or `Unfit` with the option's name. */
export function wholeNumber(option: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const fits = /^\d+$/.test(text) && value >= least && value <= most;
    if (fits) return value;
    const shown = text.slice(0, 40);
    throw new Unfit(`${option} is '${shown}', expected a whole number from ${least} to ${most}`);
  };
}
