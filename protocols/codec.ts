/**
 * Codecs: one description of a message, from which its type, its check, its bytes and its
 * documentation follow.
 *
 *   const Rotate = message('ring.rotate', { tx: bytes(16), steps: count(1_000) });
 *   type Rotate = Infer<typeof Rotate>;            // { kind: 'ring.rotate', tx: Uint8Array, steps: number }
 *   const RING = catalogue(Rotate, Rotated);
 *
 * The bytes are MessagePack, and there is exactly one form of each value: a record is the array of
 * its fields in declared order, integers take the fewest bytes, nothing may follow. So what is sent
 * is also what is hashed and signed, and `write(read(bytes))` equals `bytes` for all bytes that `read`
 * accepts. A reader goes only where the description leads: there are no extension types, no keys from
 * the wire, no nesting beyond the description's own, and every length is bounded before it is used.
 *
 * `read` throws `Malformed`, and only that. `check` says what is wrong with a value that did not come
 * from bytes (local delivery), or `undefined`.
 */
import { assert } from '#lib/assert.ts';
import { utf8 } from '#lib/bytes.ts';
import { remembered } from '#lib/remembered.ts';
import { Reader, Writer, Malformed } from './msgpack.ts';
import { Names } from './names.ts';
import { isKind } from './subjects.ts';

export { Malformed, Reader, Writer } from './msgpack.ts';

export interface Codec<T> {
  /** One line for the documentation, e.g. `bytes 16..16`. */
  readonly shape: string;
  // Written as methods, so that a codec of numbers is also a codec of something unknown.
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
  /** What is wrong with a value, in a few words; `undefined` when nothing is. */
  readonly check: (value: unknown) => string | undefined;
}

export type Infer<C> = C extends { readonly infer: infer T }
  ? T
  : C extends Codec<infer T>
    ? T
    : never;

/** An integer from 0 to `max`, which must be safe (2^53 - 1). */
export function count(max: number): Codec<number> {
  assert(Number.isSafeInteger(max) && max >= 0, 'a bound of integers is one that is safe');
  return {
    shape: `integer 0..${max}`,
    write: (writer, value) => writer.uint(value),
    read: (reader) => {
      const value = reader.uint();
      if (value > max) throw new Malformed('range', `integer above ${max}`);
      return value;
    },
    check: (value) =>
      Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max
        ? undefined
        : `expected an integer 0..${max}`,
  };
}

/** A 64-bit unsigned integer: stamps, stakes, amounts. */
export const u64: Codec<bigint> = {
  shape: 'integer 0..2^64-1',
  write: (writer, value) => writer.u64(value),
  read: (reader) => reader.u64(),
  check: (value) =>
    typeof value === 'bigint' && value >= 0n && value < 1n << 64n ? undefined : 'expected a u64',
};

export const flag: Codec<boolean> = {
  shape: 'boolean',
  write: (writer, value) => writer.bool(value),
  read: (reader) => reader.bool(),
  check: (value) => (typeof value === 'boolean' ? undefined : 'expected a boolean'),
};

/** Bytes of a length from `min` to `max`. What `read` returns is a copy of its own, unless they are `lent`. */
export function bytes(min: number, max = min): Codec<Uint8Array> {
  return {
    shape: min === max ? `bytes ${min}` : `bytes ${min}..${max}`,
    write: (writer, value) => writer.bin(value),
    read: (reader) => reader.bin(min, max),
    check: (value) =>
      value instanceof Uint8Array && value.length >= min && value.length <= max
        ? undefined
        : `expected ${min}..${max} bytes`,
  };
}

/** Text of at most `bytesMax` bytes of UTF-8, that `accepts` (where given) agrees with. */
export function text<T extends string = string>(
  bytesMax: number,
  accepts: (value: string) => boolean = () => true,
): Codec<T> {
  return {
    shape: `text ..${bytesMax} bytes`,
    write: (writer, value) => writer.str(value),
    read: (reader) => {
      const value = reader.str(bytesMax);
      if (!accepts(value)) throw new Malformed('range', 'text of the wrong form');
      return value as T;
    },
    check: (value) => {
      if (typeof value !== 'string') return 'expected text';
      if (value.length > bytesMax || utf8LengthExceeds(value, bytesMax)) return 'text too long';
      if (!value.isWellFormed()) return 'text is not well-formed';
      return accepts(value) ? undefined : 'text of the wrong form';
    },
  };
}

/** Only long texts with letters beyond ASCII need to be measured. */
function utf8LengthExceeds(value: string, bytesMax: number): boolean {
  if (value.length * 3 <= bytesMax) return false;
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    // A surrogate pair is four bytes; each half counts two.
    length += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return length > bytesMax;
}

/** Text that comes again and again: `places` of them are decoded and checked once. */
export function name<T extends string = string>(
  bytesMax: number,
  accepts: (value: string) => boolean,
  places: number,
): Codec<T> {
  const names = new Names(bytesMax, accepts, places);
  const seen = remembered(accepts, places);
  return { ...text<T>(bytesMax, seen), read: (reader) => reader.name(names) as T };
}

/** One of a closed list of words. */
export function oneOf<const W extends readonly string[]>(...words: W): Codec<W[number]> {
  const known: ReadonlySet<string> = new Set(words);
  const longest = Math.max(...words.map((word) => utf8(word).length));
  return {
    shape: words.join(' | '),
    write: (writer, value) => writer.str(value),
    read: (reader) => {
      const value = reader.str(longest);
      if (!known.has(value)) throw new Malformed('range', 'not one of the known words');
      return value;
    },
    check: (value) => (known.has(value as string) ? undefined : `expected ${words.join(' | ')}`),
  };
}

/** At most `max` items. */
export function list<T>(item: Codec<T>, max: number): Codec<readonly T[]> {
  return {
    shape: `list ..${max} of (${item.shape})`,
    write: (writer, values) => {
      writer.array(values.length);
      for (const value of values) item.write(writer, value);
    },
    read: (reader) => {
      const length = reader.array(max);
      const values: T[] = [];
      for (let i = 0; i < length; i++) values.push(item.read(reader));
      return values;
    },
    check: (value) => {
      if (!Array.isArray(value) || value.length > max) return `expected a list of at most ${max}`;
      for (const each of value) {
        const wrong = item.check(each);
        if (wrong !== undefined) return wrong;
      }
      return undefined;
    },
  };
}

/** A value or `undefined`. */
export function optional<T>(item: Codec<T>): Codec<T | undefined> {
  return {
    shape: `optional (${item.shape})`,
    write: (writer, value) => (value === undefined ? writer.nil() : item.write(writer, value)),
    read: (reader) => (reader.takeNil() ? undefined : item.read(reader)),
    check: (value) => (value === undefined ? undefined : item.check(value)),
  };
}

export type Fields = { readonly [name: string]: Codec<unknown> };
type Needed<F extends Fields> = {
  [N in keyof F]: undefined extends Infer<F[N]> ? never : N;
}[keyof F];
type Flat<T> = { [N in keyof T]: T[N] };
/** What is optional may be left out. */
export type RecordOf<F extends Fields> = Flat<
  { readonly [N in Needed<F>]: Infer<F[N]> } & {
    readonly [N in Exclude<keyof F, Needed<F>>]?: Infer<F[N]>;
  }
>;
type AnyCodec = Codec<unknown>;

/** A value with named fields; on the wire, an array in the declared order. */
export function record<const F extends Fields>(fields: F): Codec<RecordOf<F>> {
  const { names, codecs } = inOrder(fields);
  return {
    shape: `{ ${names.map((each, i) => `${each}: ${codecs[i]!.shape}`).join(', ')} }`,
    write: (writer, value) => {
      writer.array(codecs.length);
      writeFields(writer, names, codecs, value as Readonly<Record<string, unknown>>);
    },
    read: (reader) => {
      reader.arrayOf(codecs.length);
      return readFields(reader, {}, names, codecs) as RecordOf<F>;
    },
    check: (value) => checkFields(value, names, codecs, names.length),
  };
}

/**
 * A record that goes from actor to actor within a process: what was read from bytes, or was found right, is not looked at
 * again. As for `oncePer`: nobody changes such a value.
 */
export function lookedAtOnce<T extends object>(codec: Codec<T>): Codec<T> {
  const right = new WeakSet<object>();
  return {
    shape: codec.shape,
    write: (writer, value) => codec.write(writer, value),
    read: (reader) => {
      const value = codec.read(reader);
      right.add(value);
      return value;
    },
    check: (value) => {
      if (typeof value === 'object' && value !== null && right.has(value)) return undefined;
      const wrong = codec.check(value);
      if (wrong === undefined) right.add(value as T);
      return wrong;
    },
  };
}

/** The first fields of a record of so many: what stands behind them is not read. For bytes of our own, of which little is wanted. */
export function beginningOf<const F extends Fields>(
  fields: F,
  of: number,
): (from: Uint8Array) => RecordOf<F> {
  const { names, codecs } = inOrder(fields);
  assert(codecs.length <= of, 'the first of some are not more than all');
  return (from) => {
    const reader = new Reader(from);
    reader.arrayOf(of);
    return readFields(reader, {}, names, codecs) as RecordOf<F>;
  };
}

/** The value of an `either`: the fields of one alternative, and its word. */
type EitherOf<T extends string, A extends Readonly<Record<string, Codec<object>>>> = {
  readonly [W in keyof A & string]: { readonly [K in T]: W } & Infer<A[W]>;
}[keyof A & string];

/** One of several records, told apart by a word; on the wire, the word and then its record. */
export function either<
  const T extends string,
  const A extends Readonly<Record<string, Codec<object>>>,
>(tag: T, alternatives: A): Codec<EitherOf<T, A>> {
  type Value = EitherOf<T, A>;
  const word = oneOf(...Object.keys(alternatives));
  const of = (name: string): Codec<object> => alternatives[name]!;
  return {
    shape: Object.entries(alternatives)
      .map(([name, { shape }]) => `${name} ${shape}`)
      .join(' | '),
    write: (writer, value) => {
      word.write(writer, value[tag]);
      of(value[tag]).write(writer, value);
    },
    read: (reader) => {
      const name = word.read(reader);
      return { [tag]: name, ...of(name).read(reader) } as Value;
    },
    check: (value) => {
      const { [tag]: name, ...fields } = (value ?? {}) as Record<string, unknown>;
      return word.check(name) ?? of(name as string).check(fields);
    },
  };
}

interface InOrder {
  readonly names: readonly string[];
  readonly codecs: readonly AnyCodec[];
}

const FIELD = /^[a-z][A-Za-z0-9]*$/;

/**
 * The fields as they are declared. A name that looks like a number would be moved to the front by the
 * language, and one such as `__proto__` would be no field of the value that is read.
 */
function inOrder(fields: Fields): InOrder {
  const names = Object.keys(fields);
  assert(
    names.every((each) => FIELD.test(each)),
    'a field is a word that begins with a small letter',
  );
  return { names, codecs: Object.values(fields) };
}

function writeFields(
  writer: Writer,
  names: readonly string[],
  codecs: readonly AnyCodec[],
  value: Readonly<Record<string, unknown>>,
): void {
  for (let i = 0; i < codecs.length; i++) codecs[i]!.write(writer, value[names[i]!]);
}

function readFields(
  reader: Reader,
  into: Record<string, unknown>,
  names: readonly string[],
  codecs: readonly AnyCodec[],
): unknown {
  for (let i = 0; i < codecs.length; i++) into[names[i]!] = codecs[i]!.read(reader);
  return into;
}

function checkFields(
  value: unknown,
  names: readonly string[],
  codecs: readonly AnyCodec[],
  keysMax: number,
): string | undefined {
  if (typeof value !== 'object' || value === null) return 'expected a record';
  let room = keysMax;
  for (let i = 0; i < codecs.length; i++) {
    const field = (value as Readonly<Record<string, unknown>>)[names[i]!];
    const wrong = codecs[i]!.check(field);
    if (wrong !== undefined) return `${names[i]}: ${wrong}`;
    // An optional field that is left out makes no room for one that nobody knows.
    if (field === undefined && !Object.hasOwn(value, names[i]!)) room--;
  }
  for (const _ in value) if (--room < 0) return 'a field too many';
  return undefined;
}

export interface Message<K extends string, T> {
  readonly kind: K;
  readonly fields: Fields;
  readonly body: Codec<T>;
  /** Type only. */
  readonly infer: { readonly kind: K } & T;
  /** Makes one: `Rotate.of({ ... })`. */
  of(value: T): { readonly kind: K } & T;
}

/** A message: its kind has a dot (`<protocol>.<word>`), which tells it from a signal. */
export function message<const K extends `${string}.${string}`, const F extends Fields>(
  kind: K,
  fields: F,
): Message<K, RecordOf<F>> {
  type T = RecordOf<F>;
  assert(isKind(kind), 'a kind is words of a subject, with a dot between them');
  assert(!Object.hasOwn(fields, 'kind'), 'the kind of a message is no field of it');
  return {
    kind,
    fields,
    body: kinded(kind, fields) as unknown as Codec<T>,
    infer: undefined as never,
    of: (value) => ({ kind, ...value }),
  };
}

/** Like `record`, but the value also carries its kind, which travels in the envelope, not here. */
function kinded(kind: string, fields: Fields): AnyCodec {
  const { names, codecs } = inOrder(fields);
  return {
    shape: record(fields).shape,
    write: (writer, value) => {
      writer.array(codecs.length);
      writeFields(writer, names, codecs, value as Readonly<Record<string, unknown>>);
    },
    read: (reader) => {
      reader.arrayOf(codecs.length);
      return readFields(reader, { kind }, names, codecs);
    },
    check: (value) => checkFields(value, names, codecs, names.length + 1),
  };
}

type AnyMessage = Message<string, unknown>;

export interface Catalogue<M extends { readonly kind: string }> {
  readonly kinds: readonly string[];
  readonly messages: readonly AnyMessage[];
  /** Type only. */
  readonly infer: M;
  /** The bytes of a message's body; its kind travels beside it. */
  write(writer: Writer, message: M): void;
  read(kind: string, body: Uint8Array): M;
  readonly check: (message: { readonly kind: string }) => string | undefined;
  readonly has: (kind: string) => boolean;
}

/** Messages that belong together: what an actor listens to, or a protocol's whole vocabulary. */
export function catalogue<const Ms extends readonly AnyMessage[]>(
  ...messages: Ms
): Catalogue<Ms[number]['infer']> {
  type M = Ms[number]['infer'];
  const bodies = new Map(messages.map((each) => [each.kind, each.body]));
  let lastKind = '';
  let last: AnyCodec | undefined;
  const bodyOf = (kind: string): AnyCodec => {
    const body = bodies.get(kind);
    if (body === undefined) throw new Malformed('unknown-kind', kind.slice(0, 80));
    return body;
  };
  return {
    kinds: messages.map((each) => each.kind),
    messages,
    infer: undefined as never,
    write: (writer, value: M) => bodyOf((value as { kind: string }).kind).write(writer, value),
    read: (kind, body) => whole(bodyOf(kind), body) as M,
    check: (value) => {
      // Most of what is checked is of the kind that was checked before.
      if (value.kind !== lastKind) {
        lastKind = value.kind;
        last = bodies.get(lastKind);
      }
      return last === undefined ? 'unknown kind' : last.check(value);
    },
    has: (kind) => bodies.has(kind),
  };
}

/** Several catalogues as one. */
export const union = <A extends { kind: string }, B extends { kind: string }>(
  a: Catalogue<A>,
  b: Catalogue<B>,
): Catalogue<A | B> => catalogue(...a.messages, ...b.messages) as unknown as Catalogue<A | B>;

/** The value of exactly these bytes. */
export function whole<T>(codec: Codec<T>, from: Uint8Array): T {
  const reader = new Reader(from);
  const value = codec.read(reader);
  reader.end();
  return value;
}

/** The same, whose bytes are views of these: for bytes that were read for this value alone, and a value that does not outlive them. */
export function lent<T>(codec: Codec<T>, from: Uint8Array): T {
  const reader = new Reader(from, 0, true);
  const value = codec.read(reader);
  reader.end();
  return value;
}

/** Where values are written before it is known how long they are; a codec that asks for bytes has another. */
let scratch: Writer | undefined = new Writer(4_096);

/** The one byte form of a value. */
export function toBytes<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = scratch ?? new Writer();
  scratch = undefined;
  try {
    codec.write(writer, value);
    return writer.copy();
  } finally {
    writer.clear();
    scratch = writer;
  }
}
