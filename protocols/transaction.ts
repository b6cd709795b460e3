/**
 * The transaction: what a sender signs, and what the network keeps.
 *
 *   core      who, to whom, in which city, the sender's number, from when till when, what to do
 *   body      up to 16 KiB of text under a data key, associated with the core; opaque to everybody else
 *   readers   a capsule of the data key for each reader
 *   header    core | hash and length of the body | hash of the readers
 *   tx id     hash of the header's canonical bytes (algorithms/identity.ts)
 *   tx        header | the sender's key and signature over the header | body | readers
 *
 *   core --(associated with)--> body --(hash)--> header --(hash)--> tx id
 *     '--(bound to)--> readers --(hash)------------^
 *
 * A capsule is bound to the core, not to the id, because the id depends on the capsules: in its binding
 * `transaction` is `coreId` and `pieceRoot` the hash of the body. A changed, swapped or missing capsule
 * changes the id. The header is public, so that delegates see conflicts: two different transactions of
 * one (sender, seq) are in conflict, and at most one is ever committed. The id includes no signature, so that no second
 * signature makes a second transaction.
 *
 * The body is what is coded and kept in pieces; header, key, signature and readers are the `Cover`,
 * which the ledger keeps. Nobody but a reader learns more than the cover.
 */
import { keyFingerprint, transactionId } from '#algorithms/identity.ts';
import { domain, hash } from '#algorithms/hash/hash.ts';
import { KEM_SUITES, type KemSuite } from '#algorithms/kem.ts';
import { BODY_OVERHEAD, capsuleOverhead, type Binding } from '#algorithms/seal.ts';
import { SIGNATURE_SUITES, type VerifyJob } from '#algorithms/signature.ts';
import { same } from '#lib/bytes.ts';
import { oncePer } from '#lib/once.ts';
import {
  bytes,
  count,
  list,
  lookedAtOnce,
  oneOf,
  optional,
  record,
  toBytes,
  type Infer,
} from './codec.ts';
import { signed } from './signed.ts';
import {
  digest,
  kemSuite,
  placeName,
  signature,
  stamp,
  unixMs,
  VerifyingKey,
  type SealingKey,
} from './terms.ts';

export const TEXT_BYTES_MAX = 16_384;
export const BODY_BYTES_MAX = TEXT_BYTES_MAX + BODY_OVERHEAD;
export const READERS_MAX = 16;
export const OBJECTS_MAX = 16;
export const op = bytes(0, 512);
/** Keys of what a call may read and change (objects/contract.ts). */
export const objects = list(digest, OBJECTS_MAX);
/** Nobody promises longer than this at once; the act `extend` prolongs, from its own time on. */
export const LIFETIME_MS_MAX = 2 * 366 * 86_400_000;
const DATA_KEY_BYTES = 32;

/** A sender numbers its transactions; the same number twice is a conflict. */
export const seq = count(Number.MAX_SAFE_INTEGER);

/**
 * When it is complete: as soon as it is committed, or when its receiver has claimed it. `entry` and
 * `transfer` say what `op` is about; the city executes `op`, the body is for readers alone.
 */
export const Core = record({
  version: count(1),
  sender: digest,
  receiver: optional(digest),
  from: placeName,
  to: placeName,
  seq,
  createdAt: stamp,
  expiresAt: unixMs,
  completes: oneOf('on-commit', 'on-claim'),
  op,
  objects,
});
export type Core = Infer<typeof Core>;

export const Header = record({
  core: Core,
  bodyHash: digest,
  bodyBytes: count(BODY_BYTES_MAX),
  readersHash: digest,
});
export type Header = Infer<typeof Header>;

/** The data key, for one who may read. */
export const Reader = record({
  fingerprint: digest,
  suite: kemSuite,
  capsule: bytes(
    DATA_KEY_BYTES,
    DATA_KEY_BYTES +
      Math.max(...(Object.keys(KEM_SUITES) as KemSuite[]).map((suite) => capsuleOverhead(suite))),
  ),
});
export type Reader = Infer<typeof Reader>;
export const Readers = list(Reader, READERS_MAX);

/** A word to erase with its key and signature (act.ts). */
const ERASED_BYTES_MAX = 16 * 1024;

export const Cover = lookedAtOnce(
  record({
    header: Header,
    key: VerifyingKey,
    signature,
    readers: Readers,
    /** Where its sender had it erased: that word, and no readers. Ledgers hand it on among each other (ledger/erasure.ts). */
    erased: optional(bytes(1, ERASED_BYTES_MAX)),
  }),
);
export type Cover = Infer<typeof Cover>;

export const Tx = record({ cover: Cover, body: bytes(BODY_OVERHEAD, BODY_BYTES_MAX) });
export type Tx = Infer<typeof Tx>;

const CORE = domain('core');
const BODY = domain('body');
const READERS = domain('readers');

export const coreId = (core: Core): Uint8Array => hash(CORE, toBytes(Core, core));
export const bodyHashOf = (body: Uint8Array): Uint8Array => hash(BODY, body);
export const readersHashOf = (readers: readonly Reader[]): Uint8Array =>
  hash(READERS, toBytes(Readers, readers));
export const txIdOf = oncePer((header: Header): Uint8Array =>
  transactionId(toBytes(Header, header)),
);

export const fingerprintOf = oncePer(({ suite, key }: VerifyingKey): Uint8Array =>
  keyFingerprint(SIGNATURE_SUITES[suite].id, key),
);

export const readerFingerprintOf = ({ suite, key }: SealingKey): Uint8Array =>
  keyFingerprint(KEM_SUITES[suite].id, key);

/** What a reader's capsule is bound to: see above. */
export function readerBinding(
  network: Uint8Array,
  core: Core,
  bodyHash: Uint8Array,
  fingerprint: Uint8Array,
): Binding {
  return {
    role: 'reader',
    network,
    transaction: coreId(core),
    pieceRoot: bodyHash,
    recipient: fingerprint,
    fingerprint,
    index: 0,
    policyVersion: 0,
  };
}

const HEADERS = signed(Header, 'tx');
export const headerSignJob = HEADERS.sign;

/** What a signature over a header is checked by: heavy work, for the pool. */
export const verifyJobOf = (
  network: Uint8Array,
  { header, key, signature: made }: Pick<Cover, 'header' | 'key' | 'signature'>,
): VerifyJob => HEADERS.verify(network, header, made, key);

/** Why a cover cannot be one, apart from its signature. Cheap: hashes only. */
export type CoverFault = 'other-key' | 'other-readers' | 'never-valid';

export function coverFault(
  { header, key, readers, erased }: Cover,
  /** By its sender's own word it has no readers any more. */
  isErased = false,
): CoverFault | undefined {
  if (!same(fingerprintOf(key), header.core.sender)) return 'other-key';
  const isWhole = erased === undefined && same(readersHashOf(readers), header.readersHash);
  if (!isWhole && !isErased) return 'other-readers';
  return header.bodyBytes < BODY_OVERHEAD ? 'never-valid' : undefined;
}

/** Whether this is the body that the header commits to. */
export const isBodyOf = (
  { bodyHash, bodyBytes }: Pick<Header, 'bodyHash' | 'bodyBytes'>,
  body: Uint8Array,
): boolean => body.length === bodyBytes && same(bodyHashOf(body), bodyHash);
