/**
 * How fast is the engine, beside Erlang/OTP (where it is installed) and beside the least that a
 * JavaScript loop can do? Messages and spawns per CPU second, bytes of an idle actor, and how long
 * others wait while two actors keep each other busy.
 *
 * Verified first: every message arrives and counts up by one, every spawned actor starts and ends.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { threadCpuUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { assert } from '#lib/assert.ts';
import { LIMITS } from '#config/limits.ts';
import { catalogue, count, message, type Infer } from '#protocols/codec.ts';
import { end, NOTHING, send } from '#protocols/effect.ts';
import { address, nodeAddress, place, type Address } from '#protocols/subjects.ts';
import { anyActor, type Actor } from '#runtime/actor.ts';
import { System } from '#runtime/system.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { median, type Bench, type Row } from './bench.ts';

const Ping = message('bench.ping', { hops: count(1_000_000_000) });
const Stop = message('bench.stop', {});
const TALK = catalogue(Ping, Stop);
type Talk = Infer<typeof TALK>;
type Player = Actor<null, Talk, Talk>;

const REPEATS = 7;
const HOPS = 1_000_000;
const ACTORS = 100_000;
const node = nodeAddress(place('asia.ishikawa.komatsu'), 'bench');

const makeSystem = (): System =>
  new System({ clock: wallClock, scheduler: eventLoop, entropy: systemEntropy() });

/** Millions an operation count makes per CPU second of this thread. */
async function millionsPerCpuSecond(
  operations: number,
  work: () => Promise<void>,
): Promise<number> {
  const before = threadCpuUsage();
  await work();
  const { user, system } = threadCpuUsage(before);
  return operations / (user + system);
}

function player(self: Address, other: Address, hops: number, done: () => void): Player {
  return {
    address: self,
    listens: TALK,
    start: () => [null, NOTHING],
    receive: (_, input) => {
      assert(input.kind === 'bench.ping', 'only pings come');
      if (input.hops >= hops) done();
      else return [null, [send(other, { kind: 'bench.ping', hops: input.hops + 1 })]];
      return [null, NOTHING];
    },
  };
}

async function pingPong(hops: number): Promise<void> {
  const system = makeSystem();
  const [a, b] = [address(node, 'a'), address(node, 'b')];
  await new Promise<void>((done) => {
    system.spawn(anyActor(player(a, b, hops, done)));
    system.spawn(anyActor(player(b, a, hops, done)));
    system.send(a, Ping.of({ hops: 0 }));
  });
  system.close();
}

/** The least that is still a loop of actors: handlers by name, an array for a queue, our turns. */
function bareLoop(hops: number): Promise<void> {
  interface Item {
    readonly to: string;
    readonly message: { readonly kind: string; readonly hops: number };
  }
  return new Promise((done) => {
    let line: Item[] = [];
    const play =
      (other: string) =>
      ({ message: { hops: at } }: Item): readonly Item[] => {
        if (at < hops) return [{ to: other, message: { kind: 'bench.ping', hops: at + 1 } }];
        done();
        return [];
      };
    const actors = new Map([
      ['a', play('b')],
      ['b', play('a')],
    ]);
    const turn = (): void => {
      let at = 0;
      for (; at < line.length && at < LIMITS.turnInputsMax; at++) {
        const item = line[at]!;
        line.push(...actors.get(item.to)!(item));
      }
      line = line.slice(at);
      if (line.length > 0) setImmediate(turn);
    };
    line.push({ to: 'a', message: { kind: 'bench.ping', hops: 0 } });
    turn();
  });
}

const start: Player['start'] = () => [null, NOTHING];
const endAtOnce: Player['receive'] = () => [null, [end()]];
const worker = (i: number): Player => ({
  address: address(node, 'w', i),
  listens: TALK,
  start,
  receive: endAtOnce,
});

/** As the Erlang side: each starts and reports; that all of them also end is checked, not measured. */
async function spawning(actors: number): Promise<number> {
  const system = makeSystem();
  const hear = { started: 0, ended: 0, done: (): void => undefined };
  const tell = ({ kind }: { readonly kind: string }): void => {
    if ((kind === 'started' ? ++hear.started : ++hear.ended) === actors) hear.done();
  };
  const spawned = Array.from({ length: actors }, (_, i) => anyActor(worker(i)));
  const rate = await millionsPerCpuSecond(actors, async () => {
    await new Promise<void>((done) => {
      hear.done = done;
      for (const actor of spawned) system.spawn(actor, tell);
    });
  });
  await new Promise<void>((done) => {
    hear.done = done;
    for (const actor of spawned) system.send(actor.address, Stop.of({}));
  });
  assert(system.look().length === 0, 'all started and all ended');
  system.close();
  return rate;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Heap bytes of an actor that waits for its first message, with its name and definition. */
async function idleBytes(): Promise<number> {
  const system = makeSystem();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < ACTORS; i++) system.spawn(anyActor(worker(i)));
  await new Promise<void>((done) => system.spawn(anyActor(worker(ACTORS)), () => done()));
  collect();
  const bytes = (process.memoryUsage().heapUsed - before) / ACTORS;
  assert(
    system.look().every(({ phase }) => phase === 'running'),
    'all actors run',
  );
  system.close();
  return bytes;
}

/** p99 of the event loop's delay, in milliseconds, while two actors play. */
async function lagMs(): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await pingPong(3 * HOPS);
  delay.disable();
  // The monitor samples every millisecond, and counts that wait itself.
  return delay.percentile(99) / 1e6 - 1;
}

function erlang(): { readonly pingPong: number; readonly spawn: number } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'city-chain-erlang-'));
  try {
    execFileSync('erlc', ['-o', folder, join(import.meta.dirname, 'erlang', 'measure.erl')]);
    const args = ['+S', '1', '-noshell', '-pa', folder, '-s', 'measure', 'main'];
    const printed = execFileSync('erl', args, { encoding: 'utf8' });
    const rate = (name: string): number => {
      const [, done, ms] = new RegExp(`${name} (\\d+) (\\d+)`).exec(printed)!;
      return Number(done) / (Number(ms) * 1_000);
    };
    return { pingPong: rate('pingpong'), spawn: rate('spawn') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function run(): Promise<readonly Row[]> {
  const ours: number[] = [];
  const bare: number[] = [];
  const spawns: number[] = [];
  const theirs: { pingPong: number; spawn: number }[] = [];
  await pingPong(HOPS);
  await bareLoop(HOPS);
  await spawning(ACTORS);
  for (let i = 0; i < REPEATS; i++) {
    ours.push(await millionsPerCpuSecond(HOPS, () => pingPong(HOPS)));
    bare.push(await millionsPerCpuSecond(HOPS, () => bareLoop(HOPS)));
    spawns.push(await spawning(ACTORS));
    const otp = erlang();
    if (otp !== undefined) theirs.push(otp);
  }
  const rate = { unit: 'M/CPU s' };
  const rows: Row[] = [
    versus('ping-pong', median(ours), 'bare array loop', median(bare), '>= 0.5x'),
    { name: 'idle actor', value: await idleBytes(), unit: 'bytes', goal: '<= 500' },
    { name: 'event-loop lag p99, hot pair', value: await lagMs(), unit: 'ms', goal: '<= 5' },
  ];
  if (theirs.length === 0) return [...rows, { name: 'spawn', value: median(spawns), ...rate }];
  const otp = 'Erlang/OTP';
  return [
    versus('ping-pong', median(ours), otp, median(theirs.map((each) => each.pingPong)), '>= 1.5x'),
    versus('spawn', median(spawns), otp, median(theirs.map((each) => each.spawn)), '>= 2x'),
    ...rows,
  ];
}

const versus = (name: string, value: number, other: string, base: number, goal: string): Row => ({
  name,
  value,
  unit: 'M/CPU s',
  against: `${other} ${base.toFixed(2)}`,
  ratio: value / base,
  goal,
});

export const bench: Bench = {
  name: 'runtime',
  question: 'How fast is the engine beside Erlang/OTP and beside a bare loop?',
  run,
};
