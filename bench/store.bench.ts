/**
 * What does it cost to keep something? A durable put of a piece of 1.7 KB with 64 writers, beside the
 * least that any store could do (the same bytes appended to a bare file, a sync for every 64) and beside
 * SQLite; the space that pieces take; how long a full store of 500 MB takes to open, and what memory its index
 * takes; a verified read.
 *
 * Verified first: every piece of the full store is read back and compared. CPU time is that of the whole
 * process, with its threads, since that is where disks are waited for. Syncs are as durable as the disk
 * below the temporary directory makes them.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cuckooFilter } from '#algorithms/filter/cuckoo.ts';
import { filterKey, KEY_BYTES } from '#algorithms/filter/filter-key.ts';
import { assert } from '#lib/assert.ts';
import { same } from '#lib/bytes.ts';
import type { Result } from '#lib/result.ts';
import { put } from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import { openDisk, type OwnDisk } from '#runtime/disk.ts';
import { openPieces } from '#runtime/pieces/open.ts';
import type { Pieces } from '#runtime/pieces/pieces.ts';
import { openSmallState, type SmallState } from '#runtime/small-state/small-state.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { median, type Bench, type Row } from './bench.ts';

const WRITERS = 64;
const PIECE_BYTES = 1_700;
const STORE_BYTES = 500 * 1024 * 1024;
/** As many as a store of that size holds without giving any up. */
const PIECES = 286_000;
const ROUNDS = 7;
const ROUND_PUTS = 6_400;
const EXPIRES_AT = millis(wallClock.wall() + 180 * 86_400_000);

const keyOf = (i: number): string => `${i.toString(16).padStart(32, '0')}/${i % 42}`;

/** A piece's bytes follow from its number, so that a wrong one is seen. */
function valueOf(i: number): Uint8Array {
  const value = new Uint8Array(PIECE_BYTES).fill(i);
  new DataView(value.buffer).setUint32(0, i);
  return value;
}

type Do = (i: number, then: () => void) => void;

/** Does `from` to `to`, so many at a time. */
function allOf(from: number, to: number, act: Do): Promise<void> {
  let [next, left] = [from, WRITERS];
  return new Promise((resolve) => {
    const again = (): void => {
      if (next < to) act(next++, again);
      else if (--left === 0) resolve();
    };
    for (let writer = 0; writer < WRITERS; writer++) again();
  });
}

/** CPU microseconds of the process for each of `count`. */
async function costOf(count: number, work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

interface OpenStore {
  readonly pieces: Pieces;
  readonly disk: OwnDisk;
}

async function opened(directory: string, bytesMax: number): Promise<OpenStore> {
  const disk = openDisk(directory);
  const ports = { disk, clock: wallClock, scheduler: eventLoop, entropy: systemEntropy() };
  const outcome = await new Promise<Result<Pieces>>((resolve) =>
    openPieces(ports, { bytesMax }, resolve),
  );
  if (!outcome.ok) throw new Error(outcome.error);
  return { pieces: outcome.value, disk };
}

async function close({ pieces, disk }: OpenStore): Promise<void> {
  await new Promise<void>((resolve) => pieces.close(resolve));
  await new Promise<void>((resolve) => disk.close(resolve));
}

const putTo =
  (pieces: Pieces): Do =>
  (i, then) =>
    pieces.put({ key: keyOf(i), value: valueOf(i), expiresAt: EXPIRES_AT }, (outcome) => {
      assert(outcome.ok, 'the bench has room for its pieces');
      then();
    });

const getFrom =
  (pieces: Pieces): Do =>
  (i, then) =>
    pieces.get(keyOf(i), (found) => {
      assert(found.found === 'piece' && same(found.value, valueOf(i)), 'what was put is read back');
      then();
    });

const commitTo =
  (store: SmallState, bytes: number): Do =>
  (i, then) =>
    store.commit([put(keyOf(i), valueOf(i).subarray(0, bytes))], ({ ok }) => {
      assert(ok, 'the bench has room for its state');
      then();
    });

/** The same bytes, a sync for every 64, and nothing else. */
async function bare(disk: OwnDisk, name: string, count: number): Promise<void> {
  const group = new Uint8Array(WRITERS * PIECE_BYTES);
  for (let i = 0; i < count; i += WRITERS) {
    for (let k = 0; k < WRITERS; k++) group.set(valueOf(i + k), k * PIECE_BYTES);
    await new Promise<void>((resolve, reject) =>
      disk.append(name, group, (appended) => {
        if (!appended.ok) return reject(new Error(appended.error.detail));
        disk.datasync(name, (synced) =>
          synced.ok ? resolve() : reject(new Error(synced.error.detail)),
        );
      }),
    );
  }
}

async function puts(root: string): Promise<Row[]> {
  const store = await opened(join(root, 'puts'), STORE_BYTES);
  const file = openDisk(join(root, 'bare'));
  await new Promise((resolve) => file.create('bare', resolve));
  const state = await new Promise<Result<SmallState>>((resolve) =>
    openSmallState(join(root, 'state'), resolve),
  );
  if (!state.ok) throw new Error(state.error);
  const [segments, bareFile, rows, small]: number[][] = [[], [], [], []];
  for (let round = 0; round <= ROUNDS; round++) {
    const [from, to] = [round * ROUND_PUTS, (round + 1) * ROUND_PUTS];
    const costs = [
      await costOf(ROUND_PUTS, () => allOf(from, to, putTo(store.pieces))),
      await costOf(ROUND_PUTS, () => bare(file, 'bare', ROUND_PUTS)),
      await costOf(ROUND_PUTS, () => allOf(from, to, commitTo(state.value, PIECE_BYTES))),
      await costOf(ROUND_PUTS, () => allOf(from, to, commitTo(state.value, 200))),
    ] as const;
    // The first round warms up.
    if (round > 0)
      for (const [i, of] of [segments, bareFile, rows, small].entries()) of!.push(costs[i]!);
  }
  await close(store);
  await new Promise<void>((resolve) => file.close(resolve));
  await new Promise<void>((resolve) => state.value.close(resolve));
  const value = median(segments!);
  const unit = 'us CPU';
  const name = 'durable put of 1.7 KB, 64 writers';
  const toBare = value / median(bareFile!);
  const toRows = value / median(rows!);
  return [
    { name, value, unit, against: 'bare file', ratio: toBare, goal: '<= 40 us' },
    { name: 'the same bytes to a bare file', value: median(bareFile!), unit },
    { name, value, unit, against: 'SQLite, 1.7 KB rows', ratio: toRows },
    { name: 'the same as rows of SQLite', value: median(rows!), unit },
    { name: 'commit of 200 B of small state, 64 writers', value: median(small!), unit },
  ];
}

async function full(root: string): Promise<Row[]> {
  const directory = join(root, 'full');
  let store = await opened(directory, STORE_BYTES);
  await allOf(0, PIECES, putTo(store.pieces));
  await close(store);
  const bytes = readdirSync(directory).reduce(
    (sum, n) => sum + statSync(join(directory, n)).size,
    0,
  );
  const [wallMs, reads]: number[][] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now();
    store = await opened(directory, STORE_BYTES);
    wallMs!.push(performance.now() - from);
    // The rounds together read every piece.
    const [first, last] = [round, round + 1].map((part) => Math.floor((PIECES * part) / ROUNDS));
    const count = last! - first!;
    reads!.push(await costOf(count, () => allOf(first!, last!, getFrom(store.pieces))));
    await close(store);
  }
  const space = bytes / (PIECES * PIECE_BYTES);
  return [
    { name: 'space of pieces on the disk', value: space, unit: 'x their bytes', goal: '<= 1.05x' },
    {
      name: 'opening a full store of 500 MB',
      value: median(wallMs!),
      unit: 'ms',
      goal: '<= 1000 ms',
    },
    { name: 'verified read, 64 readers', value: median(reads!), unit: 'us CPU' },
  ];
}

/** What a process holds, after whatever nobody needs was collected. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The index of a full store, and the filter that its holder makes of it. */
async function index(root: string): Promise<Row> {
  const before = heldBytes();
  const store = await opened(join(root, 'full'), STORE_BYTES);
  const key = filterKey(systemEntropy().bytes(KEY_BYTES));
  const filter = cuckooFilter(key, Math.ceil(PIECES * 1.25), 12);
  const id = new Uint8Array(32);
  for (let i = 0; i < PIECES; i++) {
    new DataView(id.buffer).setUint32(0, i);
    filter.insert(id);
  }
  const value = (heldBytes() - before) / 1e6;
  assert(filter.has(id) && store.pieces.has(keyOf(PIECES - 1)), 'what was put is in the index');
  await close(store);
  const name = `index and filter of ${PIECES} pieces`;
  return { name, value, unit: 'MB', goal: '<= 40 MB' };
}

export const bench: Bench = {
  name: 'store',
  question: 'What does it cost to keep something?',
  run: async () => {
    const root = mkdtempSync(join(tmpdir(), 'city-chain-bench-'));
    try {
      const rows = await full(root);
      return [...(await puts(root)), ...rows, await index(root)];
    } finally {
      rmSync(root, { recursive: true });
    }
  },
};
