/**
 * Proof of holding: what a holder answers when it is audited, and what convicts it.
 *
 *   auditor --(nonce, rows)--> holder --(pieces, one signature over the hashes of all answers)--> auditor
 *
 * A row is asked for as its manifest has it: under the root over all rows. An answer is the piece itself, so
 * whoever has the manifest sees whether it is right. It is signed, so that a wrong one is evidence:
 *
 *   "I hold row 7 of 44 under this root; its hash is x"   (signed)
 *   under this root row 7 of 44 is y                      (path)
 *
 * A holder looks at the path before it signs, so an honest one never says this, whatever it was ordered to hold
 * and whatever its disk did. To say "I have it not" is no crime and costs the score alone; so a damaged disk is
 * reported and not hidden. The evidence needs no ack, no certificate and no ledger: only the genesis.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import { isIncluded, treeOf, type Tree } from '#algorithms/merkle/tree.ts';
import { bytes, count, list, oneOf, optional, record, toBytes, type Infer } from './codec.ts';
import { concat, EMPTY } from '#lib/bytes.ts';
import { batchPath, row, rowPath } from './holding.ts';
import { ListedKey } from './listed-key.ts';
import { signed } from './signed.ts';
import { digest, nodeName, signature, stamp } from './terms.ts';

/** Rows of one challenge. */
export const CHALLENGED_MAX = 16;
const NONCE_BYTES = 16;
export const nonce = bytes(NONCE_BYTES);

export const ChallengedRow = record({
  txId: digest,
  row,
  /** Of the manifest: its root, and over how many. */
  rows: count(PIECES_MAX),
  pieceRoot: digest,
});
export type ChallengedRow = Infer<typeof ChallengedRow>;

/** What a holder says of a row; the hash of what it shows, where it shows something. */
const Answer = record({
  asked: ChallengedRow,
  says: oneOf('held', 'nothing', 'damaged'),
  pieceHash: optional(digest),
});
export type Answer = Infer<typeof Answer>;

/** What is signed: by whom, to whom, when, about which answers. */
export const Statement = record({
  holder: nodeName,
  auditor: nodeName,
  nonce,
  at: stamp,
  root: digest,
  count: count(CHALLENGED_MAX),
});
export type Statement = Infer<typeof Statement>;

const ANSWER = domain('audit answer');
const NO_ANSWER = hash(ANSWER, EMPTY);
export const answerLeaf = (answer: Answer): Uint8Array => hash(ANSWER, toBytes(Answer, answer));

export const { sign: statementSignJob, verify: statementVerifyJob } = signed(Statement, 'audit');

/** A holder that signed a hash in the place of another one: see above. */
export const FalseHolding = record({
  answer: Answer,
  index: count(CHALLENGED_MAX - 1),
  path: batchPath,
  statement: Statement,
  signature,
  /** What the row really is, under the root that the answer names. */
  pieceHash: digest,
  piecePath: rowPath,
  /** Of the holder. */
  key: ListedKey,
});
export type FalseHolding = Infer<typeof FalseHolding>;

/** The tree of all answers of a challenge; a challenge without rows has one leaf that is no answer. */
export const answerTree = (all: readonly Answer[]): Tree =>
  treeOf(all.length === 0 ? NO_ANSWER : concat(...all.map(answerLeaf)));

/** Whether an answer stands under a statement. */
export const isStated = (
  { root, count: answers }: Statement,
  index: number,
  answer: Answer,
  path: Uint8Array,
): boolean => isIncluded({ root, count: answers }, index, answerLeaf(answer), path);

/** The answers to a challenge, with what is behind them: message `holder.proved`. */
export const answers = list(Answer, CHALLENGED_MAX);
