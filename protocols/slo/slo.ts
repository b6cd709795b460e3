/**
 * The control of service levels: each delegate judges the reads and writes that it saw by the objective of the policy
 * in force, and says to its own policy actor whether they burn the budget of errors (budget.ts).
 *
 *   ingress, R1 -- slo.saw --> slo --(policy.verdict: burning | calm | unknown)--> policy (policy-change.ts)
 *                               ^                                                    | wishes; > 2/3 of the stake
 *                               '---- policy.in-force: strained, or not any more ----'   and one height of the city
 *
 *   not strained   burning: a kind burns too fast in both windows of a pair, and LEAST_BAD of it failed
 *                  unknown: fewer than LEAST_SEEN in the long window; else calm
 *   strained       calm:    no kind burns faster than its budget lasts, over the long window and half of it, and it
 *                           was watched for as long; else burning
 *
 * From the pace at which it begins (14.4, 6) to the one at which it ends (1) is the hysteresis: what just got better
 * is not what is good. Who sees nothing has no verdict that would begin anything, but after a quiet window one that
 * ends: nobody needs the boost.
 *
 * Safety: nothing here changes a policy; a verdict is a wish, and passes as one. What a boost may be is the policy's.
 * Nothing is kept: after a restart it watches for a window before it says that all is well.
 */
import type { Objective, Policy } from '#config/policy.ts';
import {
  note,
  NOTHING,
  reply,
  send,
  wake,
  type Effect,
  type Moment,
  type Signal,
  type Step,
} from '../effect.ts';
import { figure } from '../figures.ts';
import { SloVerdict, type Verdict } from '../policy.messages.ts';
import { readPolicyBytes } from '../policy.ts';
import { isOwn, type Self } from '../self.ts';
import { SloStatus, type Saw, type SloHears, type SloSays } from '../slo.messages.ts';
import { address } from '../subjects.ts';
import {
  burnOf,
  countOne,
  noCounts,
  seenIn,
  sliceMs,
  WINDOWS,
  type Counts,
  type Window,
} from './budget.ts';

export const KINDS = ['read', 'write'] as const;
type Kind = (typeof KINDS)[number];
/** So few in the long window say nothing, and so few bad ones may be chance. */
export const LEAST_SEEN = 20;
export const LEAST_BAD = 5;
const LOOK = 'look';
/** Looks in a slice. */
const LOOKS = 4;

export interface Control {
  readonly self: Self;
  objective: Objective;
  isStrained: boolean;
  version: number;
  counts: Readonly<Record<Kind, Counts>>;
  /** Since when it has watched by this objective. */
  since: number;
  verdict: Verdict;
}

type Effects = readonly Effect<SloSays>[];
type Did = Step<Control, SloSays>;

export function begin(self: Self, { slo, isStrained }: Policy, { now }: Moment): Did {
  const state: Control = {
    self,
    objective: slo,
    isStrained,
    version: 0,
    counts: { read: noCounts(), write: noCounts() },
    since: now,
    verdict: 'unknown',
  };
  return [state, [...levels(state, now), wake(LOOK, sliceMs(slo) / LOOKS)]];
}

export const step = (state: Control, input: SloHears | Signal, at: Moment): Did => [
  state,
  effectsOf(state, input, at),
];

function effectsOf(state: Control, input: SloHears | Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'slo.saw':
      return isOwn(state.self, 'ingress', at) || isOwn(state.self, 'receive', at)
        ? saw(state, input, at)
        : NOTHING;
    case 'policy.in-force':
      return isOwn(state.self, 'policy', at)
        ? ruled(state, input.version, input.bytes, at)
        : NOTHING;
    case 'slo.ask':
      return reply(at, statusOf(state, at.now));
    case 'wake':
      return look(state, at);
    default:
      return NOTHING;
  }
}

function saw({ objective, counts }: Control, { what, tookMs }: Saw, { now }: Moment): Effects {
  const mostMs = what === 'read' ? objective.readMs : objective.writeMs;
  const is = tookMs !== undefined && tookMs <= mostMs ? 'good' : 'bad';
  countOne(counts[what], objective, is, now);
  return [figure('city_chain_slo_judged_total', 1, `${what}-${is}`)];
}

/** By another objective nothing was judged yet. */
function ruled(state: Control, version: number, bytes: Uint8Array, { now }: Moment): Effects {
  if (version <= state.version) return NOTHING;
  const { slo, isStrained } = readPolicyBytes(bytes);
  const wasStrained = state.isStrained;
  if (isOther(slo, state.objective)) {
    state.counts = { read: noCounts(), write: noCounts() };
    state.since = now;
  }
  Object.assign(state, { version, objective: slo, isStrained });
  if (wasStrained === isStrained) return NOTHING;
  const { probe, node } = state.self;
  probe.sometimes(isStrained ? 'slo: the city is strained' : 'slo: the city is calm again');
  return [
    note('slo', { node, is: isStrained ? 'boosted' : 'back', version, why: why(state, now) }),
  ];
}

const isOther = (a: Objective, b: Objective): boolean =>
  (Object.keys(a) as (keyof Objective)[]).some((key) => a[key] !== b[key]);

/** The verdict is said again each time: a policy actor that was restarted has heard none. */
function look(state: Control, { now }: Moment): Effects {
  const { self, objective } = state;
  const before = state.verdict;
  state.verdict = verdictOf(state, now);
  const said: Effects = [
    send(address(self.node, 'policy'), SloVerdict.of({ is: state.verdict })),
    ...levels(state, now),
    wake(LOOK, sliceMs(objective) / LOOKS),
  ];
  if (state.verdict === before) return said;
  const { node } = self;
  return [...said, note('slo', { node, is: state.verdict, why: why(state, now) })];
}

export function verdictOf(state: Control, now: number): Verdict {
  if (state.isStrained) return isOver(state, now) ? 'calm' : 'burning';
  if (KINDS.some((kind) => burnsTooFast(state, kind, now))) return 'burning';
  return KINDS.some((kind) => seenOf(state, kind, 'fast-long', now) >= LEAST_SEEN)
    ? 'calm'
    : 'unknown';
}

const seenOf = ({ counts, objective }: Control, kind: Kind, window: Window, now: number) => {
  const { good, bad } = seenIn(counts[kind], objective, window, now);
  return good + bad;
};

const burn = ({ counts, objective }: Control, kind: Kind, window: Window, now: number): number =>
  burnOf(seenIn(counts[kind], objective, window, now), objective);

function burnsTooFast(state: Control, kind: Kind, now: number): boolean {
  const { fastPermille, slowPermille } = state.objective;
  const isFast = burnsIn(state, kind, ['fast-long', 'fast-short'], fastPermille / 1_000, now);
  return isFast || burnsIn(state, kind, ['slow-long', 'slow-short'], slowPermille / 1_000, now);
}

function burnsIn(
  state: Control,
  kind: Kind,
  pair: readonly [long: Window, short: Window],
  pace: number,
  now: number,
): boolean {
  const { bad } = seenIn(state.counts[kind], state.objective, pair[0], now);
  return bad >= LEAST_BAD && pair.every((window) => burn(state, kind, window, now) >= pace);
}

/** It lasts again, and has for a window. */
function isOver(state: Control, now: number): boolean {
  if (now - state.since < state.objective.windowMs) return false;
  return KINDS.every(
    (kind) => burn(state, kind, 'fast-long', now) < 1 && burn(state, kind, 'slow-short', now) < 1,
  );
}

const levels = (state: Control, now: number): Effects =>
  (Object.keys(WINDOWS) as Window[]).map((window) =>
    figure(
      'city_chain_slo_burn',
      Math.max(...KINDS.map((kind) => burn(state, kind, window, now))),
      window,
    ),
  );

function statusOf(
  { self, objective, counts, isStrained, verdict }: Control,
  now: number,
): SloStatus {
  const byWindow = (kind: Kind) => {
    const [fastLong, fastShort, slowLong, slowShort] = (
      ['fast-long', 'fast-short', 'slow-long', 'slow-short'] as const
    ).map((window) => seenIn(counts[kind], objective, window, now));
    return {
      fastLong: fastLong!,
      fastShort: fastShort!,
      slowLong: slowLong!,
      slowShort: slowShort!,
    };
  };
  const { goodMillionths, windowMs } = objective;
  const [reads, writes] = [byWindow('read'), byWindow('write')];
  const by = { goodMillionths, windowMs, reads, writes };
  return SloStatus.of({ node: self.node, verdict, isStrained, ...by });
}

/** In words, with the numbers that it rests on. */
function why(state: Control, now: number): string {
  const { windowMs } = state.objective;
  const seen = KINDS.flatMap((kind) => {
    const { good, bad } = seenIn(state.counts[kind], state.objective, 'slow-long', now);
    return good + bad === 0 ? [] : [`${kind}s ${pacesOf(state, kind, now)}`];
  });
  const none = `nothing was read or written for ${(6 * windowMs) / 1_000} s`;
  return seen.length === 0 ? none : seen.join('; ');
}

function pacesOf(state: Control, kind: Kind, now: number): string {
  const { windowMs } = state.objective;
  const { good, bad } = seenIn(state.counts[kind], state.objective, 'fast-long', now);
  const paces = (Object.keys(WINDOWS) as Window[]).map(
    (window) => `${window} ${burn(state, kind, window, now).toFixed(1)}`,
  );
  return `${bad} of ${good + bad} bad in ${windowMs / 1_000} s, burn ${paces.join(', ')}`;
}
