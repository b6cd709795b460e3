/**
 * A package of the distribution (Debian, Ubuntu), fetched and unpacked into a folder of ours, without root. Nothing of
 * the system is changed.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MINUTES_3 = 180_000;

/** Throws what the tools said. */
export async function unpackPackage(name: string, into: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `city-chain-${name}-`));
  const options = { cwd: folder, timeout: MINUTES_3 };
  try {
    await download(name, folder);
    const file = (await readdir(folder)).find((each) => each.endsWith('.deb'));
    if (file === undefined) throw new Error('apt-get downloaded nothing');
    await mkdir(into, { recursive: true });
    await run('dpkg', ['-x', join(folder, file), into], options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function download(name: string, folder: string): Promise<void> {
  const options = { cwd: folder, timeout: MINUTES_3 };
  try {
    await run('apt-get', ['download', name], options);
  } catch {
    // No package lists on this machine, or old ones: fetch a private set, which needs no root.
    const lists = await privateLists(folder);
    await run('apt-get', [...lists, 'update'], options);
    await run('apt-get', [...lists, 'download', name], options);
  }
}

async function privateLists(folder: string): Promise<string[]> {
  const [state, cache] = [join(folder, 'lists'), join(folder, 'cache')];
  await mkdir(join(state, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  return ['-o', `Dir::State::lists=${state}`, '-o', `Dir::Cache=${cache}`];
}
