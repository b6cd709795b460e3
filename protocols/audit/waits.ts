/**
 * What is asked for, and what is to happen when the answer comes. One table for questions and jobs: whoever asks says
 * how it goes on.
 */
import {
  ask,
  compute,
  NOTHING,
  type Effect,
  type Moment,
  type Plain,
  type Spoken,
} from '../effect.ts';
import type { AuditSays } from '../audit.messages.ts';
import type { Address } from '../subjects.ts';

export type Effects = readonly Effect<AuditSays>[];
/** Nothing came of it where there is no outcome. */
type GoOn<T> = (outcome: T | undefined, at: Moment) => Effects;

export interface Waits {
  begun: number;
  readonly goOn: Map<string, GoOn<unknown>>;
}

export const noWaits = (): Waits => ({ begun: 0, goOn: new Map() });

export function asks(
  waits: Waits,
  to: Address,
  message: AuditSays,
  withinMs: number,
  then: GoOn<Spoken>,
): Effect<AuditSays> {
  return ask(expected(waits, then as GoOn<unknown>), to, message, withinMs);
}

export function computes<T>(
  waits: Waits,
  job: string,
  input: object,
  then: GoOn<T>,
): Effect<never> {
  return compute(expected(waits, then as GoOn<unknown>), job, input as Plain);
}

function expected(waits: Waits, then: GoOn<unknown>): string {
  const id = `wait/${++waits.begun}`;
  waits.goOn.set(id, then);
  return id;
}

export function cameOf(waits: Waits, id: string, outcome: unknown, at: Moment): Effects {
  const then = waits.goOn.get(id);
  waits.goOn.delete(id);
  return then === undefined ? NOTHING : then(outcome, at);
}
