/**
 * Launching a nats-server of our own: loopback only, on a free port, ready when its ports file says
 * so. A slow subscriber is cut after a second, because before 2.10 it stalls whoever publishes to it. It
 * goes with the process that launched it, however that ends (guard.ts).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, ok, type Result } from '#lib/result.ts';
import { guardServer } from './guard.ts';

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves with how it ended, whoever ended it. */
  readonly ended: Promise<string>;
  /** Asks it to end, and kills it after a while. */
  readonly stop: () => Promise<void>;
  /** At once: for one that hears nothing any more. */
  readonly kill: () => void;
}

/** Servers that are one bus together: one lets others join it at a port, the others do. Where the way between is cut, each goes on for itself. */
export type Joint = { readonly accepts: number } | { readonly joins: string };

export interface Launch {
  readonly path: string;
  /** Where its configuration, log and ports file live. */
  readonly folder: string;
  /** The same port again, so that clients find it after a restart; absent: any free one. */
  readonly port?: number;
  readonly joint?: Joint | undefined;
}

const READY_MS_MAX = 10_000;
const LOOK_MS = 5;
const STOP_MS_MAX = 3_000;

const configuration = (port: number, folder: string, joint: Joint | undefined): string =>
  `# Written at each launch.
host: "127.0.0.1"
port: ${port}
ports_file_dir: ${JSON.stringify(folder)}
write_deadline: "1s"
${joint === undefined ? '' : `leafnodes: { ${jointText(joint)} }\n`}`;

const jointText = (joint: Joint): string =>
  'accepts' in joint
    ? `host: "127.0.0.1", port: ${joint.accepts}`
    : `reconnect: 1, remotes: [ { url: ${JSON.stringify(joint.joins)} } ]`;

export async function launchServer({
  path,
  folder,
  port,
  joint,
}: Launch): Promise<Result<RunningServer>> {
  await mkdir(folder, { recursive: true });
  const config = join(folder, 'nats-server.conf');
  await writeFile(config, configuration(port ?? -1, folder, joint));
  const log = openSync(join(folder, 'nats-server.log'), 'a');
  const child = spawn(path, ['-c', config], {
    stdio: ['ignore', log, log],
    // A group of its own: Ctrl-C is for whoever launched it, who then stops it in its turn.
    detached: true,
  });
  closeSync(log);
  const leave = child.pid === undefined ? () => undefined : guardServer(child.pid);
  const kill = (): void => void child.kill('SIGKILL');
  const ended = endOf(child).finally(leave);
  const url = await Promise.race([ready(folder, path, child), ended]);
  if (!url.startsWith('nats://')) {
    kill();
    return fail(`nats-server did not start (${url}); see ${join(folder, 'nats-server.log')}`);
  }
  const stop = (): Promise<void> => stopChild(child, ended);
  return ok({ url, port: Number(new URL(url).port), pid: child.pid!, ended, stop, kill });
}

const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });

/** The address it listens at, once its ports file is complete. */
async function ready(folder: string, path: string, child: ChildProcess): Promise<string> {
  const file = join(folder, `${basename(path)}_${child.pid}.ports`);
  for (let waited = 0; waited < READY_MS_MAX; waited += LOOK_MS) {
    await sleep(LOOK_MS);
    const url = await addressIn(file);
    if (url === undefined) continue;
    await rm(file, { force: true });
    return url;
  }
  return `it was not ready after ${READY_MS_MAX} ms`;
}

async function addressIn(file: string): Promise<string | undefined> {
  try {
    const { nats } = JSON.parse(await readFile(file, 'utf8')) as { nats?: readonly string[] };
    return nats?.[0];
  } catch {
    // Not written yet, or being written.
    return undefined;
  }
}

async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await ended;
  clearTimeout(killer);
}
