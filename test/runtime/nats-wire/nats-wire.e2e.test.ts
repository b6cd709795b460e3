/** The NATS wire under faults of the server: killed, frozen, restarted, refusing, leaving, cutting. */
import { spawnSync } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Filter, Subject } from '#protocols/subjects.ts';
import type { RunningServer } from '#runtime/nats-server/launch.ts';
import { NatsWire } from '#runtime/nats-wire.ts';
import { launched } from '#test/runtime/nats-server/launched.ts';
import { scratch, type Scratch } from '#test/scratch.ts';
import { configured } from './configured.ts';
import { Watched } from './watched.ts';

const PATIENT = { timeout: 60_000, interval: 5 };

let folder: Scratch;
let ends: (() => Promise<void>)[] = [];
beforeEach(() => void (folder = scratch()));
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
  ends = [];
  folder.remove();
});

async function server(port?: number): Promise<RunningServer> {
  const running = await launched(folder.path, port);
  ends.push(async () => {
    // A frozen one cannot be asked to stop.
    if (isAlive(running.pid)) process.kill(running.pid, 'SIGCONT');
    await running.stop();
  });
  return running;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function watched(url: string, more: object = {}): Promise<Watched> {
  const wire = await Watched.open({ url, ...more });
  ends.push(() => wire.wire.close());
  return wire;
}

const isIncreasing = (numbers: readonly number[]): boolean =>
  numbers.every((n, i) => i === 0 || n > numbers[i - 1]!);

const cluster = (routes: string): string =>
  `cluster { name: "pond", host: "127.0.0.1", port: -1, routes: [${routes}] }\n`;

const locked = (password: string): string =>
  `authorization { user: light, password: ${JSON.stringify(password)} }\n`;

const numberOf = ({ buffer, byteOffset }: Uint8Array): number =>
  new DataView(buffer, byteOffset).getUint32(0);

const sockets = (): number =>
  process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;

describe('a NATS wire', () => {
  it('comes back after its server was killed, and listens as before', async () => {
    const first = await server();
    const a = await watched(first.url);
    const b = await watched(first.url);
    const heard = b.hear('x.>');
    const gone = b.wire.listen('gone' as Filter, () => heard.push('gone'));
    await b.wire.flush();
    process.kill(first.pid, 'SIGKILL');
    await Promise.all([a.reached('down'), b.reached('down')]);
    a.send('x.1', 'lost');
    gone();
    const late = b.hear('late', 'q');
    await server(first.port);
    await Promise.all([a.reached('up'), b.reached('up')]);
    await b.wire.flush();
    for (const subject of ['x.1', 'late', 'gone']) a.send(subject, subject);
    await vi.waitFor(() => expect([heard, late]).toEqual([['x.1'], ['late']]), PATIENT);
    expect(a.dropped).toEqual({ down: 1 });
    expect(a.states).toEqual(['up', 'down', 'up']);
    expect(a.faults).toEqual([]);
  });

  it('leaves a frozen server with a full socket, and comes back when it thaws', async () => {
    const { pid, url } = await server();
    const a = await watched(url, { backlogBytesMax: 4 * 1024 * 1024 });
    const b = await watched(url);
    const numbers: number[] = [];
    b.wire.listen('n' as Filter, ({ bytes }) => numbers.push(numberOf(bytes)));
    await b.wire.flush();
    process.kill(pid, 'SIGSTOP');
    let n = 0;
    const numbered = (): Uint8Array => {
      const bytes = new Uint8Array(2_048);
      new DataView(bytes.buffer).setUint32(0, ++n);
      return bytes;
    };
    // On a slow machine it may be left before so many had to be dropped.
    while ((a.dropped.backlog ?? 0) < 20_000 && a.states.at(-1) === 'up') {
      for (let i = 0; i < 5_000; i++) a.wire.send('n' as Subject, numbered());
      expect(a.wire.backlogBytes).toBeLessThan(4 * 1024 * 1024 + 4_096);
      await sleep(1);
    }
    expect(a.dropped.backlog).toBeGreaterThan(0);
    await Promise.all([a.reached('down'), b.reached('down')]);
    expect(a.details.at(-1)).toMatch(/does not answer/);
    process.kill(pid, 'SIGCONT');
    await Promise.all([a.reached('up'), b.reached('up')]);
    await b.wire.flush();
    const next = n + 1;
    await vi.waitFor(() => {
      a.wire.send('n' as Subject, numbered());
      // Older ones may come first: the server had taken them before it froze.
      expect(numbers.at(-1)).toBeGreaterThanOrEqual(next);
    }, PATIENT);
    expect(isIncreasing(numbers)).toBe(true);
  });

  it('delivers at most once and in order while its server is restarted under load', async () => {
    let running = await server();
    const a = await watched(running.url);
    const b = await watched(running.url);
    const heard = b.hear('n.>');
    await b.wire.flush();
    let sent = 0;
    for (let round = 0; round < 3; round++) {
      const before = heard.length;
      for (let burst = 0; burst < 40; burst++) {
        for (let i = 0; i < 100; i++) a.send(`n.${sent % 5}`, String(sent++));
        if (burst === 20) {
          await vi.waitFor(() => expect(heard.length).toBeGreaterThan(before), PATIENT);
          process.kill(running.pid, 'SIGKILL');
        }
        await sleep(1);
      }
      await running.ended;
      await Promise.all([a.reached('down'), b.reached('down')]);
      a.send('n.0', String(sent++));
      running = await server(running.port);
      await Promise.all([a.reached('up'), b.reached('up')]);
      await b.wire.flush();
    }
    await vi.waitFor(() => {
      a.send('n.end', 'end');
      expect(heard.at(-1)).toBe('end');
    }, PATIENT);
    const numbers = heard.slice(0, heard.indexOf('end')).map(Number);
    expect(isIncreasing(numbers)).toBe(true);
    expect(a.dropped.down).toBeGreaterThanOrEqual(3);
  });

  it('says what it was not allowed to do, and goes on with the rest', async () => {
    const { url, stop } = await configured(
      join(folder.path, 'users'),
      `authorization { users: [
        { user: light, password: "p@ss:w/rd", permissions: {
          publish: { allow: ["ack.light", "note.>"] }, subscribe: { allow: ["_INBOX_light.>", "note.>"] } } }
      ] }\n`,
    );
    ends.push(stop);
    const to = `nats://light:${encodeURIComponent('p@ss:w/rd')}@${new URL(url).host}`;
    const light = await watched(to);
    const notes = light.hear('note.>');
    const others = light.hear('_INBOX.>');
    light.send('ack.other', 'forged');
    light.send('note.1', 'fine');
    await vi.waitFor(() => expect(light.forbidden).toHaveLength(2), PATIENT);
    expect(light.forbidden.toSorted()).toEqual(['listen _INBOX.>', 'send ack.other']);
    await vi.waitFor(() => expect(notes).toEqual(['fine']), PATIENT);
    expect(others).toEqual([]);
    expect(light.states).toEqual(['up']);
    expect(light.faults).toEqual([]);
    const refused = await NatsWire.open({ url: to.replace('light', 'anchor'), openMsMax: 100 });
    expect(refused).toMatchObject({ ok: false, error: /Authorization/i });
  });

  it('says why it cannot come back, and comes back when it may', async () => {
    const first = await configured(join(folder.path, '1'), locked('old'));
    ends.push(first.stop);
    const { host, port } = new URL(first.url);
    const light = await watched(`nats://light:old@${host}`);
    const again = async (name: string, password: string): Promise<() => Promise<void>> => {
      const server = await configured(join(folder.path, name), locked(password), Number(port));
      ends.push(server.stop);
      return server.stop;
    };
    await first.stop();
    const stop = await again('2', 'new');
    await vi.waitFor(() => expect(light.details.join()).toMatch(/Authorization/i), PATIENT);
    await stop();
    await again('3', 'old');
    await light.reached('up');
    expect(light.states).toEqual(['up', 'down', 'up']);
  });

  it('keeps to the limits of the server that it is connected to', async () => {
    const first = await configured(join(folder.path, '1'), 'max_payload: 65536\n');
    ends.push(first.stop);
    const a = await watched(first.url);
    const sizes: number[] = [];
    a.wire.listen('x' as Filter, ({ bytes }) => sizes.push(bytes.length));
    const before = a.wire.bytesMax;
    expect(before).toBeLessThan(65_536);
    await first.stop();
    await a.reached('down');
    expect(a.wire.bytesMax).toBe(before);
    const port = Number(new URL(first.url).port);
    const second = await configured(join(folder.path, '2'), 'max_payload: 1024\n', port);
    ends.push(second.stop);
    await a.reached('up');
    expect(a.wire.bytesMax).toBeLessThan(1_024);
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
    const most = new Uint8Array(a.wire.bytesMax);
    a.wire.send('x' as Subject, most, { traceparent });
    a.wire.send('x' as Subject, new Uint8Array(before));
    await vi.waitFor(() => expect(sizes).toEqual([most.length]), PATIENT);
    expect(a.dropped).toEqual({ 'too-large': 1 });
    expect(a.states).toEqual(['up', 'down', 'up']);
  });

  it('knows the limit of a server that was gone before anybody asked for it', async () => {
    const { url, pid } = await server();
    const a = await watched(url);
    process.kill(pid, 'SIGKILL');
    await a.reached('down');
    expect(a.wire.bytesMax).toBeGreaterThan(500_000);
  });

  it('never lets a poisoned name reach the client: others lose nothing', async () => {
    const { url } = await server();
    const [a, b] = [await watched(url), await watched(url)];
    const heard = b.hear('n');
    const mine = a.hear('n', 'workers');
    await b.wire.flush();
    await a.wire.flush();
    const poison = ['a b', 'x'.repeat(10_000), 'a\r\nSUB > 1\r\n', '', `${'a.'.repeat(5_000)}a`];
    for (let n = 0; n < 2_000; n++) {
      a.send('n', String(n));
      const bad = poison[n % poison.length]!;
      a.send(bad, 'poison');
      expect(() => a.wire.listen(bad as Filter, () => undefined)).toThrow(/filter/);
      expect(() => a.wire.listen('n' as Filter, () => undefined, bad || ' ')).toThrow(/queue/);
    }
    await vi.waitFor(() => expect([heard.length, mine.length]).toEqual([2_000, 2_000]), PATIENT);
    expect([a.states, b.states]).toEqual([['up'], ['up']]);
    expect(a.dropped).toEqual({ 'bad-subject': 2_000 });
  });

  it('moves away from a lame duck without going down', async () => {
    const duck = await configured(join(folder.path, 'duck'), cluster(''));
    ends.push(duck.stop);
    const swan = await configured(join(folder.path, 'swan'), cluster(`"nats://${duck.cluster}"`));
    ends.push(swan.stop);
    const a = await watched(duck.url);
    const b = await watched(swan.url);
    const heard = a.hear('x.>');
    await vi.waitFor(() => {
      b.send('x.1', 'before');
      expect(heard).toContain('before');
    }, PATIENT);
    process.kill(duck.pid, 'SIGUSR2');
    await vi.waitFor(() => expect(a.wire.server).toBe(new URL(swan.url).host), PATIENT);
    await vi.waitFor(() => {
      b.send('x.1', 'after');
      expect(heard).toContain('after');
    }, PATIENT);
    await duck.stop();
    a.send('x.2', 'still there');
    await vi.waitFor(() => expect(heard).toContain('still there'), PATIENT);
    expect(a.states).toEqual(['up']);
  });

  it('is cut by the server when it does not read, says so, and listens again', async () => {
    const { url } = await server();
    const a = await watched(url);
    const heard = a.hear('small');
    a.wire.listen('flood' as Filter, () => undefined);
    await a.wire.flush();
    const script = `
      import { NatsWire } from ${JSON.stringify(join(import.meta.dirname, '../../../runtime/nats-wire.ts'))};
      const { value: wire } = await NatsWire.open({ url: ${JSON.stringify(url)} });
      const bytes = new Uint8Array(500_000);
      for (let n = 0; n < 400; n++) { wire.send('flood', bytes); if (n % 8 === 7) await wire.flush(); }
      await wire.close();`;
    // Nothing of this process runs until all of that was said: that is what makes it slow.
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      stdio: 'inherit',
    });
    expect(status).toBe(0);
    await a.reached('down');
    await a.reached('up');
    await a.wire.flush();
    a.send('small', 'again');
    await vi.waitFor(() => expect(heard).toEqual(['again']), PATIENT);
  });

  it('gives up on what does not speak NATS with one line, and leaves no socket behind', async () => {
    const mute = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    ends.push(() => new Promise((resolve) => mute.close(() => resolve())));
    const before = sockets();
    const url = `nats://user:secret@127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const opened = await NatsWire.open({ url, openMsMax: 100 });
    expect(opened).toMatchObject({ ok: false, error: /^no NATS server answers at 127\S+ \(.+\)$/ });
    expect(JSON.stringify(opened)).not.toContain('secret');
    await vi.waitFor(() => expect(sockets()).toBeLessThanOrEqual(before), PATIENT);
  });

  it('stops trying when it is closed while it is down', async () => {
    const { url, pid } = await server();
    const a = await watched(url);
    process.kill(pid, 'SIGKILL');
    await a.reached('down');
    await a.wire.close();
    await a.wire.close();
    expect(a.states).toEqual(['up', 'down', 'closed']);
    a.send('x', 'late');
    expect(a.dropped).toEqual({ down: 1 });
  });

  it('hears what was on its way when it was closed', async () => {
    const { url } = await server();
    const [a, b] = [await watched(url), await watched(url)];
    const heard = b.hear('x');
    await b.wire.flush();
    for (let n = 0; n < 1_000; n++) a.send('x', String(n));
    await a.wire.flush();
    await b.wire.close();
    expect(heard).toHaveLength(1_000);
  });
});
