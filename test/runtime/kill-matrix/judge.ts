/**
 * The judge of the kill matrix: what the reliable lane promises over lives of both ends, read from what
 * was said and from what the lives of the far end had written down.
 *
 *   said by life 1   1 2 3 4 5 6 7 8 9          each life of the far end hears a run without a hole
 *   far life 1       1 2 3 4 5                  and without a repetition; the first begins at 1, and the
 *   far life 2           3 4 5 6 7 8 9          next one no later than where the one before it ended
 *
 * Of a near life that was killed, whatever it had not said yet to the far end is gone with it: what was
 * heard is the beginning of what it said. Of the last one, everything is heard.
 */

/** What one life of the far end wrote down, in order. */
export type Taken = readonly (readonly [life: number, n: number])[];

/** What was wrong, in words; nothing, where all promises were kept. */
export function judge(lives: readonly Taken[], lastLife: number, said: number): string[] {
  const wrong: string[] = [];
  for (let near = 1; near <= lastLife; near++) {
    const runs = lives.map((taken) => taken.filter(([life]) => life === near).map(([, n]) => n));
    const end = runs.reduce((before, run, far) => {
      const where = `near life ${near}, far life ${far + 1}`;
      const flaw = run.findIndex((n, i) => i > 0 && n !== run[i - 1]! + 1);
      if (flaw > 0) wrong.push(`${where}: ${run[flaw]} came after ${run[flaw - 1]}`);
      if (run[0] !== undefined && run[0] > before + 1)
        wrong.push(`${where}: began with ${run[0]}, while the one before had ended with ${before}`);
      return run.at(-1) ?? before;
    }, 0);
    if (near === lastLife && end !== said)
      wrong.push(`near life ${near}: said ${said}, heard to ${end}`);
  }
  return wrong;
}
