/**
 * The parser of the embedded bus, for any bytes: where chunks end makes no difference, and whatever a
 * client sends becomes operations or one violation, never a throw or a growing memory.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '#lib/bytes.ts';
import { Parser, type Operation } from '#runtime/embedded-bus/parser.ts';

const PAYLOAD_MAX = 1_000;

function parse(bytes: Uint8Array, cuts: readonly number[] = []): unknown[] {
  const parser = new Parser(PAYLOAD_MAX);
  const said: unknown[] = [];
  let from = 0;
  for (const to of [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  )) {
    for (const operation of parser.take(bytes.subarray(from, to))) {
      said.push(operation);
      if (operation.op === 'violation') return said;
    }
    from = to;
  }
  return said;
}

const last = (text: string): unknown => parse(utf8(text)).at(-1);

const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019$_-'), minLength: 1, maxLength: 8 });
const subject = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('.'));
const payload = fc.uint8Array({ maxLength: 40 });

const written: fc.Arbitrary<readonly [Uint8Array, Operation]> = fc.oneof(
  fc.constant([utf8('PING\r\n'), { op: 'ping' }] as const),
  fc
    .tuple(subject, fc.option(subject, { nil: undefined }), payload)
    .map(
      ([to, reply, bytes]) =>
        [
          Buffer.concat([
            utf8(`PUB ${to} ${reply === undefined ? '' : `${reply} `}${bytes.length}\r\n`),
            bytes,
            utf8('\r\n'),
          ]),
          { op: 'publish', subject: to, reply, header: undefined, bytes },
        ] as const,
    ),
  fc.tuple(subject, payload, payload).map(
    ([to, header, bytes]) =>
      [
        Buffer.concat([
          utf8(`HPUB ${to} ${header.length} ${header.length + bytes.length}\r\n`),
          header,
          bytes,
          utf8('\r\n'),
        ]),
        {
          op: 'publish',
          subject: to,
          reply: undefined,
          header: header.length === 0 ? undefined : header,
          bytes,
        },
      ] as const,
  ),
  fc
    .tuple(subject, fc.option(word, { nil: undefined }), fc.nat(99))
    .map(
      ([filter, queue, sid]) =>
        [
          utf8(`SUB ${filter} ${queue === undefined ? '' : `${queue} `}${sid}\r\n`),
          { op: 'subscribe', filter, queue, sid: String(sid) },
        ] as const,
    ),
);

const chunks = fc.array(fc.nat(10_000), { maxLength: 12 });

describe('the parser of the embedded bus', () => {
  it('reads what was written, wherever the chunks end', () => {
    fc.assert(
      fc.property(fc.array(written, { maxLength: 12 }), chunks, (operations, cuts) => {
        const bytes = Buffer.concat(operations.map(([each]) => each));
        const plain = parse(bytes, cuts).map((each) => JSON.stringify(each));
        expect(plain).toEqual(operations.map(([, each]) => JSON.stringify(each)));
      }),
    );
  });
  it('says the same of hostile bytes, wherever the chunks end', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom(
        ...[
          'PUB a 99999999999\r\n',
          'PUB a -1\r\n',
          'PUB a 5\r\nab',
          'HPUB a 9 3\r\nabc\r\n',
          'SUB a>b 1\r\n',
          'SUB .. 1\r\n',
          'CONNECT {\r\n',
          'CONNECT null\r\n',
          'UNSUB\r\n',
          'PUB  1\r\n',
          'pub a 1\r\nx\r\n',
          `SUB ${'a.'.repeat(2_500)}b 1\r\n`,
          '\r\n',
          'PUB a 2000\r\n',
        ].map(utf8),
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), chunks, (pieces, cuts) => {
        const bytes = Buffer.concat(pieces);
        expect(JSON.stringify(parse(bytes, cuts))).toEqual(JSON.stringify(parse(bytes)));
      }),
    );
  });
  it('names the violation in the words of a server', () => {
    expect(last('JUMP\r\n')).toEqual({ op: 'violation', what: 'Unknown Protocol Operation' });
    expect(last('PUB a 1001\r\n')).toEqual({ op: 'violation', what: 'Maximum Payload Violation' });
    expect(last('x'.repeat(5_000))).toEqual({
      op: 'violation',
      what: 'Maximum Control Line Exceeded',
    });
    expect(last('SUB a.>.b 1\r\n')).toEqual({ op: 'violation', what: 'Invalid Subject' });
    expect(last('PUB a 1\r\nxyz')).toEqual({ op: 'violation', what: 'Parser Error' });
  });
});
