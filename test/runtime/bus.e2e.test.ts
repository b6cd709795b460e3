/** Which bus is taken, and that a nats-server of our own comes back whatever happens to it. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { text, utf8 } from '#lib/bytes.ts';
import type { Filter, Subject } from '#protocols/subjects.ts';
import { openBus, type Bus, type BusOptions, type BusRestart } from '#runtime/bus.ts';
import { freePorts } from '#runtime/free-port.ts';
import { findServer } from '#runtime/nats-server/find.ts';
import { NatsWire } from '#runtime/nats-wire.ts';
import type { Log } from '#runtime/seen/log.ts';
import { obtained } from './nats-server/launched.ts';
import { scratch, type Scratch } from '#test/scratch.ts';

const PATIENT = { timeout: 60_000, interval: 5 };
let folder: Scratch;
let opened: Bus[] = [];
let events: string[] = [];
const log: Log = (level, event) => void events.push(`${level} ${event}`);
beforeEach(() => {
  folder = scratch();
  events = [];
});
afterEach(async () => {
  for (const bus of opened.toReversed()) await bus.close();
  opened = [];
  folder.remove();
});

async function open(
  env: NodeJS.ProcessEnv,
  nats?: string,
  more: Partial<BusOptions> = {},
): Promise<Bus> {
  const options = {
    env,
    folder: folder.path,
    log,
    ...(nats === undefined ? {} : { nats }),
    ...more,
  };
  const bus = await openBus(options);
  if (!bus.ok) throw new Error(bus.error);
  opened.push(bus.value);
  return bus.value;
}

const withServer = async (): Promise<NodeJS.ProcessEnv> => ({
  PATH: dirname(await obtained()),
});

/** That a message goes round. */
async function works(url: string): Promise<void> {
  const wire = await NatsWire.open({ url });
  if (!wire.ok) throw new Error(wire.error);
  const heard: string[] = [];
  wire.value.listen('x' as Filter, ({ bytes }) => heard.push(text(bytes)));
  wire.value.send('x' as Subject, utf8('round'));
  await wire.value.flush();
  await wire.value.close();
  expect(heard).toEqual(['round']);
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('the bus', () => {
  it('is a nats-server of this machine, which comes back at its port each time it is killed', async () => {
    const bus = await open(await withServer());
    expect(bus).toMatchObject({ kind: 'nats-server' });
    expect(bus.line).toMatch(
      /^bus: nats-server \d\S+ at nats:\/\/127\.0\.0\.1:\d+ \(\S+, found on the path\)$/,
    );
    await works(bus.url);
    const restarts: BusRestart[] = [];
    bus.onRestart((restart) => restarts.push(restart));
    for (let kills = 1; kills <= 3; kills++) {
      process.kill(bus.pid!, 'SIGKILL');
      await vi.waitFor(() => expect(restarts).toHaveLength(kills), PATIENT);
      expect(restarts.at(-1)).toEqual({ why: 'SIGKILL', pid: bus.pid });
      await works(bus.url);
    }
    expect(events.filter((event) => event === 'warn nats-server-restarted')).toHaveLength(3);
    const { pid } = bus;
    await bus.close();
    expect(isAlive(pid!)).toBe(false);
  });

  it('is killed when it hangs, and comes back as from any other end', async () => {
    const bus = await open(await withServer());
    const restarts: BusRestart[] = [];
    bus.onRestart((restart) => restarts.push(restart));
    for (let hangs = 1; hangs <= 2; hangs++) {
      process.kill(bus.pid!, 'SIGSTOP');
      await vi.waitFor(() => expect(restarts).toHaveLength(hangs), PATIENT);
      expect(restarts.at(-1)).toEqual({ why: 'the server does not answer', pid: bus.pid });
      await works(bus.url);
    }
    // Frozen before anybody could look at it.
    process.kill(bus.pid!, 'SIGKILL');
    await vi.waitFor(() => expect(restarts).toHaveLength(3), PATIENT);
    process.kill(bus.pid!, 'SIGSTOP');
    await vi.waitFor(() => expect(restarts).toHaveLength(4), PATIENT);
    await works(bus.url);
    process.kill(bus.pid!, 'SIGSTOP');
  });

  it('listens where it is wanted, or at the next free port, and says so', async () => {
    const env = await withServer();
    const port = (await freePorts(26_222, 4))!;
    const urls: string[] = [];
    for (const [i, nats] of ['auto', 'embedded', 'auto', 'embedded'].entries()) {
      const bus = await open(env, nats, { port, folder: join(folder.path, String(i)) });
      urls.push(bus.url);
      if (i === 0) expect(bus.line).not.toContain('in use');
      else expect(bus.line).toContain(`; port ${port} is in use`);
      await works(bus.url);
    }
    expect(urls).toEqual([0, 1, 2, 3].map((i) => `nats://127.0.0.1:${port + i}`));
    const refused = await openBus({
      env,
      nats: 'embedded',
      port: 70_000,
      folder: folder.path,
      log,
    });
    expect(refused).toMatchObject({ ok: false, error: /^no port from 70000 to 70099 is free/ });
  });

  it('can be closed at any moment of a restart, and nothing is left', async () => {
    const env = await withServer();
    for (const ms of [0, 5, 20, 60]) {
      const bus = await open(env);
      const pids = [bus.pid!];
      bus.onRestart(({ pid }) => pids.push(pid));
      process.kill(bus.pid!, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, ms));
      await bus.close();
      pids.push(bus.pid!);
      expect(pids.filter(isAlive)).toEqual([]);
    }
  });

  it.each([
    ['ends without a word', `throw new Error('a bug')`],
    ['is killed', `process.kill(process.pid, 'SIGKILL')`],
  ])('leaves no server behind when its process %s', async (_, end) => {
    const bus = JSON.stringify(join(import.meta.dirname, '../../runtime/bus.ts'));
    const script = `
      import { openBus } from ${bus};
      const log = () => undefined;
      const { value } = await openBus({ env: process.env, folder: ${JSON.stringify(folder.path)}, log });
      process.stdout.write(value.url, () => { ${end}; });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...(await withServer()) },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const said: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => said.push(data));
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).not.toBe(0);
    const url = Buffer.concat(said).toString();
    expect(url).toMatch(/^nats:/);
    await vi.waitFor(async () => {
      const answer = await NatsWire.open({ url, openMsMax: 0 });
      if (answer.ok) await answer.value.close();
      expect(answer).toMatchObject({ ok: false, error: /connection refused/ });
    }, PATIENT);
  });

  it('is embedded where there is no server, and says how to get one', async () => {
    const env = { PATH: '', XDG_CACHE_HOME: folder.path };
    const found = findServer(env);
    const bus = await open(env, found.ok && found.value === undefined ? 'auto' : 'embedded');
    expect(bus.kind).toBe('embedded');
    expect(bus.line).toMatch(/^bus: embedded .* \(.+\); the real one: \S+ .*install nats-server$/);
    await works(bus.url);
  });

  it('is embedded where the server does not start, unless that server was asked for', async () => {
    const bin = join(folder.path, 'bin');
    mkdirSync(bin);
    const broken = join(bin, 'nats-server');
    writeFileSync(
      broken,
      '#!/bin/sh\n[ "$1" != --version ] && exit 3\necho "nats-server: v2.10.4"\n',
    );
    chmodSync(broken, 0o755);
    const bus = await open({ PATH: [bin, process.env['PATH']].join(delimiter) });
    expect(bus.kind).toBe('embedded');
    expect(bus.line).toContain(`${broken} does not start`);
    expect(events).toEqual(['warn nats-server-unfit']);
    await works(bus.url);
    const named = await openBus({ env: { NATS_SERVER: broken }, folder: folder.path, log });
    expect(named).toMatchObject({ ok: false, error: /does not start|did not start/ });
    const none = { env: { NATS_SERVER: join(bin, 'none') }, folder: folder.path, log };
    expect(await openBus(none)).toMatchObject({ ok: false, error: /NATS_SERVER names/ });
  });

  it('is the one that was named, or nothing', async () => {
    const own = await open({}, 'embedded');
    const { host } = new URL(own.url);
    const byEnv = await open({ NATS_URL: own.url });
    expect(byEnv).toMatchObject({ kind: 'given', url: own.url });
    const url = `nats://light:secret@${host}`;
    const byOption = await open({ NATS_URL: 'nats://127.0.0.1:1' }, url);
    expect(byOption).toMatchObject({ kind: 'given', url });
    expect(byOption.line).toBe(`bus: NATS at ${host}, named by --nats`);
    await works(byOption.url);
    const refused = await openBus({ env: { NATS_URL: 'http://x' }, folder: folder.path, log });
    expect(refused).toMatchObject({ ok: false, error: /^NATS_URL: not an address/ });
    const away = await openBus({ nats: '127.0.0.1:1', env: {}, folder: folder.path, log });
    expect(away).toMatchObject({
      ok: false,
      error: /^--nats: no NATS server answers at 127.0.0.1:1 /,
    });
  });
});
