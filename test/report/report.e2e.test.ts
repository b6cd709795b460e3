/** What failed in a run of vitest, all of it and by name: a real run over files that fail in every way there is. */
import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { scratch } from '#test/scratch.ts';
import { outcomeIn, told } from './outcome.ts';

const MODULES = join(import.meta.dirname, '..', '..', 'node_modules');
const FILES = {
  good: `it('holds', () => {}); it('holds as well', () => {});`,
  bad: `describe('a group', () => { it('fails', () => { expect({ a: 1 }).toEqual({ a: 2 }); }); });`,
  hook: `describe('a hook', () => { beforeAll(() => { throw new Error('no world'); }); it('never runs', () => {}); });`,
  unloadable: `throw new Error('cannot be loaded');`,
  stray: `it('ends before its error', () => { setTimeout(() => { throw new Error('astray'); }, 0); });`,
};

const { path, remove } = scratch();
afterAll(remove);

it('tells each failure by file, name and words, and counts what passed', () => {
  symlinkSync(MODULES, join(path, 'node_modules'));
  for (const [name, text] of Object.entries(FILES))
    writeFileSync(
      join(path, `${name}.test.js`),
      `import { beforeAll, describe, expect, it } from 'vitest';\n${text}\n`,
    );
  const file = join(path, 'outcome.json');
  const reporter = `--reporter=${join(import.meta.dirname, 'reporter.ts')}`;
  const { status } = spawnSync(
    join(MODULES, '.bin', 'vitest'),
    ['run', '--no-isolate', '--maxWorkers=1', reporter],
    {
      cwd: path,
      env: { ...process.env, CITY_CHAIN_OUTCOME: file },
    },
  );
  expect(status).toBe(1);
  const { passed, failures } = outcomeIn(file);
  expect(passed).toBe(3);
  const all = failures.map(told).toSorted();
  expect(all).toEqual([
    expect.stringMatching(/^FAILED bad.test.js > a group > fails\n {4}AssertionError: expected/),
    expect.stringMatching(/^FAILED hook.test.js > a hook\n {4}Error: no world\n {4}at .*hook.test/),
    expect.stringMatching(/^FAILED outside of all tests\n {4}Error: astray/),
    expect.stringMatching(/^FAILED unloadable.test.js\n {4}Error: cannot be loaded/),
  ]);
});

it('says of a run without a report that it is one, and does not say all of a long text', () => {
  const [failure] = outcomeIn(join(path, 'none.json')).failures;
  expect(told(failure!)).toMatch(/^FAILED vitest\n {4}it ended without a report: ENOENT/);
  const long = told({ where: 'x', words: `${'word '.repeat(1_000)}\n`.repeat(100) });
  expect(long.split('\n')).toHaveLength(10);
  expect(Math.max(...long.split('\n').map(({ length }) => length))).toBe(244);
});
