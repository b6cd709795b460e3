/**
 * Lateness: from when on nobody waits for an answer any more. How long one may take is learned, for each continent by
 * itself; before anything was learned, those of the own continent have less time than the others.
 */
import { expectedMs, learn, patience, type Patience } from '../patience.ts';
import { continentOf, type NodeAddress } from '../subjects.ts';
import type { Gathering, Target } from './gathering.ts';

/** How long an answer may take before any came: on the own continent, and from another one. */
const FIRST_MS = { near: 150, far: 600 } as const;
const PATIENCE_MS_MIN = 5;

/** What was learned, as a node sees it. */
export interface Lateness {
  readonly continent: string;
  readonly learnt: Map<string, Patience>;
}

export const latenessFor = (node: NodeAddress): Lateness => ({
  continent: continentOf(node),
  learnt: new Map(),
});

/** Whoever was asked long enough ago is late. */
export function markLate(of: Lateness, { targets }: Gathering, now: number): void {
  for (const target of targets) {
    if (target.did === 'asked' && now >= lateAt(of, target)) target.did = 'late';
  }
}

/** Until the next of those who were asked is late. */
export function untilLate(of: Lateness, { targets }: Gathering, now: number): number {
  const next = targets.filter(({ did }) => did === 'asked').map((target) => lateAt(of, target));
  return Math.max(1, Math.ceil(Math.min(...next) - now));
}

const lateAt = (of: Lateness, { holder, askedAt }: Target): number =>
  askedAt + patienceMs(of, holder);

function patienceMs({ continent: own, learnt }: Lateness, holder: NodeAddress): number {
  const continent = continentOf(holder);
  const known = learnt.get(continent);
  const expected = known === undefined ? undefined : expectedMs(known);
  return Math.max(PATIENCE_MS_MIN, expected ?? FIRST_MS[continent === own ? 'near' : 'far']);
}

export function learnFrom({ learnt }: Lateness, { holder, tookMs }: Target): void {
  const continent = continentOf(holder);
  const known = learnt.get(continent) ?? patience();
  learnt.set(continent, known);
  learn(known, tookMs);
}
