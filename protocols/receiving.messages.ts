/**
 * Messages of the receiving layers: how a transaction comes back. Only `receive.*` crosses the wire (and what R3
 * asks holders, holder.messages.ts); the rest stays on one delegate.
 *
 *   reader --read--> R1 receive --> R2 locate --> R3 gather --> R4 restore --.
 *     ^                | ^  ^                       |  ^                     |
 *     |                | |  |                   ask k + 4, more on silence   |
 *     |                v |  |                       v  |                     |
 *     |           R5 approve|                     holders                    |
 *     |                     '--------- reading.* (progress, result) ---------+--> or whoever else asked: repair
 *     '-- progress, given ---'
 *
 * | kind                  | from              | to          | answer                                             |
 * | --------------------- | ----------------- | ----------- | -------------------------------------------------- |
 * | `receive.read`        | reader            | any receive | `receive.progress`, then given, unavailable, refused |
 * | `receive.about`       | anyone            | any receive | `receive.known`                                    |
 * | `receive.survey`      | anyone            | any receive | `receive.surveyed`, `receive.refused`              |
 * | `receive.leave`       | whoever asked     | that receive |                                                   |
 * | `locate.take`         | receive, repair   | locate      | (goes on to gather)                                |
 * | `gather.take`         | locate            | gather      | `reading.*`, to whom the errand is for             |
 * | `restore.take`        | gather            | restore     | `reading.*`, to whom the errand is for; a lie: `ledger.act` |
 * | `reading.leave`       | receive, repair   | gather      |                                                    |
 * | `locate.learned`      | gather            | locate      |                                                    |
 * | `approve.take`        | receive           | approve     | `approve.done`                                     |
 * | `audit.doubt`         | gather            | audit       |                                                    |
 *
 * An errand ends with exactly one of `reading.restored`, `reading.mapped`, `reading.unavailable`,
 * `reading.refuted`, unless it was left or its delegate died: whoever waits has a deadline of its own. None of it
 * is durable: who loses it asks again.
 *
 * What comes back here is ciphertext: the body as the holders have it. It is opened on the reader's own device
 * (compose.ts), and no key of a reader ever comes here.
 */
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import {
  bytes,
  catalogue,
  count,
  flag,
  list,
  message,
  oneOf,
  optional,
  record,
  union,
  type Infer,
} from './codec.ts';
import { Batch, row } from './holding.ts';
import { AskPieces, GavePieces } from './holder.messages.ts';
import {
  ActDeclined,
  ActHeld,
  AskHandovers,
  AskTx,
  HandedOver,
  OfferAct,
  Told,
  Want,
} from './ledger.messages.ts';
import { Manifest, SPARES_MAX } from './manifest.ts';
import { ShownPiece } from './piece.ts';
import { FOLLOWER_HEARS, FOLLOWER_SAYS } from './presence.messages.ts';
import { Certified, Declined, Held, Offer, ShownState } from './sending.messages.ts';
import { signed } from './signed.ts';
import {
  actorName,
  digest,
  nodeName,
  placeName,
  signature,
  stamp,
  unixMs,
  VerifyingKey,
} from './terms.ts';
import { BODY_BYTES_MAX, Cover } from './transaction.ts';

/** How long a read may wait for holders that are away. */
export const READ_MS_MAX = 600_000;
const withinMs = count(READ_MS_MAX);
/** Of whoever asks: its own count. */
const number = count(Number.MAX_SAFE_INTEGER);

/** What a reader signs. It is for one node: whoever copies it gets nothing for it. */
export const ReadRequest = record({
  version: count(1),
  txId: digest,
  place: placeName,
  /** Where the answer goes to. */
  node: nodeName,
  at: stamp,
  /** The key that a capsule of the cover is for, where it is another reader's than sender's or receiver's. */
  reader: optional(digest),
});
export type ReadRequest = Infer<typeof ReadRequest>;

const READ = signed(ReadRequest, 'read');
export const readSignJob = READ.sign;

export const readVerifyJob = (
  network: Uint8Array,
  { request, key, signature: made }: Omit<Read, 'kind'>,
): VerifyJob => READ.verify(network, request, made, key);

/** A certificate with the batches that it refers to, of whoever kept it: for a city that has lost it. */
const Brought = record({ certified: Certified, batches: list(Batch, PIECES_MAX) });
export type Brought = Infer<typeof Brought>;

export const Read = message('receive.read', {
  number,
  request: ReadRequest,
  key: VerifyingKey,
  signature,
  withinMs,
  brought: optional(Brought),
});
export const AskAbout = message('receive.about', { number, txId: digest });
export const Survey = message('receive.survey', { number, txId: digest, withinMs });
export const LeaveRead = message('receive.leave', { number });

const Phase = oneOf('approving', 'locating', 'gathering', 'waiting', 'restoring');
export type Phase = Infer<typeof Phase>;
const found = { have: count(PIECES_MAX), need: count(PIECES_MAX), asked: count(PIECES_MAX) };

export const ReadProgress = message('receive.progress', {
  number,
  phase: Phase,
  /** Pieces that were checked, how many it takes, and how many were asked for. */
  ...found,
  state: optional(ShownState),
});
/** The ciphertext: whoever has a key of the cover's readers opens it. */
export const Given = message('receive.given', {
  number,
  txId: digest,
  state: ShownState,
  cover: Cover,
  body: bytes(1, BODY_BYTES_MAX),
});
const short = { have: count(PIECES_MAX), need: count(PIECES_MAX), retryMs: withinMs };
/** Fewer pieces than it takes are to be had now. */
export const Unavailable = message('receive.unavailable', { number, txId: digest, ...short });
export const ReadReason = oneOf(
  'malformed',
  'bad-signature',
  'stale',
  'not-a-reader',
  'unknown',
  'bad-manifest',
  'expired',
  'erased',
  'rate-limited',
  'busy',
);
export type ReadReason = Infer<typeof ReadReason>;
export const ReadRefused = message('receive.refused', { number, reason: ReadReason });
/** What anybody may know. Nothing: ledgers of more than two thirds of the stake know nothing of it. */
export const KnownTx = message('receive.known', {
  number,
  txId: digest,
  told: optional(Told.body),
});

/** Who holds a row now, by the ledger, and until when. */
export const HeldAt = record({ row, holder: nodeName, until: unixMs });
export type HeldAt = Infer<typeof HeldAt>;

/** How a row does: shown and found good, or why not. */
export const SurveyedRow = record({
  row,
  holder: nodeName,
  isOnline: flag,
  is: oneOf('held', 'damaged', 'missing', 'wrong', 'silent'),
});
export type SurveyedRow = Infer<typeof SurveyedRow>;
const rows = list(SurveyedRow, PIECES_MAX);
export const Surveyed = message('receive.surveyed', {
  number,
  txId: digest,
  state: ShownState,
  need: count(PIECES_MAX),
  lights: count(PIECES_MAX),
  rows,
});

/**
 * What is to be done for somebody on this node: the body, all rows one after another (a repair's), or a
 * look at who holds what.
 */
export const Errand = record({
  for: actorName,
  number,
  want: oneOf('body', 'rows', 'map'),
  withinMs,
  /** Of the header: where it is known, a payload that is another one is the manifest's lie. */
  bodyHash: optional(digest),
});
export type Errand = Infer<typeof Errand>;

/** R2. `places` as the ledger has them; where it has none, those of the manifest. */
export const TakeLocate = message('locate.take', {
  errand: Errand,
  manifest: Manifest,
  places: list(HeldAt, PIECES_MAX),
});

/** Whom to ask, the best first. Without a row: a spare that may have one. */
export const Candidate = record({
  row: optional(row),
  holder: nodeName,
  isOnline: flag,
});
export type Candidate = Infer<typeof Candidate>;
/** R3. */
export const TakeGather = message('gather.take', {
  errand: Errand,
  manifest: Manifest,
  candidates: list(Candidate, PIECES_MAX + SPARES_MAX),
});
/** Nobody waits for this any more. */
export const LeaveReading = message('reading.leave', { number });

/** How holders did when they were asked. */
export const Learned = message('locate.learned', {
  of: list(
    record({
      holder: nodeName,
      did: oneOf('gave', 'lacked', 'wrong', 'silent'),
      tookMs: count(READ_MS_MAX),
    }),
    PIECES_MAX + SPARES_MAX,
  ),
});

/** R4: as many pieces as it takes, each found to be the manifest's. */
export const TakeRestore = message('restore.take', {
  errand: Errand,
  manifest: Manifest,
  pieces: list(ShownPiece, PIECES_MAX),
});

export const Moving = message('reading.moved', { number, phase: Phase, ...found });
/** The payload, or the block of all rows of the manifest, as the errand wanted. */
export const Restored = message('reading.restored', {
  number,
  txId: digest,
  bytes: bytes(1, PIECES_MAX * BODY_BYTES_MAX),
});
export const Mapped = message('reading.mapped', { number, txId: digest, rows });
export const Wanting = message('reading.unavailable', {
  number,
  txId: digest,
  why: oneOf('pieces', 'busy'),
  ...short,
});
/** The manifest was a lie; its pieces, which prove it, are on their way to the ledger. */
export const Refuted = message('reading.refuted', { number, txId: digest });

/** R5: what does the city know of it, where this node's ledger knows nothing? */
export const TakeApprove = message('approve.take', {
  number,
  txId: digest,
  withinMs,
  brought: optional(Brought),
});
/** `unknown`: ledgers of more than two thirds of the stake say that they know nothing of it. */
export const Approved = message('approve.done', {
  number,
  txId: digest,
  found: oneOf('told', 'unknown', 'nothing', 'busy'),
  told: optional(Told.body),
});

/** A reader's own trouble with a holder, for whoever audits. `wrong`: its bytes are not the manifest's. */
export const Doubt = message('audit.doubt', {
  holder: nodeName,
  txId: digest,
  row,
  why: oneOf('wrong', 'damaged', 'missing', 'silent'),
});

export type Read = Infer<typeof Read>;
export type AskAbout = Infer<typeof AskAbout>;
export type Survey = Infer<typeof Survey>;
export type LeaveRead = Infer<typeof LeaveRead>;
export type ReadProgress = Infer<typeof ReadProgress>;
export type Given = Infer<typeof Given>;
export type Unavailable = Infer<typeof Unavailable>;
export type ReadRefused = Infer<typeof ReadRefused>;
export type KnownTx = Infer<typeof KnownTx>;
export type Surveyed = Infer<typeof Surveyed>;
export type TakeLocate = Infer<typeof TakeLocate>;
export type TakeGather = Infer<typeof TakeGather>;
export type LeaveReading = Infer<typeof LeaveReading>;
export type Learned = Infer<typeof Learned>;
export type TakeRestore = Infer<typeof TakeRestore>;
export type Moving = Infer<typeof Moving>;
export type Restored = Infer<typeof Restored>;
export type Mapped = Infer<typeof Mapped>;
export type Wanting = Infer<typeof Wanting>;
export type Refuted = Infer<typeof Refuted>;
export type TakeApprove = Infer<typeof TakeApprove>;
export type Approved = Infer<typeof Approved>;
export type Doubt = Infer<typeof Doubt>;

/** What whoever sends an errand hears of it. */
export const ERRAND_ANSWERS = catalogue(Moving, Restored, Mapped, Wanting, Refuted);
/** What a reader says and hears. */
export const READER_SAYS = catalogue(Read, AskAbout, Survey, LeaveRead);
export const READER_HEARS = catalogue(
  ReadProgress,
  Given,
  Unavailable,
  ReadRefused,
  KnownTx,
  Surveyed,
);
export const RECEIVE_HEARS = union(union(READER_SAYS, ERRAND_ANSWERS), catalogue(Told, Approved));
export const RECEIVE_SAYS = union(
  READER_HEARS,
  catalogue(AskTx, TakeLocate, TakeApprove, LeaveReading),
);
export const LOCATE_HEARS = union(catalogue(TakeLocate, Learned), FOLLOWER_HEARS);
export const LOCATE_SAYS = union(catalogue(TakeGather), FOLLOWER_SAYS);
export const GATHER_HEARS = catalogue(TakeGather, LeaveReading, GavePieces);
export const GATHER_SAYS = catalogue(
  AskPieces,
  TakeRestore,
  Moving,
  Mapped,
  Wanting,
  Learned,
  Doubt,
);
export const RESTORE_HEARS = catalogue(TakeRestore, ActHeld, ActDeclined);
export const RESTORE_SAYS = catalogue(Moving, Restored, Wanting, Refuted, OfferAct);
export const APPROVE_HEARS = catalogue(TakeApprove, Told, HandedOver, Offer, Held, Declined);
export const APPROVE_SAYS = catalogue(Approved, AskTx, AskHandovers, Want, Offer);
export type ReaderHears = Infer<typeof READER_HEARS>;
export type ReaderSays = Infer<typeof READER_SAYS>;
export type ReceiveHears = Infer<typeof RECEIVE_HEARS>;
export type ReceiveSays = Infer<typeof RECEIVE_SAYS>;
export type LocateHears = Infer<typeof LOCATE_HEARS>;
export type LocateSays = Infer<typeof LOCATE_SAYS>;
export type GatherHears = Infer<typeof GATHER_HEARS>;
export type GatherSays = Infer<typeof GATHER_SAYS>;
export type RestoreHears = Infer<typeof RESTORE_HEARS>;
export type RestoreSays = Infer<typeof RESTORE_SAYS>;
export type ApproveHears = Infer<typeof APPROVE_HEARS>;
export type ApproveSays = Infer<typeof APPROVE_SAYS>;
