/**
 * What a holder says of what it holds: to whoever reads, audits and locates, and to its node's heart.
 *
 * | kind              | from                | to     | answer          |
 * | ----------------- | ------------------- | ------ | --------------- |
 * | `holder.ask`      | whoever reads       | holder | `holder.gave`   |
 * | `holder.prove`    | audit               | holder | `holder.proved` |
 * | `holder.erase`    | repair              | holder | `holder.erased` |
 * | `holder.describe` | whoever locates     | holder | `holder.filter` |
 * | `heart.room`      | holder              | heart  |                 |
 * | `repair.leaving`  | holder              | repair | `repair.leave`  |
 *
 * Pieces are ciphertext, a tenth of it each: whoever knows the id of a transaction may have them. An audit goes
 * the same way to the disk as a read, and is signed.
 *
 * A filter (algorithms/filter/cuckoo.ts) over the ids of the transactions of which something is held, in
 * parts that a wire carries. It is a hint: "no" is certain for what was held when it was written, "yes" is
 * not. Ask for part 0 of version 0; then for the other parts of the version that came. Who asks for a
 * version that is gone gets part 0 of the one there is.
 */
import { KEY_BYTES } from '#algorithms/filter/filter-key.ts';
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import {
  bytes,
  catalogue,
  count,
  list,
  message,
  oneOf,
  optional,
  union,
  type Infer,
} from './codec.ts';
import { row } from './holding.ts';
import { ShownPiece } from './piece.ts';
import { answers, ChallengedRow, CHALLENGED_MAX, nonce, Statement } from './proof-of-holding.ts';
import { HeartRoom } from './presence.messages.ts';
import { HOLDER_HEARS as PIECES_HEARD, HOLDER_SAYS as PIECES_SAID } from './sending.messages.ts';
import { SignedAct } from './act.ts';
import { Leave, Leaving } from './leaving.messages.ts';
import { digest, signature } from './terms.ts';
import { Header } from './transaction.ts';

export const FILTER_PART_BYTES = 64 * 1024;
/** 2^22 buckets of four slots of 12 bits. */
export const FILTER_PARTS_MAX = 385;

const version = count(Number.MAX_SAFE_INTEGER);
const part = count(FILTER_PARTS_MAX - 1);

export const DescribeHolder = message('holder.describe', { version, part });
export const HolderFilter = message('holder.filter', {
  version,
  /** Asks this filter, and no other holder's. */
  key: bytes(KEY_BYTES),
  part,
  parts: count(FILTER_PARTS_MAX),
  bytes: bytes(0, FILTER_PART_BYTES),
});

/** No rows: whatever there is of it. */
export const AskPieces = message('holder.ask', { txId: digest, rows: list(row, PIECES_MAX) });
export const GavePieces = message('holder.gave', {
  txId: digest,
  pieces: list(ShownPiece, PIECES_MAX),
  /** Rows that were asked for, or all of the transaction when none were named. */
  lacks: list(row, PIECES_MAX),
  /** Why there may be more than is shown: asked too much at once, or the disk gave back something else. */
  because: optional(oneOf('busy', 'damaged')),
});
export const Prove = message('holder.prove', {
  nonce,
  wanted: list(ChallengedRow, CHALLENGED_MAX),
});
export const Proved = message('holder.proved', {
  statement: Statement,
  signature,
  answers,
  /** In the order of the answers that say `held`. */
  pieces: list(ShownPiece, CHALLENGED_MAX),
});
/** The sender's own word, and the header that names the sender: whoever has both needs no other. */
export const Erase = message('holder.erase', {
  header: Header,
  erase: SignedAct,
  /** Of those, what this holder has. */
  rows: list(row, PIECES_MAX),
});
export const Erased = message('holder.erased', { txId: digest });
export type Erase = Infer<typeof Erase>;
export type Erased = Infer<typeof Erased>;
export type AskPieces = Infer<typeof AskPieces>;
export type GavePieces = Infer<typeof GavePieces>;
export type Prove = Infer<typeof Prove>;
export type Proved = Infer<typeof Proved>;

export type DescribeHolder = Infer<typeof DescribeHolder>;
export type HolderFilter = Infer<typeof HolderFilter>;

export const HOLDER_HEARS = union(
  PIECES_HEARD,
  catalogue(DescribeHolder, AskPieces, Prove, Erase, Leave),
);
export const HOLDER_SAYS = union(
  PIECES_SAID,
  catalogue(Erased, HolderFilter, HeartRoom, GavePieces, Proved, Leaving),
);
export type HolderHears = Infer<typeof HOLDER_HEARS>;
export type HolderSays = Infer<typeof HOLDER_SAYS>;
