/**
 * What a NATS server sends, cut into messages and other lines, however the socket cut it:
 *
 *   MSG <subject> <sid> [reply] <size>\r\n<payload>\r\n
 *   HMSG <subject> <sid> [reply] <header size> <size>\r\n<header block><payload>\r\n
 *   anything else\r\n                                            whole, to the client's own parser
 *
 * The client makes seven objects for a message and looks at each byte of its line in a state machine:
 * more than a microsecond of the five that a small message costs who receives it. Here it is one head
 * and one view.
 *
 * Strict: a line that begins like a message and is none, a size that cannot be, or a payload without
 * its line end is the end of the connection, since nobody knows where the next message begins.
 */
import { subjectIn, type Head } from './nats-arrival.ts';

export interface Hearer {
  /** Header block and payload lie in `bytes` from `at` on. */
  readonly message: (head: Head, bytes: Uint8Array, at: number) => void;
  /** A whole line that is no message, with its end. */
  readonly line: (line: Uint8Array) => void;
}

/** A server's word about itself may name all servers of its cluster. */
const LINE_BYTES_MAX = 256 * 1_024;
/** What the client takes as well; servers take no more. */
const SIZE_MAX = 64 * 1_024 * 1_024;
const DIGITS_MAX = 15;
const [CR, LF, SPACE] = [0x0d, 0x0a, 0x20];
const [M, H, S, G] = [0x4d, 0x48, 0x53, 0x47];
/** `HMSG` and its five words. */
const WORDS_MAX = 6;
/** Instead of a place in the chunk. */
const MALFORMED = -1;

export class Inbound {
  readonly #hearer: Hearer;
  /** Where the words of the present line end. */
  readonly #ends = new Int32Array(WORDS_MAX + 1);
  #words = 0;
  /** A line whose end has not come. */
  #line: Uint8Array | undefined;
  /** A message whose end has not come, and how much has. */
  #head: Head | undefined;
  #body: Uint8Array | undefined;
  #filled = 0;
  #isStopped = false;

  constructor(hearer: Hearer) {
    this.#hearer = hearer;
  }

  /** False once it is not NATS; then nothing more is taken. */
  take(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length && !this.#isStopped) {
      at = this.#body === undefined ? this.#next(chunk, at) : this.#fill(chunk, at);
      if (at === MALFORMED) {
        this.#isStopped = true;
        return false;
      }
    }
    return true;
  }

  /** Nobody wants the rest, not even of this chunk. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Takes one line, and what belongs to it; says where the next begins. */
  #next(chunk: Uint8Array, at: number): number {
    const begun = this.#line;
    const end = begun === undefined ? this.#scan(chunk, at) : chunk.indexOf(LF, at);
    if (end < 0) return this.#keepLine(chunk.subarray(at));
    if (begun === undefined) return this.#hear(chunk, at, end, chunk, end + 1);
    this.#line = undefined;
    const line = joined(begun, chunk.subarray(at, end + 1));
    return this.#hear(line, 0, this.#scan(line, 0), chunk, end + 1);
  }

  #keepLine(more: Uint8Array): number {
    this.#line = joined(this.#line, more);
    return this.#line.length > LINE_BYTES_MAX ? MALFORMED : Infinity;
  }

  /** Where the line ends that begins at `from`, if it does; and where its words end. */
  #scan(bytes: Uint8Array, from: number): number {
    const ends = this.#ends;
    let words = 0;
    for (let i = from; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (byte > SPACE) continue;
      if (byte === SPACE) ends[Math.min(words++, WORDS_MAX)] = i;
      else if (byte === LF) {
        ends[Math.min(words++, WORDS_MAX)] = i - 1;
        this.#words = words;
        return i;
      }
    }
    return -1;
  }

  /** `end` is where the line's last byte stands; what belongs to it is in `chunk` from `at` on. */
  #hear(line: Uint8Array, from: number, end: number, chunk: Uint8Array, at: number): number {
    const first = line[from]!;
    if (first !== M && first !== H) {
      this.#hearer.line(line.subarray(from, end + 1));
      return at;
    }
    const head = line[end - 1] === CR ? this.#read(line, from, first === H) : undefined;
    if (head === undefined) return MALFORMED;
    const next = at + head.size + 2;
    if (next > chunk.length) return this.#await(head, at);
    if (chunk[next - 2] !== CR || chunk[next - 1] !== LF) return MALFORMED;
    this.#hearer.message(head, chunk, at);
    return next;
  }

  #read(line: Uint8Array, from: number, hasHeader: boolean): Head | undefined {
    const [ends, words] = [this.#ends, this.#words];
    const least = hasHeader ? 5 : 4;
    const hasReply = words === least + 1;
    if (ends[0] !== from + least - 1 || (words !== least && !hasReply)) return undefined;
    const op = hasHeader ? from + 1 : from;
    if (line[op] !== M || line[op + 1] !== S || line[op + 2] !== G) return undefined;
    const replyAt = ends[2]! + 1;
    const sid = numberIn(line, ends[1]! + 1, ends[2]!, Infinity);
    const size = numberIn(line, ends[words - 2]! + 1, ends[words - 1]!, SIZE_MAX);
    const replyEnd = hasReply ? ends[3]! : replyAt;
    const headerBytes = hasHeader
      ? numberIn(line, ends[words - 3]! + 1, ends[words - 2]!, size)
      : 0;
    const isEmpty = ends[1] === ends[0]! + 1 || (hasReply && replyEnd === replyAt);
    if (sid < 0 || size < 0 || headerBytes < 0 || isEmpty) return undefined;
    const subject = subjectIn(line, ends[0]! + 1, ends[1]!);
    return { sid, subject, line, replyAt, replyEnd, headerBytes, size };
  }

  #await(head: Head, at: number): number {
    this.#head = head;
    this.#body = new Uint8Array(head.size + 2);
    this.#filled = 0;
    return at;
  }

  #fill(chunk: Uint8Array, at: number): number {
    const [head, body] = [this.#head!, this.#body!];
    const taken = Math.min(chunk.length - at, body.length - this.#filled);
    body.set(chunk.subarray(at, at + taken), this.#filled);
    this.#filled += taken;
    if (this.#filled < body.length) return at + taken;
    this.#head = this.#body = undefined;
    if (body[head.size] !== CR || body[head.size + 1] !== LF) return MALFORMED;
    this.#hearer.message(head, body, 0);
    return at + taken;
  }
}

/** A decimal number that is not above `max`, or -1. */
function numberIn(bytes: Uint8Array, at: number, end: number, max: number): number {
  if (at >= end || end - at > DIGITS_MAX) return -1;
  let value = 0;
  for (let i = at; i < end; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value > max ? -1 : value;
}

const joined = (begun: Uint8Array | undefined, more: Uint8Array): Uint8Array => {
  const all = new Uint8Array((begun?.length ?? 0) + more.length);
  if (begun !== undefined) all.set(begun);
  all.set(more, all.length - more.length);
  return all;
};
