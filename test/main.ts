/**
 * `npm test`: everything. Format, lint and types first, then all kinds of tests, with whatever they
 * need obtained before. The last line is `N passed, N failed`.
 *
 *   npm test                     all of it
 *   npm test -- --kind unit      one kind (unit, property, contract, simulation, e2e)
 *   npm run test:inner           the inner loop: unit and property, without anything else
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obtainServer } from '#runtime/nats-server/obtain.ts';
import { obtainPromtool, type Promtool } from './config/prometheus/promtool.ts';

const ROOT = join(import.meta.dirname, '..');
const BIN = join(ROOT, 'node_modules', '.bin');

const CHECKS = [
  ['format', 'oxfmt', '--check'],
  ['lint', 'oxlint', '--deny-warnings'],
  ['types', 'tsc'],
] as const;

function runs(
  command: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): boolean {
  const { status, error } = spawnSync(join(BIN, command), args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...more },
  });
  if (error !== undefined) throw error;
  return status === 0;
}

/** Vitest's own count, from its report. */
function count(report: string): Count {
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  ) as Record<string, number>;
  // A file that cannot even be loaded has no tests to fail, and is a failure.
  const unloadable = numFailedTests === 0 ? numFailedTestSuites! : 0;
  return { passed: numPassedTests!, failed: numFailedTests! + unloadable };
}

interface Count {
  readonly passed: number;
  readonly failed: number;
}

function test(args: readonly string[], env: Readonly<Record<string, string>> = {}): Count {
  const folder = mkdtempSync(join(tmpdir(), 'city-chain-test-'));
  const report = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${report}`];
    const succeeded = runs('vitest', ['run', ...reporters, ...args], env);
    const counted = count(report);
    return succeeded || counted.failed > 0 ? counted : { ...counted, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Once more what has backends, on the portable ones: other machines have no others. */
function testPortable(): Count {
  console.log('\nthe algorithms again, on their portable backends');
  const inner = ['--project', 'unit', '--project', 'property', 'test/algorithms'];
  return test(inner, { CITY_CHAIN_BACKENDS: 'portable' });
}

/** The tests with a real nats-server, and with Prometheus' tool, never skip: without they fail, and this says why. */
async function bringTools(): Promise<void> {
  const server = await obtainServer(process.env);
  console.log(
    server.ok ? `nats-server ${server.value.version} at ${server.value.path}` : server.error,
  );
  const tool = await obtainPromtool().catch((error: unknown) => error);
  console.log(
    tool instanceof Error
      ? tool.message
      : `promtool ${(tool as Promtool).version} at ${(tool as Promtool).path}`,
  );
}

await bringTools();
const args = process.argv.slice(2).flatMap((arg) => (arg === '--kind' ? ['--project'] : [arg]));
const broken = CHECKS.filter(([, command, ...rest]) => !runs(command, rest)).map(([name]) => name);
const counts = [test(args), ...(args.length === 0 ? [testPortable()] : [])];
const passed = counts.reduce((sum, each) => sum + each.passed, 0);
const failed = counts.reduce((sum, each) => sum + each.failed, broken.length);
if (broken.length > 0) console.log(`these checks failed: ${broken.join(', ')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
