/** One value set in a document: exactly that, or nothing; and what people wrote around it stays. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { valueIn, withValue, type Path } from '#config/edit.ts';
import { cases } from '#test/cases.ts';

const edited = (source: string, path: Path, value: string): string => {
  const result = withValue(source, path, value);
  return result.ok ? result.value : `refused: ${result.error}`;
};

const comments = (of: string) => of.match(/# why/g)?.length;

describe('a value set', () => {
  it('replaces what is there, beside its comment', () => {
    expect(edited('a:\n  k: 10 # ten\n', ['a', 'k'], '12')).toBe('a:\n  k: 12 # ten\n');
    expect(edited('a: [1, 2] # b\n', ['a', 1], '+3')).toBe('a: [1, +3] # b\n');
    expect(edited('a: [1, 2]\n', ['a'], '[6, 24]')).toBe('a: [6, 24]\n');
    expect(edited('a:\nb: 1\n', ['a'], '3')).toBe('a: 3\nb: 1\n');
  });
  it('stands behind what its section has', () => {
    expect(edited('a:\n  k: 1 # one\n\n# b\nb: 2\n', ['a', 'm'], '3')).toBe(
      'a:\n  k: 1 # one\n  m: 3\n\n# b\nb: 2\n',
    );
    expect(edited('a: { k: 1 } # one\n', ['a', 'm'], '3')).toBe('a: { k: 1, m: 3 } # one\n');
    expect(edited('a: {}\n', ['a', 'm'], '3')).toBe('a: { m: 3 }\n');
    expect(edited('a:\n  - k: 1\n    m: 2\n', ['a', 0, 'z'], '3')).toBe(
      'a:\n  - k: 1\n    m: 2\n    z: 3\n',
    );
    expect(edited('# all\n', ['a', 'k'], '3')).toBe('# all\na: { k: 3 }\n');
    expect(edited('', ['a'], '3')).toBe('a: 3\n');
  });
  it('is refused where it would touch more, or has no place', () => {
    expect(edited('a: &x { k: 1 }\nb: *x\n', ['a', 'k'], '2')).toMatch(/change more/);
    expect(edited('a: 1\n', ['a', 'k'], '2')).toMatch(/no place/);
    expect(edited('a: [1]\n', ['a', 3], '2')).toMatch(/no place/);
    expect(edited('a: 1\n', ['a'], '1 # and\nb: 2')).toMatch(/one line/);
    expect(edited('a: {k: 1}\n', ['a', 'k'], '1, b: 2')).toMatch(/change more/);
    expect(edited('a: [', ['a'], '1')).toMatch(/broken/);
  });
  it('never changes more than that, for any document', () => {
    const key = fc.constantFrom('a', 'b', 'cc');
    const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.constant('x y'));
    const tree = fc.dictionary(key, fc.oneof(leaf, fc.dictionary(key, leaf), fc.array(leaf)));
    const text = fc.tuple(tree, fc.boolean()).map(([value, isFlow]) =>
      isFlow
        ? JSON.stringify(value)
        : Object.entries(value)
            .map(([name, each]) => `${name}: ${JSON.stringify(each)} # why\n`)
            .join(''),
    );
    const path = fc.array(fc.oneof(key, fc.nat(2)), { minLength: 1, maxLength: 3 });
    const value = fc.constantFrom('1', 'true', '[1, 2]', '{ a: 1 }', '"x"', ': {', '# no', '');
    fc.assert(
      fc.property(text, path, value, (source, at, given) => {
        const result = withValue(source, at, given);
        if (!result.ok) return;
        expect(valueIn(result.value, at)).toEqual(parse(given));
        const others = (of: string) =>
          ['a', 'b', 'cc'].filter((name) => name !== at[0]).map((name) => valueIn(of, [name]));
        expect(others(result.value)).toEqual(others(source));
        expect(comments(result.value)).toBe(comments(source));
      }),
      { numRuns: cases(300) },
    );
  });
});
