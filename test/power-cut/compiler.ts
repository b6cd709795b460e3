/** A C compiler for the tests that need one: found, or installed where that is possible. */
import { spawnSync } from 'node:child_process';

const NAMES = ['cc', 'gcc', 'clang'] as const;

const runs = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const found = (): string | undefined => NAMES.find((name) => runs(name, '--version'));

/** The name of a C compiler. Throws a sentence for the operator where there is none to be had. */
export function obtainCompiler(): string {
  const present = found();
  if (present !== undefined) return present;
  if (process.getuid?.() === 0 && runs('apt-get', '--version')) {
    runs('apt-get', 'update', '-q');
    runs('apt-get', 'install', '-y', '-q', '--no-install-recommends', 'gcc', 'libc6-dev');
  }
  const installed = found();
  if (installed !== undefined) return installed;
  throw new Error('no C compiler: install one (Debian: apt-get install gcc libc6-dev)');
}
