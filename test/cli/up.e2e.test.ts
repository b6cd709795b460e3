/**
 * A cluster as its operator has it: real processes, a real nats-server, a real disk. Whatever is killed
 * comes back, it shows in `top`, and in the end the disks hold one ring.
 */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as dial, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Look } from '#cli/sights.ts';
import { ringOf } from '#supervision/tree.ts';
import { nodesOf } from '#cli/shares.ts';
import { place } from '#protocols/subjects.ts';
import { verifyAuditLog } from '#runtime/seen/audit-log.ts';
import { obtainServer } from '#runtime/nats-server/obtain.ts';
import { ran, Running, type Line } from './command.ts';
import { ringOnDisks } from './ring-on-disks.ts';

const AT = place('asia.ishikawa.komatsu');
let folder: string;
const running: Running[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'city-chain-up-'))));
afterEach(async () => {
  for (const each of running.splice(0)) {
    each.child.kill('SIGKILL');
    await each.ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

function up(...options: readonly string[]): Running {
  const ring = ['--runs', 'ring', '--api-port', '0'];
  const args = ['up', '--json', '--show', '--data', folder, ...ring, ...options];
  const started = new Running(args, { NATS_URL: '' });
  running.push(started);
  return started;
}

const PATIENT = { timeout: 60_000, interval: 20 };
const isListening = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = dial(Number(new URL(url).port), '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
const is = (event: string) => (line: Line) => line.event === event;
const progress = (turns: number) => (line: Line) =>
  line.event === 'progress' && (line['turns'] as number) >= turns;

/** Waits until so many more turns have been made. */
async function turnsMore(cluster: Running, count: number): Promise<void> {
  const last = cluster.lines.findLast(is('progress'));
  await cluster.line(progress(((last?.['turns'] as number) ?? 0) + count));
}

async function look(): Promise<Look[]> {
  const { code, text } = await ran(['top', '--data', folder, '--json'], { NATS_URL: '' });
  expect(code).toBe(0);
  return JSON.parse(text) as Look[];
}

describe('up', () => {
  it('survives kill -9 of a process and of nats-server, visibly, and loses nothing', async () => {
    const server = await obtainServer(process.env);
    expect(server.ok).toBe(true);
    const cluster = up('--processes', '4', '--nodes', '60');
    const bus = await cluster.line(is('bus'));
    expect(bus).toMatchObject({ kind: 'nats-server' });
    await cluster.line(is('ready'));
    await turnsMore(cluster, 100);

    const victim = cluster.lines.find((line) => line['process'] === 'p2')!;
    process.kill(victim['pid'] as number, 'SIGKILL');
    await cluster.line((line) => line['process'] === 'p2' && line['incarnation'] === 2);
    await turnsMore(cluster, 100);

    process.kill(bus['pid'] as number, 'SIGKILL');
    await cluster.line(is('bus-restart'));
    await turnsMore(cluster, 100);

    const looks = await look();
    const above = looks.find((each) => each.process === 'up')!;
    expect(above.sights.map(({ restarts }) => restarts)).toEqual([0, 1, 0, 0]);
    expect(above.sights[1]!.lastReason).toContain('killed');
    expect(looks.length).toBe(5);

    cluster.child.kill('SIGTERM');
    expect(await cluster.ended).toMatchObject({ code: 0 });
    const all = nodesOf(AT, 60);
    const found = await ringOnDisks(folder, ringOf(all));
    expect(found.isOneRing, found.text).toBe(true);
    expect(found.turns).toBeGreaterThan(300);
  });

  it('brings back a process and a nats-server that hang', async () => {
    const cluster = up('--processes', '2', '--nodes', '6');
    const bus = await cluster.line(is('bus'));
    await cluster.line(is('ready'));
    const victim = cluster.lines.find((line) => line['process'] === 'p2')!;
    process.kill(victim['pid'] as number, 'SIGSTOP');
    await cluster.line((line) => line['process'] === 'p2' && line['incarnation'] === 2);
    await turnsMore(cluster, 20);
    process.kill(bus['pid'] as number, 'SIGSTOP');
    const back = await cluster.line(is('bus-restart'));
    expect(back.text).toContain('the server does not answer');
    await turnsMore(cluster, 20);

    const above = (await look()).find((each) => each.process === 'up')!;
    expect(above.sights.map(({ restarts }) => restarts)).toEqual([0, 1]);
    expect(above.sights[1]!.lastReason).toContain('hung');
    cluster.child.kill('SIGTERM');
    expect(await cluster.ended).toMatchObject({ code: 0 });
    const found = await ringOnDisks(folder, ringOf(nodesOf(AT, 6)));
    expect(found.isOneRing, found.text).toBe(true);
  });

  it('shows public notes to any NATS client, on the embedded bus', async () => {
    const cluster = up('--processes', '2', '--nodes', '6', '--nats', 'embedded');
    const { url } = (await cluster.line(is('bus'))) as unknown as { url: string };
    expect(url).toMatch(/^nats:\/\/127\.0\.0\.1:16[23]\d\d$/);
    const client = await connect({ servers: url });
    const note = await new Promise<{ from: string; fact: object }>((resolve) => {
      client.subscribe('cc1.note.>', { callback: (_, message) => resolve(message.json()) });
    });
    expect(note).toMatchObject({
      from: expect.stringMatching(/^asia\.ishikawa\.komatsu\.n\d\.driver$/),
      fact: { outcome: 'turned' },
    });
    const services = await client.request('$SRV.PING', '', { timeout: 60_000 });
    expect(services.json()).toMatchObject({ type: 'io.nats.micro.v1.ping_response' });
    await client.close();
    const second = await ran(['up', '--data', folder], { NATS_URL: '' });
    expect(second).toMatchObject({ code: 2, errors: expect.stringContaining('in use') });
    cluster.child.kill('SIGINT');
    expect(await cluster.ended).toMatchObject({ code: 0 });
  });

  it('ends with file, line, value and expectation where the configuration is unfit', async () => {
    const file = join(folder, 'cluster.yaml');
    writeFileSync(file, 'nodes: 60\nprocesses: none\n');
    const { code, errors } = await ran(['up', '--config', file, '--data', folder]);
    expect(code).toBe(2);
    expect(errors).toContain(
      `${file}:2:12: processes is "none", expected a whole number from 1 to 64`,
    );
    for (const [args, expected] of [
      [['--data', file], 'expected a directory'],
      [['--processes', '0'], '--processes'],
      [['--place', 'Komatsu'], '--place'],
      [['--nats', 'a b'], '--nats'],
      [['--config', join(folder, 'none.yaml')], 'cannot be read'],
      [['--colour', 'red'], 'unknown option'],
    ] as const) {
      const refused = await ran(['up', '--data', folder, ...args]);
      expect(refused, refused.errors).toMatchObject({ code: 2 });
      expect(refused.errors).toContain(expected);
      expect(refused.errors.trim().split('\n').length).toBe(1);
    }
  });

  it('ends with one line where a port is taken, and where a file is in its way', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const busy = await ran(['up', '--data', folder, '--api-port', String(port)]);
    // Where nobody insists, the next ones will do.
    const file = join(folder, 'cluster.yaml');
    writeFileSync(file, `apiPort: ${port}\nnats: embedded\nruns: ring\nnodes: 2\nprocesses: 1\n`);
    const options = ['--config', file, '--data', folder, '--seconds', '1', '--json'];
    const elsewhere = await ran(['up', ...options]);
    server.close();
    expect(elsewhere.code, elsewhere.errors).toBe(0);
    expect(elsewhere.text).toMatch(/"event":"api-port".*in use/);
    expect(busy).toMatchObject({ code: 2, text: '' });
    expect(busy.errors).toMatch(new RegExp(`^city-chain: --api-port is ${port}.*in use.*\n$`));

    // A bus is running by then, and goes as well.
    rmSync(join(folder, 'up.json'));
    mkdirSync(join(folder, 'up.json'));
    const refused = await ran(['up', '--data', folder, '--api-port', '0'], { NATS_URL: '' });
    expect(refused).toMatchObject({ code: 2, errors: expect.stringContaining('up.json') });
    expect(refused.errors.trim().split('\n').length).toBe(1);
  });

  it('ends with one line and code 2 where what a process kept cannot be read', async () => {
    mkdirSync(join(folder, 'p2'));
    writeFileSync(join(folder, 'p2', 'state.db'), 'this is no store'.repeat(1_000));
    const ring = ['--runs', 'ring', '--nodes', '4'];
    const args = ['up', '--data', folder, '--processes', '2', ...ring, '--api-port', '0'];
    const { code, text, errors } = await ran([...args, '--nats', 'embedded'], { NATS_URL: '' });
    expect({ code, errors }).toMatchObject({
      code: 2,
      errors: expect.stringContaining('state.db'),
    });
    expect(errors.trim().split('\n').length, errors).toBe(1);
    expect(text).not.toContain('state.db');
  });

  it('stays up when nobody reads what it says', async () => {
    const unread = up('--processes', '1', '--nodes', '3', '--nats', 'embedded', '--seconds', '3');
    unread.child.stdout!.destroy();
    expect(await unread.ended).toEqual({ code: 0, errors: '' });
  });

  it('takes its nats-server along when it is killed, begins anew in its folder, and does what operators ask', async () => {
    const first = up('--processes', '1', '--nodes', '3');
    const { url } = await first.line(is('bus'));
    await first.line(is('ready'));
    first.child.kill('SIGKILL');
    await vi.waitFor(async () => expect(await isListening(url as string)).toBe(false), PATIENT);
    const second = up('--processes', '1', '--nodes', '3');
    await second.line(is('ready'));

    const driver = `${AT}.n2.driver`;
    const kill = (to: string) => ran(['kill', to, '--who', 'ada', '--data', folder, '--json']);
    const killed = await kill(driver);
    expect(killed, killed.errors).toMatchObject({ code: 0 });
    expect(await kill(`${AT}.n9.driver`)).toMatchObject({ code: 1 });
    await vi.waitFor(async () => {
      const sights = (await look()).flatMap((each) => each.sights);
      const sight = sights.find(({ address }) => address === driver);
      expect(sight).toMatchObject({ restarts: 1, lastReason: 'killed' });
    }, PATIENT);
    const audit = readFileSync(join(folder, 'p1', 'audit.jsonl'), 'utf8');
    expect(verifyAuditLog(audit)).toEqual({ ok: true, value: 1 });
    expect(JSON.parse(audit)).toMatchObject({ who: 'ada', did: 'kill', to: driver });
    const doctor = await ran(['doctor', '--data', folder]);
    expect(doctor).toMatchObject({
      code: 0,
      text: expect.stringContaining('deeds in the logs: 1'),
    });
    second.child.kill('SIGHUP');
    expect(await second.ended).toMatchObject({ code: 0 });
  });
});

describe('the other commands', () => {
  it('say what is installed, and which backends are in use', async () => {
    const { code, text } = await ran(['doctor', '--json', '--data', folder]);
    expect(code).toBe(0);
    const { backends, findings } = JSON.parse(text) as {
      backends: { primitive: string; chosen: string }[];
      findings: { what: string; found: string }[];
    };
    const ports = findings.find(({ what }) => what === 'ports');
    expect(ports?.found).toMatch(/bus at 16\d{3}.* API at 6\d{3}/);
    expect(backends.map(({ primitive }) => primitive)).toContain('erasure');
    const forced = await ran(['doctor', '--json', '--data', folder], {
      CITY_CHAIN_BACKENDS: 'portable',
    });
    const chosen = (JSON.parse(forced.text) as { backends: { chosen: string }[] }).backends;
    expect(new Set(chosen.map((each) => each.chosen))).toEqual(new Set(['portable']));
    expect(await ran(['doctor'], { CITY_CHAIN_BACKENDS: 'erasure=abacus' })).toMatchObject({
      code: 2,
    });
  });
  it('say in one line that there is no cluster', async () => {
    const { code, errors } = await ran(['top', '--data', folder, '--once'], { NATS_URL: '' });
    expect(code).toBe(1);
    expect(errors.trim().split('\n').length).toBe(1);
    expect(errors).toContain('city-chain up');
  });
  it('print completions for each shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, text } = await ran(['completions', shell]);
      expect(code).toBe(0);
      expect(text).toContain('doctor');
      // A command of a command.
      expect(text).toContain('schema');
    }
  });
});
