/** What a power cut leaves of a few calls, of those that a witness writes down. */
import { constants, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { InvariantViolation } from '#lib/assert.ts';
import { seeded } from '../manual.ts';
import { Platter } from './platter.ts';
import { Trace } from './trace.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const hex = (text: string): string => `x${Buffer.from(text).toString('hex')}`;

type Call = readonly [call: string, answer: number];

const open = (path: string, flags: number, file: number): Call => [
  `open ${hex(path)} ${flags}`,
  file,
];
const sync = (file: number): Call => [`fsync ${file}`, 0];
const { O_CREAT, O_RDONLY, O_WRONLY } = constants;

/** What a witness writes: each call, and at once that it is over. */
const written = (calls: readonly Call[]): string =>
  calls.map(([call, answer], i) => `${i} ${call}\n${i} = ${answer}\n`).join('');

/** A new value takes the place of an old one, by way of another name; some syncs may be left out. */
const replacing = ({ old = true, bytes = true, names = true } = {}): string =>
  written([
    [`mkdir ${hex('/d')}`, 0],
    open('/d/vote', O_WRONLY | O_CREAT, 5),
    [`write 5 0 ${hex('old')}`, 3],
    ...(old ? [sync(5)] : []),
    ['close 5', 0],
    open('/d', O_RDONLY, 6),
    sync(6),
    open('/d/next', O_WRONLY | O_CREAT, 5),
    [`write 5 0 ${hex('new')}`, 3],
    open('/elsewhere', O_RDONLY, 7),
    ...(bytes ? [sync(5)] : []),
    [`rename ${hex('/d/next')} ${hex('/d/vote')}`, 0],
    ...(names ? [sync(6)] : []),
    [`write 1 -1 ${hex('done')}`, 4],
  ]);

/** What may be there once it was said to be done. */
function left(text: string): readonly (string | undefined)[] {
  const trace = new Trace('/d');
  trace.add(text);
  const said = trace.happenings.find(({ did }) => did === 'say')!;
  const platter = new Platter(trace.happenings);
  const found = Array.from({ length: 12 }, (_, i) => {
    const into = mkdtempSync(join(tmpdir(), 'city-chain-platter-'));
    folders.push(into);
    platter.rebuild(said.from + 1, '/d', into, seeded(i + 1).below);
    const file = join(into, 'vote');
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  });
  return [...new Set(found)].toSorted();
}

it('is what was renamed only where the folder was synced', () => {
  expect(left(replacing())).toEqual(['new']);
  // A planted bug: it is said to be done, and may never have been.
  expect(left(replacing({ names: false }))).toEqual(['new', 'old']);
});

it('is some of the bytes where they were not synced', () => {
  expect(left(replacing({ bytes: false }))).toContain('');
  expect(left(replacing({ bytes: false, old: false }))).not.toEqual(['new']);
});

it('knows whose a descriptor is while calls overlap', () => {
  const trace = new Trace('/d');
  const made = written([open('/d/a', O_CREAT, 5)]);
  trace.add(`${made}1 close 5\n2 open ${hex('/d/b')} ${O_CREAT}\n2 = 5\n1 = 0\n3 fsync 5\n3 = 0\n`);
  expect(trace.happenings.map((each) => [each.did, 'file' in each && each.file])).toEqual([
    ['make-file', 0],
    ['make-file', 1],
    ['sync', 1],
  ]);
});

it.each<[string, string]>([
  ['a call that nobody knows here', written([[`link ${hex('/d/a')} ${hex('/d/b')}`, 0]])],
  ['one of a descriptor', written([open('/d/a', O_CREAT, 5), ['dup 5', 6]])],
  ['a file that was made by nobody', written([open('/d/a', O_RDONLY, 5)])],
  ['a call that is not over', '1 fsync 5\n'],
  ['a line that was torn', '1 fsync 5\n1 ='],
])('refuses %s', (_, text) => {
  expect(() => new Trace('/d').add(text)).toThrow(InvariantViolation);
});
