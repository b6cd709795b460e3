/**
 * Power cuts of a real disk. A process keeps pieces and small values as every process of a city does; a library below it
 * (witness.c) writes down what it asks the kernel for, over several lives. For each of some moments
 * (CITY_CHAIN_DISK_CUTS=200 for more) a folder is made that has what was synced by then, and of the rest what chance
 * leaves (platter.ts); the real stores open it, and all that was answered is there.
 *
 * What it cannot show: a disk that lies about its syncs, and what a file system does beyond the rules of platter.ts.
 */
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HostedPieces } from '#runtime/pieces/hosted-pieces.ts';
import type { PieceGot } from '#runtime/ports.ts';
import { Database } from '#runtime/small-state/database.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { SMALL } from '#test/contract/piece-values.ts';
import { seeded } from '../manual.ts';
import { KEYS, mayBe, pieceOf, promisedBy, smallValueOf, versionIn } from './kept.ts';
import { Platter, type Forgets } from './platter.ts';
import { NODE } from './node.ts';
import { Trace } from './trace.ts';
import { witnessed } from './witnessed.ts';

const CUTS = Number(process.env['CITY_CHAIN_DISK_CUTS'] ?? 24);
const LIVES = 3;
const ACTIONS = 50;

let base: string;
let root: string;
let trace: Trace;

beforeAll(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'city-chain-cuts-')));
  root = join(base, 'data');
  trace = new Trace(root);
  const recorder = join(import.meta.dirname, 'recorder.ts');
  for (let life = 0; life < LIVES; life++) {
    const args = [root, life, LIVES, ACTIONS].map(String);
    const end = life + 1 < LIVES ? 'SIGKILL' : 'exit 0';
    trace.add(await witnessed(join(base, `life-${life}`), end, recorder, ...args));
  }
}, 300_000);

afterAll(() => rmSync(base, { recursive: true, force: true }));

/** What is not there, of what had been answered, after a cut at a line. */
async function lostBy(platter: Platter, line: number, number: number): Promise<string[]> {
  const folder = mkdtempSync(join(base, 'cut-'));
  const { below } = seeded(number + 1);
  platter.rebuild(line, root, folder, below);
  const promised = promisedBy(trace.happenings, line);
  const lost = [
    ...smallLost(join(folder, 'p1', 'state.db'), promised.small),
    ...(await piecesLost(join(folder, 'pieces'), promised.pieces)),
  ];
  rmSync(folder, { recursive: true, force: true });
  return lost.map((what) => `cut ${number} at line ${line}: ${what}`);
}

type Promised = ReturnType<typeof promisedBy>;

function smallLost(file: string, small: Promised['small']): string[] {
  let database: Database;
  try {
    database = new Database(file);
  } catch (error) {
    const isPromised = [...small.values()].some(({ answered }) => answered !== undefined);
    // Without its folder there is no file; a process makes it first.
    return isPromised ? [(error as Error).message] : [];
  }
  const lost: string[] = [];
  for (const [key, standing] of small) {
    const ended = database.run([{ do: 'read', key }]);
    const found =
      ended.as === 'done' && ended.answers[0]!.do === 'read' ? ended.answers[0]!.value : ended.as;
    const version = found instanceof Uint8Array ? versionIn(found) : undefined;
    const isWhole =
      found === undefined ||
      (found instanceof Uint8Array && Buffer.compare(found, smallValueOf(key, version!)) === 0);
    if (!isWhole || !mayBe(standing, version)) lost.push(`${key} is ${String(version ?? found)}`);
  }
  database.close();
  return lost;
}

async function piecesLost(folder: string, promised: Promised['pieces']): Promise<string[]> {
  const reports: string[] = [];
  const hosted = new HostedPieces({
    folder,
    optionsOf: () => SMALL,
    report: (_, { kind }) => reports.push(kind),
    clock: wallClock,
    scheduler: eventLoop,
    entropy: systemEntropy(),
  });
  const pieces = hosted.of(NODE);
  const lost: string[] = [];
  for (let i = 0; i < KEYS; i++) {
    const key = `tx${i}`;
    const found = await new Promise<PieceGot>((resolve) => pieces.get(key, resolve));
    const isIt = found.found === 'piece' && Buffer.compare(found.value, pieceOf(key)) === 0;
    const isFine = (isIt || found.found === 'nothing') && mayBe(promised.get(key) ?? NONE, isIt);
    if (!isFine) lost.push(`${key} is ${found.found}${'error' in found ? `: ${found.error}` : ''}`);
  }
  await hosted.close();
  return lost;
}
const NONE = { answered: undefined, asked: [] };

/** As many cuts, wherever chance has them, and where it is worst: as soon as something was answered. */
async function lost(cuts: number, forgets?: Forgets): Promise<string[]> {
  const platter = new Platter(trace.happenings, forgets);
  const { below } = seeded(7);
  const said = trace.happenings.filter(({ did }) => did === 'say').map(({ from }) => from + 1);
  const all: string[] = [];
  for (let i = 0; i < cuts && all.length === 0; i++) {
    const line = i % 2 === 0 ? said[below(said.length)]! : said[0]! + below(trace.lines - said[0]!);
    all.push(...(await lostBy(platter, line, i)));
  }
  return all;
}

const MOST = (bound: number): number => bound - 1;

function filesOf(folder: string): ReadonlyMap<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    // SQLite maps its index of the log, and writes it without a call; whoever opens it first makes it anew.
    .filter((each) => each.isFile() && !each.name.endsWith('-shm'))
    .map((each) => join(each.parentPath, each.name));
  return new Map(paths.map((path) => [path.slice(folder.length), readFileSync(path, 'latin1')]));
}

it('has a witness that misses nothing: what it saw makes the very folder', () => {
  const seen = join(base, 'seen');
  new Platter(trace.happenings).rebuild(trace.lines + 1, root, seen, MOST);
  expect([...filesOf(seen).keys()]).toContain('/p1/state.db');
  expect(filesOf(seen)).toEqual(filesOf(root));
});

it(`loses nothing that was answered to ${CUTS} power cuts`, async () => {
  const { answers } = promisedBy(trace.happenings, Infinity);
  expect(answers).toBeGreaterThan((LIVES * ACTIONS) / 3);
  expect(await lost(CUTS)).toEqual([]);
}, 300_000);

it.each<[string, Forgets]>([
  [
    'the bytes of pieces',
    (each, pathOf) => each.did === 'sync' && pathOf(each.file).endsWith('.seg'),
  ],
  [
    'the log of small state',
    (each, pathOf) => each.did === 'sync' && pathOf(each.file).endsWith('-wal'),
  ],
  ['the names of files', (each) => each.did === 'sync-names' && each.folder.endsWith(NODE)],
  ['the names of folders', (each) => each.did === 'sync-names' && each.folder === root],
])(
  'would lose something if %s were not synced: the method can tell',
  async (_, forgets) => {
    expect(await lost(CUTS, forgets)).not.toEqual([]);
  },
  300_000,
);
