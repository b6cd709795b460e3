/** The replay as a command: file or standard input, one line for each, and what is no scenario. */
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const COMMAND = 'simulations/supervision-replay.ts';
const scenario = (name: string): string =>
  JSON.stringify({
    name,
    flags: { strategy: 'one_for_one', intensity: 0, period: 5 },
    children: [{ id: 'a' }],
    steps: [{ op: ['exit', 'a', 'crash'] }],
  });

const run = (input: string, ...args: string[]) =>
  spawnSync(process.execPath, [COMMAND, ...args], { input, encoding: 'utf8' });

const play = (): string =>
  execFileSync(process.execPath, [COMMAND, 'test/conformance/otp/chosen.scenarios.jsonl'], {
    encoding: 'utf8',
  });

describe('supervision-replay', () => {
  it('prints one outcome for each line', () => {
    const { stdout, status } = run(`${scenario('x')}\n\n${scenario('y')}\n`, '--otp');
    const outcomes = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(outcomes).toEqual(
      ['x', 'y'].map((name) => ({
        name,
        start_events: [['started', 'a', 1]],
        steps: [
          { op: ['exit', 'a', 'crash'], result: 'ok', events: [['exiting', 'a', 1, 'crash']] },
        ],
        final: { sup: ['exited', 'shutdown'], children: [] },
      })),
    );
    expect(status).toBe(0);
  });

  it('says by number which line is none, and plays the others', () => {
    const { stdout, stderr, status } = run(`${scenario('x')}\n{"name":3}\n${scenario('y')}`);
    expect(stdout.trim().split('\n').length).toBe(2);
    expect(stderr).toBe('stdin:2: name: expected a text, got 3\n');
    expect(status).toBe(2);
  });

  it('reads a file, and does the same twice', () => {
    expect(play()).toBe(play());
  });
});
