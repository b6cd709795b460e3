/**
 * Durability on a real disk. Method: programs that put pieces or commit small state say what was
 * answered; their power is cut at a call, their disk fails or fills, or they are killed; then the store
 * is opened on what is left, and must have all that was answered.
 *
 * A kill proves nothing about syncs, since the page cache survives it: that is what power-cut.c is for.
 * It is for Linux; elsewhere the simulated disk alone stands for power cuts. A disk that lies about its
 * syncs is convicted by the same method, so the method can tell. `CITY_CHAIN_CUTS` says how often it is cut.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '#lib/result.ts';
import { UnfitDirectory } from '#runtime/directory-lock.ts';
import { openDisk } from '#runtime/disk.ts';
import { openPieces } from '#runtime/pieces/open.ts';
import type { Pieces } from '#runtime/pieces/pieces.ts';
import type { PieceReport } from '#runtime/pieces/reclaim.ts';
import type { PieceGot } from '#runtime/ports.ts';
import { Database } from '#runtime/small-state/database.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { SMALL, valueOf } from '#test/contract/piece-values.ts';
import { seeded } from '#test/runtime/manual.ts';
import { scratch } from '#test/scratch.ts';
import { filesOf, powerLibrary, ran, restarted, type Ran } from './power.ts';

/** Of each store, beside its first calls: every n-th call of a run. */
const CUTS = Number(process.env['CITY_CHAIN_CUTS'] ?? 16);

const { path: root, remove } = scratch();
let count = 0;
const fresh = (): string => {
  const path = join(root, String(count++));
  mkdirSync(path, { mode: 0o700 });
  return path;
};
let library = '';
afterAll(remove);

const lengthOf = (key: string): number => 300 + 37 * (Number(key.slice(2)) % 90);
const said = (lines: readonly string[], word: string): string[] =>
  lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.split(' ')[1]!);

/** What was answered and is not in a directory, or is wrong there. */
type Check = (lines: readonly string[], directory: string) => Promise<string[]>;

async function withPieces<T>(directory: string, use: (pieces: Pieces) => Promise<T>): Promise<T> {
  const disk = openDisk(directory);
  const reports: PieceReport[] = [];
  const report = (event: PieceReport): void => void reports.push(event);
  const ports = { disk, clock: wallClock, scheduler: eventLoop, entropy: seeded(5) };
  const opened = await new Promise<Result<Pieces>>((resolve) =>
    openPieces(ports, { ...SMALL, report }, resolve),
  );
  if (!opened.ok) throw new Error(opened.error);
  try {
    return await use(opened.value);
  } finally {
    await new Promise<void>((resolve) => opened.value.close(resolve));
    await new Promise<void>((resolve) => disk.close(resolve));
  }
}

const lostPieces: Check = (lines, directory) =>
  withPieces(directory, async (pieces) => {
    const get = (key: string): Promise<PieceGot> =>
      new Promise((resolve) => pieces.get(key, resolve));
    const lost: string[] = [];
    const dropping = new Set(said(lines, 'dropping'));
    for (const key of said(lines, 'kept')) {
      const found = await get(key);
      const isWhole =
        found.found === 'piece' && Buffer.compare(found.value, valueOf(key, lengthOf(key))) === 0;
      const mayBeGone = found.found === 'nothing' && dropping.has(key);
      if (!isWhole && !mayBeGone) lost.push(`${key} ${found.found}`);
    }
    for (const key of said(lines, 'gone')) if (pieces.has(key)) lost.push(`${key} came back`);
    return lost;
  });

/** Without the thread around the database, which is where the loop would be blocked. */
function stateIn(directory: string): Map<string, Uint8Array> | string {
  let database: Database;
  try {
    database = new Database(join(directory, 'state.db'));
  } catch (error) {
    return (error as Error).message;
  }
  const ended = database.run([{ do: 'scan', prefix: '' }]);
  database.close();
  const [answer] = ended.as === 'done' ? ended.answers : [];
  if (answer?.do !== 'scan' || typeof answer.entries === 'string') return 'cannot be read';
  return new Map(answer.entries);
}

/** Both keys of a commit, or neither. */
const otherOf = (key: string): string => (key.startsWith('a') ? 'b' : 'a') + key.slice(1);

const lostState: Check = async (lines, directory) => {
  const kept = stateIn(directory);
  if (typeof kept === 'string') return [kept];
  const lost: string[] = [];
  for (const i of said(lines, 'kept')) {
    const value = new Uint8Array(50 + 41 * (Number(i) % 100)).fill(Number(i));
    for (const key of [`a${i}`, `b${i}`]) {
      const found = kept.get(key);
      if (found === undefined || Buffer.compare(found, value) !== 0) lost.push(key);
    }
  }
  for (const key of kept.keys()) if (!kept.has(otherOf(key))) lost.push(`half of ${key}`);
  return lost;
};

const STORES = [
  ['pieces', 'piece-writer.ts', lostPieces],
  ['small state', 'state-writer.ts', lostState],
] as const;

/** Restarts a machine in several ways, and opens the store on each. */
async function lostAfter(run: Ran, check: Check, seeds = 4): Promise<string[]> {
  const lost: string[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const into = fresh();
    restarted(run, into, seed);
    lost.push(...(await check(run.lines, into)).map((each) => `${each} (restart ${seed})`));
  }
  return lost;
}

function held(program: string, directory: string): ChildProcess {
  const path = join(import.meta.dirname, program);
  return spawn(process.execPath, [path, directory, 'hold'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

if (process.platform === 'linux') {
  describe('a power cut', () => {
    beforeAll(() => {
      library = powerLibrary();
    });

    for (const [name, program, check] of STORES) {
      it(
        `loses nothing of ${name} that was answered, at whichever call it comes`,
        async () => {
          const whole = await ran(library, program, fresh());
          expect(whole.lines.at(-1)).toBe('closed');
          expect(await lostAfter(whole, check)).toEqual([]);
          // The first calls make the store; after them, every part of the run.
          const cuts = new Set(
            Array.from({ length: CUTS }, (_, i) => 1 + Math.floor((whole.calls * i) / CUTS)),
          );
          for (let i = 1; i <= 6; i++) cuts.add(i);
          let answered = 0;
          for (const cutAt of cuts) {
            const run = await ran(library, program, fresh(), { cutAt });
            expect(run.signal).toBe('SIGKILL');
            answered += said(run.lines, 'kept').length;
            expect(await lostAfter(run, check)).toEqual([]);
          }
          expect(answered).toBeGreaterThan(200);
        },
        60_000 + CUTS * 6_000,
      );

      it(`loses ${name} on a disk that lies about its syncs: the method can tell`, async () => {
        const whole = await ran(library, program, fresh());
        const cutAt = Math.floor(whole.calls / 2);
        const run = await ran(library, program, fresh(), { cutAt, lies: true });
        expect(said(run.lines, 'kept').length).toBeGreaterThan(10);
        expect((await lostAfter(run, check)).length).toBeGreaterThan(0);
      });

      it(`loses nothing of ${name} that was answered when a sync fails, and nothing is answered after`, async () => {
        const whole = await ran(library, program, fresh());
        for (const part of [0.2, 0.5, 0.8]) {
          const eioAt = Math.floor(whole.syncs * part);
          const run = await ran(library, program, fresh(), { eioAt });
          const failedAt = run.lines.findIndex((line) => /^(refused|unfit) /.test(line));
          expect(failedAt).toBeGreaterThanOrEqual(0);
          expect(said(run.lines.slice(failedAt), 'kept')).toEqual([]);
          expect(await lostAfter(run, check)).toEqual([]);
        }
      });

      it(`loses nothing of ${name} that was answered when the disk is full, and refuses the rest`, async () => {
        for (const bytesMax of [40_000, 110_000]) {
          const run = await ran(library, program, fresh(), { bytesMax });
          expect(said(run.lines, 'refused').length).toBeGreaterThan(0);
          expect(run.lines.at(-1)).toBe('closed');
          expect(await lostAfter(run, check)).toEqual([]);
        }
      });
    }
  });
}

describe('a store and its process', () => {
  for (const [name, program, check] of STORES) {
    it(`has all of ${name} that was answered after a kill -9`, async () => {
      for (const afterLines of [5, 40, 90]) {
        const directory = fresh();
        const child = spawn(process.execPath, [join(import.meta.dirname, program), directory], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let text = '';
        child.stdout.setEncoding('utf8').on('data', (more: string) => {
          text += more;
          if (text.split('\n').length > afterLines) child.kill('SIGKILL');
        });
        await once(child, 'close');
        const lines = text.split('\n').slice(0, -1);
        expect(said(lines, 'kept').length).toBeGreaterThan(0);
        expect(await check(lines, directory)).toEqual([]);
      }
    });

    it(`is refused to a second process, and free when the first is killed: ${name}`, async () => {
      const directory = fresh();
      const first = held(program, directory);
      await once(first.stdout!, 'data');
      const refusal = await check([], directory).then(
        ([text]) => text,
        (error: unknown) => {
          expect(error).toBeInstanceOf(UnfitDirectory);
          return (error as Error).message;
        },
      );
      expect(refusal).toContain('in use by another process');
      const second = held(program, directory);
      const [told] = (await once(
        name === 'pieces' ? second : second.stdout!,
        name === 'pieces' ? 'exit' : 'data',
      )) as [unknown];
      expect(String(told)).toMatch(
        name === 'pieces' ? /^[1-9]/ : /unfit .*in use by another process/,
      );
      second.kill('SIGKILL');
      first.kill('SIGKILL');
      await once(first, 'exit');
      expect(await check([], directory)).toEqual([]);
    });
  }

  it('loses one piece to one flipped bit of its files, and none to a torn tail', async () => {
    const directory = fresh();
    await new Promise((resolve) =>
      spawn(process.execPath, [join(import.meta.dirname, 'piece-writer.ts'), directory], {
        stdio: ['ignore', 'ignore', 'inherit'],
      }).once('exit', resolve),
    );
    const all = Array.from({ length: 160 }, (_, i) => i).filter((i) => i % 5 !== 0);
    const lines = all.map((i) => `kept tx${i}`);
    expect(await lostPieces(lines, directory)).toEqual([]);
    const names = filesOf(directory).filter((name) => name.endsWith('.seg'));
    const [path, at] = names
      .map((name) => join(directory, name))
      .map((path) => [path, readFileSync(path).indexOf('tx41')] as const)
      .find(([, at]) => at >= 0)!;
    const bytes = readFileSync(path);
    bytes[at + 100]! ^= 4;
    writeFileSync(path, bytes);
    expect(await lostPieces(lines, directory)).toEqual(['tx41 damaged']);
    bytes[at + 100]! ^= 4;
    writeFileSync(path, bytes);
    // Garbage behind the end, as a torn write leaves it, makes the hint useless and nothing else.
    writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(777, 0xaa)]));
    expect(await lostPieces(lines, directory)).toEqual([]);
    const last = join(
      directory,
      filesOf(directory).findLast((name) => name.endsWith('.seg'))!,
    );
    truncateSync(last, readFileSync(last).length - 10);
    expect(await lostPieces(lines, directory)).toHaveLength(1);
  });
});
