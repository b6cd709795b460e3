/** What a power cut leaves of a few calls, as strace writes them down. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { seeded } from '../manual.ts';
import { Platter } from './platter.ts';
import { Trace } from './trace.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const hex = (text: string): string =>
  `"${[...Buffer.from(text)].map((byte) => String.raw`\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;

/** A new value takes the place of an old one, by way of another name; `last` is what follows before that is said. */
const replacing = (...last: readonly string[]): string =>
  [
    `1 openat(AT_FDCWD, ${hex('/d/vote')}, O_WRONLY|O_CREAT|O_CLOEXEC, 0600) = 5`,
    `1 write(5, ${hex('old')}, 3) = 3`,
    '1 fsync(5) = 0',
    '1 close(5) = 0',
    `1 openat(AT_FDCWD, ${hex('/d')}, O_RDONLY|O_CLOEXEC) = 6`,
    '1 fsync(6) = 0',
    `1 openat(AT_FDCWD, ${hex('/d/next')}, O_WRONLY|O_CREAT|O_CLOEXEC, 0600) = 5`,
    `1 write(5, ${hex('new')}, 3 <unfinished ...>`,
    `2 openat(AT_FDCWD, ${hex('/elsewhere')}, O_RDONLY) = 7`,
    '1 <... write resumed>) = 3',
    '1 fdatasync(5) = 0',
    `1 rename(${hex('/d/next')}, ${hex('/d/vote')}) = 0`,
    ...last,
    `1 write(1, ${hex('done')}, 4) = 4`,
  ].join('\n');

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
  expect(left(replacing('1 fsync(6) = 0'))).toEqual(['new']);
  // A planted bug: it is said to be done, and may never have been.
  expect(left(replacing())).toEqual(['new', 'old']);
});

it('is some of the bytes where they were not synced', () => {
  const unsynced = replacing('1 fsync(6) = 0').replace('1 fdatasync(5) = 0\n', '');
  expect(left(unsynced)).toContain('');
  expect(left(unsynced.replace('1 fsync(5) = 0\n', ''))).not.toEqual(['new']);
});

it('is refused where something was asked that nobody knows here', () => {
  const trace = new Trace('/d');
  expect(() =>
    trace.add(`1 linkat(AT_FDCWD, ${hex('/d/a')}, AT_FDCWD, ${hex('/d/b')}, 0) = 0`),
  ).toThrow(/linkat/);
});
