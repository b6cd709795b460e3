/**
 * Challenges and sessions: what a presence makes with its secret, and what both ends of a session make
 * with the key of the session.
 *
 *   nonce   when it was made (8) | chance (16) | tag (16) over presence, node, when, chance
 *   word    tag (16) over kind, number, and what a beat says
 *
 * A presence remembers no challenge that it gave: the tag says that it did, to whom, and when. Its secret
 * is drawn at its start, so a restart forgets all of them. That each is used once is the desk's matter
 * (desk.ts). Tags are BLAKE3 over key and message, which for this hash is a MAC; one block, 0.5 us.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { concat, sameSecret, utf8 } from '#lib/bytes.ts';
import { NONCE_BYTES } from '../credential.ts';
import { MAC_BYTES, type Beat } from '../presence.messages.ts';
import type { Address, NodeAddress } from '../subjects.ts';

export const SECRET_BYTES = 32;
const CHANCE_BYTES = 16;
const STAMP_BYTES = 8;
const BODY_BYTES = STAMP_BYTES + CHANCE_BYTES;

const NONCE = domain('login nonce');
const SESSION = domain('session');
const WORD = domain('session word');

export interface Challenger {
  readonly server: Address;
  readonly secret: Uint8Array;
}

/** A challenge for a node; `now` is the monotonic clock of this life of the presence. */
export function nonceFor(
  of: Challenger,
  node: NodeAddress,
  now: number,
  draw: (count: number) => Uint8Array,
): Uint8Array {
  const body = new Uint8Array(BODY_BYTES);
  new DataView(body.buffer).setBigUint64(0, BigInt(Math.floor(now)));
  body.set(draw(CHANCE_BYTES), STAMP_BYTES);
  return concat(body, nonceTag(of, node, body));
}

/** When this presence gave this challenge to this node; `undefined` if it never did. */
export function givenAt(of: Challenger, node: NodeAddress, nonce: Uint8Array): number | undefined {
  if (nonce.length !== NONCE_BYTES) return undefined;
  const body = nonce.subarray(0, BODY_BYTES);
  if (!sameSecret(nonceTag(of, node, body), nonce.subarray(BODY_BYTES))) return undefined;
  return Number(new DataView(body.buffer, body.byteOffset).getBigUint64(0));
}

const nonceTag = ({ server, secret }: Challenger, node: NodeAddress, body: Uint8Array) =>
  hash(NONCE, concat(secret, body, utf8(`${server} ${node}`))).subarray(0, MAC_BYTES);

/** The key of a session, from what was encapsulated and the challenge of its login. */
export const sessionKey = (shared: Uint8Array, nonce: Uint8Array): Uint8Array =>
  hash(SESSION, concat(shared, nonce));

export type WordKind = 'beat' | 'echo' | 'logout';
const KIND_OF: Readonly<Record<WordKind, number>> = { beat: 1, echo: 2, logout: 3 };
export type Said = Pick<Beat, 'freeBytes' | 'loadPermille' | 'roundTripUs'>;
const NOTHING_SAID: Said = { freeBytes: 0, loadPermille: 0, roundTripUs: 0 };
/** Key, kind, number, free bytes, load, round trip: less than one block. */
const WORD_BYTES = SECRET_BYTES + 1 + 8 + 8 + 2 + 4;
/** Written anew for each word: making one costs more than its hash, and ten thousand come a second. */
const WORD_BLOCK = new Uint8Array(WORD_BYTES);
const WORD_VIEW = new DataView(WORD_BLOCK.buffer);

export function tagOf(
  key: Uint8Array,
  kind: WordKind,
  number: number,
  said: Said = NOTHING_SAID,
): Uint8Array {
  WORD_BLOCK.set(key);
  WORD_BLOCK[SECRET_BYTES] = KIND_OF[kind];
  WORD_VIEW.setFloat64(SECRET_BYTES + 1, number);
  WORD_VIEW.setFloat64(SECRET_BYTES + 9, said.freeBytes);
  WORD_VIEW.setUint16(SECRET_BYTES + 17, said.loadPermille);
  WORD_VIEW.setUint32(SECRET_BYTES + 19, said.roundTripUs);
  return hash(WORD, WORD_BLOCK).subarray(0, MAC_BYTES);
}

export const isTagOf = (
  mac: Uint8Array,
  key: Uint8Array,
  kind: WordKind,
  number: number,
  said?: Said,
): boolean => sameSecret(mac, tagOf(key, kind, number, said));
