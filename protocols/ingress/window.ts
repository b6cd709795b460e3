/**
 * The window: how many transactions an ingress has in work at once. The others wait in its journal, which
 * costs nobody anything.
 *
 *   waiting --(room)--> in work --(POH_ACK, or its end)--> out: the window learns how long that took
 *
 * A city that is given more than it can do does less: what is late is sent again, other holders are asked, and
 * all of that is work. So the window grows by one for each of itself that came through soon, and shrinks by a
 * third when one took long, at most once in that time (additive increase, multiplicative decrease: Chiu and
 * Jain 1989; Jacobson 1988). First come, first served. Liveness: it is never empty while somebody waits.
 */
export interface Window {
  size: number;
  /** Since when. */
  readonly inWork: Map<string, number>;
  readonly waiting: Set<string>;
  shrunkAt: number;
}

export const SIZE_FIRST = 8;
export const SIZE_MIN = 2;
export const SIZE_MAX = 512;
/**
 * A sender waits for the city at most 450 ms where nobody else does. Where many do, each costs the less the
 * more of them are in work (their acks and orders share signatures), so a full window is no slower for whoever
 * waits than a small one; but what takes 5 s without a word is driven again, and that is work for nothing.
 */
export const SOON_MS = 2_000;
export const LONG_MS = 4_000;
const SHRINKS_TO = 2 / 3;

export const openWindow = (): Window => ({
  size: SIZE_FIRST,
  inWork: new Map(),
  waiting: new Set(),
  shrunkAt: -Infinity,
});

/** Those whose turn it is, in the order in which they came; they are in work from now on. */
export function admitted({ size, inWork, waiting }: Window, now: number): string[] {
  const keys: string[] = [];
  for (const key of waiting) {
    if (inWork.size >= Math.floor(size)) break;
    waiting.delete(key);
    inWork.set(key, now);
    keys.push(key);
  }
  return keys;
}

/** One came through, or to its end. */
export function leave(window: Window, key: string, now: number): void {
  const { inWork, waiting } = window;
  waiting.delete(key);
  const since = inWork.get(key);
  if (since === undefined) return;
  // Where nobody wanted more room, what came through says nothing about more of it.
  const isWanted = waiting.size > 0 || inWork.size >= Math.floor(window.size);
  inWork.delete(key);
  learn(window, now - since, isWanted, now);
}

function learn(window: Window, tookMs: number, isWanted: boolean, now: number): void {
  if (tookMs <= SOON_MS && isWanted)
    window.size = Math.min(SIZE_MAX, window.size + 1 / window.size);
  if (tookMs <= LONG_MS || now - window.shrunkAt < tookMs) return;
  window.size = Math.max(SIZE_MIN, window.size * SHRINKS_TO);
  window.shrunkAt = now;
}
