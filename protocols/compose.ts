/**
 * Making a transaction, and reading one: what happens on the device of a sender and of a reader, and
 * nowhere else. Nobody between them learns the text.
 *
 *   text --(data key, core)--> body --+
 *   data key --(each reader's key, core, hash of the body)--> readers --+--> header --(signed)--> tx
 *
 * Associated with the body are the core's canonical bytes; a reader's capsule is bound as
 * `readerBinding` says. Whatever is changed on the way, of either, does not open.
 *
 * Both are pure: entropy is an argument, drawn by whoever has it, used once and wiped here. Both are
 * heavy, and so jobs (`tx.compose`, `tx.read`); an SDK without a pool calls them.
 */
import { KEM_SUITES, sealingKeyOf, type KemSuite } from '#algorithms/kem.ts';
import {
  openBody,
  openCapsule,
  sealBody,
  sealCapsule,
  type BodyRefusal,
  type CapsuleRefusal,
} from '#algorithms/seal.ts';
import { sign, verifyingKeyOf, type SignatureSuite } from '#algorithms/signature.ts';
import { assert } from '#lib/assert.ts';
import { same } from '#lib/bytes.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import { toBytes } from './codec.ts';
import type { SealingKey } from './terms.ts';
import {
  bodyHashOf,
  Core,
  fingerprintOf,
  headerSignJob,
  isBodyOf,
  readerBinding,
  readerFingerprintOf,
  READERS_MAX,
  readersHashOf,
  TEXT_BYTES_MAX,
  type Reader,
  type Tx,
} from './transaction.ts';

const DATA_KEY_BYTES = 32;
const NONCE_BYTES = 12;
const HEDGE_BYTES = 32;

/** A core without what follows from the key that signs. */
export type Draft = Omit<Core, 'version' | 'sender'>;

export interface ComposeJob {
  readonly network: Uint8Array;
  readonly draft: Draft;
  readonly text: Uint8Array;
  /** Who may read; a sender who wants to read again is among them. */
  readonly readers: readonly SealingKey[];
  readonly signing: { readonly suite: SignatureSuite; readonly seed: Uint8Array };
  /** As much as `composeEntropy` says; never used twice. Wiped. */
  readonly entropy: Uint8Array;
}

export type ComposeRefusal = 'too-large' | 'no-readers' | 'too-many-readers' | 'bad-reader';

/** How much entropy a transaction for these readers takes. */
export const composeEntropy = (readers: readonly Pick<SealingKey, 'suite'>[]): number =>
  readers.reduce(
    (sum, { suite }) => sum + KEM_SUITES[suite].entropyBytes,
    DATA_KEY_BYTES + NONCE_BYTES + HEDGE_BYTES,
  );

/** A signed transaction, or what is wrong with what was asked for. */
export function compose(job: ComposeJob): Result<Tx, ComposeRefusal> {
  const { text, readers, signing, entropy, network } = job;
  if (text.length > TEXT_BYTES_MAX) return fail('too-large');
  if (readers.length === 0) return fail('no-readers');
  if (readers.length > READERS_MAX) return fail('too-many-readers');
  assert(entropy.length === composeEntropy(readers), 'there is as much entropy as it takes');
  const [dataKey, nonce, hedge, forReaders] = cut(entropy);
  const key = { suite: signing.suite, key: verifyingKeyOf(signing.suite, signing.seed) };
  const core = { ...job.draft, version: 1, sender: fingerprintOf(key) };
  const body = sealBody({ key: dataKey, nonce, associated: toBytes(Core, core), text });
  const bodyHash = bodyHashOf(body);
  const sealed = capsules(network, core, bodyHash, dataKey, readers, forReaders);
  const header = { core, bodyHash, bodyBytes: body.length, readersHash: readersHashOf(sealed) };
  const signature = sign({ ...headerSignJob(network, header, signing), hedge });
  entropy.fill(0);
  if (sealed.length < readers.length) return fail('bad-reader');
  return ok({ cover: { header, key, signature, readers: sealed, erased: undefined }, body });
}

/** The data key, the nonce, the hedge, and what the readers' capsules take. */
function cut(entropy: Uint8Array): readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array] {
  const afterNonce = DATA_KEY_BYTES + NONCE_BYTES;
  return [
    entropy.subarray(0, DATA_KEY_BYTES),
    entropy.subarray(DATA_KEY_BYTES, afterNonce),
    entropy.subarray(afterNonce, afterNonce + HEDGE_BYTES),
    entropy.subarray(afterNonce + HEDGE_BYTES),
  ];
}

/** The data key for each reader; fewer than readers where somebody's key is none. */
function capsules(
  network: Uint8Array,
  core: Core,
  bodyHash: Uint8Array,
  dataKey: Uint8Array,
  readers: readonly SealingKey[],
  entropy: Uint8Array,
): Reader[] {
  const made: Reader[] = [];
  let used = 0;
  for (const reader of readers) {
    const { suite, key } = reader;
    const fingerprint = readerFingerprintOf(reader);
    const own = entropy.subarray(used, (used += KEM_SUITES[suite].entropyBytes));
    const binding = readerBinding(network, core, bodyHash, fingerprint);
    const capsule = sealCapsule({ suite, publicKey: key, binding, entropy: own, text: dataKey });
    if (capsule !== undefined) made.push({ fingerprint, suite, capsule });
  }
  return made;
}

export interface ReadJob {
  readonly network: Uint8Array;
  readonly tx: Tx;
  readonly suite: KemSuite;
  readonly seed: Uint8Array;
}

/** `other-body`: not what the header commits to. `not-a-reader`: no capsule is for this key. */
export type ReadRefusal = 'other-body' | 'not-a-reader' | CapsuleRefusal | BodyRefusal;

/** The text of a transaction, with a reader's seed. Total in the transaction. */
export function read({ network, tx, suite, seed }: ReadJob): Result<Uint8Array, ReadRefusal> {
  const { cover, body } = tx;
  const { core, bodyHash } = cover.header;
  if (!isBodyOf(cover.header, body)) return fail('other-body');
  const fingerprint = readerFingerprintOf({ suite, key: sealingKeyOf(suite, seed) });
  const own = cover.readers.find((each) => same(each.fingerprint, fingerprint));
  if (own === undefined || own.suite !== suite) return fail('not-a-reader');
  const binding = readerBinding(network, core, bodyHash, fingerprint);
  const dataKey = openCapsule({ suite, seed, binding, capsule: own.capsule });
  if (!dataKey.ok) return dataKey;
  if (dataKey.value.length !== DATA_KEY_BYTES) return fail('malformed');
  const text = openBody({ key: dataKey.value, associated: toBytes(Core, core), body });
  dataKey.value.fill(0);
  return text;
}
