/**
 * Turns: who is asked next. A span has one round: a seed is drawn for it, the holders of this delegate wait in a
 * queue, newcomers in front, and are asked in turn, as fast as the policy allows. When it is over its findings are
 * told to the city.
 */
import { MILLION } from '#config/policy.ts';
import { same } from '#lib/bytes.ts';
import type { Moment } from '../effect.ts';
import type { Eligible, EligibleList } from '../eligibility.ts';
import * as replica from '../presence/replica.ts';
import type { NodeAddress } from '../subjects.ts';
import { challenge } from './challenge.ts';
import { seedJob } from './draws.ts';
import { policyOf } from './follow.ts';
import { compared, forgotten } from './pace.ts';
import { report } from './report.ts';
import { isAuditorOf, spanAt, type Span } from './span.ts';
import { CHALLENGES_MAX, ROWS_PER_SPAN, type Auditing, type Known, type Round } from './state.ts';
import { computes, type Effects } from './waits.ts';

/** What was not asked for is not saved up for longer. */
const SAVED_MS = 1_000;
/** Whoever had nothing more to show is asked again soon when a new span begins. */
const FRESH_MS = 2_000;

export function turn(state: Auditing, at: Moment): Effects {
  const policy = policyOf(state.following);
  const span = spanAt(at.wall, policy.audits.epochMs);
  const isOver =
    state.round?.span.sinceMs !== span.sinceMs || state.round.span.untilMs !== span.untilMs;
  const effects: Effects[] = isOver ? [next(state, span, at)] : [];
  compared(state.pace, at.now);
  allow(state, policy.audits.piecesPerSecond, at);
  const { round } = state;
  const list = replica.newest(state.copy);
  if (round?.seed === undefined || list === undefined || !isOn(state)) return effects.flat();
  enqueue(state, round, list);
  for (let asked = 0; asked < round.queue.length && mayAsk(state); asked++) {
    const holder = state.known.get(round.queue[round.turn++ % round.queue.length]!);
    if (holder !== undefined && isDue(state, round, holder, at))
      effects.push(challenge(state, round, holder, at));
  }
  return effects.flat();
}

const mayAsk = ({ underWay, allowance }: Auditing): boolean =>
  underWay < CHALLENGES_MAX && allowance >= 1;

function isOn({ following, of }: Auditing): boolean {
  const { place } = of.self.genesis;
  const feature = policyOf(following).features.find(({ name }) => name === 'audits_enabled');
  if (feature === undefined || feature.millionths === 0) return false;
  // Which transactions of a share are audited their terms say.
  const { cities } = feature;
  return feature.millionths <= MILLION && (cities.length === 0 || cities.includes(place));
}

function isDue({ doubts }: Auditing, { asked }: Round, holder: Known, { now }: Moment): boolean {
  if (holder.isBusy) return false;
  if (doubts.has(holder.node)) return true;
  const rows = asked.get(holder.node)?.size ?? 0;
  return holder.nextAt <= now && (holder.debt !== undefined || rows < ROWS_PER_SPAN);
}

function allow(state: Auditing, perSecond: number, { now }: Moment): void {
  const passed = Math.min(SAVED_MS, now - state.allowedAt);
  state.allowedAt = now;
  const most = Math.max(1, (perSecond * SAVED_MS) / 1_000);
  state.allowance = Math.min(most, state.allowance + (perSecond * passed) / 1_000);
}

/** The round is over: it is told, and another one begins. */
function next(state: Auditing, span: Span, at: Moment): Effects {
  const { following, of, round: before, waits } = state;
  for (const holder of state.known.values())
    holder.nextAt = Math.min(holder.nextAt, at.now + FRESH_MS);
  const round: Round = {
    span,
    seed: undefined,
    drawn: 0,
    queue: [],
    isQueued: new Set(),
    turn: 0,
    tallies: new Map(),
    asked: new Map(),
    isSilent: new Set(),
  };
  state.round = round;
  state.listed = undefined;
  const told = before === undefined ? [] : report(state, before, at);
  const seed = computes<Uint8Array>(
    waits,
    'audit.seed',
    seedJob(of.self, span, following.newest),
    (output) => {
      round.seed = output;
      return [];
    },
  );
  return [...told, seed];
}

/** Whoever is on the list and ours to audit waits for its turn; who is no longer on it is forgotten. */
function enqueue(state: Auditing, round: Round, list: EligibleList): void {
  if (state.listed !== undefined && same(state.listed, list.digest)) return;
  state.listed = list.digest;
  const there = new Set<NodeAddress>();
  const fresh: NodeAddress[] = [];
  for (const each of list.nodes) {
    there.add(each.node);
    if (round.isQueued.has(each.node)) continue;
    round.isQueued.add(each.node);
    if (!isOurs(state, round, each.node)) continue;
    if (!state.known.has(each.node)) fresh.push(each.node);
    else round.queue.push(each.node);
    meet(state, each);
  }
  round.queue.splice(round.queue.length === 0 ? 0 : round.turn % round.queue.length, 0, ...fresh);
  const gone = round.queue.filter((node) => !there.has(node));
  for (const node of gone) {
    round.queue.splice(round.queue.indexOf(node), 1);
    round.isQueued.delete(node);
  }
  for (const [node, { isBusy }] of state.known)
    if (!there.has(node) && !isBusy && !round.tallies.has(node)) forget(state, node);
}

const isOurs = ({ of: { self }, doubts }: Auditing, { span }: Round, node: NodeAddress): boolean =>
  doubts.has(node) || isAuditorOf(self.genesis, self.node, node, span.sinceMs);

function meet({ known }: Auditing, { node, role }: Eligible): void {
  const had = known.get(node);
  if (had !== undefined) {
    had.role = role;
    return;
  }
  known.set(node, {
    node,
    role,
    debt: undefined,
    late: 0,
    challenges: 0,
    isBusy: false,
    nextAt: 0,
    pages: 0,
    perPage: undefined,
    bytesPerTx: undefined,
  });
}

function forget({ known, pace }: Auditing, node: NodeAddress): void {
  known.delete(node);
  forgotten(pace, node);
}
