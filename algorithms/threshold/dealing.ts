/**
 * Verifiable dealing: one party shares a secret among all, in one public message. Feldman's commitment
 * (FOCS 1987) says what each share must be; each share is sealed for its recipient; and a recipient who
 * was cheated proves it to everybody by itself, so that nobody waits for the dealer's answer (the
 * complaint of ETHDKG: Schindler, Judmayer, Stifter, Weippl 2019, section 4).
 *
 *   polynomial a[0] .. a[t-1], ephemeral r;  A[k] = a[k] G,  R = r B
 *   sealed[j] = share[j] xor H(r E[j]),  E[j] = e[j] B the dealing key of party j
 *   dealing   = A[0] .. A[t-1] | R | sealed[0] .. sealed[n-1] | proof of knowledge of r, over all of it
 *   complaint = e[j] R | proof that log_B E[j] = log_R of it: everybody opens sealed[j] and looks
 *
 * The proof of knowledge is what makes complaints harmless: a dealer who repeats the R of an honest
 * one with a broken sealed[j], hoping that j's complaint opens j's honest share, cannot make it. The
 * masks are bound to session, dealer and recipient, so that repeating somebody's sealed shares gives
 * other shares, not the same. Whoever complains reveals nothing but the one share it complains about.
 *
 * B is the generator of ristretto255 and G that of whatever group the key is for.
 */
import { assert } from '#lib/assert.ts';
import { concat, utf8 } from '#lib/bytes.ts';
import { type Group, type Ristretto, type Scalar, SCALAR_BYTES } from './group.ts';
import { type Commitment, commit, isShare, PARTIES_MAX, type Quorum, readPoints } from './keys.ts';
import { digest, scalarFrom, uint32 } from './oracle.ts';
import { shareAt } from './polynomial.ts';
import { isProven, prove, PROOF_BYTES, type Statement } from './proof.ts';

export const DEALING_ENTROPY_BYTES = 32;
const SEALED_BYTES = SCALAR_BYTES;

/** Who deals to whom, for what. `binding` is the digest of all of it; `convene` makes one. */
export interface Ceremony<P> extends Quorum {
  readonly group: Group<P>;
  readonly sealing: Group<Ristretto>;
  /** The parties' dealing keys, by index. */
  readonly recipients: readonly Ristretto[];
  readonly binding: Uint8Array;
}

/** A dealing that is well formed; whether each share is right, only its recipient sees. */
export interface Dealing<P> {
  readonly dealer: number;
  readonly commitment: Commitment<P>;
  readonly ephemeral: Ristretto;
  readonly sealed: readonly Uint8Array[];
  readonly digest: Uint8Array;
}

/** What a recipient finds: its share, or the proof for everybody that there is none. */
export type Received =
  | { readonly phase: 'received'; readonly share: Scalar }
  | { readonly phase: 'cheated'; readonly complaint: Uint8Array };

/** `session` names what the key is for (network, epoch, purpose) and is never used twice. */
export function convene<P>(
  group: Group<P>,
  sealing: Group<Ristretto>,
  session: Uint8Array,
  threshold: number,
  recipients: readonly Ristretto[],
): Ceremony<P> {
  const parties = recipients.length;
  assert(1 <= threshold && threshold <= parties, '1 <= threshold <= parties');
  assert(parties <= PARTIES_MAX, 'parties <= PARTIES_MAX');
  const name = utf8(group.name);
  const keys = recipients.map(sealing.write);
  const binding = digest('dealing/ceremony', name, session, uint32(threshold), ...keys);
  return { group, sealing, parties, threshold, recipients, binding };
}

/** The public half of a dealing key. */
export const dealingKey = (sealing: Group<Ristretto>, secret: Scalar): Ristretto =>
  sealing.multiplySecret(sealing.generator, secret);

/** The dealer's one message. `entropy`: 32 bytes never used before and known to nobody else. */
export function deal<P>(ceremony: Ceremony<P>, dealer: number, entropy: Uint8Array): Uint8Array {
  assert(entropy.length === DEALING_ENTROPY_BYTES, 'dealing takes 32 bytes of entropy');
  const { group, sealing, threshold, recipients, binding } = ceremony;
  const seed = digest('dealing/seed', entropy, binding, uint32(dealer));
  const coefficients = Array.from({ length: threshold }, (_, k) =>
    scalarFrom(group.order, 'dealing/coefficient', seed, uint32(k)),
  );
  const secret = scalarFrom(sealing.order, 'dealing/ephemeral', seed);
  const ephemeral = sealing.multiplySecret(sealing.generator, secret);
  const sealed = recipients.map((key, recipient) => {
    const share = group.writeScalar(shareAt(coefficients, recipient, group.order));
    const mask = maskOf(ceremony, dealer, recipient, sealing.multiplySecret(key, secret));
    return masked(share, mask);
  });
  const points = commit(group, coefficients).map(group.write);
  const body = concat(...points, sealing.write(ephemeral), ...sealed);
  return concat(body, prove(knowledge(ceremony, dealer, ephemeral, body), secret));
}

/** The dealing of this dealer, or `undefined` for anything that everybody can see to be wrong. */
export function readDealing<P>(
  ceremony: Ceremony<P>,
  dealer: number,
  bytes: Uint8Array,
): Dealing<P> | undefined {
  const { group, sealing, parties, threshold } = ceremony;
  const ephemeralAt = threshold * group.pointBytes;
  const sealedAt = ephemeralAt + sealing.pointBytes;
  const proofAt = sealedAt + parties * SEALED_BYTES;
  if (bytes.length !== proofAt + PROOF_BYTES) return undefined;
  const ephemeral = sealing.read(bytes.subarray(ephemeralAt, sealedAt));
  if (ephemeral === undefined) return undefined;
  const statement = knowledge(ceremony, dealer, ephemeral, bytes.subarray(0, proofAt));
  if (!isProven(statement, bytes.subarray(proofAt))) return undefined;
  const commitment = readPoints(group, threshold, bytes.subarray(0, ephemeralAt));
  if (commitment === undefined) return undefined;
  const sealed = Array.from({ length: parties }, (_, recipient) => {
    const at = sealedAt + recipient * SEALED_BYTES;
    return bytes.slice(at, at + SEALED_BYTES);
  });
  return { dealer, commitment, ephemeral, sealed, digest: digest('dealing/whole', bytes) };
}

/** Opens one's own share of a dealing. */
export function receive<P>(
  ceremony: Ceremony<P>,
  dealing: Dealing<P>,
  recipient: number,
  secret: Scalar,
): Received {
  const { sealing } = ceremony;
  const opening = sealing.multiplySecret(dealing.ephemeral, secret);
  const share = shareIn(ceremony, dealing, recipient, opening);
  if (share !== undefined) return { phase: 'received', share };
  const proof = prove(rightOpening(ceremony, dealing, recipient, opening), secret);
  return { phase: 'cheated', complaint: concat(sealing.write(opening), proof) };
}

/** Whether these bytes prove that the recipient was dealt no right share. */
export function isJustified<P>(
  ceremony: Ceremony<P>,
  dealing: Dealing<P>,
  recipient: number,
  complaint: Uint8Array,
): boolean {
  const { sealing } = ceremony;
  if (complaint.length !== complaintBytes(sealing)) return false;
  const opening = sealing.read(complaint.subarray(0, sealing.pointBytes));
  if (opening === undefined) return false;
  const statement = rightOpening(ceremony, dealing, recipient, opening);
  if (!isProven(statement, complaint.subarray(sealing.pointBytes))) return false;
  return shareIn(ceremony, dealing, recipient, opening) === undefined;
}

export const complaintBytes = (sealing: Group<Ristretto>): number =>
  sealing.pointBytes + PROOF_BYTES;

/** The share under this opening, if it is the one that the dealer committed to. */
function shareIn<P>(
  ceremony: Ceremony<P>,
  { dealer, commitment, sealed }: Dealing<P>,
  recipient: number,
  opening: Ristretto,
): Scalar | undefined {
  const { group } = ceremony;
  const mask = maskOf(ceremony, dealer, recipient, opening);
  const share = group.readScalar(masked(sealed[recipient]!, mask));
  return share !== undefined && isShare(group, commitment, recipient, share) ? share : undefined;
}

const knowledge = <P>(
  { sealing, binding }: Ceremony<P>,
  dealer: number,
  ephemeral: Ristretto,
  body: Uint8Array,
): Statement<Ristretto> => ({
  group: sealing,
  domain: 'dealing/knowledge',
  context: [binding, uint32(dealer), body],
  bases: [sealing.generator],
  images: [ephemeral],
});

const rightOpening = <P>(
  { sealing, recipients, binding }: Ceremony<P>,
  dealing: Dealing<P>,
  recipient: number,
  opening: Ristretto,
): Statement<Ristretto> => ({
  group: sealing,
  domain: 'dealing/complaint',
  context: [binding, uint32(dealing.dealer), uint32(recipient), dealing.digest],
  bases: [sealing.generator, dealing.ephemeral],
  images: [recipients[recipient]!, opening],
});

const maskOf = <P>(
  { sealing, binding }: Ceremony<P>,
  dealer: number,
  recipient: number,
  opening: Ristretto,
): Uint8Array =>
  digest('dealing/mask', binding, uint32(dealer), uint32(recipient), sealing.write(opening));

const masked = (bytes: Uint8Array, mask: Uint8Array): Uint8Array =>
  bytes.map((byte, i) => byte ^ mask[i]!);
