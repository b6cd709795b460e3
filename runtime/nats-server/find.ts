/**
 * Finding a nats-server on this machine: what the operator names, what is on the path, the folders
 * where packages put it (Debian's is in /usr/sbin, outside a user's path), then our own cache.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fail, ok, type Result } from '#lib/result.ts';
import { cacheFolder, type Environment } from '../user.ts';

export interface FoundServer {
  readonly path: string;
  readonly version: string;
  /** How it came to be this one, for the operator. */
  readonly why: string;
}

/** The oldest version that has what we use. */
const LEAST: Version = [2, 9];
const USUAL = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

type Version = readonly [major: number, minor: number];

export const serverFolder = (env: Environment): string => join(cacheFolder(env), 'nats-server');

/** The first that runs and is not too old; or what is wrong with the one that was named. */
export function findServer(env: Environment): Result<FoundServer | undefined> {
  const named = env['NATS_SERVER'];
  if (named !== undefined && named !== '') {
    const found = look(named, 'named by NATS_SERVER');
    return found === undefined
      ? fail(`NATS_SERVER names ${named}, which is not a nats-server of 2.9 or later`)
      : ok(found);
  }
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const places = [
    ...folders.map((folder) => [folder, 'found on the path'] as const),
    ...USUAL.map((folder) => [folder, 'found where packages put it'] as const),
    [join(serverFolder(env), 'usr', 'sbin'), 'found in our cache'] as const,
  ];
  for (const [folder, why] of places) {
    const found = look(join(folder, 'nats-server'), why);
    if (found !== undefined) return ok(found);
  }
  return ok(undefined);
}

function look(path: string, why: string): FoundServer | undefined {
  try {
    accessSync(path, constants.X_OK);
    const printed = execFileSync(path, ['--version'], { encoding: 'utf8', timeout: 5_000 });
    const version = /v?(\d+\.\d+\.\d+\S*)/.exec(printed)?.[1];
    return version !== undefined && isRecent(version) ? { path, version, why } : undefined;
  } catch {
    // Not there, not ours to run, or not a nats-server: the next place may have one.
    return undefined;
  }
}

function isRecent(version: string): boolean {
  const [major, minor] = version.split('.').map(Number) as [number, number];
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
}
