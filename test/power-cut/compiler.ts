/** C for the tests that need it: a compiler, found or installed where that is possible, and libraries that are made with it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheFolder } from '#runtime/user.ts';

/** Those of C++ know C as well, and are there for native addons. */
const NAMES = ['cc', 'gcc', 'clang', 'g++', 'c++'] as const;
const FLAGS = ['-O1', '-Wall', '-Wextra', '-shared', '-fPIC', '-x', 'c'] as const;

const runs = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const found = (): string | undefined => NAMES.find((name) => runs(name, '--version'));

/** The name of a C compiler. Throws a sentence for the operator where there is none to be had. Not for two at a time: apt-get lets nobody else in. */
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

/** A library to be loaded below a process (LD_PRELOAD), made once for each text of its source. Kept where programs may be: /tmp need not be such a place. */
export function libraryOf(source: string): string {
  const folder = join(cacheFolder(), 'libraries');
  const made = createHash('sha256').update(readFileSync(source)).update(process.arch).digest('hex');
  const library = join(folder, `${basename(source, '.c')}-${made.slice(0, 16)}.so`);
  if (existsSync(library)) return library;
  mkdirSync(folder, { recursive: true });
  // Others may make it at the same time: it is there whole, or not at all.
  const own = `${library}.${process.pid}`;
  execFileSync(obtainCompiler(), [...FLAGS, '-o', own, source, '-ldl', '-lpthread'], {
    stdio: 'inherit',
  });
  renameSync(own, library);
  return library;
}
