/**
 * What a supervisor is told: its flags and the specifications of its children. Read and completed
 * with the defaults before any child starts; what is unfit is said by field, value and expectation.
 *
 * | field          | default                                  | as in OTP                       |
 * | -------------- | ---------------------------------------- | ------------------------------- |
 * | `strategy`     | `one_for_one`                            | yes                             |
 * | `intensity`    | 1                                        | yes; `unlimited` is ours        |
 * | `periodMs`     | 5 000                                    | `period`, in seconds            |
 * | `autoShutdown` | `never`                                  | yes                             |
 * | `id`, `start`  | (needed)                                 | yes                             |
 * | `restart`      | `permanent`                              | yes                             |
 * | `type`         | `worker`                                 | yes                             |
 * | `shutdown`     | worker 5 000, supervisor `infinity`      | yes                             |
 * | `significant`  | false                                    | yes                             |
 * | `backoff`      | none: at once                            | ours                            |
 * | `startMs`      | `infinity`                               | ours: a start that hangs fails  |
 *
 * `unlimited` is refused where one failure moves a group: a child that cannot start would then leave
 * half a group behind for ever (statement 59 stops such a child instead of retrying it hotly).
 */
import { utf8 } from '#lib/bytes.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import type { Backoff, Limit, Restart } from './restart.ts';

const STRATEGIES = ['one_for_one', 'one_for_all', 'rest_for_one', 'simple_one_for_one'] as const;
const AUTO_SHUTDOWNS = ['never', 'any_significant', 'all_significant'] as const;
export const RESTARTS = ['permanent', 'transient', 'temporary'] as const;
export const TYPES = ['worker', 'supervisor'] as const;
const WORKER_SHUTDOWN_MS = 5_000;
export const ID_BYTES_MAX = 96;

export type Strategy = (typeof STRATEGIES)[number];
export type AutoShutdown = (typeof AUTO_SHUTDOWNS)[number];
/** How a child is stopped: at once, or asked and then killed after so many milliseconds, or never. */
export type Shutdown = number | 'brutal_kill' | 'infinity';
export type ChildType = (typeof TYPES)[number];

/** The flags of a supervisor, as far as they differ from the defaults. */
export interface Flags {
  readonly strategy?: Strategy;
  readonly intensity?: number | 'unlimited';
  readonly periodMs?: number;
  readonly autoShutdown?: AutoShutdown;
}

/** The specification of a child, as far as it differs from the defaults. */
export interface ChildSpec<Start> {
  readonly id: string;
  /** What the shell needs to start it: a factory, a command line. Opaque to the machine. */
  readonly start: Start;
  readonly restart?: Restart;
  readonly shutdown?: Shutdown;
  readonly type?: ChildType;
  readonly significant?: boolean;
  readonly backoff?: { readonly minMs: number; readonly maxMs: number } & Partial<Backoff>;
  readonly startMs?: number | 'infinity';
}

/** Flags, checked and complete. */
export interface Rules {
  readonly strategy: Strategy;
  readonly limit: Limit;
  readonly autoShutdown: AutoShutdown;
}

/** A child's specification, checked and complete. */
export interface Spec<Start> {
  readonly id: string;
  readonly start: Start;
  readonly restart: Restart;
  readonly shutdown: Shutdown;
  readonly type: ChildType;
  readonly significant: boolean;
  readonly backoff: Backoff | undefined;
  readonly startMs: number | 'infinity';
}

/** What is wrong with a specification. */
export interface Unfit {
  /** Where: `flags.period`, `child b.shutdown`. */
  readonly field: string;
  readonly value: unknown;
  readonly expected: string;
}

/** Thrown when a supervisor is made from specifications that contradict themselves. */
export class UnfitSpec extends Error {
  override readonly name = 'UnfitSpec';
  readonly field: string;
  readonly value: unknown;
  readonly expected: string;

  constructor({ field, value, expected }: Unfit) {
    super(`${field}: expected ${expected}, got ${shown(value)}`);
    this.field = field;
    this.value = value;
    this.expected = expected;
  }
}

/** Objects are not asked how they look: they may be anything that a line of JSON can make. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

type Check = readonly [field: string, value: unknown, fits: boolean, expected: string];

const firstUnfit = (checks: readonly Check[]): Unfit | undefined => {
  const wrong = checks.find(([, , fits]) => !fits);
  return wrong === undefined ? undefined : { field: wrong[0], value: wrong[1], expected: wrong[3] };
};
const oneOf = (field: string, value: unknown, words: readonly string[]): Check => [
  field,
  value,
  words.includes(value as string),
  words.join(', '),
];
/** It travels in requests and answers. */
export const isName = (id: unknown): boolean =>
  typeof id === 'string' && id !== '' && id.isWellFormed() && utf8(id).length <= ID_BYTES_MAX;
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isPositive = (value: unknown): boolean => isCount(value) && value !== 0;

export function rulesOf(flags: Flags): Result<Rules, Unfit> {
  const { strategy = 'one_for_one', intensity = 1, periodMs = 5_000 } = flags;
  const { autoShutdown = 'never' } = flags;
  const unlimited = intensity === 'unlimited';
  const group = strategy === 'one_for_all' || strategy === 'rest_for_one';
  const unfit = firstUnfit([
    oneOf('flags.strategy', strategy, STRATEGIES),
    ['flags.intensity', intensity, unlimited || isCount(intensity), 'an integer >= 0'],
    [
      'flags.intensity',
      intensity,
      !(unlimited && group),
      `a number with ${group ? strategy : 'a group'}`,
    ],
    ['flags.periodMs', periodMs, isPositive(periodMs), 'an integer > 0'],
    oneOf('flags.autoShutdown', autoShutdown, AUTO_SHUTDOWNS),
  ]);
  if (unfit !== undefined) return fail(unfit);
  const limit = { restartsMax: unlimited ? Infinity : intensity, withinMs: periodMs };
  return ok({ strategy, limit, autoShutdown });
}

export function specOf<Start>(child: ChildSpec<Start>, rules: Rules): Result<Spec<Start>, Unfit> {
  const { id, start, restart = 'permanent', type = 'worker', significant = false } = child;
  const { shutdown = type === 'supervisor' ? 'infinity' : WORKER_SHUTDOWN_MS } = child;
  const { startMs = 'infinity' } = child;
  const isBackoff = typeof child.backoff === 'object' && child.backoff !== null;
  const backoff = isBackoff ? completed(child.backoff) : undefined;
  const at = `child ${id}`;
  const isShutdown = shutdown === 'brutal_kill' || shutdown === 'infinity' || isCount(shutdown);
  const unfit = firstUnfit([
    ['child.id', id, isName(id), `a name of at most ${ID_BYTES_MAX} bytes`],
    [`${at}.start`, start, start !== undefined && start !== null, 'something to start'],
    oneOf(`${at}.restart`, restart, RESTARTS),
    oneOf(`${at}.type`, type, TYPES),
    [`${at}.shutdown`, shutdown, isShutdown, 'an integer >= 0, brutal_kill, infinity'],
    [`${at}.significant`, significant, typeof significant === 'boolean', 'true or false'],
    [
      `${at}.significant`,
      significant,
      !significant || rules.autoShutdown !== 'never',
      'false where autoShutdown is never',
    ],
    [
      `${at}.significant`,
      significant,
      !significant || restart !== 'permanent',
      'false where restart is permanent',
    ],
    [`${at}.startMs`, startMs, startMs === 'infinity' || isPositive(startMs), 'an integer > 0'],
    [`${at}.backoff`, child.backoff, isBackoff || child.backoff === undefined, 'its two bounds'],
    ...backoffChecks(`${at}.backoff`, backoff),
  ]);
  if (unfit !== undefined) return fail(unfit);
  return ok({ id, start, restart, shutdown, type, significant, backoff, startMs });
}

function completed(backoff: NonNullable<ChildSpec<unknown>['backoff']>): Backoff {
  const { minMs, maxMs, factor = 2, jitter = 0.2 } = backoff;
  const { resetAfterMs = Math.ceil((minMs + maxMs) / 2) } = backoff;
  return { minMs, maxMs, factor, jitter, resetAfterMs };
}

function backoffChecks(at: string, backoff: Backoff | undefined): readonly Check[] {
  if (backoff === undefined) return [];
  const { minMs, maxMs, factor, jitter, resetAfterMs } = backoff;
  return [
    [`${at}.minMs`, minMs, isPositive(minMs), 'an integer > 0'],
    [`${at}.maxMs`, maxMs, isPositive(maxMs) && maxMs >= minMs, 'an integer >= minMs'],
    [`${at}.factor`, factor, Number.isFinite(factor) && factor >= 1, 'a number >= 1'],
    [`${at}.jitter`, jitter, jitter >= 0 && jitter <= 1, 'a number from 0 to 1'],
    [`${at}.resetAfterMs`, resetAfterMs, isPositive(resetAfterMs), 'an integer > 0'],
  ];
}

/** Everything a supervisor is made from, checked: no child starts before all of it is fit. */
export interface Plan<Start> {
  readonly rules: Rules;
  readonly specs: readonly Spec<Start>[];
}

export function planOf<Start>(
  flags: Flags,
  children: readonly ChildSpec<Start>[],
): Result<Plan<Start>, Unfit> {
  const rules = rulesOf(flags);
  if (!rules.ok) return rules;
  const specs: Spec<Start>[] = [];
  const ids = new Set<string>();
  for (const child of children) {
    const spec = specOf(child, rules.value);
    if (!spec.ok) return spec;
    if (ids.has(spec.value.id))
      return fail({ field: 'child.id', value: spec.value.id, expected: 'each name once' });
    ids.add(spec.value.id);
    specs.push(spec.value);
  }
  if (rules.value.strategy === 'simple_one_for_one' && specs.length !== 1)
    return fail({ field: 'children', value: specs.length, expected: 'one template' });
  return ok({ rules: rules.value, specs });
}

/** For supervisors that are part of the program: an unfit plan stops it from starting. */
export function plan<Start>(flags: Flags, children: readonly ChildSpec<Start>[]): Plan<Start> {
  const result = planOf(flags, children);
  if (!result.ok) throw new UnfitSpec(result.error);
  return result.value;
}
