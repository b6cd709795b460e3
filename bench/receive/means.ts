/**
 * The means of a read, each priced by itself in this run, at what this engine takes for it when it has nothing else to do: a
 * question to another process and its answer with a piece, a piece read from a file, a row from a data base, a job of a thread that does
 * nothing. Beside the crypto floor they say what a read of so many of each can be at best.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert } from '#lib/assert.ts';
import { catalogue } from '#protocols/codec.ts';
import { ask, end, reply } from '#protocols/effect.ts';
import { AskPieces, GavePieces } from '#protocols/holder.messages.ts';
import { address, nodeAddress, place } from '#protocols/subjects.ts';
import { anyActor, type Actor } from '#runtime/actor.ts';
import { openDisk } from '#runtime/disk.ts';
import { Hub } from '#runtime/hub.ts';
import { lifeFrom } from '#runtime/links/life.ts';
import { Links } from '#runtime/links/links.ts';
import { MemoryWire } from '#runtime/memory-wire.ts';
import { ThreadedPool } from '#runtime/pool/threaded-pool.ts';
import { openSmallState, type SmallState } from '#runtime/small-state/small-state.ts';
import { System } from '#runtime/system.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';

/** CPU microseconds of one of each, threads included. */
export interface Means {
  readonly asked: number;
  readonly piece: number;
  readonly row: number;
  readonly job: number;
}

const TIMES = 6_000;
/** As many as a read has under way. */
const AT_ONCE = 12;
const PIECE_BYTES = 1_660;
const ROW_BYTES = 12_000;
const ROWS = 64;

async function price(times: (count: number) => Promise<void>): Promise<number> {
  await times(TIMES);
  const before = process.cpuUsage();
  await times(TIMES);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / TIMES;
}

type Once = (i: number, then: () => void) => void;

/** So many, some at a time. */
const inTurn =
  (once: Once) =>
  (count: number): Promise<void> =>
    new Promise((resolve) => {
      let [begun, left] = [0, count];
      const next = (): void => {
        if (begun < count) once(begun++, done);
      };
      const done = (): void => {
        if (--left === 0) resolve();
        else next();
      };
      for (let i = 0; i < AT_ONCE; i++) next();
    });

const AT = place('asia.ishikawa.komatsu');
const HOLDER = address(nodeAddress(AT, 'l1'), 'holder');
const TX = new Uint8Array(32).fill(1);
const question = AskPieces.of({ txId: TX, rows: [1] });
const shown = GavePieces.of({
  txId: TX,
  pieces: [{ row: 1, piece: new Uint8Array(PIECE_BYTES).fill(2) }],
  lacks: [],
});

function systemOn(hub: Hub): System {
  const [clock, scheduler, entropy] = [wallClock, eventLoop, systemEntropy()];
  const wire = new MemoryWire(hub, scheduler);
  const life = lifeFrom(clock.wall(), entropy);
  const carrier = new Links({ wire, clock, turnEnd: scheduler }, { life });
  return new System({ clock, scheduler, entropy, carrier });
}

const answerer: Actor<null, AskPieces, GavePieces> = {
  address: HOLDER,
  listens: catalogue(AskPieces),
  speaks: catalogue(GavePieces),
  start: () => [null, []],
  receive: (_, input, at) => [null, input.kind === 'holder.ask' ? reply(at, shown) : []],
};

const next = () => ask<AskPieces>('asked', HOLDER, question, 60_000);

function asker(
  count: number,
  number: number,
  done: () => void,
): Actor<number, GavePieces, AskPieces> {
  return {
    address: address(nodeAddress(AT, 'd1'), 'gather', number),
    listens: catalogue(GavePieces),
    speaks: catalogue(AskPieces),
    start: () => [count, [next()]],
    receive: (left, input) => {
      assert(input.kind === 'answered', 'each is answered');
      if (left > 1) return [left - 1, [next()]];
      done();
      return [0, [end()]];
    },
  };
}

async function askedPrice(): Promise<number> {
  const hub = new Hub();
  const [here, there] = [systemOn(hub), systemOn(hub)];
  there.spawn(anyActor(answerer));
  let number = 0;
  const times = (count: number): Promise<void> =>
    new Promise((resolve) => {
      let left = AT_ONCE;
      const done = (): void => void (--left === 0 && resolve());
      for (let i = 0; i < AT_ONCE; i++)
        here.spawn(anyActor(asker(Math.ceil(count / AT_ONCE), ++number, done)));
    });
  const us = await price(times);
  here.close();
  there.close();
  return us;
}

const made = (work: (then: (done: { readonly ok: boolean }) => void) => void): Promise<void> =>
  new Promise((resolve) =>
    work(({ ok }) => {
      assert(ok, 'a file is written');
      resolve();
    }),
  );

async function piecePrice(folder: string): Promise<number> {
  const disk = openDisk(folder);
  await made((then) => disk.create('pieces', then));
  await made((then) => disk.append('pieces', new Uint8Array(ROWS * PIECE_BYTES), then));
  const us = await price(
    inTurn((i, then) => disk.read('pieces', (i % ROWS) * PIECE_BYTES, PIECE_BYTES, () => then())),
  );
  await new Promise<void>((resolve) => disk.close(resolve));
  return us;
}

async function rowPrice(folder: string): Promise<number> {
  const store = await new Promise<SmallState>((resolve, reject) =>
    openSmallState(folder, (opened) =>
      opened.ok ? resolve(opened.value) : reject(new Error(opened.error)),
    ),
  );
  const writes = Array.from({ length: ROWS }, (_, i) => ({
    key: `row/${i}`,
    value: new Uint8Array(ROW_BYTES).fill(i),
  }));
  await new Promise((resolve) => store.commit(writes, resolve));
  const us = await price(inTurn((i, then) => store.read(`row/${i % ROWS}`, () => then())));
  await new Promise<void>((resolve) => store.close(resolve));
  return us;
}

async function jobPrice(): Promise<number> {
  const pool = new ThreadedPool(import.meta.resolve('../pool-jobs.ts'), { threads: 1 });
  const us = await price(inTurn((i, then) => void pool.run('increment', i, () => then())));
  await pool.close();
  return us;
}

export async function meansOf(): Promise<Means> {
  const folder = mkdtempSync(join(tmpdir(), 'city-chain-means-'));
  try {
    return {
      asked: await askedPrice(),
      piece: await piecePrice(join(folder, 'disk')),
      row: await rowPrice(join(folder, 'state')),
      job: await jobPrice(),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
