/**
 * Ports: the only ways out of the program. Each has a real side in `runtime/` and a simulated side in
 * `simulations/`, and one contract suite in `test/contract/` that all sides pass. No other file may
 * read the time, draw a random number, or open a socket or a file.
 */
import type { Result } from '#lib/result.ts';
import type {
  Bookmark,
  PieceEntry,
  PieceFound,
  PiecePage,
  PieceTally,
  Plain,
  Reason,
  Spoken,
  Unanswered,
  Write,
} from '#protocols/effect.ts';
import type { Measured } from '#protocols/figures.ts';
import type { Millis } from '#protocols/ids.ts';
import type { Address, Filter, NodeAddress, Subject } from '#protocols/subjects.ts';

export interface Clock {
  /** Monotonic: for deadlines and timers. */
  readonly now: () => Millis;
  /** The time of day in milliseconds since 1970: for stamps. May jump. */
  readonly wall: () => Millis;
  /** Calls `then` once, no earlier than `inMs` from now. The result cancels. */
  readonly after: (inMs: number, then: () => void) => () => void;
  /**
   * Monotonic, in fractions of milliseconds: for measuring what a step takes, and nothing else. Absent
   * where time stands still while a step runs, as in a simulation.
   */
  readonly fine?: () => number;
}

/** Where the loop gets its turns from. */
export interface Scheduler {
  /** Calls `turn` soon, after whatever input and output is ready. */
  readonly soon: (turn: () => void) => void;
  /** Calls `turn` when all that runs now has returned, before anything else is ready. */
  readonly onReturn?: (turn: () => void) => void;
}

/** What arrived. `bytes` may be a view into a socket's buffer: copy what outlives the call. */
export interface Arrival {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly reply: string | undefined;
  /** NATS' word that nobody listens there (status 503 on the reply subject). */
  readonly nobody: boolean;
  readonly traceparent: string | undefined;
}

export interface Outgoing {
  readonly reply?: Subject;
  readonly traceparent?: string;
}

/**
 * Carries bytes between nodes: at most once, in order from one sender to one subject's listener.
 * Subjects and filters are branded: only checked text gets here, and it is checked again, since one
 * bad subject or queue name cuts the connection of everybody. The bytes sent are the wire's from then
 * on: whoever sends does not change them.
 */
export interface Wire {
  /** Never throws, never waits: a lost message is normal. */
  readonly send: (subject: Subject, bytes: Uint8Array, more?: Outgoing) => void;
  /** With a queue group, one member of the group gets each message. The result stops listening. */
  readonly listen: (
    filter: Filter,
    receive: (arrival: Arrival) => void,
    queue?: string,
  ) => () => void;
  /** Hears of the wire's health; the newest state at once. The result stops that. */
  readonly onState: (hear: (state: WireState) => void) => () => void;
  /** Payload bytes that one message may have. */
  readonly bytesMax: number;
}

export type WireState = 'up' | 'down' | 'closed';

/**
 * Small state, by key. Calls take effect in the order in which they are made. `commit` is atomic over
 * its writes and calls back when they are durable; what is read is durable when the callback comes. A
 * disk that did not sync is not asked again: from then on each call says why (the actor ends).
 * Callbacks come later, never within the call.
 */
export interface Store {
  readonly commit: (writes: readonly Write[], then: (outcome: Committed) => void) => void;
  /** Damage is an error, never `undefined`: a vote that cannot be read was still cast. */
  readonly read: (key: string, then: (found: Result<Uint8Array | undefined>) => void) => void;
  /** Everything whose key begins with `prefix`, in the order of the keys' UTF-8 bytes. */
  readonly scan: (prefix: string, then: (found: Result<readonly StoreEntry[]>) => void) => void;
}

export type StoreEntry = readonly [key: string, value: Uint8Array];

export type Committed = { readonly ok: true } | { readonly ok: false; readonly error: string };

/**
 * The files of one directory, which one process at a time uses. Files grow at their end. What was
 * appended is durable after `datasync`, what was created or unlinked after `syncNames`; before that a
 * power cut keeps or loses any part of it. After a sync that failed nobody knows what is on the disk,
 * and a later success proves nothing: who needs the bytes writes them to another file. Whoever appends
 * to, truncates or syncs a file waits for the answer before doing the next to it; until then what is
 * appended belongs to the disk. Callbacks come later, never within the call.
 */
export interface Disk {
  /** In the order of their names, which are lower-case letters, digits, dot, dash and underscore. */
  readonly list: (then: (found: Result<readonly FileSize[], DiskFault>) => void) => void;
  /** Makes an empty file, which must not be there yet. */
  readonly create: (name: string, then: (outcome: DiskDone) => void) => void;
  /** Appends all of the bytes. After a fault some first part of them may be there: see `truncate`. */
  readonly append: (name: string, bytes: Uint8Array, then: (outcome: DiskDone) => void) => void;
  /** Fewer bytes where the file ends earlier. */
  readonly read: (
    name: string,
    at: number,
    length: number,
    then: (found: Result<Uint8Array, DiskFault>) => void,
  ) => void;
  readonly datasync: (name: string, then: (outcome: DiskDone) => void) => void;
  /** Cuts a file down to its first `length` bytes. */
  readonly truncate: (name: string, length: number, then: (outcome: DiskDone) => void) => void;
  readonly unlink: (name: string, then: (outcome: DiskDone) => void) => void;
  readonly syncNames: (then: (outcome: DiskDone) => void) => void;
}

export interface FileSize {
  readonly name: string;
  readonly bytes: number;
}

/** What the operating system said: `ENOSPC`, `EIO`, `ENOENT`, `EEXIST` and their like. */
export interface DiskFault {
  readonly code: string;
  readonly detail: string;
}

export type DiskDone = Result<undefined, DiskFault>;

/**
 * Pieces: large values under expiry and a capacity, of one node. A key is put again only with the same
 * value: by a repair, or with a later expiry. What is put must not change until the callback. Callbacks
 * come later, never within the call. See runtime/pieces/ for the promises.
 */
export interface PieceStore {
  /** Calls back when the piece is durable, or with the reason why it is not kept. */
  readonly put: (piece: Piece, then: (outcome: PiecePut) => void) => void;
  /** Verified on every read: damaged bytes are `damaged`, never returned. */
  readonly get: (key: string, then: (found: PieceGot) => void) => void;
  /** The same, but it is nobody's use of the piece: it stays as cold as it is. */
  readonly peek: (key: string, then: (found: PieceGot) => void) => void;
  /** Calls back when it is durable that the piece is gone. */
  readonly drop: (key: string, then: (outcome: PieceDropped) => void) => void;
  /** A page of all that is there, from the beginning or from where another page ended. */
  readonly list: (after: Bookmark | undefined, then: (found: Result<PiecePage>) => void) => void;
  readonly tally: (then: (found: Result<PieceTally>) => void) => void;
  /**
   * Makes room where that costs nothing, and names nobody then; else names some live pieces, those that are
   * missed least first, that would have to be dropped for more room.
   */
  readonly nominate: (then: (found: Result<readonly PieceEntry[]>) => void) => void;
  /** Expiries before this have passed, whatever any clock here says. Never goes back. */
  readonly lapse: (before: Millis) => void;
}

export interface Piece {
  readonly key: string;
  readonly value: Uint8Array;
  /** Milliseconds since 1970 after which the piece may go. */
  readonly expiresAt: Millis;
}

export type PiecePut =
  | { readonly ok: true }
  | { readonly ok: false; readonly why: 'full' | 'too-large' | 'failed'; readonly error: string };

export type PieceGot = PieceFound | { readonly found: 'failed'; readonly error: string };

export type PieceDropped =
  | { readonly ok: true }
  | { readonly ok: false; readonly why: 'full' | 'failed'; readonly error: string };

/** Heavy computation: worker threads in production, inline after a drawn delay in simulation. */
export interface Pool {
  /** Calls back once, unless cancelled first (the result cancels). */
  readonly run: (job: string, input: Plain, then: (outcome: Computed) => void) => () => void;
  /**
   * Calls back when a worker has nothing to do, or when that is long in coming: for work that grows cheaper
   * while it waits. First come, first served. Once, unless cancelled first.
   */
  readonly turn: (then: () => void) => () => void;
}

export type Computed =
  | { readonly ok: true; readonly output: Plain }
  | { readonly ok: false; readonly why: string };

export type DeadLetterReason =
  | 'no-such-actor'
  | 'mailbox-full'
  | 'malformed'
  | 'expired'
  | 'stopped'
  | 'late-answer';

export interface Span {
  readonly who: Address;
  readonly kind: string;
  readonly traceparent: string;
  readonly startedAt: Millis;
  /** With fractions; 0 where the clock has no finer reading. */
  readonly tookMs: number;
  readonly hasFailed: boolean;
}

/** What the engine lets be seen of itself. Every method must be cheap, and must not throw. */
export interface Observer {
  readonly spawned?: (who: Address, incarnation: number) => void;
  readonly ended?: (
    who: Address,
    incarnation: number,
    how: string,
    detail: string | undefined,
  ) => void;
  readonly handled?: (who: Address, kind: string) => void;
  /** An ask came to its outcome; `asker` is absent for asks from outside any actor. */
  readonly asked?: (
    asker: Address | undefined,
    outcome: 'answered' | Unanswered,
    tookMs: number,
  ) => void;
  /** An actor said a number. */
  readonly figure?: (who: Address, measured: Measured) => void;
  /** A step on behalf of a trace. */
  readonly span?: (span: Span) => void;
  readonly deadLetter?: (to: Address, message: Spoken, why: DeadLetterReason) => void;
  readonly malformed?: (from: string, why: string) => void;
  /** Link-level events between nodes: counted by `what`. */
  readonly link?: (
    peer: NodeAddress,
    what: 'lost' | 'duplicate' | 'reordered' | 'stale' | 'stalled' | 'refused',
    count: number,
  ) => void;
  readonly wire?: (state: WireState, detail: string) => void;
  /** A message that a wire did not take. */
  readonly dropped?: (subject: string, why: DropReason) => void;
  /** A broker refused a subject to us. It says so later, of a message or a listener of before. */
  readonly forbidden?: (what: 'send' | 'listen', subject: string) => void;
  /** An exception with no actor to blame, e.g. of a wire's listener. Without this it is thrown on. */
  readonly fault?: (where: string, error: unknown) => void;
}

export type DropReason = 'bad-subject' | 'too-large' | 'down' | 'backlog';

/** What to run, and how it says that it is up. */
export interface ProcessCommand {
  /** An executable; `node` is the one that runs us. */
  readonly file: string;
  readonly args: readonly string[];
  /** On top of our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** `message`: it is a Node process of ours and says so over its channel; a text: in a line of output. */
  readonly readyBy: 'message' | 'start' | { readonly line: string };
  /**
   * Once a process with a channel (`message`) is up, how long it may leave unanswered that it is asked
   * whether it still turns: then it is killed, and has `crashed`. Absent: it is not asked.
   */
  readonly answersWithinMs?: number;
  /** Of a process with a channel that was started ahead, and waits (`AsChild.toldToBegin`): it is told when this is done. */
  readonly begins?: Promise<void>;
}

/** What becomes of a process: `failed`, or `started` and later `ended`. Nothing after that. */
export interface ProcessEvents {
  readonly started: (pid: number) => void;
  /** `exitCode` where it ended by itself with one. */
  readonly failed: (reason: Reason, exitCode?: number) => void;
  readonly ended: (reason: Reason) => void;
  readonly line: (stream: 'out' | 'err', text: string) => void;
  /** It was started ahead, has loaded what it takes, and waits until it may begin. */
  readonly loaded?: () => void;
}

/** Processes of this machine that are our own children. */
export interface ProcessPort {
  /** The result stops it: asked, or at once. Whoever has ended already is not disturbed. */
  readonly start: (command: ProcessCommand, hear: ProcessEvents) => (how: 'stop' | 'kill') => void;
}
