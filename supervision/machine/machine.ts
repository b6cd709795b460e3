/**
 * A supervisor, as a deterministic machine: after OTP's `supervisor`, and for anything that can be
 * started, stopped, and found dead (actors in `supervisor.ts`, processes in `processes.ts`).
 *
 *   begin --> booting --(all children started)--> ready, up --(stop, or it gives up)--> closing --> end
 *                '------(one did not start)-----------------------------------------------^
 *
 * One thing at a time: a row of stops and starts is finished before the next exit, retry or request
 * is looked at. Only `stop` does not wait: what is under way is abandoned, and everything goes.
 *
 * Safety: a child has at most one living incarnation; children start in order and stop in reverse;
 * the end of an incarnation that is no more changes nothing; within the period no more restarts happen
 * than the intensity allows. Liveness: every ordered start and stop is answered by the shell, and each
 * stop has its deadline.
 *
 * Reference: OTP stdlib, `supervisor` (Principles of supervision, restart intensity, auto_shutdown).
 * Deviations, each with its reason in docs/decisions/0011: milliseconds, a reason of its own when it
 * gives up, `stop` pre-empts, back-off, a deadline for starts, unlimited intensity.
 */
import { assert, unreachable } from '#lib/assert.ts';
import { SHUTDOWN, type Reason } from '#protocols/effect.ts';
import type { Incarnation } from '#protocols/ids.ts';
import type { Plan } from '../spec.ts';
import {
  close,
  onStartDeadline,
  onStarted,
  onStopDeadline,
  onStopped,
  onUnstarted,
  perform,
  refuse,
} from './activity.ts';
import { onRequest } from './administration.ts';
import { isStale, onExit, onRetry } from './exits.ts';
import {
  emptyState,
  isClosing,
  isDynamic,
  readTimer,
  type At,
  type Child,
  type Command,
  type Deferred,
  type Input,
  type Options,
  type Supervision,
  type Turn,
} from './state.ts';

export type Step<Start, Asker> = readonly [
  state: Supervision<Start, Asker>,
  commands: readonly Command<Start, Asker>[],
];

/** Requests that wait behind a slow start or stop before further ones are refused. */
export const REQUESTS_MAX = 1_024;

/** Starts the children in order. The shell says `ready`, or `end`s, when the machine does. */
export function begin<Start, Asker>(
  plan: Plan<Start>,
  at: At,
  options: Options = {},
): Step<Start, Asker> {
  const turn: Turn<Start, Asker> = { state: emptyState(plan, options), at, out: [] };
  perform(turn, { for: 'boot' }, [], [...turn.state.children.keys()]);
  return [turn.state, turn.out];
}

/** Takes one input, and everything that waited for it. Changes `state` in place. */
export function step<Start, Asker>(
  state: Supervision<Start, Asker>,
  input: Input<Start, Asker>,
  at: At,
): Step<Start, Asker> {
  const turn: Turn<Start, Asker> = { state, at, out: [] };
  take(turn, input);
  while (state.activity === undefined && state.queue.length > 0 && !state.ended)
    handle(turn, state.queue.shift()!);
  return [state, turn.out];
}

function take<Start, Asker>(turn: Turn<Start, Asker>, input: Input<Start, Asker>): void {
  const { state } = turn;
  switch (input.kind) {
    case 'request':
      return takeRequest(turn, input);
    case 'stop':
      return isClosing(state) ? undefined : close(turn, SHUTDOWN);
    case 'wake':
      return onTimer(turn, input.timer);
    case 'started':
    case 'unstarted':
    case 'ended':
      return onChild(turn, input);
    default:
      return unreachable(input);
  }
}

function takeRequest<Start, Asker>(
  turn: Turn<Start, Asker>,
  input: Extract<Input<Start, Asker>, { kind: 'request' }>,
): void {
  const { state } = turn;
  if (isClosing(state)) return refuse(turn, input.asker, 'stopping');
  if (state.queue.length - state.children.size >= REQUESTS_MAX)
    return refuse(turn, input.asker, 'busy');
  state.queue.push(input);
}

function onChild<Start, Asker>(
  turn: Turn<Start, Asker>,
  input: Extract<Input<Start, Asker>, { kind: 'started' | 'unstarted' | 'ended' }>,
): void {
  const child = turn.state.children.get(input.id);
  if (child === undefined || isStale(turn.state, child, input.incarnation)) return;
  if (input.kind === 'started') return onStarted(turn, child);
  if (input.kind === 'unstarted') return onUnstarted(turn, child, input.reason);
  onEnded(turn, child, input.incarnation, input.reason);
}

/** What was asked for is settled at once; what a child did by itself waits for its turn. */
function onEnded<Start, Asker>(
  turn: Turn<Start, Asker>,
  child: Child<Start>,
  incarnation: Incarnation,
  reason: Reason,
): void {
  if (child.phase === 'starting') return onUnstarted(turn, child, reason);
  if (child.phase === 'stopping') return onStopped(turn, child, reason);
  if (child.phase !== 'running') return;
  child.phase = 'exited';
  child.exit = reason;
  turn.state.queue.push({ kind: 'exit', id: child.id, incarnation, reason });
}

function onTimer<Start, Asker>(turn: Turn<Start, Asker>, text: string): void {
  const due = readTimer(text);
  assert(due !== undefined, 'only our own timers wake us');
  const { kind, id, incarnation } = due;
  if (kind === 'stop-all') return onStopDeadline(turn, undefined);
  const child = turn.state.children.get(id);
  if (child === undefined || child.incarnation !== incarnation) return;
  if (kind === 'stop') return onStopDeadline(turn, child);
  if (kind === 'start') return onStartDeadline(turn, child);
  if (child.phase === 'restarting') turn.state.queue.push({ kind: 'retry', id, incarnation });
}

function handle<Start, Asker>(turn: Turn<Start, Asker>, next: Deferred<Start, Asker>): void {
  switch (next.kind) {
    case 'exit':
      return onExit(turn, next);
    case 'retry':
      return onRetry(turn, next.id, next.incarnation);
    case 'request':
      return onRequest(turn, next.request, next.asker);
    default:
      return unreachable(next);
  }
}

/** What must be true between any two steps. Run by tests and simulations after each of them. */
export function invariants<Start, Asker>(state: Supervision<Start, Asker>): void {
  const { activity, children, queue } = state;
  assert(activity !== undefined || queue.length === 0, 'nothing waits for nothing');
  let [starting, stopping] = [0, 0];
  for (const child of children.values()) {
    const { phase, spec } = child;
    if (phase === 'starting') starting++;
    if (phase === 'stopping') stopping++;
    assert((phase === 'exited') === (child.exit !== undefined), 'an exit has a reason');
    if (phase === 'idle') assert(!isForgetful(state, child), 'who rests can come back');
    if (phase === 'restarting') assert(spec.restart !== 'temporary', 'temporary means once');
  }
  assert(starting <= 1, 'one start at a time');
  assert(stopping === (activity?.stopping ?? 0), 'each stop is waited for');
  assert(stopping <= 1 || activity!.together, 'one stop at a time');
  assert(isWithinLimit(state), 'no more restarts within the period than the limit');
  assert(!state.ended || (activity === undefined && starting + stopping === 0), 'ended is over');
}

/** One more than the limit is the one that it ended for. */
function isWithinLimit<Start, Asker>({ window, rules }: Supervision<Start, Asker>): boolean {
  const { restartsMax, withinMs } = rules.limit;
  const newest = window.at(-1);
  if (newest === undefined || restartsMax === Infinity) return true;
  return window.filter((at) => at >= newest - withinMs).length <= restartsMax + 1;
}

/** Such a child is idle only before its first start. */
const isForgetful = <Start, Asker>(
  state: Supervision<Start, Asker>,
  { spec, incarnation }: Child<Start>,
): boolean => incarnation > 0 && (isDynamic(state) || spec.restart === 'temporary');
