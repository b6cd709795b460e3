/**
 * One process at a time uses a directory.
 *
 * Node has no flock. A file with a process id in it would have to be judged stale after a `kill -9`,
 * and process ids return, differ between containers, and race. SQLite does hold locks of the operating
 * system, and Node has SQLite: an empty database file in an open write transaction is a lock that the
 * kernel itself lets go of when its holder dies, however it dies. `.owner` only says who it is.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from './durable-folder.ts';

const SQLITE_BUSY = 5;

/** A directory that cannot be used, for a person to read. */
export class UnfitDirectory extends Error {
  override readonly name = 'UnfitDirectory';
}

/** Takes the directory, making it where there is none. The result lets go of it. */
export function lockDirectory(directory: string): () => void {
  let lock: DatabaseSync | undefined;
  try {
    makeFolder(directory);
    lock = new DatabaseSync(join(directory, '.lock'), { timeout: 0 });
    lock.exec('BEGIN IMMEDIATE');
    writeFileSync(join(directory, '.owner'), `${process.pid}\n`);
  } catch (error) {
    lock?.close();
    throw new UnfitDirectory(whyNot(directory, error as Error & { errcode?: number }));
  }
  return () => lock.close();
}

function whyNot(directory: string, error: Error & { errcode?: number }): string {
  if (error.errcode === SQLITE_BUSY) {
    return `${directory}: in use by another process (${ownerOf(directory)}): stop it, or name another directory`;
  }
  return `${directory}: cannot be used (${error.message}): expected a directory that this user may write to`;
}

function ownerOf(directory: string): string {
  try {
    return `process ${readFileSync(join(directory, '.owner'), 'utf8').trim()}`;
  } catch {
    return 'which did not say who it is';
  }
}
