/**
 * In which order files are run, each worker taking the next one. Vitest has one kind after another, the longest first as far as
 * it knows. Tests with real processes mostly wait, and simulations never do: by turns they use all cores, and seldom are
 * two cities up at once, which would take each other's time. The short ones come last, so that no core is idle at the end.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const WAITING: ReadonlySet<string> = new Set(['contract', 'e2e']);

export class SideBySide extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- it is no array's
    const sorted = await super.sort(files);
    const byKind = Map.groupBy(sorted, ({ project: { name } }) =>
      WAITING.has(name) ? 'waiting' : name === 'simulation' ? 'busy' : 'short',
    );
    const { waiting = [], busy = [], short = [] } = Object.fromEntries(byKind);
    return [...byTurns(waiting, busy), ...short];
  }
}

/** As far apart as they can be, each in its order. */
function byTurns<T>(some: readonly T[], others: readonly T[]): T[] {
  const placed = [some, others].flatMap((all) =>
    all.map((each, i) => ({ each, at: (i + 0.5) / all.length })),
  );
  return placed.toSorted((a, b) => a.at - b.at).map(({ each }) => each);
}
