/** The names of things and of moments. Made only here, from checked text; such a value is valid. */
import type { Brand } from '#lib/brand.ts';
import { assert } from '#lib/assert.ts';

/** One place in a NATS subject: a node, a role, a city, a kind's part. */
export type Token = Brand<string, 'Token'>;

/** Milliseconds of one clock. Comparable between readings of that clock, never between two. */
export type Millis = Brand<number, 'Millis'>;

/** Which life of an actor this is: 1 at its first start, one more at each restart. */
export type Incarnation = number;

const TOKEN = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export const isToken = (text: string): text is Token => TOKEN.test(text);

export function token(text: string): Token {
  assert(isToken(text), 'a token is lower-case letters, digits, dash and underscore');
  return text;
}

export const millis = (value: number): Millis => value as Millis;
