/** The trace: equal for equal runs, different for any difference, and readable at its end. */
import { describe, expect, it } from 'vitest';
import { fingerprint } from '#simulations/fingerprint.ts';
import { CHECKPOINT_LINES, Trace } from '#simulations/trace.ts';

type Added = Parameters<Trace['add']>;

function hashOf(...lines: readonly Added[]): string {
  const trace = new Trace();
  for (const line of lines) trace.add(...line);
  return trace.hash;
}

const line: Added = [1_500_000, 'n1', 'arrives', 'n2', Uint8Array.of(1, 2, 3)];

describe('trace', () => {
  it('has one hash for one history, and another for every other', () => {
    const different: Added[] = [
      [1_500_001, 'n1', 'arrives', 'n2', Uint8Array.of(1, 2, 3)],
      [1_500_000 + 2 ** 32, 'n1', 'arrives', 'n2', Uint8Array.of(1, 2, 3)],
      [1_500_000, 'n3', 'arrives', 'n2', Uint8Array.of(1, 2, 3)],
      [1_500_000, 'n1', 'leaves', 'n2', Uint8Array.of(1, 2, 3)],
      [1_500_000, 'n1', 'arrives', 'n3', Uint8Array.of(1, 2, 3)],
      [1_500_000, 'n1', 'arrives', 'n2', Uint8Array.of(1, 2, 4)],
    ];
    const hashes = [line, ...different].map((each) => hashOf(line, each));
    expect(hashOf(line, line)).toBe(hashes[0]);
    expect(new Set([...hashes, hashOf(line)]).size).toBe(hashes.length + 1);
  });

  it('shows its last lines, oldest first', () => {
    const trace = new Trace();
    for (let i = 0; i < 1_000; i++) trace.add(i, 'n1', `step${i}`, '');
    const last = trace.last(3).map((text) => text.trim().split(/ +/));
    expect(last.map((words) => words.at(-1))).toEqual(['step997', 'step998', 'step999']);
    expect(trace.last(10_000)).toHaveLength(256);
  });

  it('takes checkpoints of itself and of all states', () => {
    let state = 0;
    const trace = new Trace({}, String, () => ++state);
    for (let i = 0; i < 2 * CHECKPOINT_LINES + 5; i++) trace.add(i, 'n1', 'x', '');
    expect(trace.checkpoints.map(({ lines, states }) => [lines, states])).toEqual([
      [CHECKPOINT_LINES, 1],
      [2 * CHECKPOINT_LINES, 2],
    ]);
  });

  it('keeps the lines of a window, with their hashes', () => {
    const trace = new Trace({ window: { from: 2, to: 4 } });
    for (let i = 0; i < 9; i++) trace.add(i, 'n1', `step${i}`, '');
    expect(trace.seen.map(({ text }) => text.trim().split(/ +/).at(-1))).toEqual([
      'step2',
      'step3',
    ]);
  });
});

describe('fingerprint', () => {
  it('tells states apart by every part of them, and by their order', () => {
    const states: unknown[] = [
      undefined,
      null,
      0,
      1,
      2 ** 40,
      2 ** 40 + 2 ** 33,
      1.5,
      1n,
      '1',
      true,
      false,
      [],
      [1, 2],
      [2, 1],
      [[1], 2],
      new Set([2, 1, 3]),
      new Map([['a', 1]]),
      new Map([['a', 2]]),
      new Map([
        ['a', 1],
        ['b', 1],
      ]),
      new Map([
        ['b', 1],
        ['a', 1],
      ]),
      { a: 1 },
      { b: 1 },
      { a: { b: Uint8Array.of(1) } },
      { a: { b: Uint8Array.of(2) } },
    ];
    const prints = states.map((state) => fingerprint(state));
    expect(new Set(prints).size).toBe(states.length);
    expect(states.map((state) => fingerprint(structuredClone(state)))).toEqual(prints);
  });

  it('does not follow a circle for ever', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(fingerprint(circle)).toBe(fingerprint(circle));
  });
});
