/**
 * Every bound of the engine. A queue, a turn or a message without a number here has no bound, and
 * everything has a bound. Relations between the numbers are checked as the module loads.
 */
import { assert } from '#lib/assert.ts';

export const LIMITS = {
  /** Undelivered messages an actor holds before its senders are refused, unless it says otherwise. */
  mailboxMessagesMax: 1_024,
  /** Inputs of one actor before the next one has its turn. */
  actorBatchMax: 32,
  /** Inputs between two looks at the clock, which cost as much as handling a small message. */
  clockInputs: 16,
  /** Inputs of all actors before the event loop has its turn: about 0.3 ms of small ones. */
  turnInputsMax: 1_024,
  /** A turn of slow handlers ends earlier. Event-loop lag has a budget of 5 ms. */
  turnMs: 2,
  /**
   * Asks an actor has taken up whose askers hear at once when it ends: as many as its mailbox holds.
   * Beyond that the oldest hear at their deadline, so that asks nobody answers cost no memory.
   */
  owedAnswersMax: 1_024,
  /** Watchers of one actor, at about 200 bytes each. More are told at once that it is not there. */
  watchersMax: 8_192,
  /** Watchers of all actors of a process that one other node may have, at about as much. */
  watchersPerNodeMax: 16_384,
} as const;

assert(
  LIMITS.watchersMax <= LIMITS.watchersPerNodeMax,
  'a node may watch an actor with all it has',
);
assert(LIMITS.actorBatchMax < LIMITS.turnInputsMax, 'several actors share a turn');
