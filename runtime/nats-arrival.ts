/**
 * A message as it came over NATS, read where it lies: its subject is decoded once for all that are the
 * same, its reply when somebody asks, and its bytes are a view of what the socket gave.
 */
import type { MsgImpl } from '@nats-io/transport-node';
import { Names, NOBODY } from '#protocols/names.ts';
import { statusOf, traceparentOf } from './headers.ts';
import type { Arrival } from './ports.ts';

/** What the line in front of a message says of it. */
export interface Head {
  /** Which subscription it is for. */
  readonly sid: number;
  readonly subject: string;
  /** Where the reply stands, from `replyAt` to `replyEnd`; both are the same where there is none. */
  readonly line: Uint8Array;
  readonly replyAt: number;
  readonly replyEnd: number;
  /** Bytes of the header block in front of the payload: 0 where there is none. */
  readonly headerBytes: number;
  /** Header block and payload. */
  readonly size: number;
}

const NO_BYTES = new Uint8Array(0);
const utf8 = new TextDecoder();

/** Subjects that come again and again are decoded once. */
const subjects = new Names(255, () => true, 4_096);

export function subjectIn(line: Uint8Array, at: number, end: number): string {
  if (end - at > subjects.bytesMax) return utf8.decode(line.subarray(at, end));
  const known = subjects.find(line, at, end - at, NOBODY);
  if (known !== undefined) return known;
  // A copy: a view would keep all that came with it.
  const bytes = Uint8Array.prototype.slice.call(line, at, end);
  return subjects.keep(bytes, utf8.decode(bytes), NOBODY);
}

/** `bytes` holds header block and payload from `at` on. */
export class Arrived implements Arrival {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly nobody: boolean;
  readonly traceparent: string | undefined;
  readonly #head: Head;

  constructor(head: Head, { buffer, byteOffset }: Uint8Array, at: number) {
    const { headerBytes, size } = head;
    const begin = byteOffset + at;
    this.#head = head;
    this.subject = head.subject;
    // Not a Buffer, whose `slice` copies nothing: whoever keeps a slice would keep all of this.
    this.bytes = new Uint8Array(buffer, begin + headerBytes, size - headerBytes);
    const header = headerBytes > 0 ? new Uint8Array(buffer, begin, headerBytes) : undefined;
    this.nobody = headerBytes > 0 && headerBytes === size && statusOf(header) === 503;
    this.traceparent = traceparentOf(header);
  }

  /** The same of what the client read. Not by its getters: they decode every header into a map. */
  static of({ _msg, _rdata }: MsgImpl): Arrived {
    const { subject, sid, reply = NO_BYTES, hdr, size } = _msg;
    const head: Head = {
      sid,
      subject: subjectIn(subject, 0, subject.length),
      line: reply,
      replyAt: 0,
      replyEnd: reply.length,
      headerBytes: Math.max(0, hdr),
      size,
    };
    return new Arrived(head, _rdata, 0);
  }

  /** Decoded when somebody asks, which few do. */
  get reply(): string | undefined {
    const { line, replyAt, replyEnd } = this.#head;
    return replyAt === replyEnd ? undefined : utf8.decode(line.subarray(replyAt, replyEnd));
  }
}
