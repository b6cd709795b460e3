/** Shapes of files of our own: what is right comes back, what is not is said with its place. */
import { describe, expect, it } from 'vitest';
import { flag, listOf, Misshapen, number, oneOf, optional, recordOf, text } from '#lib/shape.ts';

const CITY = recordOf({
  version: oneOf(1),
  open: flag,
  keys: listOf(recordOf({ name: text((each) => each !== '', 'a name'), size: number })),
  note: optional(text()),
});
const right = { version: 1, open: true, keys: [{ name: 'a', size: 2 }], note: 'x' };

describe('a shape', () => {
  it('gives back what is right, and what may be absent as absent', () => {
    expect(CITY(right)).toEqual(right);
    const { note: _, ...without } = right;
    expect(CITY(without)).toEqual({ ...without, note: undefined });
  });

  it.each([
    [
      'a number for a text',
      { keys: [{ name: 3, size: 2 }] },
      'keys.0.name is not fit, expected a name',
    ],
    ['an unfit text', { keys: [{ name: '', size: 2 }] }, 'keys.0.name is not fit, expected a name'],
    ['a text for a number', { keys: [{ name: 'a', size: '2' }] }, 'keys.0.size is not fit'],
    ['another version', { version: 2 }, 'version is not fit, expected 1'],
    ['no list', { keys: {} }, 'keys is not fit, expected a list'],
    ['no record', { keys: [[]] }, 'keys.0 is not fit, expected keys and values'],
    ['nothing', { open: undefined }, 'open is not fit, expected true or false'],
    ['a stranger', { more: 1 }, 'more is not fit, expected no such key'],
    ['null for a text', { note: null }, 'note is not fit, expected a text'],
  ])('refuses %s, and says where', (_, wrong, said) => {
    expect(() => CITY({ ...right, ...wrong })).toThrow(said);
    expect(() => CITY({ ...right, ...wrong })).toThrow(Misshapen);
  });

  it('refuses what only has a key by its prototype', () => {
    expect(() => recordOf({ toString: text() })({})).toThrow('toString is not fit');
  });

  it('refuses what is no record at all', () => {
    for (const wrong of [null, 3, 'x', []]) expect(() => CITY(wrong)).toThrow('it is not fit');
  });
});
