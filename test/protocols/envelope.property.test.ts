/** Frames, for any envelopes and any bytes: nothing is lost, and nothing but `Malformed` comes of lies. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { same } from '#lib/bytes.ts';
import { Malformed, Writer } from '#protocols/codec.ts';
import { sizeOf, writeEnvelope, type Envelope } from '#protocols/envelope.ts';
import {
  readFrame,
  VERSION,
  writeHead,
  writeWord,
  type Frame,
  type Head,
} from '#protocols/link/frame.ts';
import { address, nodeAddress, nodeOf, place } from '#protocols/subjects.ts';
import { cases } from '#test/cases.ts';

const words = fc.string({ unit: fc.constantFrom(...'abz019'), minLength: 1, maxLength: 12 });
const nodes = fc
  .tuple(words, words, words, words)
  .map(([a, b, c, node]) => nodeAddress(place(`${a}.${b}.${c}`), node));
const actors = fc.tuple(nodes, words).map(([node, role]) => address(node, role));
const totals = fc.oneof(fc.nat(), fc.nat({ max: 2 ** 52 }));
const kinds = fc.tuple(words, words).map((parts) => parts.join('.'));
const bodies = fc.uint8Array({ maxLength: 300 });
const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const traces = fc.option(
  fc.tuple(hex(32), hex(16), hex(2)).map((parts) => `00-${parts.join('-')}`),
  { nil: undefined },
);
const numbers = fc.maxSafeNat();

const form = <const F extends string>(named: F) => ({ form: fc.constant(named) });

const HERE = nodeAddress(place('a.b.c'), 'here');
const envelopesFrom = (from: Envelope['from']): fc.Arbitrary<Envelope> => {
  const to = words.map((role) => address(HERE, role));
  const common = { to, from: fc.constant(from), incarnation: fc.nat({ max: 0xffff_ffff }) };
  const spoken = { kind: kinds, body: bodies };
  return fc.oneof(
    fc.record({ ...common, ...form('tell'), ...spoken, traceparent: traces }),
    fc.record({
      ...common,
      ...form('ask'),
      number: numbers,
      withinMs: fc.nat({ max: 86_400_000 }),
      ...spoken,
      traceparent: traces,
    }),
    fc.record({ ...common, ...form('answer'), number: numbers, ...spoken }),
    fc.record({
      ...common,
      ...form('refusal'),
      number: numbers,
      why: fc.constantFrom('deadline', 'dead', 'full', 'malformed'),
    }),
    fc.record({ ...common, form: fc.constantFrom('watch', 'unwatch', 'ended'), number: numbers }),
  );
};

const frames: fc.Arbitrary<Frame> = fc
  .record({
    lane: fc.constantFrom('plain', 'reliable', 'anyone', 'word'),
    from: nodes,
    older: fc.nat({ max: 5 }),
    born: fc.integer({ min: 1, max: 2 ** 51 }),
    to: totals,
    seq: totals,
    at: totals,
    got: totals,
    next: totals,
    base: totals,
  })
  .chain(({ lane, from, older, born, base, ...rest }) => {
    const life = born + older;
    const head: Head = { ...rest, lane, from, life, born, base: lane === 'reliable' ? base : 0 };
    const most = lane === 'anyone' ? 1 : 6;
    const envelope = words.chain((role) => envelopesFrom(address(from, role)));
    return fc.record({
      head: fc.constant(head),
      envelopes:
        lane === 'word' ? fc.constant([]) : fc.array(envelope, { minLength: 1, maxLength: most }),
      word:
        lane === 'word'
          ? fc.record({ probe: totals, answers: totals, lacks: fc.boolean() })
          : fc.constant(undefined),
    });
  });

function bytesOf({ head, envelopes, word }: Frame): Uint8Array {
  const writer = new Writer();
  writeHead(writer, head);
  for (const envelope of envelopes) writeEnvelope(writer, envelope, HERE, head.from);
  if (word !== undefined) writeWord(writer, word);
  return writer.take();
}

/** What is accepted is written back as it was; what is not is `Malformed`. */
function isSound(bytes: Uint8Array): void {
  let frame: Frame;
  try {
    frame = readFrame(bytes, HERE);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return;
  }
  expect(same(bytesOf(frame), bytes)).toBe(true);
}

const changes = fc.array(
  fc.record({ at: fc.nat(), how: fc.nat({ max: 2 }), to: fc.nat({ max: 255 }) }),
  {
    minLength: 1,
    maxLength: 4,
  },
);

describe('frames, whatever is in them', () => {
  it('arrive as they were sent', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(readFrame(bytesOf(frame), HERE)).toEqual(frame);
      }),
      { numRuns: cases(500) },
    );
  });

  it('hold to the size that was said of their envelopes', () => {
    fc.assert(
      fc.property(actors.chain(envelopesFrom), (envelope) => {
        const writer = new Writer();
        writeEnvelope(writer, envelope, HERE, nodeOf(envelope.from));
        expect(writer.length).toBeLessThanOrEqual(sizeOf(envelope) + 120);
      }),
    );
  });

  it('are one form each, however they were changed on the way', () => {
    fc.assert(
      fc.property(frames, changes, (frame, made) => {
        const data = [...bytesOf(frame)];
        for (const { at, how, to } of made) {
          const i = at % (data.length + 1);
          if (how === 0) data[i] = to;
          else data.splice(i, how === 1 ? 1 : 0, ...(how === 1 ? [] : [to]));
        }
        isSound(Uint8Array.from(data));
      }),
      { numRuns: cases(2_000) },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (data) =>
        isSound(Uint8Array.of(VERSION, 0, ...data)),
      ),
    );
  });

  it('are refused when cut anywhere', () => {
    fc.assert(
      fc.property(frames, fc.nat(), (frame, at) => {
        const whole = bytesOf(frame);
        const cut = whole.subarray(0, at % whole.length);
        // Between two envelopes a frame may end: the link counts what is missing.
        try {
          expect(readFrame(cut, HERE).envelopes.length).toBeLessThan(frame.envelopes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
    );
  });
});
