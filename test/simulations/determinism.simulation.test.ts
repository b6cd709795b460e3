/**
 * Same seed, same run: twice in this process, and in a process that has run nothing else. And the
 * methods that look after this are themselves seen to fail.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue, message } from '#protocols/codec.ts';
import { NOTHING, wake } from '#protocols/effect.ts';
import { address, nodeAddress, place } from '#protocols/subjects.ts';
import { anyActor, type AnyActor } from '#runtime/actor.ts';
import { firstDifference } from '#simulations/difference.ts';
import { NO_FAULTS } from '#simulations/faults.ts';
import type { Summary } from '#simulations/main.ts';
import { ring } from '#simulations/ring.ts';
import { anyScenario, runSeed, type Drawn, type Scenario } from '#simulations/scenario.ts';
import type { Window } from '#simulations/trace.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SEEDS = [1, 3, 12, 23, 31, 40];
const ringScenario = anyScenario(ring);

const komatsu = place('asia.ishikawa.komatsu');

/** Wakes a hundred thousand times, each time as long as `draws` says. */
const ticker = (draws: () => number): Scenario => ({
  name: 'ticker',
  about: '',
  sometimes: [],
  draw: (): Drawn => ({ plan: NO_FAULTS }),
  run: (world) => {
    const root = (): AnyActor =>
      anyActor({
        address: address(nodeAddress(komatsu, 'n0'), 'root'),
        listens: catalogue(message('test.none', {})),
        start: () => [null, [wake('tick', 1)]],
        receive: (state, input) => [
          state,
          input.kind === 'wake' ? [wake('tick', draws())] : NOTHING,
        ],
      });
    world.machine({ name: 'p0', place: komatsu, nodes: [], root }).boot();
    world.pass(10_000);
  },
});

describe('a seed', () => {
  it.each(SEEDS)('%i runs alike twice in one process', (seed) => {
    const [one, other] = [runSeed(ringScenario, seed), runSeed(ringScenario, seed)];
    expect(one.hash).toBe(other.hash);
    expect(one.checkpoints).toEqual(other.checkpoints);
    expect([one.lines, one.events]).toEqual([other.lines, other.events]);
  });

  it('runs alike in a fresh process', () => {
    for (const seed of SEEDS.slice(0, 3)) {
      const args = ['simulations/main.ts', 'ring', '--seed', String(seed), '--json'];
      const printed = execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
      expect((JSON.parse(printed) as Summary).hash).toBe(runSeed(ringScenario, seed).hash);
    }
  });

  it('runs differently from every other seed', () => {
    const hashes = SEEDS.map((seed) => runSeed(ringScenario, seed).hash);
    expect(new Set(hashes).size).toBe(SEEDS.length);
  });
});

describe('what is not deterministic', () => {
  it('is found at its first line', () => {
    // The second run of each pair wakes later, once, in the middle of everything.
    let [run, draws] = [0, 0];
    const scenario = ticker(() => {
      draws++;
      return run % 2 === 0 && draws === 7_000 ? 2 : 1;
    });
    const again = (window?: Window) => {
      run++;
      draws = 0;
      return runSeed(scenario, 1, { window });
    };
    const { line, one, other } = firstDifference(again)!;
    expect(line).toBeGreaterThan(7_000);
    expect(one).not.toBe(other);
    expect([one, other].every((text) => text.includes(String(line)))).toBe(true);
  });

  it('is nowhere where two runs are alike', () => {
    expect(
      firstDifference(() =>
        runSeed(
          ticker(() => 1),
          1,
        ),
      ),
    ).toBeUndefined();
  });

  it.each([
    ['Math.random', () => Math.random()],
    ['Date.now', () => Date.now() % 10],
    ['performance.now', () => performance.now()],
  ])('%s in a handler fails the run', (name, draws) => {
    const { failure } = runSeed(ticker(draws), 1);
    expect(failure?.claim).toContain(`${name.split('.')[1]!}`);
    expect(failure?.claim).toContain('ambient');
  });
});
