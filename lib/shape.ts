/**
 * What a file of our own must look like, for processes that have no room for a library of schemas: the files of a network
 * (cli/city/) are read by every light. A shape takes a value and where it stands, and gives it back typed, or throws
 * `Misshapen`, which says where what was expected. Documents that people write have line and caret, and more to say
 * (config/document.ts).
 */

export class Misshapen extends Error {
  override readonly name = 'Misshapen';

  constructor(path: string, expected: string) {
    super(`${path === '' ? 'it' : path} is not fit, expected ${expected}`);
  }
}

export type Shape<T> = (value: unknown, path?: string) => T;
export type ShapeOf<S> = S extends Shape<infer T> ? T : never;

/** A text that `isFit`, told as `expected`. */
export const text =
  <T extends string = string>(
    isFit: (value: string) => boolean = () => true,
    expected = 'a text',
  ): Shape<T> =>
  (value, path = '') => {
    if (typeof value === 'string' && isFit(value)) return value as T;
    throw new Misshapen(path, expected);
  };

export const number: Shape<number> = (value, path = '') => {
  if (typeof value === 'number') return value;
  throw new Misshapen(path, 'a number');
};

export const flag: Shape<boolean> = (value, path = '') => {
  if (typeof value === 'boolean') return value;
  throw new Misshapen(path, 'true or false');
};

export const oneOf =
  <const T extends string | number>(...all: readonly T[]): Shape<T> =>
  (value, path = '') => {
    if ((all as readonly unknown[]).includes(value)) return value as T;
    throw new Misshapen(path, all.join(', '));
  };

export const optional =
  <T>(of: Shape<T>): Shape<T | undefined> =>
  (value, path) =>
    value === undefined ? undefined : of(value, path);

export const listOf =
  <T>(of: Shape<T>): Shape<T[]> =>
  (value, path = '') => {
    if (!Array.isArray(value)) throw new Misshapen(path, 'a list');
    return value.map((each, i) => of(each, within(path, String(i))));
  };

/** These keys and no other. */
export const recordOf =
  <S extends Readonly<Record<string, Shape<unknown>>>>(
    shapes: S,
  ): Shape<{ readonly [K in keyof S]: ShapeOf<S[K]> }> =>
  (value, path = '') => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Misshapen(path, 'keys and values');
    const stranger = Object.keys(value).find((key) => !Object.hasOwn(shapes, key));
    if (stranger !== undefined) throw new Misshapen(within(path, stranger), 'no such key');
    const found = Object.entries(shapes).map(([key, of]) => [
      key,
      of((value as Record<string, unknown>)[key], within(path, key)),
    ]);
    return Object.fromEntries(found) as { readonly [K in keyof S]: ShapeOf<S[K]> };
  };

const within = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
