/**
 * The state of a supervisor and the words it exchanges with its shell. A shell starts and stops
 * whatever the children are (actors, processes); the machine only knows names and incarnations.
 *
 *             start            started                exit, or asked to stop
 *   idle ------------> starting -----> running ---------------------------> exited | stopping
 *    ^ ^                  |                                                    |        |
 *    | '---- ignored -----+                                      (verdict)     |        |
 *    |                    | failed                                             v        |
 *    |                    '------> restarting <------------------------- wait, or start |
 *    '------------------------------- finished, given up, stopped ----------------------'
 *
 * `exited`: it ended by itself, and that waits in the queue for its turn. `restarting`: its next start
 * waits for a timer. Temporary and dynamic children do not become `idle`; they are forgotten.
 *
 * The tables are changed in place: a dynamic supervisor may have tens of thousands of children, and
 * copying them at each exit would make every exit cost as much as all of them.
 */
import type { Entropy, Reason } from '#protocols/effect.ts';
import type { Incarnation, Millis } from '#protocols/ids.ts';
import type { Window } from '../restart.ts';
import type { ChildSpec, ChildType, Plan, Rules, Spec, Unfit } from '../spec.ts';

/** When an input came; a `Moment` is one. */
export interface At {
  readonly now: Millis;
  readonly entropy: Entropy;
}

export type Phase = 'idle' | 'starting' | 'running' | 'stopping' | 'exited' | 'restarting';

export interface Child<Start> {
  readonly id: string;
  readonly start: Start;
  /** Shared by all children of a dynamic supervisor. */
  readonly spec: Spec<Start>;
  phase: Phase;
  /** The number of its last start, also of one that failed. */
  incarnation: Incarnation;
  /** When it last began to run: what its back-off forgets by. */
  runningSince: Millis;
  /** Failures in a row, as its back-off counts them. */
  failures: number;
  /** While `restarting`: the window has counted this restart already. */
  counted: boolean;
  /** While `exited`: why. */
  exit: Reason | undefined;
  /** Why it failed last, also to start: the reason in the end, if it is given up. */
  failure: Reason | undefined;
}

/** What the machine is told. `Asker` is whatever the shell needs to hand an answer back. */
export type Input<Start, Asker> =
  | { readonly kind: 'started'; readonly id: string; readonly incarnation: Incarnation }
  | {
      readonly kind: 'unstarted';
      readonly id: string;
      readonly incarnation: Incarnation;
      /** `undefined`: it declined to start, which is not a failure. */
      readonly reason: Reason | undefined;
    }
  | {
      readonly kind: 'ended';
      readonly id: string;
      readonly incarnation: Incarnation;
      readonly reason: Reason;
    }
  | { readonly kind: 'wake'; readonly timer: string }
  /** The supervisor itself shall stop. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'request'; readonly request: Request<Start>; readonly asker: Asker };

export type Request<Start> =
  | { readonly do: 'start'; readonly child: ChildSpec<Start> }
  /** Starts a child from a dynamic supervisor's template. */
  | { readonly do: 'start-dynamic'; readonly id: string; readonly start: Start }
  | { readonly do: 'terminate'; readonly id: string }
  | { readonly do: 'restart'; readonly id: string }
  | { readonly do: 'delete'; readonly id: string }
  | { readonly do: 'spec'; readonly id: string }
  | { readonly do: 'which' }
  | { readonly do: 'count' };

export type Answer<Start> =
  | { readonly answer: 'done' }
  | { readonly answer: 'started'; readonly id: string; readonly incarnation: Incarnation }
  | { readonly answer: 'ignored' }
  | { readonly answer: 'refused'; readonly why: Refusal }
  | { readonly answer: 'already-started'; readonly id: string; readonly incarnation: Incarnation }
  | { readonly answer: 'unfit'; readonly unfit: Unfit }
  | { readonly answer: 'unstarted'; readonly reason: Reason }
  | { readonly answer: 'spec'; readonly spec: Spec<Start> }
  | { readonly answer: 'children'; readonly children: readonly Listed[] }
  | {
      readonly answer: 'counts';
      readonly specs: number;
      readonly active: number;
      readonly supervisors: number;
      readonly workers: number;
    };

export const REFUSALS = [
  'not_found',
  'running',
  'restarting',
  'already_present',
  /** Not for dynamic supervisors: their children have no specification of their own. */
  'simple_one_for_one',
  /** Only for dynamic supervisors. */
  'not_dynamic',
  /** The supervisor has begun to stop, and takes no more children. */
  'stopping',
  /** Too many requests wait already. */
  'busy',
] as const;
export type Refusal = (typeof REFUSALS)[number];

export interface Listed {
  readonly id: string;
  readonly state: 'running' | 'restarting' | 'idle';
  readonly incarnation: Incarnation;
  readonly type: ChildType;
}

/** What the machine wants of its shell. */
export type Command<Start, Asker> =
  | {
      readonly do: 'start';
      readonly id: string;
      readonly incarnation: Incarnation;
      readonly start: Start;
    }
  | {
      readonly do: 'stop';
      readonly id: string;
      readonly incarnation: Incarnation;
      readonly how: 'stop' | 'kill';
    }
  /** It does not come back by itself: whoever watches or waits for it may be told. */
  | { readonly do: 'release'; readonly id: string; readonly forgotten: boolean }
  | { readonly do: 'wake'; readonly timer: string; readonly inMs: number }
  | { readonly do: 'sleep'; readonly timer: string }
  | { readonly do: 'answer'; readonly asker: Asker; readonly answer: Answer<Start> }
  | { readonly do: 'report'; readonly report: Report }
  | { readonly do: 'ready' }
  | { readonly do: 'end'; readonly reason: Reason };

/** What an operator should hear of. */
export interface Report {
  readonly what: 'child-ended' | 'start-failed' | 'stop-failed' | 'gave-up';
  readonly id: string;
  readonly incarnation: Incarnation;
  readonly reason: Reason;
}

/** What is done at the end of a row of stops and starts. */
export type Purpose<Asker> =
  | { readonly for: 'boot' }
  | { readonly for: 'restart' }
  /** The group of `id` stands still until its back-off is over. */
  | { readonly for: 'pause'; readonly id: string }
  | { readonly for: 'start' | 'revive' | 'terminate'; readonly asker: Asker }
  | { readonly for: 'close'; readonly reason: Reason };

/**
 * What the supervisor is busy with: first stops, then starts, one child at a time. Everything else
 * waits, so that orders of different causes never mix.
 */
export interface Activity<Asker> {
  readonly purpose: Purpose<Asker>;
  /** In start order: taken from the end. */
  readonly stops: string[];
  /** In reverse start order: taken from the end. */
  readonly starts: string[];
  /** Stops that are under way. */
  stopping: number;
  /** The start that is under way. */
  starting: string | undefined;
  /** Its start took too long, and it is being killed for that. */
  late: boolean;
  /** Stops are not waited for one by one. */
  readonly together: boolean;
}

/** Wrong on purpose: what the simulator must be able to catch. Never set outside tests. */
export type Planted =
  /** The exit of an incarnation that is no more is acted upon. */
  | 'stale-exit-believed'
  /** Restarts count for ever. */
  | 'window-never-expires';

export interface Options {
  /** Gives up with `shutdown`, as OTP does, so that a transient supervisor then stays dead. */
  readonly otp?: boolean;
  readonly planted?: Planted;
}

export interface Supervision<Start, Asker> {
  readonly rules: Rules;
  readonly options: Options;
  /** In start order. */
  readonly children: Map<string, Child<Start>>;
  /** Of a dynamic supervisor. */
  readonly template: Spec<Start> | undefined;
  readonly window: Window;
  activity: Activity<Asker> | undefined;
  /** What came while it was busy, or waits for its turn. */
  queue: Deferred<Start, Asker>[];
  ended: boolean;
}

export type Deferred<Start, Asker> =
  | {
      readonly kind: 'exit';
      readonly id: string;
      readonly incarnation: Incarnation;
      readonly reason: Reason;
    }
  | { readonly kind: 'retry'; readonly id: string; readonly incarnation: Incarnation }
  | { readonly kind: 'request'; readonly request: Request<Start>; readonly asker: Asker };

/** One step under way: the state, the moment, and what has been ordered so far. */
export interface Turn<Start, Asker> {
  readonly state: Supervision<Start, Asker>;
  readonly at: At;
  readonly out: Command<Start, Asker>[];
}

export function emptyState<Start, Asker>(
  { rules, specs }: Plan<Start>,
  options: Options,
): Supervision<Start, Asker> {
  const endless = options.planted === 'window-never-expires';
  const limit = endless ? { ...rules.limit, withinMs: Infinity } : rules.limit;
  const dynamic = rules.strategy === 'simple_one_for_one';
  return {
    rules: { ...rules, limit },
    options,
    children: new Map(dynamic ? [] : specs.map((spec) => [spec.id, childOf(spec)])),
    template: dynamic ? specs[0] : undefined,
    window: [],
    activity: undefined,
    queue: [],
    ended: false,
  };
}

export const childOf = <Start>(
  spec: Spec<Start>,
  id = spec.id,
  start = spec.start,
): Child<Start> => ({
  id,
  start,
  spec,
  phase: 'idle',
  incarnation: 0,
  runningSince: 0 as Millis,
  failures: 0,
  counted: false,
  exit: undefined,
  failure: undefined,
});

export const isDynamic = <Start, Asker>(state: Supervision<Start, Asker>): boolean =>
  state.template !== undefined;

export const isClosing = <Start, Asker>(state: Supervision<Start, Asker>): boolean =>
  state.ended || state.activity?.purpose.for === 'close';

/** Timers carry what they are for in their name, so that a late one is recognised as such. */
export type TimerKind = 'start' | 'stop' | 'stop-all' | 'retry';

export const timer = (kind: TimerKind, child?: Child<unknown>): string =>
  `${kind} ${child?.incarnation ?? 0} ${child?.id ?? ''}`;

export function readTimer(
  text: string,
):
  | { readonly kind: TimerKind; readonly incarnation: Incarnation; readonly id: string }
  | undefined {
  const [, kind, incarnation, id] = /^(start|stop|stop-all|retry) (\d+) (.*)$/s.exec(text) ?? [];
  if (kind === undefined) return undefined;
  return { kind: kind as TimerKind, incarnation: Number(incarnation), id: id! };
}
