/**
 * Spans: each step on behalf of a trace is seen with what it took, and nobody reads a clock for it while
 * nobody looks. Method: scripted actors, a fine clock that counts its readings.
 */
import { describe, expect, it } from 'vitest';
import { send, type Effect } from '#protocols/effect.ts';
import type { Envelope } from '#protocols/envelope.ts';
import type { Span } from '#runtime/ports.ts';
import { at, far, say, scripted, type Talk } from './scripted.ts';

const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const told = (n: number, traceparent?: string): Envelope => ({
  form: 'tell',
  to: at('a'),
  from: far('x'),
  incarnation: 1,
  kind: 'test.say',
  body: Uint8Array.of(0x92, n, 0xa0),
  traceparent,
});

const react = (n: number): Effect<Talk>[] => {
  if (n === 3) throw new Error('no');
  return n === 1 ? [send(at('b'), say(2))] : [];
};

function traced(isSeen: boolean) {
  const spans: Span[] = [];
  let readings = 0;
  // Each reading is a quarter of a millisecond later.
  const fine = (): number => ++readings / 4;
  const world = scripted(isSeen ? { span: (span) => void spans.push(span) } : {}, { fine });
  const { system, actor, manual, receive } = world;
  system.spawn(actor('a', (input) => ('n' in input ? react(input.n) : [])));
  system.spawn(actor('b'));
  manual.settle();
  const hear = (...envelopes: readonly Envelope[]): void => {
    for (const each of envelopes) receive(each);
    manual.settle();
  };
  return { spans, hear, readings: () => readings };
}

describe('spans', () => {
  it('say what a step took, of whom, and whether it failed, along the whole trace', () => {
    const { spans, hear } = traced(true);
    hear(told(1, TRACE), told(9), told(3, TRACE));
    const common = { kind: 'test.say', traceparent: TRACE, tookMs: 0.25 };
    expect(spans).toMatchObject([
      { ...common, who: at('a'), hasFailed: false },
      { ...common, who: at('a'), hasFailed: true },
      { ...common, who: at('b'), hasFailed: false },
    ]);
  });

  it('cost no reading of a clock where nobody looks, or nothing is traced', () => {
    const unseen = traced(false);
    unseen.hear(told(1, TRACE), told(9));
    expect(unseen.readings()).toBe(0);
    const untraced = traced(true);
    untraced.hear(told(1), told(9));
    expect(untraced.readings()).toBe(0);
  });
});
