/**
 * Do supervisors do as they are told? Looked at from outside: who starts, who ends, and how.
 *
 * - A supervisor gives up only when more of its children failed within its period than it allows.
 * - A child that its supervisor stopped and started again was stopped for a reason: another of its
 *   group had failed and had not been started again.
 * - No two incarnations live at a time.
 */
import type { Address } from '#protocols/subjects.ts';
import { GAVE_UP } from '#supervision/machine/exits.ts';
import type { Life } from '../machine.ts';
import type { Checker, World } from '../world.ts';

export interface Watched {
  readonly supervisor: Address;
  readonly children: readonly Address[];
  readonly intensity: number;
  readonly periodMs: number;
}

/** `stopped-idly`: by its supervisor, while no other of its group was `failed`. */
type Child = 'running' | 'failed' | 'stopped' | 'stopped-idly';

interface Failure {
  readonly who: Address;
  readonly ms: number;
  /**
   * When its child runs again, in milliseconds. At some moment before, the supervisor has counted it;
   * when, depends on how busy it is.
   */
  restartedMs: number;
}

interface Group extends Watched {
  life: number;
  readonly states: Map<Address, Child>;
  failures: Failure[];
}

/** Clocks of machines are off by this share of the period, and by a millisecond of rounding. */
const DRIFT_PPM = 1_000;

export function supervisionChecker(world: World, watched: readonly Watched[]): Checker {
  const groups = new Map<Address, Group>();
  const groupOf = new Map<Address, Group>();
  for (const each of watched) {
    const group: Group = { ...each, life: 0, states: new Map(), failures: [] };
    groups.set(each.supervisor, group);
    for (const child of each.children) groupOf.set(child, group);
  }
  const of = (child: Address, life: Life): Group | undefined => {
    const group = groupOf.get(child);
    if (group !== undefined && group.life !== life.number) reset(group, life.number);
    return group;
  };
  return {
    spawned: (who, incarnation, life) => {
      const supervised = groups.get(who);
      if (supervised !== undefined) reset(supervised, life.number);
      const group = of(who, life);
      if (group !== undefined) start(world, group, who, incarnation);
    },
    ended: (who, incarnation, how, detail = '', life) => {
      const group = of(who, life);
      if (group !== undefined) end(world, group, who, how, detail);
      const given = groups.get(who);
      if (given !== undefined && detail.startsWith(GAVE_UP)) judge(world, given, incarnation);
    },
  };
}

/** A new life of the process, or of the supervisor: nothing of before counts. */
function reset(group: Group, life: number): void {
  group.life = life;
  group.states.clear();
  group.failures = [];
}

function start(world: World, group: Group, who: Address, incarnation: number): void {
  const before = group.states.get(who);
  world.claim(before !== 'running', () => `one ${who} at a time`);
  world.claim(before !== 'stopped-idly', () => `${who} was stopped and started for a reason`);
  if (before === 'stopped') world.probe.sometimes('supervision: a group was restarted');
  if (incarnation > 1) world.probe.sometimes('supervision: a child was restarted');
  group.states.set(who, 'running');
  for (const failure of group.failures)
    if (failure.who === who) failure.restartedMs = Math.min(failure.restartedMs, world.nowMs);
}

function end(world: World, group: Group, who: Address, how: string, detail: string): void {
  world.claim(detail !== 'the name is taken', () => `one ${who} at a time`);
  if (how === 'shutdown') {
    const hasReason = [...group.states.values()].includes('failed');
    group.states.set(who, hasReason ? 'stopped' : 'stopped-idly');
  } else {
    group.states.set(who, 'failed');
    group.failures.push({ who, ms: world.nowMs, restartedMs: Infinity });
  }
}

function judge(world: World, group: Group, incarnation: number): void {
  const { supervisor, failures, intensity, periodMs } = group;
  // It has decided after the last of them, and then stopped its other children.
  const decidedMs = failures.at(-1)?.ms ?? 0;
  const since = decidedMs - periodMs - 1 - (periodMs * DRIFT_PPM) / 1_000_000;
  const counted = failures.filter(({ restartedMs }) => restartedMs >= since).length;
  world.probe.sometimes('supervision: a supervisor gave up');
  world.claim(
    counted > intensity,
    () => `${supervisor} ${incarnation} gives up after more than ${intensity} failures: ${counted}`,
  );
}
