/** What crosses between the two threads arrives as it left, whatever it is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  packCalls,
  packEnd,
  unpackCalls,
  unpackEnd,
  type Answer,
  type Call,
  type Ended,
} from '#runtime/small-state/calls.ts';

const key = fc.string({ unit: 'grapheme', maxLength: 40 });
const value = fc.uint8Array({ maxLength: 300 });
const write = fc.record({ key, value: fc.option(value, { nil: undefined }) });
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ do: fc.constant('commit' as const), writes: fc.array(write, { maxLength: 20 }) }),
  fc.record({ do: fc.constant('read' as const), key }),
  fc.record({ do: fc.constant('scan' as const), prefix: key }),
);
const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.constant({ do: 'commit' as const }),
  fc.record({
    do: fc.constant('read' as const),
    value: fc.option(fc.oneof(value, key), { nil: undefined }),
  }),
  fc.record({
    do: fc.constant('scan' as const),
    entries: fc.oneof(fc.array(fc.tuple(key, value), { maxLength: 20 }), key),
  }),
);
const ended: fc.Arbitrary<Ended> = fc.oneof(
  fc.record({ as: fc.constant('done' as const), answers: fc.array(answer) }),
  fc.record({ as: fc.constantFrom('refused' as const, 'failed' as const), error: key }),
);

describe('groups between threads', () => {
  it('arrive as they left', () => {
    fc.assert(
      fc.property(fc.array(call), (calls) => {
        expect(unpackCalls(packCalls(calls))).toEqual(calls);
      }),
    );
  });
  it('are answered as they were', () => {
    fc.assert(
      fc.property(ended, (end) => {
        expect(unpackEnd(packEnd(end))).toEqual(end);
      }),
    );
  });
  it('take exactly their own memory with them', () => {
    const packed = packCalls([{ do: 'read', key: 'a' }]);
    expect(packed.buffer.byteLength).toBe(packed.length);
    const end = unpackEnd(
      packEnd({ as: 'done', answers: [{ do: 'read', value: new Uint8Array(10) }] }),
    );
    const { answers } = end as Extract<Ended, { as: 'done' }>;
    const { value: found } = answers[0] as Extract<Answer, { do: 'read' }>;
    expect((found as Uint8Array).buffer.byteLength).toBe(10);
  });
});
