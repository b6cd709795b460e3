/**
 * Obtaining a nats-server where none is found, without root: the distribution's own package, unpacked
 * into our cache. Nothing of the system is changed.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fail, ok, type Result } from '#lib/result.ts';
import { unpackPackage } from '../debian-package.ts';
import type { Environment } from '../user.ts';
import { findServer, serverFolder, type FoundServer } from './find.ts';

const run = promisify(execFile);

export const HOW_TO_GET_ONE =
  process.platform === 'darwin' ? 'brew install nats-server' : 'sudo apt-get install nats-server';

/** One that is there already, or one just brought; else what to type. */
export async function obtainServer(env: Environment): Promise<Result<FoundServer>> {
  const found = findServer(env);
  if (!found.ok) return found;
  if (found.value !== undefined) return ok(found.value);
  const brought = await bring(env);
  if (!brought.ok) return brought;
  const now = findServer(env);
  if (now.ok && now.value !== undefined) return ok(now.value);
  return fail(`the package had no usable nats-server; type: ${HOW_TO_GET_ONE}`);
}

async function bring(env: Environment): Promise<Result<true>> {
  try {
    if (process.platform === 'darwin') await run('brew', ['install', 'nats-server']);
    else await unpackPackage('nats-server', serverFolder(env));
    return ok(true);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return fail(`no nats-server could be obtained (${why}); type: ${HOW_TO_GET_ONE}`);
  }
}
