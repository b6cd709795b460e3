/**
 * How fast is the engine, beside Erlang/OTP (where it is installed) and beside the least that a
 * JavaScript loop can do? Messages and spawns per CPU second of the whole process, bytes of an idle actor, and how long
 * others wait while two actors keep each other busy.
 *
 * Verified first: every message arrives and counts up by one, every spawned actor starts and ends.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
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
const [A, B] = [address(node, 'a'), address(node, 'b')];

const makeSystem = (): System =>
  new System({ clock: wallClock, scheduler: eventLoop, entropy: systemEntropy() });

/** Millions an operation count makes per CPU second of this process: its collector has threads of its own. */
async function millionsPerCpuSecond(
  operations: number,
  work: () => Promise<void>,
): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
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
  await new Promise<void>((done) => {
    system.spawn(anyActor(player(A, B, hops, done)));
    system.spawn(anyActor(player(B, A, hops, done)));
    system.send(A, Ping.of({ hops: 0 }));
  });
  system.close();
}

interface Said {
  readonly to: Address;
  readonly message: { readonly kind: string; readonly hops: number };
}
type Handler = (said: Said) => readonly Said[];

const NOT_A_WORD: readonly Said[] = [];

function handler(other: Address, hops: number, done: () => void): Handler {
  return ({ message: { hops: at } }) => {
    if (at < hops) return [{ to: other, message: { kind: 'bench.ping', hops: at + 1 } }];
    done();
    return NOT_A_WORD;
  };
}

/**
 * The least that still calls handlers by name: one array for everybody, one budget for the event loop.
 * Nobody has a mailbox, so nobody has a turn: an actor that talks to itself holds up all others for
 * the whole of a turn. No loop of actors can be this; it is the floor.
 */
function bareLoop(hops: number): Promise<void> {
  return new Promise((done) => {
    let line: Said[] = [];
    const actors = new Map([
      [A, handler(B, hops, done)],
      [B, handler(A, hops, done)],
    ]);
    const turn = (): void => {
      let at = 0;
      for (; at < line.length && at < LIMITS.turnInputsMax; at++) {
        const said = line[at]!;
        line.push(...actors.get(said.to)!(said));
      }
      line = line.slice(at);
      if (line.length > 0) setImmediate(turn);
    };
    line.push({ to: A, message: { kind: 'bench.ping', hops: 0 } });
    turn();
  });
}

/** A queue in an array, as fast as one gets: a lone item, the common case, never grows it. */
class ArrayQueue<T> {
  #items: T[] = [];
  #first = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#items.length === 1) return this.#items.pop();
    const item = this.#items[this.#first++];
    if (this.#first < this.#items.length) return item;
    this.#items = [];
    this.#first = 0;
    return item;
  }
}

interface BareActor {
  readonly receive: Handler;
  readonly mailbox: ArrayQueue<Said>;
  isReady: boolean;
}

/**
 * The same with the engine's budgets: a mailbox for each actor, a line of those who have something, a
 * batch for each in its turn, and a turn for the event loop. Nothing else: no checks, no senders, no
 * clocks, no bounds, no lives and ends, nobody to see or to supervise it.
 */
function bareMailboxes(hops: number): Promise<void> {
  return new Promise((done) => {
    const line = new ArrayQueue<BareActor>();
    const actors = new Map<Address, BareActor>();
    const spawn = (name: Address, receive: Handler): void => {
      actors.set(name, { receive, mailbox: new ArrayQueue(), isReady: false });
    };
    const post = (said: Said): void => {
      const actor = actors.get(said.to);
      if (actor === undefined) return;
      actor.mailbox.push(said);
      if (actor.isReady) return;
      actor.isReady = true;
      line.push(actor);
    };
    const batch = ({ mailbox, receive }: BareActor): number => {
      for (let handled = 0; handled < LIMITS.actorBatchMax; handled++) {
        const said = mailbox.shift();
        if (said === undefined) return handled;
        for (const each of receive(said)) post(each);
      }
      return LIMITS.actorBatchMax;
    };
    const turn = (): void => {
      for (let done = 0; done < LIMITS.turnInputsMax;) {
        const actor = line.shift();
        if (actor === undefined) return;
        const handled = batch(actor);
        done += Math.max(1, handled);
        if (handled === LIMITS.actorBatchMax) line.push(actor);
        else actor.isReady = false;
      }
      setImmediate(turn);
    };
    spawn(A, handler(B, hops, done));
    spawn(B, handler(A, hops, done));
    post({ to: A, message: { kind: 'bench.ping', hops: 0 } });
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
  const budgeted: number[] = [];
  const spawns: number[] = [];
  const theirs: { pingPong: number; spawn: number }[] = [];
  await pingPong(HOPS);
  await bareLoop(HOPS);
  await bareMailboxes(HOPS);
  await spawning(ACTORS);
  for (let i = 0; i < REPEATS; i++) {
    ours.push(await millionsPerCpuSecond(HOPS, () => pingPong(HOPS)));
    bare.push(await millionsPerCpuSecond(HOPS, () => bareLoop(HOPS)));
    budgeted.push(await millionsPerCpuSecond(HOPS, () => bareMailboxes(HOPS)));
    spawns.push(await spawning(ACTORS));
    const otp = erlang();
    if (otp !== undefined) theirs.push(otp);
  }
  const rate = { unit: 'M/CPU s' };
  const rows: Row[] = [
    versus('ping-pong', median(ours), 'bare loop, our budgets', median(budgeted), '>= 0.5x'),
    versus('ping-pong', median(ours), 'one bare array', median(bare)),
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

const versus = (name: string, value: number, other: string, base: number, goal?: string): Row => ({
  name,
  value,
  unit: 'M/CPU s',
  against: `${other} ${base.toFixed(2)}`,
  ratio: value / base,
  ...(goal === undefined ? {} : { goal }),
});

export const bench: Bench = {
  name: 'runtime',
  question: 'How fast is the engine beside Erlang/OTP and beside a bare loop?',
  run,
};
