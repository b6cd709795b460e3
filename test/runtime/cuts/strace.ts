/** strace, for tests: on the path, in our cache, or brought there from the package of the distribution without root. */
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { unpackPackage } from '#runtime/debian-package.ts';

const cacheFolder = (): string =>
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'city-chain', 'strace');

/** Throws with what to type where it cannot be had. */
export async function obtainStrace(): Promise<string> {
  const found = find();
  if (found !== undefined) return found;
  await unpackPackage('strace', cacheFolder());
  const brought = find();
  if (brought !== undefined) return brought;
  throw new Error('no strace could be obtained; type: sudo apt-get install strace');
}

function find(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const paths = [...folders, join(cacheFolder(), 'usr', 'bin')].map((at) => join(at, 'strace'));
  return paths.find((path) => spawnSync(path, ['--version']).status === 0);
}
