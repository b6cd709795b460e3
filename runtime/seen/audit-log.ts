/**
 * The audit log: who changed or killed what. Append-only JSON lines; each line carries the SHA-256 of
 * the one before, so that a line taken out or changed later breaks the chain; each is on the disk
 * before the deed is done.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { fail, ok, type Result } from '#lib/result.ts';

export interface Deed {
  /** Who asked for it: an operator's name, as far as it is known. */
  readonly who: string;
  readonly did: string;
  readonly to: string;
}

export interface AuditLog {
  readonly write: (deed: Deed) => void;
  readonly close: () => void;
}

const FIRST = '0'.repeat(64);
const digest = (line: string): string => createHash('sha256').update(line).digest('hex');

export function openAuditLog(path: string, wall: () => number): AuditLog {
  const file = openSync(path, 'a', 0o600);
  const text = wholeLines(readFileSync(path, 'utf8'));
  ftruncateSync(file, Buffer.byteLength(text));
  let before = lastDigest(text);
  return {
    write: ({ who, did, to }) => {
      const line = JSON.stringify({ at: new Date(wall()).toISOString(), who, did, to, before });
      writeSync(file, `${line}\n`);
      fdatasyncSync(file);
      before = digest(line);
    },
    close: () => closeSync(file),
  };
}

/** How many lines hold together; or the number of the first that does not. */
export function verifyAuditLog(text: string): Result<number> {
  let before = FIRST;
  const lines = text.split('\n').filter((line) => line !== '');
  for (const [i, line] of lines.entries()) {
    if (beforeOf(line) !== before) return fail(`line ${i + 1} does not follow the one before it`);
    before = digest(line);
  }
  return ok(lines.length);
}

/** A line without its end was being written when its process was killed: its deed was not done. */
const wholeLines = (text: string): string => text.slice(0, text.lastIndexOf('\n') + 1);

function lastDigest(text: string): string {
  const last = text.trimEnd().split('\n').at(-1);
  return last === undefined || last === '' ? FIRST : digest(last);
}

function beforeOf(line: string): unknown {
  try {
    return (JSON.parse(line) as { before?: unknown }).before;
  } catch {
    return undefined;
  }
}
