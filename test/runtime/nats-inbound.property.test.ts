/** What a server sends, cut anyhow, against the client's own parser, which gets it in one piece. */
import { ProtocolHandler, parseOptions, type MsgImpl } from '@nats-io/transport-node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arrived } from '#runtime/nats-arrival.ts';
import { Inbound } from '#runtime/nats-inbound.ts';
import { cases } from '#test/cases.ts';

const word = fc.stringMatching(/^[\x21-\x7e]{1,12}$/);
const subject = fc.oneof(word, fc.constantFrom('a.b', 'x.y.z'), fc.constant('long.'.repeat(60)));
const reply = fc.option(word, { nil: undefined });
/** Line ends and what looks like lines are the payloads that a sloppy reader would stumble over. */
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.constantFrom('', '\r\n', 'MSG a 1 0\r\n\r\n', 'PING\r\n').map((text) => Buffer.from(text)),
);
const header = fc.constantFrom(
  'NATS/1.0 503\r\n\r\n',
  'NATS/1.0\r\n\r\n',
  `NATS/1.0\r\ntraceparent: 00-${'a'.repeat(32)}-${'b'.repeat(16)}-01\r\n\r\n`,
);
const message = fc
  .record({ subject, sid: fc.nat(), reply, header: fc.option(header, { nil: undefined }), payload })
  .map((it) => {
    const block = Buffer.from(it.header ?? '');
    const [op, own] = it.header === undefined ? ['MSG', ''] : ['HMSG', ` ${block.length}`];
    const to = it.reply === undefined ? '' : ` ${it.reply}`;
    const line = `${op} ${it.subject} ${it.sid}${to}${own} ${block.length + it.payload.length}\r\n`;
    return Buffer.concat([Buffer.from(line), block, it.payload, Buffer.from('\r\n')]);
  });
const line = fc
  .constantFrom('PING', 'PONG', '+OK', "-ERR 'no'", 'INFO {"max_payload":1}')
  .map((text) => Buffer.from(`${text}\r\n`));
const stream = fc
  .array(fc.oneof({ weight: 3, arbitrary: message }, line), { maxLength: 8 })
  .map((pieces) => Buffer.concat(pieces));
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 });

type Heard = unknown[];

const shown = (sid: number, it: Arrived): unknown => ({
  sid,
  subject: it.subject,
  reply: it.reply,
  bytes: Buffer.from(it.bytes).toString('latin1'),
  nobody: it.nobody,
  traceparent: it.traceparent,
});

/** The client, which tells what it reads and does nothing about it. */
function client(heard: Heard): ProtocolHandler {
  const options = parseOptions({ servers: ['127.0.0.1:1'] });
  const handler = new ProtocolHandler(options, { publish: () => undefined });
  handler.push = ({ kind, msg, data }) => {
    if (msg === undefined) heard.push({ kind, data: Buffer.from(data ?? '').toString('latin1') });
    else heard.push(shown(msg.sid, Arrived.of({ _msg: msg, _rdata: data } as unknown as MsgImpl)));
  };
  return handler;
}

function* pieces(all: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let at = 0, nth = 0; at < all.length; nth++) {
    const length = lengths[nth % lengths.length]!;
    // A copy: nothing that stands behind it may be read.
    yield Buffer.from(all.subarray(at, at + length));
    at += length;
  }
}

function theirs(all: Buffer): Heard {
  const heard: Heard = [];
  client(heard).parser.parse(all);
  return heard;
}

function ours(all: Buffer, lengths: readonly number[]): Heard {
  const heard: Heard = [];
  const { parser } = client(heard);
  const inbound = new Inbound({
    message: (head, bytes, at) => heard.push(shown(head.sid, new Arrived(head, bytes, at))),
    line: (whole) => parser.parse(whole),
  });
  for (const piece of pieces(all, lengths)) {
    try {
      if (inbound.take(piece)) continue;
      heard.push('malformed');
    } catch {
      heard.push('not a line');
    }
    return heard;
  }
  return heard;
}

describe('what comes from a NATS server', () => {
  it('is what the client reads, wherever the socket cut it', () => {
    fc.assert(
      fc.property(stream, cuts, (all, lengths) => {
        expect(ours(all, lengths)).toEqual(theirs(all));
      }),
      { numRuns: cases(200) },
    );
  });

  it('is heard or refused the same way wherever it was cut, whatever is wrong with it', () => {
    const wrong = fc.tuple(stream, fc.nat(), fc.nat(255)).map(([all, at, byte]) => {
      const changed = Buffer.from(all);
      if (changed.length > 0) changed[at % changed.length] = byte;
      return changed;
    });
    fc.assert(
      fc.property(wrong, cuts, (all, lengths) => {
        expect(ours(all, lengths)).toEqual(ours(all, [Math.max(1, all.length)]));
      }),
      { numRuns: cases(200) },
    );
  });

  it('is nothing at all where a line begins like a message and is none', () => {
    const bad = [
      'MSG a 1 1\n',
      'MSG a 1\r\n',
      'MSG a 1 r 1 1 1 1 1\r\n',
      'MSG  1 0\r\n\r\n',
      'MSG a 1  0\r\n\r\n',
      'MSG a -1 0\r\n\r\n',
      'MSG a 1 0x1\r\n\r\n',
      'MSG a 1 67108865\r\n',
      'MSG a 1 9999999999999999\r\n',
      'MSG a 1 0\r\nPING\r\n',
      'MSG a 1 1\r\n!\r!',
      'MXG a 1 0\r\n\r\n',
      'MSGS a 1 0\r\n\r\n',
      'HMSG a 1 0\r\n\r\n',
      'HMSG a 1 2 1\r\n!\r\n',
      'XMSG a 1 0\r\n\r\n',
    ];
    for (const text of bad) {
      const all = Buffer.from(`${text}MSG a 1 0\r\n\r\n`);
      for (const length of [1, all.length]) expect(ours(all, [length]), text).toHaveLength(1);
    }
  });

  it('ends at a line that does not end, and where nobody wants more', () => {
    expect(ours(Buffer.alloc(300_000, 'I'), [65_536])).toEqual(['malformed']);
    const heard: number[] = [];
    const inbound = new Inbound({
      message: ({ sid }) => {
        heard.push(sid);
        inbound.stop();
      },
      line: () => undefined,
    });
    expect(inbound.take(Buffer.from('MSG a 1 0\r\n\r\nMSG a 2 0\r\n\r\n'))).toBe(true);
    expect(heard).toEqual([1]);
  });
});
