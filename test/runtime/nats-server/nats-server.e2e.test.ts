/** Our own nats-server, for real: found or brought, launched, killed, launched again at its port. */
import { mkdtempSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findServer } from '#runtime/nats-server/find.ts';
import { launchServer, type RunningServer } from '#runtime/nats-server/launch.ts';
import { launched as launchedIn, obtained } from './launched.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'city-chain-server-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const launched = (port?: number): Promise<RunningServer> => launchedIn(folder, port);

/** The server's greeting. */
const greeting = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1');
    socket.once('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString('utf8'));
    });
  });

describe('nats-server', () => {
  it('is ready when it says so, stops when asked, and comes back at its port after a kill', async () => {
    const first = await launched();
    expect(await greeting(first.port)).toMatch(/^INFO \{/);
    process.kill(first.pid, 'SIGKILL');
    expect(await first.ended).toBe('SIGKILL');
    const second = await launched(first.port);
    expect(second.port).toBe(first.port);
    expect(await greeting(second.port)).toMatch(/^INFO \{/);
    await second.stop();
    await second.stop();
    await expect(greeting(first.port)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('says what is wrong when it cannot start', async () => {
    const running = await launched();
    const clash = await launchServer({ path: await obtained(), folder, port: running.port });
    expect(clash).toMatchObject({ ok: false, error: /nats-server did not start/ });
    await running.stop();
    const missing = await launchServer({ path: join(folder, 'nothing'), folder });
    expect(missing).toMatchObject({ ok: false, error: /ENOENT/ });
  });

  it('is refused by name when what is named is not one', () => {
    const fake = join(folder, 'fake');
    writeFileSync(fake, '#!/bin/sh\necho "nats-server: v2.8.4"\n');
    chmodSync(fake, 0o755);
    expect(findServer({ NATS_SERVER: fake })).toMatchObject({ ok: false });
    expect(findServer({ NATS_SERVER: join(folder, 'none') })).toMatchObject({ ok: false });
  });
});
