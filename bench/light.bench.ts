/**
 * What does a light take of somebody's device? A city of one delegate and one light, each a process of its own,
 * as `city-chain up` starts them; the light's disk is full (500 MB of pieces of 1.7 KB) before it starts. Its
 * memory is what the system says (VmRSS) when its own metrics count all its pieces and it has looked through
 * them, beside the same light with nothing on its disk and a Node that does nothing.
 *
 * Linux only: there `/proc` says what a process takes.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '#runtime/free-port.ts';
import { fill } from './light/fill.ts';
import type { Bench, Row } from './bench.ts';

const MAIN = join(import.meta.dirname, '..', 'cli', 'main.ts');
const LIGHT = 'asia.ishikawa.komatsu.l1';
const STORE_BYTES = 500_000_000;
/** As many as fit without giving any up. */
const PIECES = 270_000;
/** It looks through its pieces for its filter, and collects what that left behind. */
const SETTLED_MS = 15_000;
const LOOK_MS = 500;
const API_FROM = 20_000;
const CITY = 'processes: 2\ndelegates: 1\nlights: 1\nanchors: {}\nthreads: 0\ncities: []\n';

/** Megabytes of memory of a process. */
function megabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1_024) / 1e6;
}

/** A Node that does nothing. */
async function bare(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => undefined, 60000)']);
  await sleep(LOOK_MS);
  const taken = megabytes(child.pid!);
  child.kill();
  return taken;
}

/** The process of the light, when it is up. */
function pidOf(up: ChildProcess): Promise<number> {
  const lines = createInterface({ input: up.stdout! });
  return new Promise((resolve, reject) => {
    up.once('close', (code) => reject(new Error(`the city ended with ${String(code)}`)));
    lines.on('line', (line) => {
      const said = JSON.parse(line) as { readonly process?: string; readonly pid?: number };
      if (said.process === 'p2' && said.pid !== undefined) resolve(said.pid);
    });
  });
}

/** How many pieces the light says it has. */
async function counted(api: number): Promise<number> {
  const shown = await (await fetch(`http://127.0.0.1:${api}/metrics`)).text();
  return Number(/^city_chain_pieces(?:{.*})? (\d+)/m.exec(shown)?.[1]);
}

/** What a light of this folder takes when it has so many pieces. */
async function lightIn(folder: string, pieces: number): Promise<number> {
  const config = join(folder, 'city.yaml');
  writeFileSync(config, CITY);
  const api = (await freePorts(API_FROM, 2))!;
  const data = join(folder, 'data');
  const wanted = ['--config', config, '--data', data, '--bus-port', '0', '--api-port', String(api)];
  const up = spawn(process.execPath, [MAIN, 'up', ...wanted, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => up.once('close', resolve));
  try {
    const pid = await pidOf(up);
    while ((await counted(api + 1)) !== pieces) await sleep(LOOK_MS);
    await sleep(SETTLED_MS);
    return megabytes(pid);
  } finally {
    up.kill();
    await ended;
  }
}

async function run(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'city-chain-light-'));
  try {
    const node = await bare();
    const empty = await lightIn(folder, 0);
    await fill(join(folder, 'data', 'pieces', LIGHT), STORE_BYTES, PIECES);
    const full = await lightIn(folder, PIECES);
    const against = `a Node that does nothing, ${node.toFixed(0)} MB`;
    return [
      {
        name: 'a light with nothing on its disk',
        value: empty,
        unit: 'MB',
        against,
        ratio: empty / node,
      },
      {
        name: `a light with ${PIECES} pieces, 500 MB`,
        value: full,
        unit: 'MB',
        against,
        ratio: full / node,
        goal: '<= 120 MB',
      },
      {
        name: 'more than with nothing on its disk',
        value: full - empty,
        unit: 'MB',
        goal: '<= 40 MB',
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: 'light',
  question: "what does a light take of somebody's device?",
  run,
};
