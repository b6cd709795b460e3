/** Subjects: made and taken apart without loss, and no poison among them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isToken } from '#protocols/ids.ts';
import {
  address,
  anyInboxOf,
  anyOf,
  callIn,
  covers,
  inboxOf,
  isAddress,
  isAny,
  isCallAt,
  isFilter,
  isKind,
  isNodeAddress,
  isOn,
  isPlace,
  isSubject,
  linkSubject,
  nameOf,
  nodeAddress,
  nodeOf,
  nodeToken,
  noteSubject,
  parseReplySubject,
  parseSubject,
  place,
  placeOf,
  replySubject,
  roleOf,
  subject,
} from '#protocols/subjects.ts';
import { cases } from '#test/cases.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const letters = (more = '') => fc.constantFrom(...LETTERS, ...more);
const tokens = (lengthMax: number) =>
  fc
    .tuple(letters(), fc.string({ unit: letters('_-'), maxLength: lengthMax - 1 }))
    .map(([head, rest]) => head + rest);
const places = fc
  .tuple(tokens(18), tokens(18), tokens(18))
  .filter(([first]) => first !== 'note' && first !== 'sys')
  .map((parts) => place(parts.join('.')));
const nodes = fc.tuple(places, tokens(18)).map(([at, node]) => nodeAddress(at, node));
const roles = fc.string({ unit: letters(), minLength: 1, maxLength: 10 });
const instances = fc.option(fc.oneof(fc.nat(), tokens(10)), { nil: undefined });
const actors = fc
  .tuple(nodes, roles, instances)
  .map(([node, role, instance]) => ({ node, role, who: address(node, role, instance) }));
const kinds = fc
  .array(fc.string({ unit: letters('_-'), minLength: 1, maxLength: 15 }), {
    minLength: 2,
    maxLength: 4,
  })
  .map((words) => words.join('.'));

const POISON = [
  '',
  '.',
  'a.',
  '.a',
  'a..b',
  'a b',
  ' a',
  'a\t',
  'a\r\nPUB x 0',
  'a\n',
  '\0',
  'a\u00a0b',
  'ａ',
  'é',
  '🏯',
  '>.a',
  'a.>.b',
  'a>',
  'a.b>',
  '*a',
  'a*',
  'a.**',
  '>>',
  '\ud800',
  'a\u2028b',
  'x'.repeat(256),
  Array.from({ length: 5_000 }, () => 'a').join('.'),
];
const few = fc.constantFrom('a', 'b', 'c');
const filters = fc
  .tuple(fc.array(fc.oneof(few, fc.constant('*')), { maxLength: 5 }), fc.boolean())
  .map(([words, open]) => [...words, ...(open ? ['>'] : [])].join('.'))
  .filter((text) => text !== '');
const subjects = fc.array(few, { minLength: 1, maxLength: 6 }).map((words) => words.join('.'));

/** As the NATS documentation says it: `*` is one word, a final `>` is one word or more. */
function coversSlowly(filter: readonly string[], words: readonly string[]): boolean {
  const [wanted, ...others] = filter;
  if (wanted === undefined) return words.length === 0;
  if (wanted === '>') return words.length > 0;
  const [word, ...rest] = words;
  if (word === undefined) return false;
  return (wanted === '*' || wanted === word) && coversSlowly(others, rest);
}

describe('subjects, for any address', () => {
  it('are taken apart into what they were made of, and may be published to', () => {
    fc.assert(
      fc.property(actors, nodes, kinds, ({ who }, sender, kind) => {
        const made = subject(who, sender, kind);
        const home = placeOf(nodeOf(who));
        const from = callIn(home, sender);
        expect(parseSubject(made)).toEqual({ to: who, from, kind });
        expect(isSubject(made)).toBe(true);
        expect(isCallAt(made, 4 + who.length + 1, sender, home)).toBe(true);
        expect(isKind(kind)).toBe(true);
      }),
    );
  });

  it('fit at the longest address, sender and kind there are', () => {
    const long = 'n'.repeat(63);
    const at = place('a.b.c');
    const who = address(nodeAddress(at, 'x'.repeat(57)), 'r'.repeat(56));
    const kind = `k.${'k'.repeat(62)}`;
    expect(isAddress(who) && isKind(kind)).toBe(true);
    expect(isAddress(`${who}r`)).toBe(false);
    expect(isKind(`${kind}k`)).toBe(false);
    expect(isSubject(subject(who, nodeAddress(at, long), kind))).toBe(true);
    const farthest = nodeAddress(at, 'y'.repeat(63));
    const abroad = nodeAddress(place(`${'a'.repeat(50)}.b.c`), 'z'.repeat(55));
    expect(isNodeAddress(abroad) && !isNodeAddress(`${abroad}z`)).toBe(true);
    expect(() => nodeAddress(placeOf(abroad), 'z'.repeat(56))).toThrow('short enough');
    const cut = subject(who, abroad, kind);
    expect(isSubject(cut) && parseSubject(cut)).toMatchObject({ to: who, kind: 'frame' });
    expect(isSubject(linkSubject(abroad, farthest, 'frame'))).toBe(true);
    const [own, call] = [abroad, callIn(at, nodeAddress(placeOf(abroad), 'y'.repeat(55)))];
    expect(isSubject(replySubject(own, call, 999_999_999, 99_999_999_999))).toBe(true);
    const reply = replySubject(nodeOf(who), long, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    expect(isSubject(reply)).toBe(true);
    expect(() => address(nodeAddress(at, 'x'.repeat(57)), 'r'.repeat(57))).toThrow('short enough');
  });

  it('name a sender so that no other node is called the same there', () => {
    // Cities and nodes that differ little.
    const word = fc.constantFrom('a', 'b', 'a-b', 'a_b', 'ab');
    const city = fc.tuple(word, word, word).map((words) => place(words.join('.')));
    const node = fc.tuple(city, word).map(([at, name]) => nodeAddress(at, name));
    fc.assert(
      fc.property(city, node, node, (home, one, other) => {
        const [called, isSame] = [callIn(home, one), one === other];
        expect(callIn(home, other) === called).toBe(isSame);
        expect(isCallAt(`x.${called}.k`, 2, other, home)).toBe(isSame);
        expect(isToken(called)).toBe(placeOf(one) === home);
      }),
      { numRuns: cases(1_000) },
    );
  });

  it('fall into the inbox of the node, and into no other', () => {
    fc.assert(
      fc.property(actors, nodes, kinds, ({ node, who }, other, kind) => {
        const made = subject(who, other, kind);
        expect(isFilter(inboxOf(node))).toBe(true);
        expect(covers(inboxOf(node), made)).toBe(true);
        expect(covers(inboxOf(other), made)).toBe(other === node);
        expect(covers(inboxOf(node), linkSubject(node, other, 'frame'))).toBe(true);
      }),
    );
  });

  it('to anyone of a role fall into what its actors share', () => {
    fc.assert(
      fc.property(places, roles, nodes, kinds, (at, role, sender, kind) => {
        const to = anyOf(at, role);
        expect(isAny(to)).toBe(true);
        expect(isFilter(anyInboxOf(at, role))).toBe(true);
        expect(covers(anyInboxOf(at, role), subject(to, sender, kind))).toBe(true);
      }),
    );
  });

  it('for replies come back as numbers, and in no other spelling', () => {
    fc.assert(
      fc.property(nodes, tokens(18), fc.nat(), fc.nat(), (own, peer, link, frame) => {
        const made = replySubject(own, peer, link, frame);
        expect(parseReplySubject(made)).toEqual({ peer, link, frame });
        expect(isSubject(made)).toBe(true);
        for (const odd of ['', '01', '1e3', '0x7', '-1', '1.5', ' 1', 'Infinity', '9'.repeat(16)]) {
          expect(parseReplySubject(`cc1.${own}.link.${peer}.r.${odd}.1`)).toBeUndefined();
          expect(parseReplySubject(`cc1.${own}.link.${peer}.r.1.${odd}`)).toBeUndefined();
        }
        expect(parseReplySubject(`${made}.more`)).toBeUndefined();
      }),
    );
  });

  it('have parts that agree with each other', () => {
    fc.assert(
      fc.property(actors, nodes, ({ node, role, who }, other) => {
        expect(isAddress(who) && isNodeAddress(node) && isPlace(placeOf(node))).toBe(true);
        expect(nodeOf(who)).toBe(node);
        expect(roleOf(who)).toBe(role);
        expect(`${node}.${nameOf(who)}`).toBe(who);
        expect(`${placeOf(node)}.${nodeToken(node)}`).toBe(node);
        expect(isOn(who, node)).toBe(true);
        expect(isOn(who, other)).toBe(node === other);
      }),
    );
  });

  it('of facts are checked', () => {
    fc.assert(
      fc.property(places, kinds, (at, topic) => {
        expect(isSubject(noteSubject(at, topic))).toBe(true);
        expect(parseSubject(noteSubject(at, topic))).toBeUndefined();
      }),
    );
    for (const topic of POISON) expect(() => noteSubject(place('a.b.c'), topic)).toThrow();
  });
});

describe('what a peer may send as a subject', () => {
  it.each(POISON.map((text) => [text.slice(0, 12), text]))(
    '%j is no subject, filter or name',
    (_, text) => {
      expect(isSubject(text)).toBe(false);
      expect(isFilter(text)).toBe(false);
      expect(isToken(text)).toBe(false);
      expect(isKind(text)).toBe(false);
      for (const judge of [isPlace, isNodeAddress, isAddress]) expect(judge(text)).toBe(false);
      expect(parseSubject(text)).toBeUndefined();
      expect(parseSubject(`cc1.a.b.c.d.e.${text}.x`)).toBeUndefined();
    },
  );

  it('holds wildcards only where it is a filter', () => {
    for (const text of ['*', '>', 'a.*', 'a.>', '*.b.>', 'a.*.c']) {
      expect(isSubject(text)).toBe(false);
      expect(isFilter(text)).toBe(true);
    }
    for (const text of ['_INBOX.x', '$SRV.PING', 'a', 'A_b-9.c'])
      expect(isSubject(text)).toBe(true);
  });

  it('is accepted only when a server would take the line it stands in', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'ab.*>\r\n \t$_-') }),
    );
    fc.assert(
      fc.property(line, (text) => {
        if (!isFilter(text) && !isSubject(text)) return;
        expect(text).not.toMatch(/\s|\.\.|^\.|\.$/);
        expect(text.length).toBeLessThanOrEqual(255);
        expect(text.slice(0, -1)).not.toContain('>');
      }),
      { numRuns: cases(2_000) },
    );
  });

  it('is ours only if it is what we would have made', () => {
    const near = fc
      .array(fc.oneof(tokens(4), fc.constantFrom('cc1', 'note', 'sys', '', 'Up', '*')), {
        maxLength: 10,
      })
      .map((words) => ['cc1', ...words].join('.'));
    fc.assert(
      fc.property(near, (text) => {
        const parsed = parseSubject(text);
        if (parsed === undefined) return;
        expect(`cc1.${parsed.to}.${parsed.from}.${parsed.kind}`).toBe(text);
        expect(isAddress(parsed.to)).toBe(true);
      }),
      { numRuns: cases(1_000) },
    );
  });

  it('is covered as a server would judge', () => {
    fc.assert(
      fc.property(filters, subjects, (filter, text) => {
        expect(covers(filter, text)).toBe(coversSlowly(filter.split('.'), text.split('.')));
      }),
      { numRuns: cases(2_000) },
    );
  });
});
