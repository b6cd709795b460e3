/**
 * What crosses between the loop's thread and the database's: a group of calls, and their answers.
 *
 * Both are packed into one buffer that is handed over, not copied. Cloning values one by one would cost
 * more than writing them, and a small value that is a view of a large buffer would drag all of it along.
 */
import { Reader, Writer } from '#protocols/codec.ts';
import type { Write } from '#protocols/effect.ts';
import type { StoreEntry } from '../ports.ts';

export type Call =
  | { readonly do: 'commit'; readonly writes: readonly Write[] }
  | { readonly do: 'read'; readonly key: string }
  | { readonly do: 'scan'; readonly prefix: string };

/** What a read or a scan came to; a text says what is wrong with the row. A commit has no answer. */
export type Answer =
  | { readonly do: 'commit' }
  | { readonly do: 'read'; readonly value: Uint8Array | string | undefined }
  | { readonly do: 'scan'; readonly entries: readonly StoreEntry[] | string };

/** The end of a group: all of it, or nothing of it. After `failed` there is no other. */
export type Ended =
  | { readonly as: 'done'; readonly answers: readonly Answer[] }
  | { readonly as: 'refused' | 'failed'; readonly error: string };

/** Values are below this; SQLite's own limit is a thousand million. */
const BYTES_MAX = 512 * 1024 * 1024;
const COUNT_MAX = 0xffff_ffff;
const CALLS = ['commit', 'read', 'scan'] as const;
const ENDS = ['done', 'refused', 'failed'] as const;

export function packCalls(calls: readonly Call[]): Uint8Array<ArrayBuffer> {
  const writer = new Writer(4_096);
  writer.array(calls.length);
  for (const call of calls) {
    writer.uint(CALLS.indexOf(call.do));
    if (call.do === 'read') writer.str(call.key);
    else if (call.do === 'scan') writer.str(call.prefix);
    else packWrites(writer, call.writes);
  }
  return writer.take().slice();
}

export function unpackCalls(bytes: Uint8Array): Call[] {
  const reader = new Reader(bytes);
  const calls: Call[] = [];
  for (let left = reader.array(COUNT_MAX); left > 0; left--) {
    const kind = CALLS[reader.uint()];
    if (kind === 'read') calls.push({ do: kind, key: reader.str(BYTES_MAX) });
    else if (kind === 'scan') calls.push({ do: kind, prefix: reader.str(BYTES_MAX) });
    else calls.push({ do: 'commit', writes: unpackWrites(reader) });
  }
  return calls;
}

function packWrites(writer: Writer, writes: readonly Write[]): void {
  writer.array(writes.length);
  for (const { key, value } of writes) {
    writer.str(key);
    packValue(writer, value);
  }
}

function unpackWrites(reader: Reader): Write[] {
  const writes: Write[] = [];
  for (let left = reader.array(COUNT_MAX); left > 0; left--) {
    const key = reader.str(BYTES_MAX);
    writes.push({ key, value: reader.takeNil() ? undefined : reader.binView(0, BYTES_MAX) });
  }
  return writes;
}

const packValue = (writer: Writer, value: Uint8Array | undefined): void =>
  value === undefined ? writer.nil() : writer.bin(value);

export function packEnd(end: Ended): Uint8Array<ArrayBuffer> {
  const writer = new Writer(4_096);
  writer.uint(ENDS.indexOf(end.as));
  if (end.as !== 'done') writer.str(end.error);
  else {
    writer.array(end.answers.length);
    for (const answer of end.answers) packAnswer(writer, answer);
  }
  return writer.take().slice();
}

function packAnswer(writer: Writer, answer: Answer): void {
  writer.uint(CALLS.indexOf(answer.do));
  if (answer.do === 'commit') return;
  const found = answer.do === 'read' ? answer.value : answer.entries;
  writer.bool(typeof found === 'string');
  if (typeof found === 'string') writer.str(found);
  else if (answer.do === 'read') packValue(writer, found as Uint8Array | undefined);
  else {
    const entries = found as readonly StoreEntry[];
    writer.array(entries.length);
    for (const [key, value] of entries) {
      writer.str(key);
      writer.bin(value);
    }
  }
}

export function unpackEnd(bytes: Uint8Array): Ended {
  const reader = new Reader(bytes);
  const as = ENDS[reader.uint()]!;
  if (as !== 'done') return { as, error: reader.str(BYTES_MAX) };
  const answers: Answer[] = [];
  for (let left = reader.array(COUNT_MAX); left > 0; left--) answers.push(unpackAnswer(reader));
  return { as, answers };
}

/** Values are copies: who keeps one must not keep the whole group with it. */
function unpackAnswer(reader: Reader): Answer {
  const kind = CALLS[reader.uint()]!;
  if (kind === 'commit') return { do: kind };
  const damage = reader.bool() ? reader.str(BYTES_MAX) : undefined;
  if (kind === 'read') {
    if (damage !== undefined) return { do: kind, value: damage };
    return { do: kind, value: reader.takeNil() ? undefined : reader.bin(0, BYTES_MAX) };
  }
  if (damage !== undefined) return { do: kind, entries: damage };
  const entries: StoreEntry[] = [];
  for (let left = reader.array(COUNT_MAX); left > 0; left--) {
    entries.push([reader.str(BYTES_MAX), reader.bin(0, BYTES_MAX)]);
  }
  return { do: kind, entries };
}
