/**
 * What is to be published, as the server reads it: one message behind another in one piece of memory,
 * so that all that is said in one turn is one write. The client would encode each line, keep three
 * buffers for each message, and copy them all together: three times the cost of a small message.
 *
 * Memory is never written to twice: what was taken may still wait for the socket.
 */

const CHUNK_BYTES = 128 * 1_024;
/** Past this it is time to write, whatever else is said in the turn. */
const FULL_BYTES = 64 * 1_024;
/** `PUB `, three spaces, a length, and two line ends. */
const AROUND_BYTES = 32;

export class Outbound {
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #start = 0;
  #at = 0;

  /** Whether a message is short enough to be copied; others go on their own. */
  static takes(subject: string, reply: string, bytes: Uint8Array): boolean {
    return subject.length + reply.length + bytes.length + AROUND_BYTES <= CHUNK_BYTES / 8;
  }

  get size(): number {
    return this.#at - this.#start;
  }

  get isFull(): boolean {
    return this.size >= FULL_BYTES;
  }

  /** Subject and reply are checked: they are ASCII without spaces. */
  add(subject: string, reply: string, bytes: Uint8Array): void {
    this.#reserve(subject.length + reply.length + bytes.length + AROUND_BYTES);
    const to = reply === '' ? subject : `${subject} ${reply}`;
    this.#at += this.#chunk.write(`PUB ${to} ${bytes.length}\r\n`, this.#at, 'latin1');
    this.#chunk.set(bytes, this.#at);
    this.#at += bytes.length;
    this.#chunk[this.#at++] = 0x0d;
    this.#chunk[this.#at++] = 0x0a;
  }

  /** Everything added since the last time. */
  take(): Uint8Array {
    const taken = this.#chunk.subarray(this.#start, this.#at);
    this.#start = this.#at;
    return taken;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= CHUNK_BYTES) return;
    const begun = this.take();
    this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.#start = 0;
    this.#chunk.set(begun);
    this.#at = begun.length;
  }
}
