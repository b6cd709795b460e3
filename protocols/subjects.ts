/**
 * Addresses, and the NATS subjects that they are.
 *
 *   asia.ishikawa.komatsu                                    a place: continent, municipality, city
 *   asia.ishikawa.komatsu.n07                                a node
 *   asia.ishikawa.komatsu.n07.holder                         an actor: a role on a node
 *   asia.ishikawa.komatsu.n07.holder_3                       its third instance
 *   cc1.asia.ishikawa.komatsu.n07.holder.<from>.<kind...>    a message to it
 *   cc1.asia.ishikawa.komatsu.any.holder.<from>.<kind...>    a message to any holder of the city
 *   cc1.note.asia.ishikawa.komatsu.<topic...>                a public fact
 *
 * An address is a plain string, so that it compares with `===` and is one key of a map. Subjects are
 * made and taken apart here and nowhere else. `<from>` names the sender's node, in a fixed place, so
 * that a broker's permissions can prove who spoke: by its token in its own city (`n07`), by all of its
 * words elsewhere (`asia$ishikawa$komatsu$n07`; no token has a `$`, so nobody is called that at home).
 */
import type { Brand } from '#lib/brand.ts';
import { assert } from '#lib/assert.ts';
import { isToken, type Token } from './ids.ts';

export type Place = Brand<string, 'Place'>;
export type NodeAddress = Brand<string, 'NodeAddress'>;
export type Address = Brand<string, 'Address'>;
/** A checked NATS subject, without wildcards: safe to hand to the client library. */
export type Subject = Brand<string, 'Subject'>;
/** A checked NATS subject that may hold `*` and a final `>`. */
export type Filter = Brand<string, 'Filter'>;

const PREFIX = 'cc1';
/** The role under which the link of a node is spoken to. */
const LINK = 'link';
/** The node token that means any node of a city. */
export const ANY = 'any' as Token;
/** NATS allows more; nothing of ours is longer, and 10 KB subjects cut connections. */
const SUBJECT_CHARS_MAX = 255;

/**
 * With the longest sender of its city (63) and kind, a subject of the longest address is one that may be
 * published: 4 + 120 + 1 + 63 + 1 + 64 = 253. Two nodes of different cities fit into the subjects in
 * which they say that nobody listens: 4 + 110 + 6 + 110 + 3, and 22 for two numbers.
 */
const ADDRESS_CHARS_MAX = 120;
const NODE_CHARS_MAX = 110;
export const KIND_CHARS_MAX = 64;
/** Stands for a kind that is too long to be told from outside: the receiver reads it in the frame. */
const SOME_KIND = 'frame';

const RESERVED: ReadonlySet<string> = new Set(['note', 'sys']);

const hasTokens = (text: string, count: number): boolean => {
  const parts = text.split('.');
  if (text.length > ADDRESS_CHARS_MAX || parts.length !== count) return false;
  return parts.every(isToken) && !RESERVED.has(parts[0]!);
};

const KIND = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/;

/** Whether a text may be the kind of a message: the last words of its subject. */
export const isKind = (text: string): boolean => text.length <= KIND_CHARS_MAX && KIND.test(text);

/**
 * A name of two parts, in one piece. A template would make a rope of the two, and whatever looks the
 * name up would walk it: a table of 100 000 ropes costs half as much again as one of plain strings.
 */
export const dotted = (stem: string, last: string): string => [stem, last].join('.');

export const isPlace = (text: string): text is Place => hasTokens(text, 3);
export const isNodeAddress = (text: string): text is NodeAddress =>
  text.length <= NODE_CHARS_MAX && hasTokens(text, 4);
export const isAddress = (text: string): text is Address =>
  text.lastIndexOf('.') <= NODE_CHARS_MAX && hasTokens(text, 5);

export function place(text: string): Place {
  assert(isPlace(text), 'a place is continent.municipality.city');
  return text;
}

export function nodeAddress(at: Place, node: string): NodeAddress {
  assert(isToken(node), 'a node is one token');
  assert(at.length + 1 + node.length <= NODE_CHARS_MAX, 'a node is short enough for its subjects');
  return dotted(at, node) as NodeAddress;
}

/** The address of a role on a node; instances of one role are told apart by a second word. */
export function address(node: NodeAddress, role: string, instance?: string | number): Address {
  const name = instance === undefined ? role : `${role}_${instance}`;
  assert(isToken(name), 'a role and its instance make one token');
  const whole = dotted(node, name);
  assert(whole.length <= ADDRESS_CHARS_MAX, 'an address is short enough for its subjects');
  return whole as Address;
}

/** The address that any actor of a role in a city answers to. */
export const anyOf = (at: Place, role: string): Address => address(nodeAddress(at, ANY), role);

/** Asked for every message, of few addresses: looking up is cheaper than making the text again. */
const NODES = new Map<Address, NodeAddress>();
const NODES_MAX = 16_384;
const last = { of: '' as Address, node: '' as NodeAddress };

/** Asked several times of one address on the way of one message. */
export function nodeOf(of: Address): NodeAddress {
  if (of !== last.of) {
    last.node = knownNodeOf(of);
    last.of = of;
  }
  return last.node;
}

function knownNodeOf(of: Address): NodeAddress {
  const known = NODES.get(of);
  if (known !== undefined) return known;
  const end = of.lastIndexOf('.');
  const dot = of.lastIndexOf('.', end - 1);
  const node = dotted(of.slice(0, dot), of.slice(dot + 1, end)) as NodeAddress;
  if (NODES.size === NODES_MAX) NODES.clear();
  NODES.set(of, node);
  return node;
}

/**
 * Whether an actor lives on a node: `nodeOf(of) === node`, without making a string. All nodes are four
 * words and all actors five, so what follows the node's four is the actor's own.
 */
export const isOn = (of: Address, node: NodeAddress): boolean =>
  of.charCodeAt(node.length) === 0x2e && of.startsWith(node);
export const nodeToken = (of: NodeAddress): Token => of.slice(of.lastIndexOf('.') + 1) as Token;
/** The first token of a place, and so of each node in it. */
export const continentOf = (of: NodeAddress | Place): string => of.slice(0, of.indexOf('.'));
export const placeOf = (of: NodeAddress): Place => of.slice(0, of.lastIndexOf('.')) as Place;
/** The last token of an address: the role with its instance. */
export const nameOf = (of: Address): Token => of.slice(of.lastIndexOf('.') + 1) as Token;

/** The role of an address without its instance: what metrics and permissions are counted by. */
export function roleOf(of: Address): Token {
  const name = nameOf(of);
  const cut = name.indexOf('_');
  return (cut < 0 ? name : name.slice(0, cut)) as Token;
}

export const isAny = (of: Address): boolean => nodeOf(of).endsWith(`.${ANY}`);

/** Whether a node is of a city. */
const isOf = (node: NodeAddress, at: Place): boolean =>
  node.lastIndexOf('.') === at.length && node.startsWith(at);

/** How a node is called in the subjects of a city. */
export const callIn = (at: Place, node: NodeAddress): string =>
  isOf(node, at) ? nodeToken(node) : node.replaceAll('.', '$');

/** Whether `text` holds, at `start`, how a node is called in the subjects of a city. */
export function isCallAt(text: string, start: number, node: NodeAddress, at: Place): boolean {
  let i = isOf(node, at) ? at.length + 1 : 0;
  let place = start;
  for (; i < node.length; i++, place++) {
    const own = node.charCodeAt(i);
    if (text.charCodeAt(place) !== (own === DOT ? DOLLAR : own)) return false;
  }
  return text.charCodeAt(place) === DOT;
}
const DOT = 0x2e;
const DOLLAR = 0x24;

/** The subject under which `from` sends a message of `kind` to `to`. */
export function subject(to: Address, from: NodeAddress, kind: string): Subject {
  const before = `${PREFIX}.${to}.${callIn(placeOf(nodeOf(to)), from)}.`;
  const isShort = before.length + kind.length <= SUBJECT_CHARS_MAX;
  return (before + (isShort ? kind : SOME_KIND)) as Subject;
}

/** Everything that is addressed to a node: its one wildcard subscription. */
export const inboxOf = (node: NodeAddress): Filter => `${PREFIX}.${node}.>` as Filter;

/** Everything addressed to any actor of a role in a city; the queue group is the role. */
export const anyInboxOf = (at: Place, role: string): Filter =>
  `${PREFIX}.${anyOf(at, role)}.>` as Filter;

/** What the links of two nodes say to each other; `link` is no actor's role. */
export const linkSubject = (to: NodeAddress, from: NodeAddress, word: string): Subject =>
  subject(`${to}.${LINK}` as Address, from, word);

/**
 * Where `own` hears that nobody listens. Inside its inbox, with the peer in the sender's place: so no
 * subscription is needed, and a broker that checks senders lets only that peer lie about itself.
 */
export const replySubject = (
  own: NodeAddress,
  peer: string,
  link: number,
  frame: number,
): Subject => `${PREFIX}.${own}.${LINK}.${peer}.r.${link}.${frame}` as Subject;

/** The inverse of `replySubject`. */
export function parseReplySubject(
  text: string,
): { readonly peer: string; readonly link: number; readonly frame: number } | undefined {
  const [, , , , , role, peer, r, link, frame, more] = text.split('.');
  if (role !== LINK || r !== 'r' || more !== undefined) return undefined;
  if (!isNumber(link) || !isNumber(frame)) return undefined;
  return { peer: peer!, link: Number(link), frame: Number(frame) };
}

/** As we write numbers: what else `Number` would take (`1e3`, `0x7`, nothing at all) is not ours. */
const isNumber = (text: string | undefined): boolean =>
  text !== undefined && /^(?:0|[1-9][0-9]{0,14})$/.test(text);

/** The subject of a public fact of a city (`cc1.note.<place>.<topic...>`). */
export function noteSubject(at: Place, topic: string): Subject {
  const text = `${PREFIX}.note.${at}.${topic}`;
  assert(isSubject(text), 'a topic is dot-separated tokens');
  return text;
}

export interface Parsed {
  readonly to: Address;
  /** How the sender's node is called there. */
  readonly from: string;
  readonly kind: string;
}

/** The inverse of `subject`; `undefined` for what is not ours, since a peer may send anything. */
export function parseSubject(text: string): Parsed | undefined {
  if (text.length > SUBJECT_CHARS_MAX) return undefined;
  const parts = text.split('.');
  if (parts.length < 8 || parts[0] !== PREFIX) return undefined;
  const to = parts.slice(1, 6).join('.');
  const from = parts[6]!;
  const words = parts.slice(7);
  if (!isAddress(to) || !isCall(from) || !words.every(isWord)) return undefined;
  return { to, from, kind: words.join('.') };
}

const isCall = (text: string): boolean => isToken(text) || isNodeAddress(text.replaceAll('$', '.'));

/** Topic words may also hold capitals, for states such as `POH_ACK`. */
const WORD = /^[A-Za-z0-9_-]{1,64}$/;
const isWord = (text: string): boolean => WORD.test(text);

/** Foreign subjects (`_INBOX.x`, `$SRV.PING`) have a few more characters than ours. */
const SUBJECT = /^[A-Za-z0-9_$-]+(?:\.[A-Za-z0-9_$-]+)*$/;
const FILTER = /^(?:[A-Za-z0-9_$-]+|\*)(?:\.(?:[A-Za-z0-9_$-]+|\*))*(?:\.>)?$/;

/** Whether a text may be published to: what is not must never reach the client library. */
export const isSubject = (text: string): text is Subject =>
  text.length <= SUBJECT_CHARS_MAX && SUBJECT.test(text);

/** Whether a text may be subscribed to. */
export const isFilter = (text: string): text is Filter =>
  text.length <= SUBJECT_CHARS_MAX && (FILTER.test(text) || text === '>');

/** Whether `filter` covers `subject`, as a NATS server would judge. */
export function covers(filter: string, subject: string): boolean {
  const wanted = filter.split('.');
  const words = subject.split('.');
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '>') return i < words.length;
    if (i >= words.length || (wanted[i] !== '*' && wanted[i] !== words[i])) return false;
  }
  return wanted.length === words.length;
}
