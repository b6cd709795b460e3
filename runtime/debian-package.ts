/**
 * A package of the distribution (Debian, Ubuntu), fetched and unpacked into a folder of ours, without root; with what it needs
 * that this machine does not have, where that is asked for. Nothing of the system is changed.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MINUTES_3 = 180_000;

/** Throws what the tools said. */
export const unpackPackage = (name: string, into: string): Promise<void> =>
  unpack(into, async () => [name]);

/** The same with all packages that it depends on and that are not installed here. */
export const unpackWithDependencies = (name: string, into: string): Promise<void> =>
  unpack(into, async (lists, folder) => {
    const asked = [...lists, 'install', '--simulate', '--no-install-recommends', name];
    const { stdout } = await run('apt-get', asked, { cwd: folder, timeout: MINUTES_3 });
    return [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, each]) => each!);
  });

/** Which packages, by these options of apt-get. */
type Wanted = (lists: readonly string[], folder: string) => Promise<readonly string[]>;

async function unpack(into: string, wanted: Wanted): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'city-chain-package-'));
  const options = { cwd: folder, timeout: MINUTES_3 };
  try {
    await download(wanted, folder);
    const files = (await readdir(folder)).filter((each) => each.endsWith('.deb'));
    if (files.length === 0) throw new Error('apt-get downloaded nothing');
    await mkdir(into, { recursive: true });
    for (const file of files) await run('dpkg', ['-x', join(folder, file), into], options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function download(wanted: Wanted, folder: string): Promise<void> {
  const options = { cwd: folder, timeout: MINUTES_3 };
  try {
    await run('apt-get', ['download', ...(await wanted([], folder))], options);
  } catch {
    // No package lists on this machine, or old ones: fetch a private set, which needs no root.
    const lists = await privateLists(folder);
    await run('apt-get', [...lists, 'update'], options);
    await run('apt-get', [...lists, 'download', ...(await wanted(lists, folder))], options);
  }
}

async function privateLists(folder: string): Promise<string[]> {
  const [state, cache] = [join(folder, 'lists'), join(folder, 'cache')];
  await mkdir(join(state, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  return ['-o', `Dir::State::lists=${state}`, '-o', `Dir::Cache=${cache}`];
}
