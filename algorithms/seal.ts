/**
 * Sealing: a body under a data key, and capsules that carry a secret to one recipient.
 *
 *   body      version | nonce 12 | AES-256-GCM(data key, nonce, tag | associated, text) | tag 16
 *
 *   capsule   version | suite | KEM ciphertext | AES-256-GCM(key, nonce, binding, text) | tag 16
 *             key | nonce = HKDF(KEM secret, binding),  44 bytes
 *   binding   "city-chain/capsule" 0 | version | suite | role | network | transaction | piece root
 *             | recipient | key fingerprint | index | policy version
 *
 * A reader's capsule holds the data key, a holder's its piece, an escrow delegate's its share. What the
 * capsule is for, and for whom, is in no part of it: both sides know it, and it goes into the
 * derived key and into what is authenticated. So a capsule that was made for another transaction,
 * piece, recipient, role, network or policy does not open, and neither does one that was changed:
 * all of it is one refusal, `unauthentic`, without a byte of text.
 *
 * No nonce of a capsule can repeat: its key is used once, because the KEM secret behind it is fresh.
 * The data key is the caller's, fresh for each transaction; so is the body's nonce. Both
 * functions wipe what they derive; JavaScript promises no more than that about memory.
 *
 * Reference: RFC 9180 (HPKE) section 5.1 for the pattern, with our suites and bindings in its place.
 * Cost, native: 42 holders' capsules about 3 ms, 1106 bytes more than the text each.
 */
import { assert } from '#lib/assert.ts';
import { concat, utf8 } from '#lib/bytes.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import { AUTHENTICATED, KEY_BYTES, NONCE_BYTES, TAG_BYTES } from './crypto/authenticated.ts';
import { decapsulate, encapsulate, KEM_SUITES, type KemSuite, kemSuiteOf } from './kem.ts';

/** What a capsule is for. Ids are part of the binding: never renumbered. */
export type Role = 'reader' | 'holder' | 'escrow';

/** All that a capsule depends on besides its key and text; each side brings its own. */
export interface Binding {
  readonly role: Role;
  /** The network's id, 1 to 255 bytes. */
  readonly network: Uint8Array;
  /** 32 bytes. */
  readonly transaction: Uint8Array;
  /** The Merkle root over the pieces, 32 bytes. */
  readonly pieceRoot: Uint8Array;
  /** The node or account, 1 to 255 bytes. */
  readonly recipient: Uint8Array;
  /** Of the recipient's sealing key, 32 bytes. */
  readonly fingerprint: Uint8Array;
  /** Of the piece or the share; 0 for a reader. Below 2^32. */
  readonly index: number;
  /** Below 2^32. */
  readonly policyVersion: number;
}

export interface SealJob {
  readonly suite: KemSuite;
  readonly publicKey: Uint8Array;
  readonly binding: Binding;
  /** Never used twice; see kem.ts. */
  readonly entropy: Uint8Array;
  readonly text: Uint8Array;
}

export interface OpenJob {
  readonly suite: KemSuite;
  readonly seed: Uint8Array;
  readonly binding: Binding;
  readonly capsule: Uint8Array;
}

/**
 * `malformed`: no capsule has this form. `unknown-version`, `other-suite`: made by another program or
 * for another kind of key. `unauthentic`: changed, or made for another key or binding.
 */
export type CapsuleRefusal = 'malformed' | 'unknown-version' | 'other-suite' | 'unauthentic';
export type BodyRefusal = 'malformed' | 'unknown-version' | 'unauthentic';

export interface SealBodyJob {
  /** 32 bytes, for this body alone. */
  readonly key: Uint8Array;
  /** 12 bytes; never twice with one key. */
  readonly nonce: Uint8Array;
  /** What the text belongs to, not itself part of the body. */
  readonly associated: Uint8Array;
  readonly text: Uint8Array;
}

export interface OpenBodyJob {
  readonly key: Uint8Array;
  readonly associated: Uint8Array;
  readonly body: Uint8Array;
}

const VERSION = 1;
const HEAD_BYTES = 2;
const ROLES: Readonly<Record<Role, number>> = { reader: 1, holder: 2, escrow: 3 };
const CAPSULE_TAG = utf8('city-chain/capsule\0');
const BODY_TAG = concat(utf8('city-chain/body\0'), Uint8Array.of(VERSION));

/** Bytes that a capsule is longer than its text. */
export const capsuleOverhead = (suite: KemSuite): number =>
  HEAD_BYTES + KEM_SUITES[suite].ciphertextBytes + TAG_BYTES;

/** Bytes that a body is longer than its text. */
export const BODY_OVERHEAD = 1 + NONCE_BYTES + TAG_BYTES;

/** The canonical bytes of a binding: for those who open without this program. */
export function bindingBytes(suite: KemSuite, binding: Binding): Uint8Array {
  const { network, transaction, pieceRoot, recipient, fingerprint } = binding;
  for (const name of [network, recipient]) {
    assert(name.length >= 1 && name.length <= 255, 'a name has 1 to 255 bytes');
  }
  for (const digest of [transaction, pieceRoot, fingerprint]) {
    assert(digest.length === 32, 'a digest has 32 bytes');
  }
  const front = Uint8Array.of(VERSION, KEM_SUITES[suite].id, ROLES[binding.role], network.length);
  const middle = concat(transaction, pieceRoot, Uint8Array.of(recipient.length), recipient);
  const back = concat(fingerprint, uint32(binding.index), uint32(binding.policyVersion));
  return concat(CAPSULE_TAG, front, network, middle, back);
}

/** `undefined` when the recipient's key is none. */
export function sealCapsule(job: SealJob): Uint8Array | undefined {
  const made = encapsulate(job);
  if (made === undefined) return undefined;
  const binding = bindingBytes(job.suite, job.binding);
  const sealed = withKey(made.secret, binding, (key, nonce) =>
    AUTHENTICATED.use().seal(key, nonce, binding, job.text),
  );
  return concat(Uint8Array.of(VERSION, KEM_SUITES[job.suite].id), made.ciphertext, sealed);
}

/** The text, or why not. Total in `capsule`. */
export function openCapsule(job: OpenJob): Result<Uint8Array, CapsuleRefusal> {
  const { suite, capsule } = job;
  if (capsule.length < HEAD_BYTES) return fail('malformed');
  if (capsule[0] !== VERSION) return fail('unknown-version');
  if (kemSuiteOf(capsule[1]!) !== suite) return fail('other-suite');
  if (capsule.length < capsuleOverhead(suite)) return fail('malformed');
  const sealedAt = HEAD_BYTES + KEM_SUITES[suite].ciphertextBytes;
  const ciphertext = capsule.subarray(HEAD_BYTES, sealedAt);
  const secret = decapsulate({ suite, seed: job.seed, ciphertext });
  if (secret === undefined) return fail('malformed');
  const binding = bindingBytes(suite, job.binding);
  const text = withKey(secret, binding, (key, nonce) =>
    AUTHENTICATED.use().open(key, nonce, binding, capsule.subarray(sealedAt)),
  );
  return text === undefined ? fail('unauthentic') : ok(text);
}

export function sealBody(job: SealBodyJob): Uint8Array {
  const { key, nonce, associated, text } = job;
  assert(key.length === KEY_BYTES, 'a data key has 32 bytes');
  assert(nonce.length === NONCE_BYTES, 'a nonce has 12 bytes');
  const bound = concat(BODY_TAG, associated);
  return concat(Uint8Array.of(VERSION), nonce, AUTHENTICATED.use().seal(key, nonce, bound, text));
}

/** The text, or why not. Total in `body`. */
export function openBody(job: OpenBodyJob): Result<Uint8Array, BodyRefusal> {
  const { key, associated, body } = job;
  assert(key.length === KEY_BYTES, 'a data key has 32 bytes');
  if (body.length < BODY_OVERHEAD) return fail('malformed');
  if (body[0] !== VERSION) return fail('unknown-version');
  const nonce = body.subarray(1, 1 + NONCE_BYTES);
  const bound = concat(BODY_TAG, associated);
  const text = AUTHENTICATED.use().open(key, nonce, bound, body.subarray(1 + NONCE_BYTES));
  return text === undefined ? fail('unauthentic') : ok(text);
}

export const sealCapsules = (jobs: readonly SealJob[]): readonly (Uint8Array | undefined)[] =>
  jobs.map(sealCapsule);

export const openCapsules = (
  jobs: readonly OpenJob[],
): readonly Result<Uint8Array, CapsuleRefusal>[] => jobs.map(openCapsule);

/** Derives the one-time key and nonce, uses them, and wipes them and the secret. */
function withKey<T>(
  secret: Uint8Array,
  binding: Uint8Array,
  use: (key: Uint8Array, nonce: Uint8Array) => T,
): T {
  const derived = AUTHENTICATED.use().derive(secret, binding, KEY_BYTES + NONCE_BYTES);
  const made = use(derived.subarray(0, KEY_BYTES), derived.subarray(KEY_BYTES));
  derived.fill(0);
  secret.fill(0);
  return made;
}

function uint32(value: number): Uint8Array {
  assert(Number.isInteger(value) && value >= 0 && value < 2 ** 32, 'a count below 2^32');
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
