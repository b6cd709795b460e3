/**
 * What a run of vitest came to, and how that is told in the last lines of `npm test`: whoever sees nothing but the end
 * of a long log still sees what failed, where, and with which words.
 *
 *   reporter.ts, in vitest --> a file --> outcomeIn --> told, just above `N passed, N failed`
 */
import { readFileSync } from 'node:fs';

export interface Outcome {
  readonly passed: number;
  readonly failures: readonly Failure[];
}

export interface Failure {
  /** A file of tests, or what else failed: a check, vitest itself. */
  readonly where: string;
  /** The whole name of a test or of a group; absent: all of it. */
  readonly name?: string;
  /** What it says, as long as it is. */
  readonly words: string;
}

/** Of one failure: the words of an assertion and where it stands fit, and a hundred failures are no book. */
const LINES_MAX = 8;
const COLUMNS_MAX = 240;

/** What the reporter wrote; a run that wrote nothing did not come to its end, which is a failure. */
export function outcomeIn(file: string): Outcome {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Outcome;
  } catch (error) {
    const words = `it ended without a report: ${(error as Error).message}`;
    return { passed: 0, failures: [{ where: 'vitest', words }] };
  }
}

export const told = ({ where, name, words }: Failure): string =>
  [`FAILED ${where}${name === undefined ? '' : ` > ${name}`}`, ...firstLines(words)].join('\n');

function firstLines(words: string): readonly string[] {
  const lines = words.split('\n').filter((line) => line.trim() !== '');
  const more = lines.length > LINES_MAX ? ['...'] : [];
  return [...lines.slice(0, LINES_MAX), ...more].map((line) => `    ${line.slice(0, COLUMNS_MAX)}`);
}
