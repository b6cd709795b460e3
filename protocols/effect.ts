/**
 * What an actor may want (effects) and what it may be told besides messages (signals).
 *
 * Effects are data: production and simulation are two interpreters of this vocabulary. They are
 * carried out in order, after the step that returned them. Signals are told apart from messages by
 * their kind: a message's kind has a dot in it (`ring.rotate`), a signal's has none.
 *
 * | effect                 | comes back as                                              |
 * | ---------------------- | ---------------------------------------------------------- |
 * | send, answer, note     | nothing: at most once                                      |
 * | figure                 | nothing: a number for whoever measures (figures.ts)        |
 * | ask                    | `answered` or `unanswered`, exactly one of them, once      |
 * | wake (sleep cancels)   | `wake`                                                     |
 * | keep                   | `kept`, when durable; an error of the disk ends the actor  |
 * | recall                 | `recalled`                                                 |
 * | stow, discard          | `stowed`, `discarded`, when durable or refused             |
 * | fetch, list, measure   | `fetched`, `listed`, `measured`                            |
 * | nominate               | `nominated`                                                |
 * | lapse                  | nothing: from then on that time has passed                 |
 * | compute                | `computed` or `uncomputed`                                 |
 * | turn                   | `turn`, once the pool has nothing else to do, soon anyway  |
 * | spawn                  | `started`, `unstarted`, later `child-ended`                |
 * | watch (unwatch)        | `ended`, exactly once                                      |
 * | stop, bury             | `child-ended` for a child                                  |
 * | ready, end             | nothing: they are about the actor itself                   |
 *
 * All `keep`s of one step are committed together or not at all.
 *
 * Kept values are an actor's own: few, small, all of them there when it starts. Pieces are its node's:
 * many, large, under expiry and a capacity; every actor of the node sees the same, under the same keys,
 * and asks for what it needs. A disk that fails ends the actor, whichever of them it had asked for.
 */
import type { Measured } from './figures.ts';
import type { Incarnation, Millis } from './ids.ts';
import type { Address } from './subjects.ts';

/** Chance, as an argument. Drawn from the seed in simulation, from the system in production. */
export interface Entropy {
  /** Uniform in 0..bound-1; `bound` is at most 2^32. */
  readonly below: (bound: number) => number;
  readonly bytes: (count: number) => Uint8Array;
}

/** The right to answer one ask, once. Opaque; comes with the asked message, goes with the answer. */
export interface Ticket {
  readonly asker: Address;
  readonly number: number;
}

/** When and from whom an input came. */
export interface Moment {
  /** The monotonic clock: for deadlines and timers. Never goes back, means nothing elsewhere. */
  readonly now: Millis;
  /** The wall clock: for stamps that others read. May jump. */
  readonly wall: Millis;
  readonly entropy: Entropy;
  /** The sender; absent for signals and for what came from outside any actor. */
  readonly from: Address | undefined;
  /** Present when the sender waits for an answer. */
  readonly ticket: Ticket | undefined;
}

/** Why an actor is no more. `crashed` and `killed` are abnormal. */
export interface Reason {
  readonly how: 'normal' | 'shutdown' | 'killed' | 'crashed';
  readonly detail?: string;
}

export const NORMAL: Reason = { how: 'normal' };
export const SHUTDOWN: Reason = { how: 'shutdown' };
export const KILLED: Reason = { how: 'killed' };
export const crashed = (detail: string): Reason => ({ how: 'crashed', detail });

export const isAbnormal = (reason: Reason): boolean =>
  reason.how === 'crashed' || reason.how === 'killed';

/** One durable change: the value of a key, or its end. */
export interface Write {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

/** What a node finds under a key. Verified on every read: what is damaged is never a value. */
export type PieceFound =
  | { readonly found: 'piece'; readonly value: Uint8Array; readonly expiresAt: Millis }
  | { readonly found: 'nothing' }
  | { readonly found: 'damaged' };

export interface PieceEntry {
  readonly key: string;
  /** Of the value. */
  readonly bytes: number;
  readonly expiresAt: Millis;
}

/** Where a list of pieces goes on: the store's own numbers. */
export interface Bookmark {
  readonly segment: number;
  readonly at: number;
}

/**
 * One page of a list, in the order of writing; it may be empty. Whatever is there from the first page to
 * the last is listed: once, unless it was moved or put meanwhile.
 */
export interface PiecePage {
  readonly pieces: readonly PieceEntry[];
  /** Absent on the last page. */
  readonly next: Bookmark | undefined;
}

export interface PieceTally {
  /** Expired ones too, as long as they are there. */
  readonly pieces: number;
  readonly bytesMax: number;
  /** What the files take. */
  readonly bytesUsed: number;
  /** Room that is there at once: what has expired or was dropped is won back when it is needed. */
  readonly bytesFree: number;
  /** Pieces found damaged, since the store was opened. */
  readonly damaged: number;
}

/** Structured data for jobs of the compute pool: it crosses to a worker thread. */
export type Plain =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** A public fact: JSON, so that a DApp needs nothing else. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

export interface Spoken {
  readonly kind: string;
}

/** What `spawn` starts. Opaque here; runtime/actor.ts says what it is. */
export interface Startable {
  readonly address: Address;
}

export type StopHow =
  /** At once; no last words. */
  | 'kill'
  /** After the message at hand; a `stop` signal is the last input. */
  | 'stop'
  /** After everything queued before the stop. */
  | 'drain';

export type Effect<Out extends Spoken = Spoken> =
  | {
      readonly do: 'send';
      readonly to: Address;
      readonly message: Out;
      /** Repeated between the two nodes until received, once: for what no protocol repeats itself. */
      readonly reliable?: boolean;
    }
  | {
      readonly do: 'ask';
      readonly id: string;
      readonly to: Address;
      readonly message: Out;
      readonly withinMs: number;
    }
  | { readonly do: 'answer'; readonly ticket: Ticket; readonly message: Out }
  | { readonly do: 'wake'; readonly id: string; readonly inMs: number }
  | { readonly do: 'sleep'; readonly id: string }
  | { readonly do: 'note'; readonly topic: string; readonly fact: Json }
  | Measured
  | { readonly do: 'keep'; readonly id: string; readonly writes: readonly Write[] }
  | { readonly do: 'recall'; readonly id: string; readonly key: string }
  | {
      readonly do: 'stow';
      readonly id: string;
      /** 1 to 255 bytes. A key is stowed again only with the same value, e.g. to live longer. */
      readonly key: string;
      readonly value: Uint8Array;
      /** Milliseconds since 1970; the piece may go when `lapse` has passed them, and no earlier. */
      readonly expiresAt: Millis;
    }
  | {
      readonly do: 'fetch';
      readonly id: string;
      readonly key: string;
      /** A look at it that is nobody's use of it: what is used of late is kept before what is not. */
      readonly isIdle?: boolean;
    }
  | { readonly do: 'discard'; readonly id: string; readonly key: string }
  | { readonly do: 'list'; readonly id: string; readonly after: Bookmark | undefined }
  | { readonly do: 'measure'; readonly id: string }
  /** Makes room where that costs nothing; else names pieces that would have to be discarded for more. */
  | { readonly do: 'nominate'; readonly id: string }
  /** What expires before that has expired: the only time that a store knows. It never goes back. */
  | { readonly do: 'lapse'; readonly before: Millis }
  | { readonly do: 'compute'; readonly id: string; readonly job: string; readonly input: Plain }
  /** For work that is cheaper together: what is to be computed is decided when its turn has come. */
  | { readonly do: 'turn'; readonly id: string }
  | {
      readonly do: 'spawn';
      readonly actor: Startable;
      readonly incarnation: Incarnation;
      /** Its end is judged by whoever spawned it: name and mailbox wait for a restart or `bury`. */
      readonly supervised: boolean;
    }
  | { readonly do: 'stop'; readonly who: Address; readonly how: StopHow }
  | { readonly do: 'bury'; readonly who: Address }
  | {
      readonly do: 'watch';
      readonly who: Address;
      /** Its end is mine: instead of `ended`, the watcher ends as well. */
      readonly isLink: boolean;
    }
  | { readonly do: 'unwatch'; readonly who: Address }
  | { readonly do: 'ready' }
  | { readonly do: 'end'; readonly reason: Reason };

export type Signal =
  | { readonly kind: 'wake'; readonly id: string }
  | { readonly kind: 'answered'; readonly id: string; readonly message: Spoken }
  | { readonly kind: 'unanswered'; readonly id: string; readonly why: Unanswered }
  | { readonly kind: 'kept'; readonly id: string }
  | { readonly kind: 'recalled'; readonly id: string; readonly value: Uint8Array | undefined }
  | { readonly kind: 'stowed'; readonly id: string; readonly outcome: Stowed }
  | ({ readonly kind: 'fetched'; readonly id: string } & PieceFound)
  | { readonly kind: 'discarded'; readonly id: string; readonly outcome: Discarded }
  | ({ readonly kind: 'listed'; readonly id: string } & PiecePage)
  | { readonly kind: 'measured'; readonly id: string; readonly tally: PieceTally }
  | { readonly kind: 'nominated'; readonly id: string; readonly pieces: readonly PieceEntry[] }
  | { readonly kind: 'computed'; readonly id: string; readonly output: Plain }
  | { readonly kind: 'uncomputed'; readonly id: string; readonly why: string }
  | { readonly kind: 'turn'; readonly id: string }
  | { readonly kind: 'started'; readonly who: Address; readonly incarnation: Incarnation }
  | {
      readonly kind: 'unstarted';
      readonly who: Address;
      readonly incarnation: Incarnation;
      /** `undefined`: the actor declined to start (OTP's `ignore`), which is not a failure. */
      readonly reason: Reason | undefined;
    }
  | {
      readonly kind: 'child-ended';
      readonly who: Address;
      readonly incarnation: Incarnation;
      readonly reason: Reason;
    }
  | { readonly kind: 'ended'; readonly who: Address }
  | { readonly kind: 'stop' };

/** Durable, or not kept: `full` of what has not expired, or with too much waiting for the disk. */
export type Stowed = 'stored' | 'full' | 'too-large';
/** It cannot come back, or (`full`, see above) it is still there. */
export type Discarded = 'gone' | 'full';

/** Why an ask has no answer: silence, nobody there, its mailbox full, or it was not understood. */
export type Unanswered = 'deadline' | 'dead' | 'full' | 'malformed';

export type Step<S, Out extends Spoken = Spoken> = readonly [
  state: S,
  effects: readonly Effect<Out>[],
];

export const NOTHING: readonly never[] = [];

export const send = <Out extends Spoken>(to: Address, message: Out): Effect<Out> => ({
  do: 'send',
  to,
  message,
});
export const ask = <Out extends Spoken>(
  id: string,
  to: Address,
  message: Out,
  withinMs: number,
): Effect<Out> => ({ do: 'ask', id, to, message, withinMs });
export const answer = <Out extends Spoken>(ticket: Ticket, message: Out): Effect<Out> => ({
  do: 'answer',
  ticket,
  message,
});
export const wake = (id: string, inMs: number): Effect<never> => ({ do: 'wake', id, inMs });
export const sleep = (id: string): Effect<never> => ({ do: 'sleep', id });
export const note = (topic: string, fact: Json): Effect<never> => ({ do: 'note', topic, fact });
export const keep = (id: string, ...writes: readonly Write[]): Effect<never> => ({
  do: 'keep',
  id,
  writes,
});
export const put = (key: string, value: Uint8Array): Write => ({ key, value });
export const forget = (key: string): Write => ({ key, value: undefined });
export const recall = (id: string, key: string): Effect<never> => ({ do: 'recall', id, key });
export const stow = (
  id: string,
  key: string,
  value: Uint8Array,
  expiresAt: Millis,
): Effect<never> => ({ do: 'stow', id, key, value, expiresAt });
export const fetch = (id: string, key: string): Effect<never> => ({ do: 'fetch', id, key });
export const discard = (id: string, key: string): Effect<never> => ({ do: 'discard', id, key });
/** The next page of what the node has; the first one without a bookmark. */
export const list = (id: string, after?: Bookmark): Effect<never> => ({ do: 'list', id, after });
export const measure = (id: string): Effect<never> => ({ do: 'measure', id });
export const nominate = (id: string): Effect<never> => ({ do: 'nominate', id });
export const lapse = (before: Millis): Effect<never> => ({ do: 'lapse', before });
/** A `fetch` that is nobody's use of the piece. */
export const peek = (id: string, key: string): Effect<never> => ({
  do: 'fetch',
  id,
  key,
  isIdle: true,
});
export const compute = (id: string, job: string, input: Plain): Effect<never> => ({
  do: 'compute',
  id,
  job,
  input,
});
export const turn = (id: string): Effect<never> => ({ do: 'turn', id });
export const spawn = (actor: Startable): Effect<never> => ({
  do: 'spawn',
  actor,
  incarnation: 1,
  supervised: false,
});
export const supervise = (actor: Startable, incarnation: Incarnation): Effect<never> => ({
  do: 'spawn',
  actor,
  incarnation,
  supervised: true,
});
export const stop = (who: Address, how: StopHow = 'stop'): Effect<never> => ({
  do: 'stop',
  who,
  how,
});
/** A parent's word that a child that ended will not come back: watchers hear of it now. */
export const bury = (who: Address): Effect<never> => ({ do: 'bury', who });
export const watch = (who: Address): Effect<never> => ({ do: 'watch', who, isLink: false });
export const link = (who: Address): Effect<never> => ({ do: 'watch', who, isLink: true });
export const unwatch = (who: Address): Effect<never> => ({ do: 'unwatch', who });
/** Says that a start that takes more than one step is complete. */
export const ready: Effect<never> = { do: 'ready' };
export const end = (reason: Reason = NORMAL): Effect<never> => ({ do: 'end', reason });

/** Answers whoever asked, or sends to whoever spoke: the natural way to reply. */
export function reply<Out extends Spoken>(
  at: Pick<Moment, 'from' | 'ticket'>,
  message: Out,
): readonly Effect<Out>[] {
  if (at.ticket !== undefined) return [answer(at.ticket, message)];
  return at.from === undefined ? NOTHING : [send(at.from, message)];
}
