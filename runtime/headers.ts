/**
 * The two things we want of a NATS header block: its status, and the `traceparent` it may carry. The
 * block is `NATS/1.0[ status[ text]]`, then `Name: value` lines, then an empty line, each ended by CRLF.
 */

const TRACEPARENT = /\r\ntraceparent: ?(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})\r\n/i;
const WHOLE = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const STATUS = /^NATS\/1\.0 +(\d{3})/;
/** A block longer than this is not ours, and is not searched. */
const SEARCHED_BYTES_MAX = 4_096;

/** Whether a text may stand in a header block as it is. */
export const isTraceparent = (text: string): boolean => WHOLE.test(text);

export const traceHeader = (traceparent: string): Uint8Array =>
  Buffer.from(`NATS/1.0\r\ntraceparent: ${traceparent}\r\n\r\n`);

export const traceparentOf = (header: Uint8Array | undefined): string | undefined =>
  header === undefined ? undefined : TRACEPARENT.exec(latin1(header))?.[1];

/** 503 means that nobody listens. */
export function statusOf(header: Uint8Array | undefined): number | undefined {
  const status = header === undefined ? undefined : STATUS.exec(latin1(header))?.[1];
  return status === undefined ? undefined : Number(status);
}

const latin1 = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, Math.min(length, SEARCHED_BYTES_MAX)).toString('latin1');
