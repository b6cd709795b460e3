/**
 * A nats-server that outlived whoever launched it. A `kill -9` leaves nobody to stop a child, and the
 * next launch would put a second server beside it, in the same folder, for ever.
 *
 *   launch --> nats-server.pid in its folder          the next one in that folder --> ended, if it is ours
 *
 * Process ids return, so the number alone proves nothing: it is ours only if its command line, as the
 * system knows it, names the configuration in this very folder. Where a system has no /proc, nothing is
 * proved and nothing is ended. The caller holds the folder: whoever else launches here is gone.
 */
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const RECORD = 'nats-server.pid';
const LOOK_MS = 20;
/** As long as a child of ours is given (see launch.ts). */
const STOP_MS_MAX = 3_000;

/** The configuration of a folder that exists, by the one name that the folder has. */
export const configurationIn = (folder: string): string =>
  join(realpathSync(folder), 'nats-server.conf');

/** To be called at once after a launch: what is not recorded is not found again. */
export function recordServer(folder: string, pid: number): void {
  writeFileSync(join(folder, RECORD), `${pid}\n`);
}

/** Ends what an earlier launch left behind in this folder; its process id, if there was one. */
export async function endOrphan(folder: string): Promise<number | undefined> {
  const pid = recorded(folder);
  if (pid === undefined) return undefined;
  const isOurs = (): boolean => hasArgument(pid, configurationIn(folder));
  const wasOurs = isOurs();
  if (wasOurs) await end(pid, isOurs);
  await rm(join(folder, RECORD), { force: true });
  return wasOurs ? pid : undefined;
}

async function end(pid: number, isOurs: () => boolean): Promise<void> {
  signal(pid, 'SIGTERM');
  for (let waited = 0; waited < STOP_MS_MAX; waited += LOOK_MS) {
    await sleep(LOOK_MS);
    if (!isOurs()) return;
  }
  signal(pid, 'SIGKILL');
}

function signal(pid: number, how: NodeJS.Signals): void {
  try {
    process.kill(pid, how);
  } catch {
    // It ended by itself, just now.
  }
}

function recorded(folder: string): number | undefined {
  const written = contentsOf(join(folder, RECORD)).trim();
  return /^[1-9]\d{0,9}$/.test(written) ? Number(written) : undefined;
}

const hasArgument = (pid: number, argument: string): boolean =>
  contentsOf(`/proc/${pid}/cmdline`).split('\0').includes(argument);

/** Nothing, where there is no such file. */
function contentsOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
