/**
 * Folders that outlive a power cut. A name is durable when the folder that has it is synced, and a folder's own name
 * is one: what is synced in a folder without a name is lost with it, however often it was synced.
 *
 * Also a folder that is there already: whoever made it may have ended before it was synced.
 */
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Private to this user, unless told. Throws where it cannot be made. */
export function makeFolder(path: string, mode = 0o700): void {
  const at = resolve(path);
  syncNamesTo(at, mkdirSync(at, { recursive: true, mode }));
}

/** The names of a folder, and of those above it that were made with it, from the first one on. */
function syncNamesTo(path: string, first = path): void {
  for (let at = path; ; at = dirname(at)) {
    syncNamesIn(dirname(at));
    if (at === first) return;
  }
}

/** Where a folder cannot be opened, or synced, by whoever uses what is in it. */
const NOT_OURS: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EINVAL', 'EISDIR']);

export function syncNamesIn(path: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    fsyncSync(descriptor);
  } catch (error) {
    if (!NOT_OURS.has((error as NodeJS.ErrnoException).code)) throw error;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
