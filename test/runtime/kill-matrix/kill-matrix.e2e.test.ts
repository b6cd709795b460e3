/**
 * The reliable lane between two real processes over a real nats-server, while each of the three is
 * killed or frozen, and comes back: nothing is lost and nothing doubled, within what the lane promises
 * over lives of its ends (protocols/link/reliable.ts; judge.ts says it in numbers).
 *
 * Method: the near end says 250 numbers a second and the far end writes down what its link hands
 * over. Faults come at points of what was heard, never of a clock; a freeze lasts longer than anybody
 * waits before giving the other up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Ends, type Victim } from './ends.ts';
import { judge, type Taken } from './judge.ts';

/** Wires leave a silent server after 3 s, links give up a silent peer after 3 to 4. */
const FROZEN_MS = 5_000;
const VICTIMS: readonly Victim[] = ['near', 'far', 'server'];

let ends: Ends | undefined;
afterEach(async () => {
  await ends?.stop();
  ends = undefined;
});

/** Strikes along a stream of numbers, then what is wrong with what was heard of it. */
async function wrongAfter(strikes: (ends: Ends) => Promise<void>): Promise<string[]> {
  ends = await Ends.start();
  await strikes(ends);
  await ends.hears(200);
  const { life, said } = await ends.enough();
  expect(said).toBeGreaterThanOrEqual(200);
  return judge(ends.taken, life, said);
}

describe('the reliable lane', () => {
  it.each(VICTIMS)(
    'survives kills of the %s: at its start, in the midst, while it comes back',
    async (victim) => {
      const wrong = await wrongAfter(async (all) => {
        for (const after of [0, 1, 300, 0, 0, 100]) {
          await all.hears(after);
          all.kill(victim);
          await all.revive(victim);
        }
      });
      expect(wrong).toEqual([]);
    },
  );

  it.each(VICTIMS)('survives freezes of the %s, short ones and long ones', async (victim) => {
    const wrong = await wrongAfter(async (all) => {
      for (const frozenMs of [200, FROZEN_MS, 20]) {
        await all.hears(100);
        all.freeze(victim);
        await sleep(frozenMs);
        all.thaw(victim);
      }
    });
    expect(wrong).toEqual([]);
  });

  it('survives several at once', async () => {
    const wrong = await wrongAfter(async (all) => {
      for (const [frozen, killed] of [
        ['near', 'server'],
        ['far', 'server'],
        ['near', 'far'],
        ['server', 'far'],
        ['far', 'near'],
        ['server', 'near'],
      ] as const) {
        await all.hears(100);
        all.freeze(frozen);
        all.kill(killed);
        // An end that starts has to reach the server, and says that it is up when it has.
        const revived = all.revive(killed);
        await sleep(300);
        all.thaw(frozen);
        await revived;
      }
    });
    expect(wrong).toEqual([]);
  });

  it('survives kills of everybody', async () => {
    const wrong = await wrongAfter(async (all) => {
      for (const after of [50, 0, 150]) {
        await all.hears(after);
        for (const victim of VICTIMS) all.kill(victim);
        for (const victim of ['server', 'near', 'far'] as const) await all.revive(victim);
      }
    });
    expect(wrong).toEqual([]);
  });
});

const run = (life: number, from: number, to: number): Taken =>
  Array.from({ length: to - from + 1 }, (_, i) => [life, from + i] as const);

describe('the judge', () => {
  it('lets pass what the lane promises', () => {
    expect(judge([run(1, 1, 5), run(1, 3, 9)], 1, 9)).toEqual([]);
    expect(judge([[...run(1, 1, 5), ...run(2, 1, 9)]], 2, 9)).toEqual([]);
    expect(judge([run(1, 1, 5), [], run(2, 1, 9)], 2, 9)).toEqual([]);
  });

  it.each([
    ['a hole', [[...run(1, 1, 3), ...run(1, 5, 9)]], 1],
    ['a repetition', [[...run(1, 1, 3), ...run(1, 3, 9)]], 1],
    ['a loss between two lives', [run(1, 1, 3), run(1, 5, 9)], 1],
    ['a beginning that is none', [run(1, 2, 9)], 1],
    ['an end that is none', [run(1, 1, 8)], 1],
    ['a hole in what a dead life said', [[...run(1, 1, 2), ...run(1, 4, 5), ...run(2, 1, 9)]], 2],
  ] as const)('finds %s', (_, lives, last) => {
    expect(judge(lives, last, 9)).toHaveLength(1);
  });
});
