/**
 * Power cuts on a real disk: runs a program above power-cut.c, and makes what a restart would find.
 *
 * Of what was not synced some survives: each block of 4 KiB by a draw of its own, so that a later write
 * may be there without an earlier one. Names that were not synced are there or not, all alike.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entropy } from '#protocols/effect.ts';
import { seeded } from '#test/runtime/manual.ts';
import { libraryOf } from './compiler.ts';

const BLOCK_BYTES = 4_096;

export const powerLibrary = (): string => libraryOf(join(import.meta.dirname, 'power-cut.c'));

export interface Power {
  readonly cutAt?: number;
  readonly eioAt?: number;
  readonly bytesMax?: number;
  readonly lies?: boolean;
}

export interface Ran {
  /** What the program said, line by line, until its end. */
  readonly lines: readonly string[];
  readonly code: number | null;
  readonly signal: string | null;
  /** Calls that changed something, and syncs among them. */
  readonly calls: number;
  readonly syncs: number;
  readonly directory: string;
  readonly shadow: string;
}

/** Runs a program of this folder in an empty directory of its own, below `root`. */
export async function ran(
  library: string,
  program: string,
  root: string,
  power: Power = {},
): Promise<Ran> {
  const directory = join(root, 'seen');
  const shadow = join(root, 'platter');
  for (const path of [directory, shadow]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const env: Record<string, string> = {
    ...(process.env as Record<string, string>),
    LD_PRELOAD: library,
    POWER_DIRECTORY: directory,
    POWER_SHADOW: shadow,
    ...(power.cutAt === undefined ? {} : { POWER_CUT_AT: String(power.cutAt) }),
    ...(power.eioAt === undefined ? {} : { POWER_EIO_AT: String(power.eioAt) }),
    ...(power.bytesMax === undefined ? {} : { POWER_BYTES_MAX: String(power.bytesMax) }),
    ...(power.lies === true ? { POWER_LIES: '1' } : {}),
  };
  const child = spawn(process.execPath, [join(import.meta.dirname, program), directory], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (code, signal) => resolve([code, signal])),
  );
  const [calls, syncs] = readFileSync(join(shadow, 'calls'), 'utf8').split(' ').map(Number);
  const lines = said.split('\n').slice(0, -1);
  return { lines, code, signal, calls: calls!, syncs: syncs!, directory, shadow };
}

/** Makes what a restart would find, in `into`: a different one for each seed. */
export function restarted({ directory, shadow }: Ran, into: string, seed: number): void {
  mkdirSync(into, { recursive: true, mode: 0o700 });
  const entropy = seeded(seed * 2 + 1);
  const current = namesIn(join(shadow, 'current'));
  const names = entropy.below(2) === 0 ? namesIn(join(shadow, 'names')) : current;
  for (const [name, number] of names) {
    const platter = readFileSync(join(shadow, number));
    const isSeen = current.get(name) === number && existsSync(join(directory, name));
    const cache = isSeen ? readFileSync(join(directory, name)) : platter;
    writeFileSync(join(into, name), survived(platter, cache, entropy), { mode: 0o600 });
  }
}

/** The extremes come with the first seeds: nothing unsynced survives, everything does. */
function survived(platter: Uint8Array, cache: Uint8Array, entropy: Entropy): Uint8Array {
  const blocks = Math.ceil(Math.max(platter.length, cache.length) / BLOCK_BYTES);
  const of = [0, 3, 7, 10][entropy.below(4)]!;
  const left = new Uint8Array(blocks * BLOCK_BYTES);
  left.set(platter);
  let length = platter.length;
  for (let i = 0; i < blocks; i++) {
    const bytes = cache.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES);
    if (entropy.below(10) >= of || bytes.length === 0) continue;
    left.set(bytes, i * BLOCK_BYTES);
    length = Math.max(length, i * BLOCK_BYTES + bytes.length);
  }
  return left.subarray(0, length);
}

function namesIn(path: string): Map<string, string> {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return new Map(
    lines
      .filter((line) => line !== '')
      .map((line) => {
        const [number, name] = line.split(' ') as [string, string];
        return [name, number];
      }),
  );
}

/** The files of a directory that are its own. */
export const filesOf = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => !name.startsWith('.'))
    .toSorted();
