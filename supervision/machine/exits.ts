/**
 * What a supervisor does about a child that ended by itself: restart it (and its group), let it rest,
 * or give up and end; and about a start that is to be tried again.
 */
import { crashed, isAbnormal, SHUTDOWN } from '#protocols/effect.ts';
import type { Incarnation } from '#protocols/ids.ts';
import { admit, judge } from '../restart.ts';
import { close, perform, report, rest } from './activity.ts';
import type { Child, Deferred, Supervision, Turn } from './state.ts';

/** News of an incarnation that is no more. Believing it would restart a child that lives. */
export const isStale = <Start, Asker>(
  { options }: Supervision<Start, Asker>,
  child: Child<Start>,
  incarnation: Incarnation,
): boolean => options.planted !== 'stale-exit-believed' && child.incarnation !== incarnation;

/** Whatever came between an exit and its turn, such as a restart of its group, has settled it. */
const isSettled = <Start, Asker>(
  { options }: Supervision<Start, Asker>,
  { phase }: Child<Start>,
): boolean => options.planted !== 'stale-exit-believed' && phase !== 'exited';

/** A child's exit has its turn. */
export function onExit<Start, Asker>(
  turn: Turn<Start, Asker>,
  { id, incarnation, reason }: Extract<Deferred<Start, Asker>, { kind: 'exit' }>,
): void {
  const { state, at } = turn;
  const child = state.children.get(id);
  if (child === undefined || isStale(state, child, incarnation) || isSettled(state, child)) return;
  const verdict = judge(child.spec.restart, reason);
  if (verdict === 'restart' || isAbnormal(reason)) report(turn, 'child-ended', child, reason);
  if (verdict !== 'restart') {
    rest(turn, child);
    return shutDownWith(turn, child);
  }
  child.phase = 'idle';
  child.exit = undefined;
  child.failure = reason;
  const { backoff } = child.spec;
  if (backoff !== undefined && at.now - child.runningSince >= backoff.resetAfterMs)
    child.failures = 0;
  if (!admit(state.window, state.rules.limit, at.now)) return giveUp(turn, child);
  const group = groupOf(state, child);
  if (backoff === undefined) perform(turn, { for: 'restart' }, group, group);
  else perform(turn, { for: 'pause', id }, group, []);
}

/** The timer of a child that waits for its next start. */
export function onRetry<Start, Asker>(
  turn: Turn<Start, Asker>,
  id: string,
  incarnation: Incarnation,
): void {
  const { state, at } = turn;
  const child = state.children.get(id);
  if (child?.phase !== 'restarting' || child.incarnation !== incarnation) return;
  const counted = child.counted;
  child.phase = 'idle';
  if (!counted && !admit(state.window, state.rules.limit, at.now)) return giveUp(turn, child);
  const group = groupOf(state, child);
  perform(turn, { for: 'restart' }, group, group);
}

/** Who is stopped and started along with `child`, in start order. */
function groupOf<Start, Asker>(
  { rules, children }: Supervision<Start, Asker>,
  child: Child<Start>,
): readonly string[] {
  if (rules.strategy !== 'one_for_all' && rules.strategy !== 'rest_for_one') return [child.id];
  const ids = [...children.keys()];
  return rules.strategy === 'one_for_all' ? ids : ids.slice(ids.indexOf(child.id));
}

/** How our supervisors give up: abnormal, so that a transient one is restarted by its own. */
export const GAVE_UP = 'gave up restarting';

function giveUp<Start, Asker>(turn: Turn<Start, Asker>, child: Child<Start>): void {
  const reason = child.failure!;
  report(turn, 'gave-up', child, reason);
  rest(turn, child);
  const why = `${GAVE_UP} ${child.id}: ${reason.detail ?? reason.how}`;
  close(turn, turn.state.options.otp === true ? SHUTDOWN : crashed(why));
}

/** A significant child that is gone for good takes the supervisor along: any, or the last one. */
function shutDownWith<Start, Asker>(turn: Turn<Start, Asker>, child: Child<Start>): void {
  const { rules, children } = turn.state;
  if (rules.autoShutdown === 'never' || !child.spec.significant) return;
  if (rules.autoShutdown === 'all_significant')
    for (const each of children.values())
      if (each.spec.significant && each.phase !== 'idle') return;
  close(turn, SHUTDOWN);
}
