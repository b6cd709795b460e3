/**
 * Turns: one actor handling a batch. Kill comes first, then stop, then signals, then messages; a throw
 * ends the incarnation, and nothing else ends with it.
 */
import {
  crashed,
  KILLED,
  SHUTDOWN,
  type Moment,
  type Reason,
  type Signal,
  type Spoken,
  type Step,
} from '#protocols/effect.ts';
import type { AnyActor, Kept } from './actor.ts';
import { LIMITS } from '#config/limits.ts';
import type { CarryOut } from './carry-out.ts';
import type { Cell } from './cell.ts';
import { Delivery } from './delivery.ts';
import type { Engine } from './engine.ts';
import { messageOf } from './harmless.ts';
import { LAST_WORD, type Lives } from './lives.ts';
import type { Observer } from './ports.ts';
import type { Post } from './post.ts';

const NO_KEPT: Kept = new Map();

export class Turns {
  readonly #engine: Engine;
  readonly #post: Post;
  readonly #lives: Lives;
  readonly #carryOut: CarryOut;
  /** Asked for each input. */
  readonly #handled: Observer['handled'];
  readonly #span: Observer['span'];

  constructor(engine: Engine, post: Post, lives: Lives, carryOut: CarryOut) {
    this.#engine = engine;
    this.#post = post;
    this.#lives = lives;
    this.#carryOut = carryOut;
    this.#handled = engine.observer.handled;
    this.#span = engine.observer.span;
  }

  batch(cell: Cell, max: number): number {
    for (let handled = 0; handled < max; handled++) {
      if (cell.phase === 'due') this.#start(cell);
      const delivery = this.#next(cell);
      if (delivery !== undefined) this.#handle(cell, delivery);
      // Whoever judges from outside may have started it again within its own end: it goes on.
      else if (cell.phase !== 'due') return handled;
    }
    return max;
  }

  #start(cell: Cell): void {
    const kept = cell.belongings?.kept ?? NO_KEPT;
    if (cell.belongings !== undefined) cell.belongings.kept = undefined;
    this.#lives.start(cell, kept);
  }

  #next(cell: Cell): Delivery | undefined {
    const { phase, stopping, signals } = cell;
    if (phase !== 'running' && phase !== 'starting') return undefined;
    if (stopping !== undefined) {
      if (stopping === 'kill') return this.#kill(cell);
      if (stopping === 'stop' && !cell.own().hasHeardStop) {
        return new Delivery(this.#engine, LAST_WORD, false);
      }
    }
    if (signals !== undefined && !signals.isEmpty) return signals.shift();
    // What is not ready yet keeps its messages for later; it may need its answers to become ready.
    return phase === 'starting' ? cell.queue.take(isOutcome) : cell.queue.shift();
  }

  #kill(cell: Cell): undefined {
    this.#lives.end(cell, KILLED);
  }

  #handle(cell: Cell, delivery: Delivery): void {
    const { input } = delivery;
    if (delivery.counted ? this.#isTooLate(cell, delivery) : !this.#isStillMeant(cell, input))
      return;
    cell.tally.handled++;
    this.#handled?.(cell.address, input.kind);
    const { traceparent } = delivery;
    const reason =
      this.#span === undefined || traceparent === undefined
        ? this.#step(cell, delivery)
        : this.#tracedStep(cell, delivery, traceparent);
    if (reason !== undefined) this.#lives.end(cell, reason);
  }

  /** Runs the step and carries out its effects; says why the actor ends, if it does. */
  #step(cell: Cell, delivery: Delivery): Reason | undefined {
    const { input } = delivery;
    try {
      const [state, effects] = receiveOf(cell.actor)(cell.state, input, delivery);
      cell.state = state;
      if (this.#engine.checksInvariants) invariantsOf(cell.actor)?.(state);
      if (effects.length > 0) this.#carryOut.all(cell, effects, delivery);
    } catch (error) {
      return crashed(messageOf(error));
    }
    return input === LAST_WORD && cell.actor.lingers !== true ? SHUTDOWN : undefined;
  }

  /** The same, for whoever looks on: when it began, and what it took with its effects. */
  #tracedStep(cell: Cell, delivery: Delivery, traceparent: string): Reason | undefined {
    const { wall: startedAt, clock } = this.#engine;
    const since = clock.fine?.() ?? 0;
    const reason = this.#step(cell, delivery);
    const tookMs = (clock.fine?.() ?? 0) - since;
    const [who, { kind }, hasFailed] = [cell.address, delivery.input, reason?.how === 'crashed'];
    this.#span?.({ who, kind, traceparent, startedAt, tookMs, hasFailed });
    return reason;
  }

  /** An ask whose asker has given up is not handled; any other ask is owed an answer from now on. */
  #isTooLate(cell: Cell, { input, ticket }: Delivery): boolean {
    if (ticket === undefined) return false;
    if (ticket.expiresAt < this.#engine.now) {
      this.#post.deadLetter(cell.address, input, 'expired');
      return true;
    }
    const owed = (cell.own().owed ??= new Set());
    if (owed.size >= LIMITS.owedAnswersMax) owed.delete(owed.values().next().value!);
    owed.add(ticket);
    return false;
  }

  /** It is heard once, though it may come by way of the queue and at once. */
  #isFirstLastWord(cell: Cell): boolean {
    const own = cell.own();
    const isFirst = !own.hasHeardStop;
    own.hasHeardStop = true;
    return isFirst;
  }

  /** Signals can lose their meaning while they wait; and a linked end is the actor's own. */
  #isStillMeant(cell: Cell, input: Spoken): boolean {
    const signal = input as Signal;
    if (signal.kind === 'wake') {
      const timers = cell.belongings?.timers;
      return timers?.get(signal.id)?.signal === signal && timers.delete(signal.id);
    }
    if (signal.kind === 'stop') return this.#isFirstLastWord(cell);
    if (signal.kind !== 'ended') return true;
    const watching = cell.belongings?.watching;
    const isLink = watching?.get(signal.who);
    if (isLink === undefined) return false;
    watching!.delete(signal.who);
    if (isLink) this.#lives.end(cell, crashed(`linked ${signal.who} ended`));
    return !isLink;
  }
}

const isOutcome = ({ input }: Delivery): boolean =>
  input.kind === 'answered' || input.kind === 'unanswered';

type AnyReceive = (state: unknown, input: Spoken, at: Moment) => Step<unknown>;

/** The engine holds actors of all types; each function is only ever given its own actor's state. */
const receiveOf = (actor: AnyActor): AnyReceive => actor.receive as unknown as AnyReceive;
const invariantsOf = (actor: AnyActor): ((state: unknown) => void) | undefined =>
  actor.invariants as ((state: unknown) => void) | undefined;
