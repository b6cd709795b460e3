/**
 * Proof of holding: what a holder answers when it is audited, and what convicts it.
 *
 *   auditor --(nonce, rows)--> holder --(pieces, one signature over the hashes of all answers)--> auditor
 *
 * An answer is the piece itself, so whoever has the manifest sees whether it is right. It is signed, so that a
 * wrong one is evidence: the holder's ack names one hash, its answer while that ack holds names another. To say
 * "I have it not" is no crime and costs the score alone; so a damaged disk is reported and not hidden.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { isIncluded } from '#algorithms/merkle/tree.ts';
import type { SignJob, VerifyJob } from '#algorithms/signature.ts';
import { bytes, count, list, oneOf, optional, record, toBytes, type Infer } from './codec.ts';
import { Ack, Batch, batchPath, row } from './holding.ts';
import type { NodeSecrets } from './self.ts';
import { digest, nodeName, signature, stamp, unixMs, type VerifyingKey } from './terms.ts';

/** Rows of one challenge. */
export const CHALLENGED_MAX = 16;
const NONCE_BYTES = 16;
export const nonce = bytes(NONCE_BYTES);

export const ChallengedRow = record({ txId: digest, row });
export type ChallengedRow = Infer<typeof ChallengedRow>;

/** What a holder says of a row; the hash of what it shows, where it shows something. */
const Answer = record({
  txId: digest,
  row,
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
export const answerLeaf = (answer: Answer): Uint8Array => hash(ANSWER, toBytes(Answer, answer));

export const statementSignJob = (
  network: Uint8Array,
  statement: Statement,
  key: NodeSecrets['signing'],
): SignJob => ({ ...key, purpose: 'audit', network, bytes: toBytes(Statement, statement) });

export const statementVerifyJob = (
  network: Uint8Array,
  statement: Statement,
  made: Uint8Array,
  { suite, key }: VerifyingKey,
): VerifyJob => ({
  suite,
  purpose: 'audit',
  network,
  publicKey: key,
  bytes: toBytes(Statement, statement),
  signature: made,
});

/** A holder that acknowledged one piece and, while that ack held, signed another one in its place. */
export const FalseHolding = record({
  txId: digest,
  row,
  pieceHash: digest,
  until: unixMs,
  ack: Ack,
  batch: Batch,
  answer: Answer,
  index: count(CHALLENGED_MAX - 1),
  path: batchPath,
  statement: Statement,
  signature,
});
export type FalseHolding = Infer<typeof FalseHolding>;

/** Whether an answer stands under a statement. */
export const isStated = (
  { root, count: answers }: Statement,
  index: number,
  answer: Answer,
  path: Uint8Array,
): boolean => isIncluded({ root, count: answers }, index, answerLeaf(answer), path);

/** The answers to a challenge, with what is behind them: message `holder.proved`. */
export const answers = list(Answer, CHALLENGED_MAX);
