/** Envelopes and frames, byte by byte, and what is refused of them. */
import { describe, expect, it } from 'vitest';
import { concat, unhex, utf8 } from '#lib/bytes.ts';
import { message, Malformed, Reader, Writer } from '#protocols/codec.ts';
import { readEnvelope, writeEnvelope, type Envelope } from '#protocols/envelope.ts';
import {
  FRAME_ENVELOPES_MAX,
  readFrame,
  readHead,
  VERSION,
  writeHead,
  writeWord,
  type Head,
} from '#protocols/link/frame.ts';
import { ownerOf } from '#protocols/names.ts';
import { address, nodeAddress, place } from '#protocols/subjects.ts';

const at = place('a.b.c');
const here = nodeAddress(at, 'n1');
const there = nodeAddress(at, 'n2');
const [to, from] = [address(there, 'holder'), address(here, 'tracer', 7)];
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const bytesOf = (hexes: string): Uint8Array => unhex(hexes.replaceAll(' ', ''))!;
/** A short text as it is on the wire. */
const str = (text: string): Uint8Array => Uint8Array.of(0xa0 | text.length, ...utf8(text));
/** Whom it is for and who speaks: only the last words, since both nodes are known. */
const NAMES = concat(str('holder'), str('tracer_7'));

function written(write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer();
  write(writer);
  return writer.take();
}
const enveloped = (envelope: Envelope) =>
  written((writer) => writeEnvelope(writer, envelope, there, here));
const opened = (bytes: Uint8Array): Envelope => {
  const reader = new Reader(bytes);
  const envelope = readEnvelope(reader, ownerOf(there), ownerOf(here));
  reader.end();
  return envelope;
};
function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof Malformed) return error.why;
    throw error;
  }
  return 'accepted';
}

const common = { to, from, incarnation: 2 };
const body = bytesOf('9105');
const GOLDEN: readonly (readonly [Envelope, Uint8Array])[] = [
  [
    { ...common, form: 'tell', kind: 'ring.go', body, traceparent: undefined },
    concat(bytesOf('00'), NAMES, bytesOf('02'), str('ring.go'), bytesOf('c402 9105 c0')),
  ],
  [
    { ...common, form: 'tell', kind: 'ring.go', body, traceparent: TRACE },
    concat(
      bytesOf('00'),
      NAMES,
      bytesOf('02'),
      str('ring.go'),
      bytesOf('c402 9105 d937'),
      utf8(TRACE),
    ),
  ],
  [
    {
      ...common,
      form: 'ask',
      number: 300,
      withinMs: 5_000,
      kind: 'ring.go',
      body,
      traceparent: undefined,
    },
    concat(
      bytesOf('01'),
      NAMES,
      bytesOf('02 cd012c cd1388'),
      str('ring.go'),
      bytesOf('c402 9105 c0'),
    ),
  ],
  [
    { ...common, form: 'answer', number: 300, kind: 'ring.ok', body },
    concat(bytesOf('02'), NAMES, bytesOf('02 cd012c'), str('ring.ok'), bytesOf('c402 9105')),
  ],
  [
    { ...common, form: 'refusal', number: 1, why: 'full' },
    concat(bytesOf('03'), NAMES, bytesOf('02 01'), str('full')),
  ],
  [{ ...common, form: 'watch', number: 300 }, concat(bytesOf('04'), NAMES, bytesOf('02 cd012c'))],
  [{ ...common, form: 'unwatch', number: 1 }, concat(bytesOf('05'), NAMES, bytesOf('02 01'))],
  [{ ...common, form: 'ended', number: 0 }, concat(bytesOf('06'), NAMES, bytesOf('02 00'))],
];

const head: Head = {
  lane: 'plain',
  from: here,
  life: 9,
  born: 8,
  to: 3,
  seq: 130,
  at: 70_000,
  got: 256,
  next: 1,
  base: 0,
};
const HEAD = concat(
  bytesOf('02 00'),
  str('a.b.c.n1'),
  bytesOf('09 01 03 cc82 ce00011170 cd0100 01'),
);

describe('envelopes', () => {
  it.each(GOLDEN.map((each) => [each[0].form, ...each] as const))('%s', (_, envelope, bytes) => {
    expect(enveloped(envelope)).toEqual(bytes);
    expect(opened(bytes)).toEqual(envelope);
  });

  it.each([
    ['an unknown form', concat(bytesOf('07'), NAMES, bytesOf('02')), 'range'],
    [
      'a form that no list has',
      concat(bytesOf('cf001fffffffffffff'), NAMES, bytesOf('02')),
      'range',
    ],
    ['a name of no letters', concat(bytesOf('04'), str(''), str('x'), bytesOf('02')), 'range'],
    ['a name of two words', concat(bytesOf('04'), str('n2.x'), str('x'), bytesOf('02')), 'range'],
    ['a wildcard for a name', concat(bytesOf('04'), str('*'), str('x'), bytesOf('02')), 'range'],
    ['a sender with a space', concat(bytesOf('04'), str('x'), str('x y'), bytesOf('02')), 'range'],
    [
      'a name of 64 letters',
      concat(bytesOf('04 d940'), utf8('x'.repeat(64)), str('x'), bytesOf('02')),
      'too-long',
    ],
    [
      'an incarnation of 33 bits',
      concat(bytesOf('04'), NAMES, bytesOf('cf0000000100000000')),
      'range',
    ],
    [
      'a kind without a dot',
      concat(bytesOf('00'), NAMES, bytesOf('02'), str('ring'), bytesOf('c400c0')),
      'range',
    ],
    [
      'a kind like a signal of a prototype',
      concat(bytesOf('00'), NAMES, bytesOf('02'), str('__proto__'), bytesOf('c400c0')),
      'range',
    ],
    [
      'a body of 4 GB',
      concat(bytesOf('00'), NAMES, bytesOf('02'), str('ring.go'), bytesOf('c6ffffffff')),
      'too-long',
    ],
    [
      'an ask for longer than a day',
      concat(bytesOf('01'), NAMES, bytesOf('02 01 ce05265c01'), str('ring.go'), bytesOf('c400c0')),
      'range',
    ],
    [
      'a trace that is none',
      concat(bytesOf('00'), NAMES, bytesOf('02'), str('ring.go'), bytesOf('c400'), str('00-x')),
      'range',
    ],
    [
      'a refusal for no known reason',
      concat(bytesOf('03'), NAMES, bytesOf('02 01'), str('fun')),
      'range',
    ],
    ['a map', bytesOf('80'), 'type'],
    ['an extension', bytesOf('c7ff70'), 'type'],
    ['nothing', new Uint8Array(0), 'truncated'],
  ])('with %s are refused', (_, bytes, why) => {
    expect(refusal(() => opened(bytes))).toBe(why);
  });
});

describe('frames', () => {
  it('begin with a head, byte by byte', () => {
    expect(written((writer) => writeHead(writer, head))).toEqual(HEAD);
    const reliable = written((writer) => writeHead(writer, { ...head, lane: 'reliable', base: 5 }));
    expect(reliable).toEqual(concat(bytesOf('02 01'), HEAD.subarray(2), bytesOf('05')));
    expect(readHead(new Reader(HEAD))).toEqual(head);
    expect(readHead(new Reader(reliable))).toEqual({ ...head, lane: 'reliable', base: 5 });
  });

  it('are a word, byte by byte', () => {
    const word = { probe: 4, answers: 0, lacks: true };
    const bytes = written((writer) => {
      writeHead(writer, { ...head, lane: 'word' });
      writeWord(writer, word);
    });
    expect(bytes).toEqual(concat(bytesOf('02 03'), HEAD.subarray(2), bytesOf('04 00 c3')));
    expect(readFrame(bytes, there)).toEqual({
      head: { ...head, lane: 'word' },
      envelopes: [],
      word,
    });
  });

  it('carry envelopes to the end', () => {
    const all = GOLDEN.map(([envelope]) => envelope);
    expect(readFrame(concat(HEAD, ...GOLDEN.map(([, bytes]) => bytes)), there)).toEqual({
      head,
      envelopes: all,
      word: undefined,
    });
  });

  const watch = enveloped({ ...common, form: 'watch', number: 1 });
  const lane = (number: string) => concat(bytesOf(`02 ${number}`), HEAD.subarray(2));
  it.each([
    ['no bytes', new Uint8Array(0), 'truncated'],
    ['the version after ours', concat(bytesOf('03'), HEAD.subarray(1), watch), 'version'],
    ['the version before ours', concat(bytesOf('01'), HEAD.subarray(1), watch), 'version'],
    [
      'a version of 53 bits',
      concat(bytesOf('cf001fffffffffffff'), HEAD.subarray(1), watch),
      'version',
    ],
    ['a version that is text', concat(str('1'), HEAD.subarray(1), watch), 'type'],
    ['a lane that is not there', concat(lane('04'), watch), 'range'],
    ['no envelopes', HEAD, 'truncated'],
    ['bytes after the last one', concat(HEAD, watch, bytesOf('00')), 'truncated'],
    ['bytes after a word', concat(lane('03'), bytesOf('04 00 c3 00')), 'trailing'],
    ['two envelopes for anyone', concat(lane('02'), watch, watch), 'too-long'],
    [
      'more envelopes than a frame has',
      concat(HEAD, ...Array<Uint8Array>(FRAME_ENVELOPES_MAX + 1).fill(watch)),
      'too-long',
    ],
    [
      'a life without a number',
      concat(HEAD.subarray(0, 11), bytesOf('09 09 00 00 00 00 00'), watch),
      'range',
    ],
  ])('with %s are refused', (_, bytes, why) => {
    expect(refusal(() => readFrame(bytes, there))).toBe(why);
  });

  it('name the version they refuse', () => {
    expect(() => readFrame(bytesOf('63'), there)).toThrow(`version: frame of version 99`);
    expect(VERSION).toBe(2);
  });
});

it('a kind that no envelope could carry is refused when its message is described', () => {
  for (const kind of ['test.Say', 'test.', `test.${'x'.repeat(96)}`, 'test say.x'] as const) {
    expect(() => message(kind as 'test.say', {}), kind).toThrow('a kind is words of a subject');
  }
});
