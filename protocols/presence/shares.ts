/**
 * The share of lights that are online, by continent: `p_light` of the policy.
 *
 *   online       lights of the continent in this list
 *   registered   lights of the continent that stood in a list within the last thirty days
 *   ppm          online / registered in millionths, smoothed: an eightieth closer for each second
 *
 * `online` and `ppm` follow from the list and the head before, so whoever votes computes them again;
 * `registered` is the word of the proposer, who counts those it has seen.
 */
import type { Eligible, EligibleHead, LightShare } from '../eligibility.ts';
import { continentOf } from '../subjects.ts';
import { CONTINENTS_MAX } from '../terms.ts';

export const REGISTERED_MS = 30 * 86_400_000;
const SMOOTHING_MS = 80_000;
const WHOLE = 1_000_000;

type Before = Pick<EligibleHead, 'at' | 'lights'>;

/** Lights online by continent. */
export function onlineOf(nodes: readonly Eligible[]): ReadonlyMap<string, number> {
  const online = new Map<string, number>();
  for (const { node, role } of nodes) {
    if (role !== 'light') continue;
    const continent = continentOf(node);
    online.set(continent, (online.get(continent) ?? 0) + 1);
  }
  return online;
}

/** The shares of a list at a time, after the head before it. */
export function sharesOf(
  nodes: readonly Eligible[],
  registeredOf: (continent: string) => number,
  at: number,
  before: Before | undefined,
): readonly LightShare[] {
  const online = onlineOf(nodes);
  const known = (before?.lights ?? []).map(({ continent }) => continent);
  const continents = [...new Set([...online.keys(), ...known])].toSorted();
  return continents.slice(0, CONTINENTS_MAX).map((continent) => {
    const here = online.get(continent) ?? 0;
    const registered = Math.max(here, registeredOf(continent));
    const ppm = smoothed(continent, here, registered, at, before);
    return { continent, online: here, registered, ppm };
  });
}

function smoothed(
  continent: string,
  online: number,
  registered: number,
  at: number,
  before: Before | undefined,
): number {
  const now = registered === 0 ? 0 : Math.floor((online * WHOLE) / registered);
  const was = before?.lights.find((share) => share.continent === continent);
  if (was === undefined || before === undefined) return now;
  const passed = Math.min(SMOOTHING_MS, Math.max(0, at - before.at));
  return was.ppm + Math.trunc(((now - was.ppm) * passed) / SMOOTHING_MS);
}

/** Whether the shares of a head are those of its list. */
export function areSharesOf(
  head: Pick<EligibleHead, 'at' | 'lights'>,
  nodes: readonly Eligible[],
  before: Before | undefined,
): boolean {
  const claimed = new Map(head.lights.map((share) => [share.continent, share.registered]));
  const own = sharesOf(nodes, (continent) => claimed.get(continent) ?? 0, head.at, before);
  return (
    own.length === head.lights.length &&
    own.every((share, i) => {
      const { continent, online, registered, ppm } = head.lights[i]!;
      return (
        share.continent === continent &&
        share.online === online &&
        share.registered === registered &&
        share.ppm === ppm
      );
    })
  );
}
