/** What a drill does to real processes and real connections. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Exercise } from '#cli/drill/exercise.ts';
import { Line } from '#cli/drill/line.ts';
import { answerDrills, Drilling } from '#cli/drill/socket.ts';
import { systemProcesses } from '#runtime/process.ts';
import { verifyAuditLog } from '#runtime/seen/audit-log.ts';
import { shiftedClock } from '#runtime/shifted-clock.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { wallClock } from '#runtime/wall-clock.ts';
import { Processes } from '#supervision/processes.ts';

/** On a machine that others use, a child takes its time. */
const PATIENT = { timeout: 60_000, interval: 5 };
/** Until it is released: it can be looked at, however long this process has to wait for its turn. */
const LONG_MS = 600_000;

const statusOf = (pid: number): string => readFileSync(`/proc/${pid}/status`, 'utf8');
const stateOf = (pid: number): string => /State:\s+(\w)/.exec(statusOf(pid))?.[1] ?? '';
const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

describe('a line', () => {
  let server: Server;
  let line: Line;
  beforeEach(async () => {
    server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    line = await Line.open(`nats://ada:secret@127.0.0.1:${(server.address() as AddressInfo).port}`);
    ends.push(
      () => void server.close(),
      () => line.close(),
    );
  });

  async function dialled(): Promise<{ socket: Socket; heard: () => string }> {
    const socket = connect(Number(new URL(line.url).port), '127.0.0.1');
    let heard = '';
    socket.setEncoding('utf8').on('data', (text: string) => (heard += text));
    await new Promise((resolve) => socket.once('connect', resolve));
    ends.push(() => void socket.destroy());
    return { socket, heard: () => heard };
  }

  it('keeps what a client needs to log in, and carries bytes', async () => {
    expect(line.url).toMatch(/^nats:\/\/ada:secret@127\.0\.0\.1:\d+$/);
    const { socket, heard } = await dialled();
    socket.write('Hello');
    await vi.waitFor(() => expect(heard()).toBe('Hello'), PATIENT);
  });

  it('is silent while it is cut, also to who dials then, and loses nothing', async () => {
    const { socket, heard } = await dialled();
    line.cut();
    socket.write('one ');
    const late = await dialled();
    late.socket.write('Hello');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([heard(), late.heard()]).toEqual(['', '']);
    socket.write('two');
    line.mend();
    await vi.waitFor(() => expect([heard(), late.heard()]).toEqual(['one two', 'Hello']), PATIENT);
  });

  it('holds back what it is told to delay', async () => {
    const { socket, heard } = await dialled();
    line.slow(600_000);
    socket.write('Hello');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard()).toBe('');
    line.mend();
    await vi.waitFor(() => expect(heard()).toBe('Hello'), PATIENT);
  });

  it('keeps the order of what it delays', async () => {
    const { socket, heard } = await dialled();
    line.slow(50);
    for (const each of '0123456789') {
      socket.write(each);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    line.slow(10);
    socket.write('ab');
    await vi.waitFor(() => expect(heard()).toBe('0123456789ab'), PATIENT);
  });
});

describe('an exercise', () => {
  const children = ['p1', 'p2'].map((id) => ({
    id,
    start: { file: 'sleep', args: ['600'], readyBy: 'start' } as const,
    shutdown: 1_000,
  }));
  const deed = { who: 'ada', byMs: 0, forMs: 0 } as const;
  let processes: Processes;
  let exercise: Exercise;
  let clocks: string;
  const line = { cut: vi.fn(), mend: vi.fn(), slow: vi.fn() };
  beforeEach(async () => {
    const ready = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    processes = new Processes(
      { children },
      { processes: systemProcesses, clock: wallClock, entropy: systemEntropy() },
      { ready: ready.resolve, ended: () => gone.resolve() },
    );
    processes.start();
    ends.push(() => (processes.stop(), gone.promise));
    const bus = { kind: 'given', pid: undefined } as const;
    clocks = mkdtempSync(join(tmpdir(), 'city-chain-clocks-'));
    ends.push(() => rmSync(clocks, { recursive: true }));
    const clockFileOf = (id: string): string => join(clocks, id);
    const on = { processes, lines: [line, line], bus, clock: wallClock, clockFileOf };
    exercise = new Exercise(on);
    await ready.promise;
  });

  const pidOf = (id: string): number | undefined =>
    processes.look().find((each) => each.id === id)?.pid;

  it('keeps a process down for as long as it was told, and others alone', async () => {
    const [before, other] = [pidOf('p1'), pidOf('p2')];
    const struck = exercise.do({ ...deed, did: 'kill', to: 'p1', forMs: 500 });
    expect(struck).toMatchObject({ pid: before });
    await vi.waitFor(() => {
      expect(pidOf('p1')).toBeGreaterThan(0);
      expect(pidOf('p1')).not.toBe(before);
    }, PATIENT);
    expect(pidOf('p2')).toBe(other);
  });

  it('ends at once what is released', async () => {
    const kill = { ...deed, did: 'kill', to: 'p1', forMs: LONG_MS } as const;
    exercise.do(kill);
    exercise.do({ ...deed, did: 'cut', to: 'p2', forMs: LONG_MS });
    await vi.waitFor(() => expect(pidOf('p1')).toBeUndefined(), PATIENT);
    expect(exercise.do(kill)).toHaveProperty('refused');
    expect(exercise.do({ ...deed, did: 'release', to: 'all' })).toEqual({ done: 'released 2' });
    await vi.waitFor(() => expect(pidOf('p1')).toBeGreaterThan(0), PATIENT);
    expect(line.mend).toHaveBeenCalledOnce();
  });

  it.runIf(process.platform === 'linux')('freezes, thaws and fills', async () => {
    const pid = pidOf('p1')!;
    const release = (): unknown => exercise.do({ ...deed, did: 'release', to: 'all' });
    exercise.do({ ...deed, did: 'freeze', to: 'p1', forMs: LONG_MS });
    await vi.waitFor(() => expect(stateOf(pid)).toBe('T'), PATIENT);
    release();
    await vi.waitFor(() => expect(stateOf(pid)).toBe('S'), PATIENT);
    const limitOf = (): string =>
      /Max file size\s+(\S+)/.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))![1]!;
    exercise.do({ ...deed, did: 'fill', to: 'p1', forMs: LONG_MS });
    await vi.waitFor(() => expect(limitOf()).toBe('0'), PATIENT);
    release();
    await vi.waitFor(() => expect(limitOf()).toBe('unlimited'), PATIENT);
  });

  it('sets the clock of a process wrong, and right again', async () => {
    const heard: number[] = [];
    const { clock, stop } = shiftedClock(wallClock, join(clocks, 'p1'), (by) => heard.push(by));
    ends.push(stop);
    const offMs = (): number => Math.round((clock.wall() - Date.now()) / 60_000) * 60_000;
    expect(offMs()).toBe(0);
    exercise.do({ ...deed, did: 'jump', to: 'p1', byMs: -3_600_000, forMs: LONG_MS });
    await vi.waitFor(() => expect(offMs()).toBe(-3_600_000), PATIENT);
    const late = shiftedClock(wallClock, join(clocks, 'p1'), () => undefined);
    ends.push(late.stop);
    expect(late.clock.wall()).toBeLessThan(Date.now() - 3_500_000);
    exercise.do({ ...deed, did: 'release', to: 'all' });
    await vi.waitFor(() => expect(offMs()).toBe(0), PATIENT);
    expect(heard).toEqual([-3_600_000, 0]);
  });

  it('hits nothing that the cluster did not start', () => {
    expect(exercise.do({ ...deed, did: 'kill', to: 'p3' })).toHaveProperty('refused');
    expect(exercise.do({ ...deed, did: 'kill', to: 'bus' })).toHaveProperty('refused');
  });

  it('is reached through a socket in the folder, on the record', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'city-chain-drill-'));
    const bus = { kind: 'given', pid: undefined } as const;
    const leave = await answerDrills(folder, { processes, lines: [], bus, clock: wallClock });
    const drilling = await Drilling.open(folder, 'ada');
    ends.push(() => (drilling.close(), leave(), rmSync(folder, { recursive: true })));
    const answers = await Promise.all([
      drilling.ask({ did: 'look' }),
      drilling.ask({ did: 'cut', to: 'p9', forMs: 10 }),
    ]);
    expect(answers).toMatchObject([
      { seen: { processes: [{ id: 'p1' }, { id: 'p2' }] } },
      { refused: 'there is no process p9' },
    ]);
    const log = readFileSync(join(folder, 'up', 'audit.jsonl'), 'utf8');
    expect(verifyAuditLog(log)).toEqual({ ok: true, value: 1 });
    expect(log).toContain('"who":"ada","did":"cut for 10 ms","to":"p9"');
  });
});
