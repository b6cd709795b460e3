/**
 * What a NATS client says, byte by byte. Pure: chunks in, operations out, whatever the boundaries of
 * the chunks; a `Violation` is the client's last word.
 *
 *   CONNECT {json}                                  PING            PONG
 *   PUB <subject> [reply] <bytes>                   CRLF payload CRLF
 *   HPUB <subject> [reply] <header bytes> <bytes>   CRLF header payload CRLF
 *   SUB <subject> [queue] <sid>                     UNSUB <sid> [max]
 *
 * What is kept between chunks is at most one control line or one payload; nothing is allocated by a
 * number that a client sent before that number was checked.
 */
import { fail, ok, type Result } from '#lib/result.ts';

export const CONTROL_LINE_MAX = 4_096;

export type Operation =
  | { readonly op: 'connect'; readonly options: ConnectOptions }
  | { readonly op: 'ping' | 'pong' }
  | {
      readonly op: 'publish';
      readonly subject: string;
      readonly reply: string | undefined;
      readonly header: Uint8Array | undefined;
      readonly bytes: Uint8Array;
    }
  | {
      readonly op: 'subscribe';
      readonly filter: string;
      readonly queue: string | undefined;
      readonly sid: string;
    }
  | { readonly op: 'unsubscribe'; readonly sid: string; readonly max: number | undefined };

/** As in the CONNECT of the NATS protocol; whatever else a client says there is not read. */
export interface ConnectOptions {
  readonly verbose: boolean;
  readonly echo: boolean;
  readonly headers: boolean;
  readonly toldOfNobody: boolean;
}

/** In the server's own words, which clients know. */
export type Violation =
  | 'Unknown Protocol Operation'
  | 'Maximum Control Line Exceeded'
  | 'Maximum Payload Violation'
  | 'Invalid Subject'
  | 'Parser Error';

interface Publishing {
  readonly subject: string;
  readonly reply: string | undefined;
  readonly headerBytes: number;
  readonly bytes: number;
}

const CR = 13;
const LF = 10;

export class Parser {
  readonly #payloadMax: number;
  #held: Buffer = Buffer.alloc(0);
  #publishing: Publishing | undefined;

  constructor(payloadMax: number) {
    this.#payloadMax = payloadMax;
  }

  /** The operations that are complete with this chunk; with a violation nothing after it is read. */
  *take(
    chunk: Uint8Array,
  ): Generator<Operation | { readonly op: 'violation'; readonly what: Violation }> {
    const joined =
      this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk]);
    let at = 0;
    for (;;) {
      const read =
        this.#publishing === undefined ? this.#line(joined, at) : this.#payload(joined, at);
      if (!read.ok) {
        yield { op: 'violation', what: read.error };
        return;
      }
      if (read.value === undefined) break;
      at = read.value.next;
      if (read.value.operation !== undefined) yield read.value.operation;
    }
    this.#held = Buffer.from(joined.subarray(at));
  }

  #line(from: Buffer, at: number): Result<Read | undefined, Violation> {
    const end = from.indexOf(LF, at);
    const length = (end < 0 ? from.length : end) - at;
    if (length > CONTROL_LINE_MAX) return fail('Maximum Control Line Exceeded');
    if (end < 0) return ok(undefined);
    const text = from.toString('latin1', at, from[end - 1] === CR && end > at ? end - 1 : end);
    const operation = this.#operation(text);
    return operation.ok ? ok({ next: end + 1, operation: operation.value }) : operation;
  }

  #payload(from: Buffer, at: number): Result<Read | undefined, Violation> {
    const { subject, reply, headerBytes, bytes } = this.#publishing!;
    const end = at + bytes;
    if (from.length < end + 2) return ok(undefined);
    if (from[end] !== CR || from[end + 1] !== LF) return fail('Parser Error');
    this.#publishing = undefined;
    // Copies: a chunk is as large as a socket's buffer, and a message may wait.
    const header =
      headerBytes === 0 ? undefined : Uint8Array.from(from.subarray(at, at + headerBytes));
    const body = Uint8Array.from(from.subarray(at + headerBytes, end));
    return ok({
      next: end + 2,
      operation: { op: 'publish', subject, reply, header, bytes: body },
    });
  }

  #operation(line: string): Result<Operation | undefined, Violation> {
    const [word = '', ...rest] = line.split(/[ \t]+/).filter((part) => part !== '');
    switch (word.toUpperCase()) {
      case 'PING':
        return ok({ op: 'ping' });
      case 'PONG':
        return ok({ op: 'pong' });
      case 'CONNECT':
        return connectOptions(line.slice(line.indexOf(word) + word.length));
      case 'PUB':
        return this.#publish(rest, 0);
      case 'HPUB':
        return this.#publish(rest, 1);
      case 'SUB':
        return subscribe(rest);
      case 'UNSUB':
        return unsubscribe(rest);
      default:
        return fail('Unknown Protocol Operation');
    }
  }

  /** `counts` before the last: none for PUB, the header's for HPUB. */
  #publish(parts: readonly string[], counts: 0 | 1): Result<undefined, Violation> {
    const words = parts.slice(0, parts.length - 1 - counts);
    const bytes = sizeOf(parts.at(-1));
    const headerBytes = counts === 0 ? 0 : sizeOf(parts.at(-2));
    if (words.length < 1 || words.length > 2) return fail('Parser Error');
    if (bytes === undefined || headerBytes === undefined) return fail('Parser Error');
    if (bytes > this.#payloadMax) return fail('Maximum Payload Violation');
    if (headerBytes > bytes) return fail('Parser Error');
    if (!words.every(isSpoken)) return fail('Invalid Subject');
    this.#publishing = { subject: words[0]!, reply: words[1], headerBytes, bytes };
    return ok(undefined);
  }
}

interface Read {
  readonly next: number;
  readonly operation: Operation | undefined;
}

function connectOptions(json: string): Result<Operation, Violation> {
  let said: unknown;
  try {
    said = JSON.parse(json);
  } catch {
    return fail('Parser Error');
  }
  if (typeof said !== 'object' || said === null) return fail('Parser Error');
  const { verbose, echo, headers, no_responders } = said as Readonly<Record<string, unknown>>;
  return ok({
    op: 'connect',
    options: {
      verbose: verbose === true,
      echo: echo !== false,
      headers: headers === true,
      toldOfNobody: headers === true && no_responders === true,
    },
  });
}

function subscribe(parts: readonly string[]): Result<Operation, Violation> {
  if (parts.length < 2 || parts.length > 3) return fail('Parser Error');
  const [filter, sid] = [parts[0]!, parts.at(-1)!];
  if (!isWanted(filter)) return fail('Invalid Subject');
  const queue = parts.length === 3 ? parts[1] : undefined;
  return ok({ op: 'subscribe', filter, queue, sid });
}

function unsubscribe(parts: readonly string[]): Result<Operation, Violation> {
  const max = parts.length === 2 ? sizeOf(parts[1]) : undefined;
  if (parts.length < 1 || parts.length > 2) return fail('Parser Error');
  if (parts.length === 2 && max === undefined) return fail('Parser Error');
  return ok({ op: 'unsubscribe', sid: parts[0]!, max });
}

const sizeOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;

/** A subject may be said when none of its words is empty. */
const isSpoken = (subject: string): boolean => subject.split('.').every((word) => word !== '');

/** A filter may be listened to when `>` stands only at its end. */
const isWanted = (filter: string): boolean =>
  filter.split('.').every((word, i, all) => word !== '' && (word !== '>' || i === all.length - 1));
