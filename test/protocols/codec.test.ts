/**
 * Codecs: the one byte form, byte by byte, and what hostile bytes come to. The hexadecimal here was
 * typed in from the MessagePack specification, not produced by the code: it is what other programs,
 * and stored signatures, rely on.
 */
import { describe, expect, it } from 'vitest';
import { unhex, utf8 } from '#lib/bytes.ts';
import {
  beginningOf,
  bytes,
  catalogue,
  count,
  either,
  flag,
  lent,
  list,
  lookedAtOnce,
  Malformed,
  message,
  name,
  oneOf,
  optional,
  Reader,
  record,
  text,
  toBytes,
  u64,
  union,
  whole,
  Writer,
  type Catalogue,
  type Codec,
} from '#protocols/codec.ts';
import { cases } from '#test/cases.ts';

const SAFE = Number.MAX_SAFE_INTEGER;
const from = (hexes: string): Uint8Array => unhex(hexes.replaceAll(' ', ''))!;
const repeated = (byte: number, length: number) => new Uint8Array(length).fill(byte);

function bodyOf<M extends { kind: string }>(one: Catalogue<M>, value: M): Uint8Array {
  const writer = new Writer();
  one.write(writer, value);
  return writer.take();
}

/** Why these bytes are refused; `undefined` when they are not. Nothing but `Malformed` may come. */
function refusal(codec: Codec<unknown>, data: Uint8Array): string | undefined {
  try {
    whole(codec, data);
    return undefined;
  } catch (error) {
    if (error instanceof Malformed) return error.why;
    throw error;
  }
}

const move = either('go', { up: record({ steps: count(9) }), home: record({}) });
const three = record({ id: bytes(2), steps: count(1_000), note: optional(text(20)) });

type Golden = readonly [what: string, codec: Codec<never>, value: unknown, hexes: string];
const golden = <T>(what: string, codec: Codec<T>, value: T, hexes: string): Golden => [
  what,
  codec as Codec<never>,
  value,
  hexes,
];

const GOLDEN: readonly Golden[] = [
  golden('zero', count(SAFE), 0, '00'),
  golden('the last fixint', count(SAFE), 127, '7f'),
  golden('the first uint8', count(SAFE), 128, 'cc 80'),
  golden('the last uint8', count(SAFE), 255, 'cc ff'),
  golden('the first uint16', count(SAFE), 256, 'cd 0100'),
  golden('the last uint16', count(SAFE), 65_535, 'cd ffff'),
  golden('the first uint32', count(SAFE), 65_536, 'ce 00010000'),
  golden('the last uint32', count(SAFE), 0xffff_ffff, 'ce ffffffff'),
  golden('the first uint64', count(SAFE), 0x1_0000_0000, 'cf 0000000100000000'),
  golden('the last safe integer', count(SAFE), SAFE, 'cf 001fffffffffffff'),
  golden('a small u64', u64, 5n, '05'),
  golden('the last u64 of 32 bits', u64, 0xffff_ffffn, 'ce ffffffff'),
  golden('a u64 of 33 bits', u64, 0x1_0000_0000n, 'cf 0000000100000000'),
  golden('the last u64', u64, 0xffff_ffff_ffff_ffffn, 'cf ffffffffffffffff'),
  golden('no', flag, false, 'c2'),
  golden('yes', flag, true, 'c3'),
  golden('no bytes', bytes(0, 9), new Uint8Array(0), 'c4 00'),
  golden('three bytes', bytes(3), from('01 02 ff'), 'c4 03 01 02 ff'),
  golden('no text', text(9), '', 'a0'),
  golden('ASCII', text(9), 'abc', 'a3 616263'),
  golden('a letter of two bytes', text(9), 'é', 'a2 c3a9'),
  golden('a letter of three bytes', text(9), '小', 'a3 e5b08f'),
  golden('a letter of four bytes', text(9), '🏯', 'a4 f09f8faf'),
  golden('a byte order mark is a letter', text(9), '\ufeffa', 'a4 efbbbf 61'),
  golden('a null letter', text(9), '\0', 'a1 00'),
  golden('a word', oneOf('on', 'off'), 'off', 'a3 6f6666'),
  golden('one of several', move, { go: 'up', steps: 3 }, 'a2 7570 91 03'),
  golden('an empty list', list(flag, 3), [], '90'),
  golden('a list', list(count(9), 3), [1, 2, 3], '93 01 02 03'),
  golden('nothing', optional(flag), undefined, 'c0'),
  golden('something', optional(flag), true, 'c3'),
  golden(
    'a record',
    three,
    { id: from('0a0b'), steps: 300, note: undefined },
    '93 c4020a0b cd012c c0',
  ),
  golden(
    'a fuller record',
    three,
    { id: from('0a0b'), steps: 3, note: 'hi' },
    '93 c4020a0b 03 a26869',
  ),
  golden('a record of nothing', record({}), {}, '90'),
];

describe('the one byte form', () => {
  it.each(GOLDEN)('%s', (_, codec, value, hexes) => {
    expect(toBytes(codec, value as never)).toEqual(from(hexes));
    expect(whole(codec, from(hexes))).toEqual(value);
    expect(codec.check(value)).toBeUndefined();
  });

  it.each([
    [31, 'bf'],
    [32, 'd9 20'],
    [255, 'd9 ff'],
    [256, 'da 0100'],
    [65_535, 'da ffff'],
    [65_536, 'db 00010000'],
  ])('heads text of %i bytes with %s', (length, head) => {
    const value = 'a'.repeat(length);
    expect(toBytes(text(70_000), value)).toEqual(
      Uint8Array.of(...from(head), ...repeated(0x61, length)),
    );
    expect(whole(text(70_000), toBytes(text(70_000), value))).toBe(value);
  });

  it.each([
    // So many letters fit a shorter head than their bytes do.
    [31, 'é', 'd9 3e'],
    [200, 'é', 'da 0190'],
    [30_000, '小', 'db 00015f90'],
    [16, '🏯', 'd9 40'],
  ])('heads %i letters %s with %s', (length, letter, head) => {
    const value = letter.repeat(length);
    const written = toBytes(text(100_000), value);
    expect(written.subarray(0, from(head).length)).toEqual(from(head));
    expect(written.subarray(from(head).length)).toEqual(utf8(value));
  });

  it.each([
    [255, 'c4 ff'],
    [256, 'c5 0100'],
    [65_535, 'c5 ffff'],
    [65_536, 'c6 00010000'],
  ])('heads %i bytes with %s', (length, head) => {
    const value = repeated(7, length);
    expect(toBytes(bytes(length), value)).toEqual(Uint8Array.of(...from(head), ...value));
  });

  it.each([
    [15, '9f'],
    [16, 'dc 0010'],
    [65_535, 'dc ffff'],
    [65_536, 'dd 00010000'],
  ])('heads a list of %i with %s', (length, head) => {
    const values = Array.from({ length }, () => false);
    expect(toBytes(list(flag, length), values)).toEqual(
      Uint8Array.of(...from(head), ...repeated(0xc2, length)),
    );
  });

  it('leaves the kind of a message to the envelope', () => {
    const Rotate = message('ring.rotate', { steps: count(9), tx: bytes(2) });
    const RING = catalogue(Rotate, message('ring.stop', {}));
    const value = Rotate.of({ steps: 4, tx: from('0102') });
    expect(value).toEqual({ kind: 'ring.rotate', steps: 4, tx: from('0102') });
    expect(bodyOf(RING, value)).toEqual(from('92 04 c4020102'));
    expect(RING.read('ring.rotate', from('92 04 c4020102'))).toEqual(value);
    expect(bodyOf(RING, { kind: 'ring.stop' })).toEqual(from('90'));
    const both = union(RING, catalogue(message('other.one', {})));
    expect(both.kinds).toEqual(['ring.rotate', 'ring.stop', 'other.one']);
    expect(both.read('other.one', from('90'))).toEqual({ kind: 'other.one' });
    expect(both.has('ring.stop')).toBe(true);
    expect(both.has('toString')).toBe(false);
  });

  it('copies what it reads, also out of a Buffer, whose slice is a view', () => {
    const words = name(9, () => true, 4);
    for (const source of [
      from('93 c4020102 a2 6f6e a2 6f6e'),
      Buffer.from('93c4020102a26f6ea26f6e', 'hex'),
    ]) {
      const codec = record({ data: bytes(2), first: words, second: text(9) });
      const read = whole(codec, source);
      source.fill(0);
      expect(read).toEqual({ data: from('0102'), first: 'on', second: 'on' });
      expect(Object.getPrototypeOf(read.data)).toBe(Uint8Array.prototype);
    }
    // What the table remembers is a copy as well: it must not answer to other bytes.
    expect(whole(words, from('a2 0000'))).toBe('\0\0');
    expect(whole(words, from('a2 6f6e'))).toBe('on');
  });
});

describe('hostile bytes', () => {
  const everything: readonly Codec<unknown>[] = [
    count(SAFE),
    u64,
    flag,
    bytes(0, 100_000),
    text(100_000),
    name(100, () => true, 4),
    oneOf('on', 'off'),
    list(flag, 100_000),
    optional(three),
    three,
    list(list(list(three, 9), 9), 9),
  ];

  it.each([
    ['nothing at all', ''],
    ['0xc1, which is never used', 'c1'],
    ['an empty map', '80'],
    ['a map with __proto__', '81 a9 5f5f70726f746f5f5f 80'],
    ['a map with constructor', '81 ab 636f6e7374727563746f72 81 a9 70726f746f74797065 80'],
    ['a map with one key twice', '82 a1 61 01 a1 61 02'],
    ['a map of 4 billion', 'df ffffffff'],
    ['ext 8', 'c7 01 70 00'],
    ['ext 16', 'c8 0001 70 00'],
    ['ext 32 of 4 GB', 'c9 ffffffff 42'],
    ['fixext 1, a RegExp elsewhere', 'd4 78 00'],
    ['fixext 2', 'd5 65 0000'],
    ['fixext 4, a time', 'd6 ff 00000000'],
    ['fixext 8', 'd7 ff 0000000000000000'],
    ['fixext 16', 'd8 01 00000000000000000000000000000000'],
    ['a float', 'ca 3f800000'],
    ['a NaN', 'cb 7ff8000000000000'],
    ['an infinity', 'cb 7ff0000000000000'],
    ['minus one', 'ff'],
    ['int 8', 'd0 01'],
    ['int 16', 'd1 0001'],
    ['int 32', 'd2 00000001'],
    ['int 64', 'd3 0000000000000001'],
    ['bytes of 4 GB', 'c6 ffffffff 00'],
    ['text of 4 GB', 'db ffffffff 61'],
    ['a list of 4 billion', 'dd ffffffff c2'],
    ['a head cut short', 'cd 01'],
  ])('%s is refused by every codec', (_, hexes) => {
    for (const codec of everything) expect(refusal(codec, from(hexes))).toBeTypeOf('string');
  });

  it.each([
    ['uint8 for a fixint', count(SAFE), 'cc 7f'],
    ['uint16 for a uint8', count(SAFE), 'cd 00ff'],
    ['uint32 for a uint16', count(SAFE), 'ce 0000ffff'],
    ['uint64 for a uint32', count(SAFE), 'cf 00000000ffffffff'],
    ['uint64 for a u64 of 32 bits', u64, 'cf 00000000ffffffff'],
    ['uint8 for a small u64', u64, 'cc 01'],
    ['str8 for a fixstr', text(99), 'd9 01 61'],
    ['str16 for a fixstr', text(99), 'da 0001 61'],
    ['str32 for a fixstr', text(99), 'db 00000001 61'],
    ['bin16 for a bin8', bytes(0, 99), 'c5 0001 00'],
    ['bin32 for a bin8', bytes(0, 99), 'c6 00000001 00'],
    ['array16 for a fixarray', list(flag, 99), 'dc 0001 c2'],
    ['array32 for a fixarray', list(flag, 99), 'dd 00000001 c2'],
  ])('%s is not the one form', (_, codec, hexes) => {
    expect(refusal(codec as Codec<unknown>, from(hexes))).toBe('not-canonical');
  });

  it.each([
    ['a stray continuation', 'a1 80'],
    ['an overlong slash', 'a2 c0af'],
    ['an overlong null', 'a2 c080'],
    ['half of a pair', 'a3 eda080'],
    ['beyond Unicode', 'a4 f4908080'],
    ['a letter cut short', 'a2 e5b0'],
  ])('text with %s is not UTF-8', (_, hexes) => {
    expect(refusal(text(99), from(hexes))).toBe('not-utf8');
    expect(
      refusal(
        name(99, () => true, 4),
        from(hexes),
      ),
    ).toBe('not-utf8');
  });

  it('bounds every length before it takes what is there', () => {
    expect(refusal(bytes(2), from('c4 01 00'))).toBe('range');
    expect(refusal(bytes(2), from('c4 03 000000'))).toBe('too-long');
    expect(refusal(bytes(0, 9), from('c4 09 00'))).toBe('truncated');
    expect(refusal(text(2), from('a3 616263'))).toBe('too-long');
    expect(refusal(text(9), from('a3 6162'))).toBe('truncated');
    expect(refusal(list(flag, 2), from('93 c2c2c2'))).toBe('too-long');
    expect(refusal(list(flag, 9), from('93 c2c2'))).toBe('truncated');
    expect(refusal(count(9), from('0a'))).toBe('range');
    expect(refusal(count(SAFE), from('cf 0020000000000000'))).toBe('range');
    expect(refusal(count(SAFE), from('cf ffffffffffffffff'))).toBe('range');
    expect(refusal(oneOf('on', 'off'), from('a2 6f66'))).toBe('range');
    expect(
      refusal(
        text(9, (value) => value === 'a'),
        from('a1 62'),
      ),
    ).toBe('range');
    expect(
      refusal(
        name(9, (value) => value === 'a', 4),
        from('a1 62'),
      ),
    ).toBe('range');
  });

  it('refuses fields too few, too many, of other types, and what follows', () => {
    expect(refusal(three, from('92 c4020a0b 03'))).toBe('range');
    expect(refusal(three, from('94 c4020a0b 03 c0 c0'))).toBe('too-long');
    expect(refusal(three, from('93 c4020a0b a0 c0'))).toBe('type');
    expect(refusal(three, from('93 c4020a0b 03 c0 c0'))).toBe('trailing');
    expect(refusal(three, from('93 c0 03 c0'))).toBe('type');
  });

  it('refuses an unknown kind without repeating all of it', () => {
    const one = catalogue(message('one.only', {}));
    for (const kind of ['one.other', '__proto__', 'constructor', '', 'x'.repeat(1_000_000)]) {
      expect(() => one.read(kind, from('90'))).toThrow(Malformed);
      expect(() => one.read(kind, from('90'))).toThrow(/^unknown-kind: .{0,80}$/);
    }
  });

  it('goes no deeper than the description, however deep the bytes', () => {
    for (const opening of [0x91, 0x81, 0xdc, 0xdd]) {
      const deep = repeated(opening, 1_000_000);
      for (const codec of everything) expect(refusal(codec, deep)).toBeTypeOf('string');
    }
  });

  it('takes no memory for what is only claimed', () => {
    const claims = ['c6 ffffffff', 'db ffffffff', 'dd ffffffff', 'df ffffffff', 'c9 ffffffff 42'];
    const greedy = [
      bytes(0, 2 ** 32),
      text(2 ** 32),
      list(flag, 2 ** 32),
      list(record({}), 2 ** 32),
    ];
    const before = process.memoryUsage();
    for (let i = 0; i < cases(1_000); i++) {
      for (const claim of claims) {
        for (const codec of greedy)
          expect(refusal(codec as Codec<unknown>, from(claim))).toBeDefined();
      }
    }
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(10_000_000);
    expect(after.rss - before.rss).toBeLessThan(100_000_000);
  });

  it('leaves every prototype as it was', () => {
    for (const hexes of [
      '81 a9 5f5f70726f746f5f5f 81 a8 706f6c6c75746564 c3',
      '92 a9 5f5f70726f746f5f5f c3',
    ]) {
      for (const codec of everything) refusal(codec, from(hexes));
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('reads from where it is told to, and knows where it is', () => {
    const reader = new Reader(from('ff ff 05 c0'), 2);
    expect(reader.uint()).toBe(5);
    expect(reader.takeNil()).toBe(true);
    expect(reader.at).toBe(4);
    expect(reader.takeNil()).toBe(false);
    reader.end();
  });
});

describe('a value that came from no bytes', () => {
  it.each([
    ['a fraction', count(9), 1.5],
    ['less than nothing', count(9), -1],
    ['too much', count(9), 10],
    ['NaN', count(9), Number.NaN],
    ['an infinity', count(9), Infinity],
    ['an unsafe integer', count(SAFE), 2 ** 53],
    ['a number as text', count(9), '1'],
    ['a u64 as a number', u64, 1],
    ['a u64 below zero', u64, -1n],
    ['a u64 of 65 bits', u64, 1n << 64n],
    ['a truthy flag', flag, 1],
    ['bytes too few', bytes(2), repeated(0, 1)],
    ['bytes too many', bytes(2), repeated(0, 3)],
    ['numbers as bytes', bytes(2), [1, 2]],
    ['words of 16 bits as bytes', bytes(2), new Uint16Array(2)],
    ['text too long in letters', text(2), 'abc'],
    ['text too long in bytes', text(5), '小小'],
    ['half of a pair', text(9), '\ud83c'],
    ['a text object', text(9), Object('a')],
    ['an unknown word', oneOf('on', 'off'), 'toString'],
    ['an alternative that there is not', move, { go: 'toString' }],
    ['the fields of another alternative', move, { go: 'home', steps: 1 }],
    ['no alternative', move, null],
    ['a list too long', list(flag, 1), [true, true]],
    ['a list of others', list(flag, 1), [1]],
    ['something like a list', list(flag, 1), { length: 0 }],
    ['null for nothing', optional(flag), null],
    ['no record', three, null],
    ['text for a record', three, 'id'],
    ['a record without a field', three, { id: repeated(0, 2) }],
    ['a field too many', three, { id: repeated(0, 2), steps: 1, note: '', more: 1 }],
    [
      'another field in the place of an optional one',
      three,
      { id: repeated(0, 2), steps: 1, more: 1 },
    ],
  ])('%s is told', (_, codec, value) => {
    expect((codec as Codec<unknown>).check(value)).toBeTypeOf('string');
  });

  it('may leave out what is optional', () => {
    expect(three.check({ id: repeated(0, 2), steps: 1 })).toBeUndefined();
  });

  it('says which field is wrong', () => {
    expect(three.check({ id: repeated(0, 2), steps: -1, note: '' })).toMatch(/^steps: /);
    const one = catalogue(message('one.only', { steps: count(9) }));
    expect(one.check({ kind: 'one.only', steps: 10 } as { kind: string })).toMatch(/^steps: /);
    expect(one.check({ kind: 'one.other' })).toBe('unknown kind');
    expect(one.check({ kind: 'one.only', steps: 1, more: 2 } as { kind: string })).toBeDefined();
  });
});

describe('a record that is looked at once', () => {
  const looked: unknown[] = [];
  const steps = { ...count(9), check: (value: unknown) => void looked.push(value) };
  const codec = lookedAtOnce(record({ steps }));
  const wrong = lookedAtOnce(three);

  it('is not looked at again, read or found right', () => {
    const read = whole(codec, from('91 07'));
    const own = { steps: 7 };
    for (let i = 0; i < 2; i++)
      expect([codec.check(read), codec.check(own)]).toEqual([undefined, undefined]);
    expect(looked).toEqual([7]);
  });

  it('is refused each time that it is wrong, and another one is another one', () => {
    const value = { id: repeated(1, 2), steps: 1_001 };
    expect([wrong.check(value), wrong.check(value)]).toEqual([
      'steps: expected an integer 0..1000',
      'steps: expected an integer 0..1000',
    ]);
    const right = { ...value, steps: 1 };
    expect([wrong.check(right), wrong.check({ ...right, steps: -1 })]).toEqual([
      undefined,
      'steps: expected an integer 0..1000',
    ]);
  });
});

describe('the beginning of a record', () => {
  it('is what the whole has there, whatever stands behind it', () => {
    const beginning = beginningOf({ id: bytes(2), steps: count(1_000) }, 3);
    for (const note of ['on', undefined])
      expect(beginning(toBytes(three, { id: repeated(7, 2), steps: 3, note }))).toEqual({
        id: repeated(7, 2),
        steps: 3,
      });
    expect(() => beginning(from('92 c4 02 07 07 03'))).toThrow(Malformed);
  });
});

describe('a description', () => {
  it('measures words in bytes', () => {
    const codec = oneOf('小', 'a');
    expect(whole(codec, toBytes(codec, '小'))).toBe('小');
  });

  it.each(['0', '7', '__proto__', 'two words', 'Capital', ''])('has no field %j', (field) => {
    expect(() => record({ [field]: flag })).toThrow('a field is a word');
  });

  it('has kinds that fit a subject, and no field that hides them', () => {
    expect(() => message('Ring.rotate', {})).toThrow('a kind is');
    expect(() => message(`ring.${'r'.repeat(60)}`, {})).toThrow('a kind is');
    expect(() => message('ring.rotate', { kind: flag })).toThrow('the kind of a message');
  });

  it('has no integer that is not exact', () => {
    expect(() => count(2 ** 53)).toThrow('safe');
  });

  it('lends bytes, of exactly as many, to whoever has them to itself', () => {
    const codec = record({ large: list(bytes(100), 2) });
    const data = toBytes(codec, { large: [repeated(1, 100), repeated(2, 100)] });
    const value = lent(codec, data);
    expect(value).toEqual(whole(codec, data));
    expect(value.large.every(({ buffer }) => buffer === data.buffer)).toBe(true);
    expect(whole(codec, data).large.some(({ buffer }) => buffer === data.buffer)).toBe(false);
    expect(() => lent(codec, Uint8Array.of(...data, 0))).toThrow('trailing');
  });

  it('is its own documentation', () => {
    expect(three.shape).toBe(
      '{ id: bytes 2, steps: integer 0..1000, note: optional (text ..20 bytes) }',
    );
    expect(list(oneOf('on', 'off'), 3).shape).toBe('list ..3 of (on | off)');
  });
});
