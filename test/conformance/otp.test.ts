/**
 * Our supervisor against OTP's own. `otp/*.recording.jsonl` is what stdlib's supervisor (OTP 25) did in
 * the scenarios of `otp/*.scenarios.jsonl`, recorded by `otp/record.escript`; ours must do the same,
 * event by event. `chosen` has a name for each case, `random` was drawn. To record anew:
 *
 *   escript test/conformance/otp/record.escript test/conformance/otp/chosen.scenarios.jsonl
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { replay } from '#simulations/supervision/replay.ts';
import { readScenario } from '#simulations/supervision/scenario.ts';

const linesOf = (file: string): string[] =>
  readFileSync(new URL(`otp/${file}`, import.meta.url), 'utf8')
    .trim()
    .split('\n');

for (const [set, atLeast] of [
  ['chosen', 200],
  ['random', 100],
] as const)
  describe(`a supervisor does as OTP does (${set})`, () => {
    const scenarios = linesOf(`${set}.scenarios.jsonl`).map((line) => readScenario(line));
    const recorded = linesOf(`${set}.recording.jsonl`).map((line) => JSON.parse(line) as Named);

    it('in everything that was recorded', () => {
      expect(recorded.map(({ name }) => name)).toEqual(scenarios.map(({ name }) => name));
      expect(scenarios.length).toBeGreaterThanOrEqual(atLeast);
    });
    for (const [i, scenario] of scenarios.entries())
      it(scenario.name, () => expect(replay(scenario, { otp: true })).toEqual(recorded[i]));
  });

interface Named {
  readonly name: string;
}
