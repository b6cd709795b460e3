/**
 * The database of small state on damaged, foreign and unfinished files. Method: its files are copied
 * while it is open, which is what a crash leaves, and then changed by hand. The thread around it is in
 * test/contract/store.contract.ts; power cuts are in test/power-cut/.
 */
import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { utf8 } from '#lib/bytes.ts';
import { put, type Write } from '#protocols/effect.ts';
import { Database } from '#runtime/small-state/database.ts';
import { cases } from '#test/cases.ts';
import { seeded } from '#test/runtime/manual.ts';
import { scratch } from '#test/scratch.ts';

let removals: (() => void)[] = [];
afterEach(() => {
  for (const remove of removals) remove();
  removals = [];
});

function directory(): string {
  const { path, remove } = scratch();
  removals.push(remove);
  return path;
}

const commit = (database: Database, ...writes: Write[]): string =>
  database.run([{ do: 'commit', writes }]).as;

/** Everything that is kept, or what is said of it. */
function contents(database: Database): unknown {
  const ended = database.run([{ do: 'scan', prefix: '' }]);
  const [answer] = ended.as === 'done' ? ended.answers : [];
  if (answer?.do !== 'scan') return ended;
  return typeof answer.entries === 'string' ? answer.entries : answer.entries.map(([key]) => key);
}

/** Opens a copy, and closes it. The error's text where it is refused. */
function reopened(path: string): unknown {
  let database: Database;
  try {
    database = new Database(path);
  } catch (error) {
    return (error as Error).message;
  }
  const found = contents(database);
  database.close();
  return found;
}

const keys = Array.from({ length: 40 }, (_, i) => `actor/vote ${String(i).padStart(2, '0')}`);
const large = new Uint8Array(3_000).fill(7);

/** A database with one commit for each key; closed, or as a crash would leave it. */
function filled(crashed: boolean): string {
  const path = join(directory(), 'state.db');
  const database = new Database(path);
  for (const [i, key] of keys.entries())
    commit(database, put(key, i % 5 === 0 ? large : utf8(key)));
  if (!crashed) {
    database.close();
    return path;
  }
  const copy = copied(path);
  database.close();
  return copy;
}

function copied(path: string): string {
  const copy = join(directory(), 'state.db');
  for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copy + end);
  return copy;
}

function flip(path: string, at: number, bit: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1 << bit;
  writeFileSync(path, bytes);
}

describe('the database of small state', () => {
  it('has every answered commit after a crash, from its log', () => {
    const path = filled(true);
    expect(readFileSync(`${path}-wal`).length).toBeGreaterThan(100_000);
    expect(reopened(path)).toEqual(keys);
  });

  it('leaves no log behind once it has opened: an old one is not to be trusted', () => {
    const path = filled(true);
    const database = new Database(path);
    expect(readFileSync(`${path}-wal`).length).toBe(0);
    commit(database, put('after', utf8('x')));
    expect(reopened(copied(path))).toEqual([...keys, 'after'].toSorted());
    database.close();
  });

  it('is for one user at a time', () => {
    const path = join(directory(), 'state.db');
    const database = new Database(path);
    expect(() => new Database(path)).toThrow(`${path}: in use by another process`);
    database.close();
    new Database(path).close();
  });

  it('refuses a file that is not one, is not ours, or is newer', () => {
    const path = join(directory(), 'state.db');
    writeFileSync(path, 'not a database, but long enough to be taken for one'.repeat(100));
    expect(reopened(path)).toContain('file is not a database');
    const foreign = join(directory(), 'state.db');
    const other = new DatabaseSync(foreign);
    other.exec('CREATE TABLE theirs (a)');
    other.close();
    expect(reopened(foreign)).toContain('not a store of city-chain');
    const newer = filled(false);
    const edit = new DatabaseSync(newer);
    edit.exec('PRAGMA user_version = 2');
    edit.close();
    expect(reopened(newer)).toContain('of version 2, expected 1');
    expect(reopened(join(directory(), 'no', 'such', 'place'))).toContain('cannot be used');
  });

  it('opens whole or not at all, whichever bit of the file has flipped', () => {
    const path = filled(false);
    const { length } = readFileSync(path);
    const entropy = seeded(5);
    const seen = { whole: 0, refused: 0 };
    for (let run = 0; run < cases(60); run++) {
      const copy = copied(path);
      flip(copy, entropy.below(length), entropy.below(8));
      const found = reopened(copy);
      if (typeof found === 'string') {
        expect(found).toContain(`${copy}: cannot be used`);
        seen.refused++;
      } else {
        expect(found).toEqual(keys);
        seen.whole++;
      }
    }
    expect(seen.refused).toBeGreaterThan(cases(20));
    expect(seen.whole).toBeGreaterThan(0);
  });

  it('notices a row that is missing, and one that was changed', () => {
    for (const harm of [
      `DELETE FROM kept WHERE key = '${keys[7]}'`,
      `UPDATE kept SET value = x'00' WHERE key = '${keys[7]}'`,
      `UPDATE kept SET key = 'other' WHERE key = '${keys[7]}'`,
      'UPDATE total SET sum = sum + 1',
      'DELETE FROM total',
    ]) {
      const path = filled(false);
      const edit = new DatabaseSync(path);
      edit.exec(harm);
      edit.close();
      expect(reopened(path)).toMatch(/damaged on the disk|rows are missing/);
    }
  });

  it('keeps count of its rows whatever is written over them', () => {
    const path = join(directory(), 'state.db');
    let database = new Database(path);
    const entropy = seeded(9);
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 20; i++) {
        const value = entropy.below(3) === 0 ? undefined : entropy.bytes(entropy.below(50));
        commit(database, { key: `k${entropy.below(15)}`, value }, { key: 'same', value });
      }
      const before = contents(database);
      database.close();
      database = new Database(path);
      expect(contents(database)).toEqual(before);
    }
    database.close();
  });

  it('tells a damaged log from one that a power cut left', () => {
    const path = filled(true);
    const { length } = readFileSync(`${path}-wal`);
    const entropy = seeded(3);
    let refused = 0;
    for (let run = 0; run < cases(30); run++) {
      const copy = copied(path);
      const at = entropy.below(length);
      flip(`${copy}-wal`, at, entropy.below(8));
      const found = reopened(copy);
      if (typeof found === 'string') refused++;
      // Only the last two commits cannot be told from a tail.
      else expect((found as string[]).length).toBeGreaterThanOrEqual(keys.length - 2);
    }
    expect(refused).toBeGreaterThan(cases(20));
    for (let run = 0; run < cases(20); run++) {
      const copy = copied(path);
      const cut = entropy.below(length);
      truncateSync(`${copy}-wal`, cut);
      const found = reopened(copy) as string[];
      expect(found).toEqual(keys.slice(0, found.length));
    }
  });

  it('refuses a log with any bit of its header flipped, or of a salt', () => {
    const path = filled(true);
    const frame = 32 + 5 * (24 + 4_096);
    for (const at of [0, 3, 8, 11, 12, 16, 20, 23, 24, 31, frame + 8, frame + 15]) {
      const copy = copied(path);
      flip(`${copy}-wal`, at, 2);
      expect(reopened(copy)).toContain('its log is damaged');
    }
  });

  it('takes a broken last commit for what a power cut left, however its pages survived', () => {
    const path = join(directory(), 'state.db');
    const database = new Database(path);
    commit(database, put('a', utf8('a')));
    const { length } = readFileSync(`${path}-wal`);
    commit(database, put('b', new Uint8Array(40_000).fill(1)));
    // The first page of the last commit is torn, those behind it are there.
    const copy = copied(path);
    flip(`${copy}-wal`, length + 24 + 100, 1);
    expect(reopened(copy)).toEqual(['a']);
    // The same, with one more commit behind it: it had been synced.
    commit(database, put('c', utf8('c')));
    const later = copied(path);
    flip(`${later}-wal`, length + 24 + 100, 1);
    expect(reopened(later)).toContain('its log is damaged');
    database.close();
  });

  it('refuses what has no room, loses nothing, and goes on when there is some', () => {
    const path = join(directory(), 'state.db');
    const database = new Database(path, 100_000);
    commit(database, put('a', utf8('a')));
    expect(commit(database, put('b', utf8('b')), put('big', new Uint8Array(200_000)))).toBe(
      'refused',
    );
    expect(contents(database)).toEqual(['a']);
    expect(commit(database, put('c', utf8('c')))).toBe('done');
    for (let i = 0; commit(database, put(`fill ${i}`, large)) === 'done'; i++);
    expect(commit(database, { key: 'fill 0', value: undefined })).toBe('done');
    expect(commit(database, put('again', large))).toBe('done');
    const before = contents(database) as string[];
    expect(before.slice(0, 3)).toEqual(['a', 'again', 'c']);
    database.close();
    expect(reopened(path)).toEqual(before);
  });
});
