/**
 * A reporter for vitest: what failed, as data, in the file that `CITY_CHAIN_OUTCOME` names (outcome.ts). It knows of hooks
 * that failed, files that could not be loaded, and errors outside of all tests, which vitest's own report in JSON does not tell.
 */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node';
import type { Failure, Outcome } from './outcome.ts';

type Errors = readonly SerializedError[];

export default class OutcomeReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: Errors): void {
    const file = process.env['CITY_CHAIN_OUTCOME'];
    if (file === undefined) throw new Error('CITY_CHAIN_OUTCOME names no file');
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const outcome: Outcome = {
      passed: tests.filter((test) => test.result().state === 'passed').length,
      failures: [...modules.flatMap(failuresOf), ...outside(errors)],
    };
    writeFileSync(file, JSON.stringify(outcome));
  }
}

function failuresOf(module: TestModule): readonly Failure[] {
  const where = whereOf(module);
  const failed = [
    ...groupFailures(where, module),
    ...Array.from(module.children.allSuites()).flatMap((suite) => groupFailures(where, suite)),
    ...Array.from(module.children.allTests('failed'), (test) => testFailure(where, test)),
  ];
  if (failed.length > 0 || module.state() === 'passed' || module.state() === 'skipped')
    return failed;
  return [{ where, words: `it did not come to its end (${module.state()})` }];
}

/** What failed of a file, or of a group in it, beside its tests: loading it, its hooks. */
function groupFailures(where: string, group: TestModule | TestSuite): readonly Failure[] {
  const errors = group.errors();
  if (errors.length === 0) return [];
  const name = group.type === 'suite' ? { name: group.fullName } : {};
  return [{ where, ...name, words: wordsOf(errors) }];
}

const testFailure = (where: string, test: TestCase): Failure => ({
  where,
  name: test.fullName,
  words: wordsOf(test.result().errors ?? []),
});

const outside = (errors: Errors): readonly Failure[] =>
  errors.map((error) => ({ where: 'outside of all tests', words: wordsOf([error]) }));

const whereOf = ({ project, moduleId }: TestModule): string =>
  `${project.name} ${relative(project.vitest.config.root, moduleId)}`.trimStart();

const wordsOf = (errors: Errors): string => errors.map(wordsOfOne).join('\n');

/** The message, and where our own code stood: never frames of libraries. */
function wordsOfOne({ name, message, stack }: SerializedError): string {
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const own = frames.find((line) => !line.includes('node_modules') && !line.includes('node:'));
  const said = message.split('\n').slice(0, 6).join('\n');
  return stripVTControlCharacters(`${name ?? 'Error'}: ${said}\n${own?.trim() ?? ''}`);
}
