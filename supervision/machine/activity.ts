/**
 * Rows of stops and starts, carried out one child at a time: at the start of a supervisor, around a
 * failure, on request, at its end.
 *
 *   stops:   c, b, a      from the last started to the first; the next when the one before is gone
 *   starts:  a, b, c      from the first to the last; the next when the one before says so
 *
 * A stop is `ask, wait, kill`, by the child's own `shutdown`. Only the children of a dynamic
 * supervisor are stopped all at once, under one deadline, since there may be very many of them.
 */
import { assert, unreachable } from '#lib/assert.ts';
import { crashed, isAbnormal, type Reason } from '#protocols/effect.ts';
import { delayMs } from '../restart.ts';
import {
  isDynamic,
  timer,
  type Activity,
  type Answer,
  type Child,
  type Purpose,
  type Report,
  type Turn,
} from './state.ts';

/** Begins to stop `stops` and then to start `starts`, both in start order. */
export function perform<Start, Asker>(
  turn: Turn<Start, Asker>,
  purpose: Purpose<Asker>,
  stops: readonly string[],
  starts: readonly string[],
): void {
  const { state } = turn;
  assert(state.activity === undefined, 'one thing at a time');
  state.activity = activityOf(purpose, [...stops], starts.toReversed(), false);
  advance(turn);
}

const activityOf = <Asker>(
  purpose: Purpose<Asker>,
  stops: string[],
  starts: string[],
  together: boolean,
): Activity<Asker> => ({
  purpose,
  stops,
  starts,
  stopping: 0,
  starting: undefined,
  late: false,
  together,
});

/** Ends the supervisor: whatever it was doing is abandoned, all children stop, in reverse. */
export function close<Start, Asker>(turn: Turn<Start, Asker>, reason: Reason): void {
  const { state, out } = turn;
  const before = state.activity;
  const waiting = state.queue.flatMap((each) => (each.kind === 'request' ? [each.asker] : []));
  if (before !== undefined && 'asker' in before.purpose) waiting.unshift(before.purpose.asker);
  for (const asker of waiting) refuse(turn, asker, 'stopping');
  state.queue = [];
  const together = isDynamic(state);
  const ids = [...state.children.keys()];
  const stops = together ? ids.toReversed() : ids;
  state.activity = activityOf({ for: 'close', reason }, stops, [], together);
  state.activity.stopping = before?.stopping ?? 0;
  const shutdown = state.template?.shutdown;
  if (together && typeof shutdown === 'number' && state.children.size > 0)
    out.push({ do: 'wake', timer: timer('stop-all'), inMs: shutdown });
  advance(turn);
}

/** Goes on until something has to be waited for, or everything is done. */
export function advance<Start, Asker>(turn: Turn<Start, Asker>): void {
  const { state } = turn;
  const { activity } = state;
  if (activity === undefined) return;
  while (activity.together || activity.stopping === 0) {
    const id = activity.stops.pop();
    if (id === undefined) break;
    stop(turn, activity, state.children.get(id));
  }
  while (activity.stopping === 0 && activity.starting === undefined) {
    const id = activity.starts.pop();
    if (id === undefined) return finish(turn, activity);
    start(turn, activity, state.children.get(id));
  }
}

function stop<Start, Asker>(
  turn: Turn<Start, Asker>,
  activity: Activity<Asker>,
  child: Child<Start> | undefined,
): void {
  if (child === undefined || child.phase === 'idle' || child.phase === 'stopping') return;
  if (child.phase === 'starting' || child.phase === 'running') {
    if (child.phase === 'starting') disarmStart(turn, child);
    child.phase = 'stopping';
    activity.stopping++;
    return order(turn, activity, child);
  }
  if (child.phase === 'exited') reportStop(turn, child, child.exit!);
  if (child.phase === 'restarting') turn.out.push({ do: 'sleep', timer: timer('retry', child) });
  rest(turn, child);
}

function order<Start, Asker>(
  { out }: Turn<Start, Asker>,
  activity: Activity<Asker>,
  child: Child<Start>,
): void {
  const { id, incarnation } = child;
  const { shutdown } = child.spec;
  out.push({ do: 'stop', id, incarnation, how: shutdown === 'brutal_kill' ? 'kill' : 'stop' });
  if (typeof shutdown === 'number' && !activity.together)
    out.push({ do: 'wake', timer: timer('stop', child), inMs: shutdown });
}

/** A stop took too long: `child`, or all that still stop. */
export function onStopDeadline<Start, Asker>(
  { state, out }: Turn<Start, Asker>,
  child: Child<Start> | undefined,
): void {
  for (const each of child === undefined ? state.children.values() : [child])
    if (each.phase === 'stopping')
      out.push({ do: 'stop', id: each.id, incarnation: each.incarnation, how: 'kill' });
}

/** A child that was asked to stop is gone. */
export function onStopped<Start, Asker>(
  turn: Turn<Start, Asker>,
  child: Child<Start>,
  reason: Reason,
): void {
  const { activity } = turn.state;
  assert(activity !== undefined && activity.stopping > 0, 'a stop was under way');
  activity.stopping--;
  const { shutdown } = child.spec;
  if (typeof shutdown === 'number' && !activity.together)
    turn.out.push({ do: 'sleep', timer: timer('stop', child) });
  reportStop(turn, child, reason);
  rest(turn, child);
  advance(turn);
}

/** Whatever else a child says with its last breath is worth a report; it counts as stopped. */
function reportStop<Start, Asker>(
  turn: Turn<Start, Asker>,
  child: Child<Start>,
  reason: Reason,
): void {
  const { restart, shutdown } = child.spec;
  const asked = shutdown === 'brutal_kill' ? reason.how === 'killed' : reason.how === 'shutdown';
  if (asked || (!isAbnormal(reason) && restart !== 'permanent')) return;
  report(turn, 'stop-failed', child, reason);
}

/** No incarnation any more. A temporary or dynamic child is forgotten with it. */
export function rest<Start, Asker>(turn: Turn<Start, Asker>, child: Child<Start>): void {
  const { state, out } = turn;
  child.phase = 'idle';
  child.counted = false;
  child.exit = undefined;
  const forgotten = child.spec.restart === 'temporary' || isDynamic(state);
  if (forgotten) state.children.delete(child.id);
  if (forgotten || !comesBack(turn)) out.push({ do: 'release', id: child.id, forgotten });
}

/** A group that is restarted keeps its names: its next incarnations get what was sent meanwhile. */
function comesBack<Start, Asker>({ state }: Turn<Start, Asker>): boolean {
  const purpose = state.activity?.purpose.for;
  return purpose === 'restart' || purpose === 'pause';
}

function start<Start, Asker>(
  { state, out }: Turn<Start, Asker>,
  activity: Activity<Asker>,
  child: Child<Start> | undefined,
): void {
  if (child === undefined) return; // A temporary one that was stopped with its group.
  const { id, spec } = child;
  if (isDynamic(state)) {
    // Dynamic children have no places to keep: they are in the order of their last starts.
    state.children.delete(id);
    state.children.set(id, child);
  }
  child.phase = 'starting';
  child.incarnation++;
  child.counted = false;
  activity.starting = id;
  activity.late = false;
  out.push({ do: 'start', id, incarnation: child.incarnation, start: child.start });
  if (spec.startMs !== 'infinity')
    out.push({ do: 'wake', timer: timer('start', child), inMs: spec.startMs });
}

/** A start took too long: it fails as soon as what there is of it is gone. */
export function onStartDeadline<Start, Asker>(
  { state, out }: Turn<Start, Asker>,
  child: Child<Start>,
): void {
  if (child.phase !== 'starting' || state.activity?.starting !== child.id) return;
  state.activity.late = true;
  out.push({ do: 'stop', id: child.id, incarnation: child.incarnation, how: 'kill' });
}

export function onStarted<Start, Asker>(turn: Turn<Start, Asker>, child: Child<Start>): void {
  const { activity } = turn.state;
  if (child.phase !== 'starting' || activity === undefined || activity.late) return;
  disarmStart(turn, child);
  child.phase = 'running';
  child.runningSince = turn.at.now;
  settle(turn, child, 'started');
}

/** The start ended without a running child: it declined, it failed, or it was stopped before. */
export function onUnstarted<Start, Asker>(
  turn: Turn<Start, Asker>,
  child: Child<Start>,
  reason: Reason | undefined,
): void {
  if (child.phase === 'stopping') return onStopped(turn, child, reason ?? { how: 'shutdown' });
  const { activity } = turn.state;
  if (child.phase !== 'starting') return;
  if (activity?.starting !== child.id) return letGo(turn, child); // Abandoned by `close`.
  if (activity.late) return onStartFailed(turn, activity, child, tooLate(child));
  disarmStart(turn, child);
  if (reason !== undefined) return onStartFailed(turn, activity, child, reason);
  letGo(turn, child);
  settle(turn, child, 'ignored');
}

const tooLate = (child: Child<unknown>): Reason =>
  crashed(`did not start within ${child.spec.startMs} ms`);

function disarmStart<Start, Asker>(turn: Turn<Start, Asker>, child: Child<Start>): void {
  if (child.spec.startMs !== 'infinity')
    turn.out.push({ do: 'sleep', timer: timer('start', child) });
}

function settle<Start, Asker>(
  turn: Turn<Start, Asker>,
  child: Child<Start>,
  outcome: 'started' | 'ignored',
): void {
  const { activity } = turn.state;
  if (activity === undefined || activity.starting !== child.id) return;
  activity.starting = undefined;
  const answer: Answer<Start> =
    outcome === 'ignored'
      ? { answer: 'ignored' }
      : { answer: 'started', id: child.id, incarnation: child.incarnation };
  if ('asker' in activity.purpose)
    turn.out.push({ do: 'answer', asker: activity.purpose.asker, answer });
  advance(turn);
}

/** No incarnation came of a start, and none will follow by itself: watchers may be told. */
function letGo<Start, Asker>(turn: Turn<Start, Asker>, child: Child<Start>): void {
  const { state, out } = turn;
  child.phase = 'idle';
  const forgotten = child.spec.restart === 'temporary' || isDynamic(state);
  if (forgotten) state.children.delete(child.id);
  out.push({ do: 'release', id: child.id, forgotten });
}

function onStartFailed<Start, Asker>(
  turn: Turn<Start, Asker>,
  activity: Activity<Asker>,
  child: Child<Start>,
  reason: Reason,
): void {
  const { state, out } = turn;
  const { purpose } = activity;
  report(turn, 'start-failed', child, reason);
  activity.starting = undefined;
  child.failure = reason;
  switch (purpose.for) {
    case 'boot':
      letGo(turn, child);
      return close(turn, startFailure(child.id, reason));
    case 'restart':
      state.activity = undefined; // What would have started after it waits for the retry.
      return retryLater(turn, child);
    case 'start':
      state.children.delete(child.id);
      out.push({ do: 'release', id: child.id, forgotten: true });
      break;
    case 'revive':
      letGo(turn, child);
      break;
    case 'pause':
    case 'terminate':
    case 'close':
      return assert(false, 'only what starts children can fail to start one');
    default:
      return unreachable(purpose);
  }
  out.push({ do: 'answer', asker: purpose.asker, answer: { answer: 'unstarted', reason } });
  advance(turn);
}

/** The reason of a supervisor whose child `id` did not start; nests. */
export const startFailure = (id: string, reason: Reason): Reason =>
  crashed(`failed_to_start_child ${id}: ${reason.detail ?? reason.how}`);

/**
 * Not at once, but by way of a timer: so that whatever else wants something of the supervisor, such
 * as to stop, gets in between.
 */
function retryLater<Start, Asker>(turn: Turn<Start, Asker>, child: Child<Start>): void {
  const { state, out } = turn;
  const hot = state.rules.limit.restartsMax === Infinity && child.spec.backoff === undefined;
  if (hot) return letGo(turn, child); // Nothing would ever end that loop.
  child.phase = 'restarting';
  child.counted = false;
  out.push({ do: 'wake', timer: timer('retry', child), inMs: backoffMs(turn, child) });
}

function backoffMs<Start, Asker>({ at }: Turn<Start, Asker>, child: Child<Start>): number {
  const { backoff } = child.spec;
  return backoff === undefined ? 0 : delayMs(backoff, child.failures++, at.entropy);
}

function finish<Start, Asker>(turn: Turn<Start, Asker>, activity: Activity<Asker>): void {
  const { state, out } = turn;
  const { purpose } = activity;
  state.activity = undefined;
  switch (purpose.for) {
    case 'boot':
      return void out.push({ do: 'ready' });
    case 'pause':
      return pauseOver(turn, state.children.get(purpose.id));
    case 'terminate':
      return void out.push({ do: 'answer', asker: purpose.asker, answer: { answer: 'done' } });
    case 'close':
      if (activity.together) out.push({ do: 'sleep', timer: timer('stop-all') });
      state.ended = true;
      state.queue = [];
      return void out.push({ do: 'end', reason: purpose.reason });
    case 'restart':
    case 'start':
    case 'revive':
      return; // Answered with the start itself.
    default:
      return unreachable(purpose);
  }
}

/** The group of a failed child stands still; its start waits for the back-off. */
function pauseOver<Start, Asker>(turn: Turn<Start, Asker>, child: Child<Start> | undefined): void {
  assert(child !== undefined && child.phase === 'idle', 'who waits is still known');
  child.phase = 'restarting';
  child.counted = true;
  turn.out.push({ do: 'wake', timer: timer('retry', child), inMs: backoffMs(turn, child) });
}

export function refuse<Start, Asker>(
  { out }: Turn<Start, Asker>,
  asker: Asker,
  why: Extract<Answer<Start>, { answer: 'refused' }>['why'],
): void {
  out.push({ do: 'answer', asker, answer: { answer: 'refused', why } });
}

export function report<Start, Asker>(
  { out }: Turn<Start, Asker>,
  what: Report['what'],
  { id, incarnation }: Child<Start>,
  reason: Reason,
): void {
  out.push({ do: 'report', report: { what, id, incarnation, reason } });
}
