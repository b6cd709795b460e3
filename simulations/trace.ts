/**
 * The trace of a run: a rolling hash over everything that happened (time, node, kind, from, payload),
 * a checkpoint every so often, and the last lines as text.
 *
 * Two runs of one seed must have equal hashes. Where they differ, the checkpoints tell between which
 * two of them, and a second pair of runs with a window there tells the first line that differs
 * (difference.ts). Lines are kept as they are and become text only when somebody reads them.
 */
import { assert } from '#lib/assert.ts';
import { hashBytes, hashText } from './random.ts';

/** Lines that a failure can show. */
const LAST_LINES = 256;
/** About 50 ms of work lie between two checkpoints; a checkpoint looks at every actor's state. */
export const CHECKPOINT_LINES = 16_384;

export interface Line {
  number: number;
  /** Microseconds since the world began. */
  at: number;
  node: string;
  kind: string;
  from: string;
  about: unknown;
}

export interface Checkpoint {
  readonly lines: number;
  readonly at: number;
  readonly trace: string;
  /** Of the states of all actors. */
  readonly states: number;
}

export interface Window {
  readonly from: number;
  readonly to: number;
}

export interface TraceOptions {
  /** Hears every line as text. */
  readonly print?: ((text: string) => void) | undefined;
  /** Lines of which text and hash are kept. */
  readonly window?: Window | undefined;
  /** Nobody will compare this run: no checkpoints. */
  readonly isBare?: boolean | undefined;
}

export class Trace {
  lines = 0;
  readonly checkpoints: Checkpoint[] = [];
  /** What the window shows. */
  readonly seen: { readonly hash: string; readonly text: string }[] = [];
  readonly #options: TraceOptions;
  readonly #describe: (about: unknown) => string;
  readonly #statesHash: () => number;
  readonly #last: Line[] = [];
  readonly #hashes = new Map<string, number>();
  #high = 0x9e37_79b9 | 0;
  #low = 0x85eb_ca6b | 0;

  constructor(
    options: TraceOptions = {},
    describe: (about: unknown) => string = String,
    statesHash: () => number = () => 0,
  ) {
    this.#options = options;
    this.#describe = describe;
    this.#statesHash = statesHash;
  }

  /** `payload`: the hash of what `about` stands for, where that is more than text. */
  add(
    at: number,
    node: string,
    kind: string,
    from: string,
    about: unknown = '',
    payload = this.#payloadOf(about),
  ): void {
    this.#mix(at | 0);
    this.#mix(Math.floor(at / 0x1_0000_0000));
    this.#mix(this.#hashOf(node));
    this.#mix(this.#hashOf(kind));
    this.#mix(this.#hashOf(from));
    this.#mix(payload);
    const number = ++this.lines;
    this.#remember(number, at, node, kind, from, about);
    const { print, window, isBare } = this.#options;
    if (number % CHECKPOINT_LINES === 0 && isBare !== true) this.#checkpoint(at);
    if (print === undefined && window === undefined) return;
    const text = this.#text({ number, at, node, kind, from, about });
    print?.(text);
    if (window !== undefined && number > window.from && number <= window.to)
      this.seen.push({ hash: this.hash, text });
  }

  /** 64 bits, as 16 hexadecimal digits. */
  get hash(): string {
    return digits(this.#high) + digits(this.#low);
  }

  last(count: number): string[] {
    const from = Math.max(0, this.lines - Math.min(count, LAST_LINES));
    return Array.from({ length: this.lines - from }, (_, i) =>
      this.#text(this.#last[(from + i) % LAST_LINES]!),
    );
  }

  /** Two multiplicative lanes that feed each other: a difference never cancels itself out. */
  #mix(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x0100_0193) ^ (this.#low >>> 15);
    this.#low = Math.imul(this.#low + value, 0x9e37_79b1) ^ (this.#high >>> 13);
  }

  #payloadOf(about: unknown): number {
    if (typeof about === 'string') return this.#hashOf(about);
    if (about instanceof Uint8Array) return hashBytes(about);
    assert(about === undefined, 'whatever else a line is about has its own hash');
    return 0;
  }

  #hashOf(text: string): number {
    const known = this.#hashes.get(text);
    if (known !== undefined) return known;
    const hash = hashText(text);
    // Names and kinds are few; details may be many, and are not worth remembering for ever.
    if (this.#hashes.size < 65_536) this.#hashes.set(text, hash);
    return hash;
  }

  /** Overwrites the oldest of the lines: no garbage. */
  #remember(
    number: number,
    at: number,
    node: string,
    kind: string,
    from: string,
    about: unknown,
  ): void {
    const place = (number - 1) % LAST_LINES;
    const line = this.#last[place];
    if (line === undefined) {
      this.#last.push({ number, at, node, kind, from, about });
      return;
    }
    line.number = number;
    line.at = at;
    line.node = node;
    line.kind = kind;
    line.from = from;
    line.about = about;
  }

  #checkpoint(at: number): void {
    this.checkpoints.push({ lines: this.lines, at, trace: this.hash, states: this.#statesHash() });
  }

  #text({ number, at, node, kind, from, about }: Line): string {
    const seconds = `${Math.floor(at / 1_000_000)}.${String(at % 1_000_000).padStart(6, '0')}`;
    const who = from === '' ? node : `${node} <- ${from}`;
    const what = about === undefined || about === '' ? '' : ` ${this.#describe(about)}`;
    return `${String(number).padStart(7)} ${seconds.padStart(11)} ${who.padEnd(24)} ${kind}${what}`;
  }
}

const digits = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
