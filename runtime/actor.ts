/**
 * What an actor is: a name, what it listens to, and two deterministic functions. The runtime owns
 * the mailbox, the clock, the wire, the store and the loop; an actor owns its state and decisions.
 *
 * Guarantees: one input at a time; handlers are synchronous and run to completion; effects are
 * carried out in order, after the handler returned; messages of one sender to one receiver arrive in
 * order or not at all; `ended` and answers keep that order too; other signals come before messages;
 * an actor is never visible half-started. Not guaranteed: delivery, order between senders.
 *
 * A throw ends the incarnation; the message at hand is not delivered again, those behind it wait for
 * the next incarnation. Timers, asks, watches, jobs, keeps and stows under way die with their incarnation.
 */
import type { Catalogue } from '#protocols/codec.ts';
import type { Moment, Signal, Spoken, Startable, Step } from '#protocols/effect.ts';
import type { Address } from '#protocols/subjects.ts';

/** What the store had for an actor when it started: key to value. */
export type Kept = ReadonlyMap<string, Uint8Array>;

/** Returned by `start` to decline: no incarnation, and not a failure. */
export const IGNORE = Symbol('ignore');

export type Overflow = 'refuse' | 'drop-oldest';

export interface Actor<S, In extends Spoken, Out extends Spoken> extends Startable {
  readonly address: Address;
  /** What gets in. Anything else is counted as malformed and dropped before `receive`. */
  readonly listens: Catalogue<In>;
  /** What it says, where that is not among what it listens to. */
  readonly speaks?: Catalogue<Out>;
  readonly start: (at: Moment, kept: Kept) => Step<S, Out> | typeof IGNORE;
  readonly receive: (state: S, input: In | Signal, at: Moment) => Step<S, Out>;
  /** Throws `InvariantViolation`. Run after every step in tests and simulations. */
  readonly invariants?: (state: S) => void;
  /** Undelivered messages held before senders are refused. */
  readonly mailboxMax?: number;
  /** What happens to a message of `kind` when the mailbox is full; `refuse` by default. */
  readonly overflow?: (kind: string) => Overflow;
  /** Its `start` only begins: it says `ready` (or `end`s) in a later step. */
  readonly startsLater?: boolean;
  /** It handles `stop` itself and says `end` when done, instead of ending right after. */
  readonly lingers?: boolean;
  /**
   * Restores what it kept: `start` waits for the store. A text: only what is under keys that begin with it,
   * so that whoever keeps more than memory holds restores what it works on, and recalls the rest. Without
   * it `kept` is empty.
   */
  readonly keeps?: boolean | string;
  /** Also takes what is sent to any actor of its role in its city. */
  readonly anyone?: boolean;
}

// The runtime holds actors of every type side by side; only their own functions read their states.
export type AnyActor = Actor<never, never, Spoken>;

/** Forgets the types of an actor, for places that hold actors of many types. */
export const anyActor = <S, In extends Spoken, Out extends Spoken>(
  actor: Actor<S, In, Out>,
): AnyActor => actor as unknown as AnyActor;
