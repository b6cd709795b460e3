/** Turns: one for each idle worker, more only when they are used or over, and each in the end. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LENT_MS, Turns, WAIT_MS_MAX } from '#runtime/pool/turns.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Turns that are asked for; `idle` is what the pool answers whenever it is looked at. */
function opened(count: number) {
  const heard: number[] = [];
  const state = { idle: 0 };
  const turns: Turns = new Turns(() => turns.grant(state.idle));
  const cancels = Array.from({ length: count }, (_, i) => turns.ask(() => heard.push(i)));
  turns.grant(0);
  return { heard, state, turns, cancels };
}

describe('turns', () => {
  it('come to as many as there are idle workers, and to the next when a job has come', () => {
    const { heard, turns } = opened(4);
    expect(heard).toEqual([]);
    turns.grant(2);
    turns.grant(2);
    expect(heard).toEqual([0, 1]);
    turns.used();
    turns.grant(1);
    expect(heard).toEqual([0, 1]);
    turns.grant(2);
    expect(heard).toEqual([0, 1, 2]);
  });

  it('come to the next when whoever had one asks for nothing', () => {
    const { heard, state } = opened(3);
    state.idle = 1;
    vi.advanceTimersByTime(LENT_MS);
    expect(heard).toEqual([0]);
    vi.advanceTimersByTime(2 * LENT_MS);
    expect(heard).toEqual([0, 1, 2]);
  });

  it('come to everybody in the end, though no worker is ever idle', () => {
    const { heard } = opened(3);
    vi.advanceTimersByTime(WAIT_MS_MAX - LENT_MS);
    expect(heard).toEqual([]);
    vi.advanceTimersByTime(2 * LENT_MS);
    expect(heard).toEqual([0, 1, 2]);
  });

  it('do not come to whoever has called them off, nor wake anybody up for that', () => {
    const { heard, turns, cancels } = opened(2);
    for (const cancel of cancels) cancel();
    turns.grant(2);
    expect(heard).toEqual([]);
    vi.advanceTimersByTime(LENT_MS);
    expect(vi.getTimerCount()).toBe(0);
  });
});
