/**
 * Messages of the sending layers, in the order in which a transaction travels. Between layers they stay
 * on one delegate; only `ingress.*`, `select.take`, `hold.*` and `ledger.offer` cross the wire.
 *
 *   client --submit--> ingress --take--> S1 select --> S2 shard --> S3 attest --> S4 distribute --> holders
 *     ^                   |                                           |               ^  |            |
 *     |                   |                                         (open)       (escalate) '-<-- acks -'
 *     |                   |                                           v               |  v
 *     '---- progress -----'<------------------------ moved ------- S5 commit ----------'--(acks)
 *                                                                     |
 *                                                                     '--offer--> every delegate's ledger
 *
 * | kind                  | from       | to         | answer                                       |
 * | --------------------- | ---------- | ---------- | -------------------------------------------- |
 * | `ingress.submit`      | client     | any ingress| `ingress.accepted`, `ingress.refused`        |
 * | `ingress.follow`      | client     | any ingress| `ingress.progress`                           |
 * | `ingress.progress`    | ingress    | client     |                                              |
 * | `ingress.about`       | anyone     | any ingress| `ingress.city`                               |
 * | `select.take`         | ingress    | select     |                                              |
 * | `shard.take`          | select     | shard      |                                              |
 * | `attest.take`         | shard      | attest     |                                              |
 * | `commit.open`         | attest     | commit     |                                              |
 * | `distribute.take`     | attest     | distribute |                                              |
 * | `hold.pieces`         | distribute | holder     | `hold.acks`, `hold.refused` (sent, any time) |
 * | `commit.acks`         | distribute | commit     |                                              |
 * | `distribute.escalate` | commit     | distribute |                                              |
 * | `ledger.verified`     | distribute | own ledger |                                              |
 * | `ledger.offer`        | commit     | ledger     | `ledger.held`, `ledger.declined`             |
 * | `ingress.moved`       | a layer    | ingress    |                                              |
 *
 * Nothing but the ingress's journal, a drawn placement and the holders' pieces is durable on this way. Whoever loses
 * the rest loses nothing: the ingress sends `select.take` again until the transaction has come to its end, every layer does the same
 * again for the same transaction (the placement that was drawn is kept), holders acknowledge again what
 * they hold, and the ledger knows what it holds.
 */
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import { capsuleOverhead } from '#algorithms/seal.ts';
import { KEM_SUITES, type KemSuite } from '#algorithms/kem.ts';
import {
  bytes,
  catalogue,
  count,
  list,
  message,
  oneOf,
  optional,
  record,
  type Infer,
} from './codec.ts';
import {
  Ack,
  AckCert,
  Batch,
  BATCH_MAX,
  batchLeaf,
  batchPath,
  Order,
  row,
  rowPath,
} from './holding.ts';
import { Genesis } from './genesis.ts';
import { effect } from './objects/op.ts';
import { Manifest, Placement } from './manifest.ts';
import { Resolved } from './policy.ts';
import { actorName, digest, SealingKey } from './terms.ts';
import { BODY_BYTES_MAX, Cover, Tx } from './transaction.ts';

/**
 * Why a transaction is not taken. What is too large is no message, and what was signed for another network has no
 * good signature here; both are told apart by the SDK before they leave. Closed: each has a word in the registry of
 * errors for people.
 */
export const IngressReason = oneOf(
  'malformed',
  'bad-signature',
  'expired',
  'from-the-future',
  'wrong-city',
  'seq-used',
  'rate-limited',
  'busy',
  'no-capacity',
);
export type IngressReason = Infer<typeof IngressReason>;

/** What people are shown (lifecycle.ts). */
export const ShownState = oneOf(
  'FRESH',
  'POH_ACK',
  'COMMITTED',
  'REPAIR_REQ',
  'REJECTED',
  'EXPIRED',
  'LOST',
);

export const Submit = message('ingress.submit', { tx: Tx });
/** It is in the journal of an ingress: durable there, and driven from there until it has come to its end. */
export const Accepted = message('ingress.accepted', { txId: digest });
export const Refused = message('ingress.refused', { reason: IngressReason });
/** Tell me how it stands, now and when it changes. */
export const Follow = message('ingress.follow', { txId: digest });

/** Which city is this? Whoever has a genesis already compares; others believe the first one they see. */
export const About = message('ingress.about', {});
export const AboutCity = message('ingress.city', { genesis: Genesis });

const progress = {
  txId: digest,
  state: ShownState,
  /** Acks so far, how many the rule wants, and how many pieces there are. */
  acks: count(PIECES_MAX),
  needed: count(PIECES_MAX),
  rows: count(PIECES_MAX),
  /** The object that anyone can check, and where the batch stands that committed it. */
  cause: optional(digest),
  height: optional(count(Number.MAX_SAFE_INTEGER)),
  /** Why it is REJECTED: a layer's own judgement, or that another one has its number. */
  reason: optional(IngressReason),
  /** What came of its op, where it has one and is committed. */
  effect: optional(effect),
};
export const Progress = message('ingress.progress', { ...progress, known: oneOf('yes', 'no') });
/** A layer to the ingress that drives it. */
export const Moved = message('ingress.moved', progress);

/** S1. `attempt` counts how often the ingress asked; `ingress` hears what becomes of it. */
export const TakeSelect = message('select.take', {
  tx: Tx,
  ingress: actorName,
  attempt: count(0xffff),
});

const placed = {
  tx: Tx,
  ingress: actorName,
  placement: Placement,
  terms: Resolved,
  /** Of the holders by row, then of the spares. */
  keys: list(SealingKey, 2 * PIECES_MAX),
};
/** S2. */
export const TakeShard = message('shard.take', placed);

/** All rows of a body, one after another. */
const PIECE_BYTES_MAX = BODY_BYTES_MAX;
const block = bytes(1, PIECES_MAX * PIECE_BYTES_MAX);
/** S3. */
export const TakeAttest = message('attest.take', {
  cover: Cover,
  ingress: actorName,
  manifest: Manifest,
  block,
  keys: list(SealingKey, 2 * PIECES_MAX),
});

/** S5 opens its count when S3 has sealed. */
export const OpenCommit = message('commit.open', {
  cover: Cover,
  ingress: actorName,
  manifest: Manifest,
});

const CAPSULE_MAX =
  PIECE_BYTES_MAX +
  Math.max(...(Object.keys(KEM_SUITES) as KemSuite[]).map((suite) => capsuleOverhead(suite)));
export const capsule = bytes(1, CAPSULE_MAX);

/** An order, and where it stands in a signed batch. */
export const Ordered = record({ order: Order, batch: Batch, leaf: batchLeaf, path: batchPath });
export type Ordered = Infer<typeof Ordered>;

/** S4. What is sealed for a spare is sealed when a spare is needed: S4 asks S3 with `attest.spare`. */
export const TakeDistribute = message('distribute.take', {
  manifest: Manifest,
  ordered: Ordered,
  /** By row. */
  capsules: list(capsule, PIECES_MAX),
});
export const Escalate = message('distribute.escalate', { txId: digest });
/** S4 to S3, and back: this row once more, for that spare (its place among the spares). */
export const SealSpare = message('attest.spare', { txId: digest, row, spare: count(PIECES_MAX) });
export const SpareSealed = message('distribute.spare', {
  txId: digest,
  row,
  spare: count(PIECES_MAX),
  capsule,
});

/** One piece for one holder, with all that proves that it is that holder's to hold. */
export const SealedPiece = record({
  order: Order,
  leaf: batchLeaf,
  path: batchPath,
  row,
  /** Of its assignment among those of the order: the row's own, or a spare's. */
  assignment: count(2 * PIECES_MAX),
  assignmentPath: rowPath,
  until: count(Number.MAX_SAFE_INTEGER),
  /** Of the piece under the order's `pieceRoot`. */
  piecePath: rowPath,
  capsule,
});
export type SealedPiece = Infer<typeof SealedPiece>;

/** Pieces for one holder whose orders stand in one signed batch. */
export const HoldPieces = message('hold.pieces', {
  batch: Batch,
  pieces: list(SealedPiece, BATCH_MAX),
});

const HoldReason = oneOf('not-assigned', 'full', 'expired', 'malformed', 'bad-seal');
export type HoldReason = Infer<typeof HoldReason>;

/** Signed, and durable before it was. */
export const HoldAcks = message('hold.acks', {
  batch: Batch,
  acks: list(record({ txId: digest, row, leaf: batchLeaf, path: batchPath }), BATCH_MAX),
});
export const HoldRefused = message('hold.refused', { txId: digest, row, reason: HoldReason });

/** Acks that stand (batch verified, paths checked, holder assigned), of one transaction. */
export const CommitAcks = message('commit.acks', {
  txId: digest,
  acks: list(record({ ack: Ack, batch: Batch }), PIECES_MAX),
});

/** Signatures of ack batches at once: some 20 ms of a pool's thread. */
export const VERIFY_MAX = 64;
/** Batches of acks whose signatures S4 found good: its own node's ledger need not verify them again. */
export const Verified = message('ledger.verified', { batches: list(digest, VERIFY_MAX) });

/** What a ledger must hold before a city may order it. */
export const Certified = record({ cover: Cover, manifest: Manifest, cert: AckCert });
export type Certified = Infer<typeof Certified>;

/** Certificates with the batches that they refer to. The ledger checks all of it. */
export const Offer = message('ledger.offer', {
  certified: list(Certified, BATCH_MAX),
  batches: list(Batch, BATCH_MAX * PIECES_MAX),
});
/** On the disk of this ledger. */
export const Held = message('ledger.held', { certs: list(digest, BATCH_MAX) });
export const Declined = message('ledger.declined', {
  cert: digest,
  reason: oneOf('malformed', 'bad-signature', 'bad-placement', 'too-few-acks', 'expired', 'busy'),
});

export type Submit = Infer<typeof Submit>;
export type Follow = Infer<typeof Follow>;
export type Moved = Infer<typeof Moved>;
export type Progress = Infer<typeof Progress>;
export type TakeSelect = Infer<typeof TakeSelect>;
export type TakeShard = Infer<typeof TakeShard>;
export type TakeAttest = Infer<typeof TakeAttest>;
export type OpenCommit = Infer<typeof OpenCommit>;
export type TakeDistribute = Infer<typeof TakeDistribute>;
export type Escalate = Infer<typeof Escalate>;
export type SealSpare = Infer<typeof SealSpare>;
export type SpareSealed = Infer<typeof SpareSealed>;
export type HoldPieces = Infer<typeof HoldPieces>;
export type HoldAcks = Infer<typeof HoldAcks>;
export type HoldRefused = Infer<typeof HoldRefused>;
export type CommitAcks = Infer<typeof CommitAcks>;
export type Verified = Infer<typeof Verified>;
export type Offer = Infer<typeof Offer>;
export type Held = Infer<typeof Held>;
export type Declined = Infer<typeof Declined>;

export const CLIENT_HEARS = catalogue(Accepted, Refused, Progress, AboutCity);
export const CLIENT_SAYS = catalogue(Submit, Follow, About);
export const INGRESS_HEARS = catalogue(Submit, Follow, About, Moved);
export const INGRESS_SAYS = catalogue(Accepted, Refused, Progress, AboutCity, TakeSelect);
export const SELECT_HEARS = catalogue(TakeSelect);
export const SELECT_SAYS = catalogue(TakeShard, Moved);
export const SHARD_HEARS = catalogue(TakeShard);
export const SHARD_SAYS = catalogue(TakeAttest, Moved);
export const ATTEST_HEARS = catalogue(TakeAttest, SealSpare);
export const ATTEST_SAYS = catalogue(TakeDistribute, OpenCommit, SpareSealed, Moved);
export const DISTRIBUTE_HEARS = catalogue(
  TakeDistribute,
  SpareSealed,
  Escalate,
  HoldAcks,
  HoldRefused,
);
export const DISTRIBUTE_SAYS = catalogue(HoldPieces, CommitAcks, SealSpare, Verified);
export const HOLDER_HEARS = catalogue(HoldPieces);
export const HOLDER_SAYS = catalogue(HoldAcks, HoldRefused);
export const COMMIT_HEARS = catalogue(OpenCommit, CommitAcks, Held, Declined);
export const COMMIT_SAYS = catalogue(Offer, Escalate, Moved);
export type ClientHears = Infer<typeof CLIENT_HEARS>;
export type ClientSays = Infer<typeof CLIENT_SAYS>;
export type IngressHears = Infer<typeof INGRESS_HEARS>;
export type IngressSays = Infer<typeof INGRESS_SAYS>;
