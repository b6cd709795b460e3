/**
 * `npm test`: everything. Format, lint and types first, then all kinds of tests, with whatever they
 * need obtained before. The last line is `N passed, N failed`; above it stands what failed, with its first words.
 *
 *   npm test                     all of it
 *   npm test -- --kind unit      one kind (unit, property, contract, simulation, e2e)
 *   npm run test:inner           the inner loop: unit and property, without anything else
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obtainServer } from '#runtime/nats-server/obtain.ts';
import { obtainPromtool } from './config/prometheus/promtool.ts';
import { obtainCompiler } from './power-cut/compiler.ts';
import { outcomeIn, told, type Failure, type Outcome } from './report/outcome.ts';

const ROOT = join(import.meta.dirname, '..');
const BIN = join(ROOT, 'node_modules', '.bin');

const CHECKS = [
  ['format', 'oxfmt', '--check'],
  ['lint', 'oxlint', '--deny-warnings'],
  ['types', 'tsc'],
] as const;

/** A check is short, so all that it says is shown when it has ended, and once more at the end if it failed. */
const check = ([name, command, ...args]: (typeof CHECKS)[number]): Promise<readonly Failure[]> =>
  new Promise((resolve) => {
    const options = { cwd: ROOT, maxBuffer: 2 ** 26 };
    execFile(join(BIN, command), args, options, (error, stdout, stderr) => {
      const words = stdout + stderr;
      process.stdout.write(words);
      const failed = { where: `the check of ${name}`, words: words || String(error) };
      resolve(error === null ? [] : [failed]);
    });
  });

function test(
  reporter: 'default' | 'dot',
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'city-chain-test-'));
  const file = join(folder, 'outcome.json');
  try {
    const reporters = [`--reporter=${reporter}`, '--reporter=./test/report/reporter.ts'];
    const { status, signal } = spawnSync(join(BIN, 'vitest'), ['run', ...reporters, ...args], {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, ...env, CITY_CHAIN_OUTCOME: file },
    });
    const outcome = outcomeIn(file);
    if (status === 0 || outcome.failures.length > 0) return outcome;
    const words = `it found no failure, and ended with ${signal ?? `code ${status}`}`;
    return { ...outcome, failures: [{ where: 'vitest', words }] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Once more what has backends, on the portable ones: other machines have no others. */
function testPortable(): Outcome {
  console.log('\nthe algorithms again, on their portable backends');
  const inner = ['--project', 'unit', '--project', 'property', 'test/algorithms'];
  return test('dot', inner, { CITY_CHAIN_BACKENDS: 'portable' });
}

/** The tests with a real nats-server, Prometheus' tool or a C compiler never skip: without they fail, and this says why. */
async function bringTools(): Promise<void> {
  const [server, tool] = await Promise.all([
    obtainServer(process.env),
    obtainPromtool().catch((error: Error) => error),
  ]);
  console.log(
    server.ok ? `nats-server ${server.value.version} at ${server.value.path}` : server.error,
  );
  console.log(tool instanceof Error ? tool.message : `promtool ${tool.version} at ${tool.path}`);
  // Last, and before there are tests: several of them need it, side by side, and it can be installed once at a time.
  console.log(compilerLine());
}

function compilerLine(): string {
  try {
    return `C compiler: ${obtainCompiler()}`;
  } catch (error) {
    return (error as Error).message;
  }
}

const args = process.argv.slice(2).flatMap((arg) => (arg === '--kind' ? ['--project'] : [arg]));
// What is brought is mostly waited for.
const [broken] = await Promise.all([Promise.all(CHECKS.map(check)), bringTools()]);
const outcomes = [test('default', args), ...(args.length === 0 ? [testPortable()] : [])];
const passed = outcomes.reduce((sum, each) => sum + each.passed, 0);
const failures = [...broken.flat(), ...outcomes.flatMap((each) => each.failures)];
for (const failure of failures) console.log(told(failure));
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
