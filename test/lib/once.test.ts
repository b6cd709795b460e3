import { expect, test } from 'vitest';
import { oncePer } from '#lib/once.ts';

test('what is made of a record is made once, and another record of the same content has its own', () => {
  let made = 0;
  const doubled = oncePer(({ n }: { readonly n: number }) => [++made, 2 * n]);
  const [first, same] = [{ n: 3 }, { n: 3 }];
  expect(doubled(first)).toEqual([1, 6]);
  expect(doubled(first)).toBe(doubled(first));
  expect(doubled(same)).toEqual([2, 6]);
});

test('nothing is a value too', () => {
  let made = 0;
  const nothing = oncePer<object, undefined>(() => {
    made++;
    return undefined;
  });
  const of = {};
  nothing(of);
  nothing(of);
  expect(made).toBe(1);
});
