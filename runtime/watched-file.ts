/**
 * A small file that people edit, and what it says whenever that has changed.
 *
 *   change in the folder, or a second has passed
 *        |
 *      look: the same as last time? -- yes --> nothing
 *        | no: wait a moment, look again; still changing? wait again
 *        '--> read it, and say so: text, missing, or unreadable
 *
 * The folder is watched, not the file: editors replace files, and a watch of a replaced file is silent for
 * ever. Watches are hints that may be lost or not to be had at all (network disks, limits of the system);
 * the second that passes is what counts. A file is read only once it has kept still for a moment, so that
 * one that is being written is seldom seen half. What it says is said once; the first time at once.
 */
import { watch } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

export type FileSays =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'missing' }
  | { readonly is: 'unreadable'; readonly why: string };

export interface WatchedFile {
  readonly stop: () => void;
}

const LOOK_MS = 1_000;
const STILL_MS = 150;
const BYTES_MAX = 1_048_576;

export function watchFile(file: string, says: (said: FileSays) => void): WatchedFile {
  let settled: string | undefined;
  let said: string | undefined;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let looking = Promise.resolve();

  const later = (inMs: number, before?: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => look(before), inMs);
    timer.unref();
  };
  /** One look after another, never two at once. */
  const look = (before?: string): void => {
    looking = looking.then(async () => {
      const now = await signOf(file);
      if (isStopped) return;
      if (now === settled) later(LOOK_MS);
      else if (now === before || settled === undefined) await read(now);
      else later(STILL_MS, now);
    });
  };
  const read = async (sign: string): Promise<void> => {
    const found = await contentOf(file);
    if (isStopped) return;
    settled = sign;
    const key = JSON.stringify(found);
    if (key !== said) says(found);
    said = key;
    later(LOOK_MS);
  };

  const closeWatch = hintsOf(file, () => later(0));
  look();
  return {
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      closeWatch();
    },
  };
}

/** Calls back when something happens to the name in its folder, where the system can tell. */
function hintsOf(file: string, hint: () => void): () => void {
  try {
    const watcher = watch(dirname(file), { persistent: false }, (_, name) => {
      if (name === null || name === basename(file)) hint();
    });
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    // No folder, or no watches left: the file is looked at all the same.
    return () => undefined;
  }
}

/** What differs whenever the content may. */
async function signOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(file);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch (error) {
    return codeOf(error);
  }
}

async function contentOf(file: string): Promise<FileSays> {
  try {
    const { size } = await stat(file);
    if (size > BYTES_MAX) return { is: 'unreadable', why: `longer than ${BYTES_MAX} bytes` };
    return { is: 'text', text: await readFile(file, 'utf8') };
  } catch (error) {
    const why = codeOf(error);
    return why === 'ENOENT' ? { is: 'missing' } : { is: 'unreadable', why };
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
