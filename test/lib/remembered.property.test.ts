/** A test that remembers says what it said without memory, and remembers no more than it may. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { remembered } from '#lib/remembered.ts';
import { cases } from '#test/cases.ts';

it('says the same as without memory, and looks at what comes again once', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9)), fc.integer({ min: 2, max: 8 }), (asked, most) => {
      const looked: string[] = [];
      const isEven = remembered((text) => (looked.push(text), Number(text) % 2 === 0), most);
      for (const [i, n] of asked.entries()) {
        const before = looked.length;
        expect(isEven(String(n))).toBe(n % 2 === 0);
        const recent = new Set(asked.slice(0, i).filter((each) => each % 2 === 0));
        if (n % 2 === 0 && recent.has(n) && recent.size <= most / 2)
          expect(looked.length).toBe(before);
      }
    }),
    { numRuns: cases(100) },
  );
});

it('forgets the oldest: of ever new names no more are remembered than it may', () => {
  let looks = 0;
  const isRight = remembered(() => (looks++, true), 4);
  for (let i = 0; i < 100; i++) isRight(String(i));
  expect(isRight('0') && looks).toBe(101);
});
