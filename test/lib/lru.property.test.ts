/** The bounded memo against a model that is too slow to be wrong: a list in order of use. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lru } from '#lib/lru.ts';

const step = fc.oneof(
  fc.record({ do: fc.constant('get' as const), key: fc.nat(9) }),
  fc.record({ do: fc.constant('put' as const), key: fc.nat(9) }),
  fc.record({ do: fc.constant('clear' as const), key: fc.nat(9) }),
);

describe('lru, for any use', () => {
  it('answers, forgets and drops as a list in order of use does', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 60 }),
        (max, steps) => {
          const dropped: number[] = [];
          const memo = lru<number, number>(max, (value) => dropped.push(value));
          let model: { key: number; value: number }[] = [];
          const gone: number[] = [];
          for (const [value, { do: act, key }] of steps.entries()) {
            const known = model.find((entry) => entry.key === key);
            const others = model.filter((entry) => entry !== known);
            if (act === 'get') {
              expect(memo.get(key)).toBe(known?.value);
              if (known) model = [...others, known];
            } else if (act === 'put') {
              memo.put(key, value);
              if (known) gone.push(known.value);
              else if (others.length === max) gone.push(others.shift()!.value);
              model = [...others, { key, value }];
            } else {
              memo.clear();
              gone.push(...model.map((entry) => entry.value));
              model = [];
            }
            expect(memo.size()).toBe(model.length);
            expect(dropped).toEqual(gone);
          }
        },
      ),
    ));
});
