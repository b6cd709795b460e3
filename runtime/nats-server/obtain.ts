/**
 * Obtaining a nats-server where none is found, without root: the distribution's own package, unpacked
 * into our cache. Nothing of the system is changed.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fail, ok, type Result } from '#lib/result.ts';
import { cacheFolder, findServer, type Environment, type FoundServer } from './find.ts';

const run = promisify(execFile);
const MINUTES_3 = 180_000;

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
  const folder = await mkdtemp(join(tmpdir(), 'city-chain-nats-'));
  try {
    if (process.platform === 'darwin') await run('brew', ['install', 'nats-server']);
    else await unpackDebian(folder, cacheFolder(env));
    return ok(true);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return fail(`no nats-server could be obtained (${why}); type: ${HOW_TO_GET_ONE}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function unpackDebian(folder: string, cache: string): Promise<void> {
  const options = { cwd: folder, timeout: MINUTES_3 };
  try {
    await run('apt-get', ['download', 'nats-server'], options);
  } catch {
    // No package lists on this machine, or old ones: fetch a private set, which needs no root.
    const lists = await privateLists(folder);
    await run('apt-get', [...lists, 'update'], options);
    await run('apt-get', [...lists, 'download', 'nats-server'], options);
  }
  const file = (await readdir(folder)).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new Error('apt-get downloaded nothing');
  await mkdir(cache, { recursive: true });
  await run('dpkg', ['-x', join(folder, file), cache], options);
}

async function privateLists(folder: string): Promise<string[]> {
  const [state, cache] = [join(folder, 'lists'), join(folder, 'cache')];
  await mkdir(join(state, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  return ['-o', `Dir::State::lists=${state}`, '-o', `Dir::Cache=${cache}`];
}
