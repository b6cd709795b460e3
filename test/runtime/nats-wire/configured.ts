/** A nats-server with a configuration of a test's own: users, clusters. Loopback, any free port. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { obtained } from '#test/runtime/nats-server/launched.ts';

export interface Configured {
  readonly url: string;
  readonly pid: number;
  /** `host:port` of its side for other servers, where it has one. */
  readonly cluster: string | undefined;
  readonly stop: () => Promise<void>;
}

export async function configured(
  folder: string,
  configuration: string,
  port = -1,
): Promise<Configured> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'server.conf');
  const head = `host: "127.0.0.1"\nport: ${port}\nports_file_dir: ${JSON.stringify(folder)}\n`;
  writeFileSync(file, head + configuration);
  const child = spawn(await obtained(), ['-c', file], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ports = await portsIn(folder);
  return {
    url: ports.nats[0]!,
    pid: child.pid!,
    cluster: ports.cluster?.[0]?.replace('nats://', ''),
    stop: () => {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      return ended;
    },
  };
}

interface Ports {
  readonly nats: readonly string[];
  readonly cluster?: readonly string[];
}

async function portsIn(folder: string): Promise<Ports> {
  for (let tries = 0; tries < 6_000; tries++) {
    await sleep(10);
    const name = readdirSync(folder).find((each) => each.endsWith('.ports'));
    const text = name === undefined ? '' : readFileSync(join(folder, name), 'utf8');
    if (text.trimEnd().endsWith('}')) return JSON.parse(text) as Ports;
  }
  throw new Error(`no ports file appeared in ${folder}`);
}
