/**
 * Leaving: how a holder gets rid of what it has promised to hold, and how it learns what time it is.
 *
 *   holder                                         repair, on every delegate
 *     |-- wish: these rows, because (signed) ---------> |   looks; moves them when there is time (repair/leaving.ts)
 *     | <-- word: its time, and of each row: --------- |
 *     |        yours, gone, unknown (signed)            |
 *     |   ... and again, until it is gone by the word of more than a third of the stake: then it is dropped
 *
 *   yours     the city's order has it with the holder, or does not know yet
 *   gone      the order has it with somebody else, who has acknowledged it; or the transaction is over
 *   unknown   this ledger has no such transaction
 *
 * Safety: nobody drops a row of its own will. Among those with more than a third of the stake one is honest, and
 * that one has seen in the order who has the row now: so the transaction has as many rows after it as before. A wish
 * is the holder's own signature, for its own rows: nobody can wish for others; a word is of one wish, so none is
 * played again. Only what nobody can have in the order any more, being unknown to more than two thirds for twice
 * as long as a certificate may wait for its place, goes without being named (`isForgotten`).
 *
 * The time of a holder is the latest that more than a third of the stake say it is, at least: an honest one says
 * so, by a list that more than two thirds have signed. Between words it goes by the clock that never jumps.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { bytes, list, oneOf, record, toBytes, type Infer } from './codec.ts';
import { PLACED_MS } from './eligibility.ts';
import { isQuorum, stakeOf, type Genesis } from './genesis.ts';
import { row } from './holding.ts';
import { signed } from './signed.ts';
import type { NodeAddress } from './subjects.ts';
import { digest, nodeName, unixMs } from './terms.ts';

/** Rows of one wish: each is a question to a ledger. */
export const WISHED_MAX = 64;

/**
 * `room`: there is too little; `time`: its promise ends soon; `question`: it stays unless it is gone already, as what
 * is left of a delivery that came to nothing is.
 */
export const Because = oneOf('room', 'time', 'question');
export type Because = Infer<typeof Because>;

export const WishedRow = record({ txId: digest, row, pieceRoot: digest, because: Because });
export type WishedRow = Infer<typeof WishedRow>;

/** No rows: only the time is asked for. */
export const Wish = record({
  holder: nodeName,
  nonce: bytes(16),
  /** By the holder's reckoning. */
  at: unixMs,
  rows: list(WishedRow, WISHED_MAX),
});
export type Wish = Infer<typeof Wish>;

export const Stands = oneOf('yours', 'gone', 'unknown');
export type Stands = Infer<typeof Stands>;

export const Word = record({
  by: nodeName,
  /** Of the wish that it answers. */
  wish: digest,
  /** The city's time, as this delegate has it. */
  at: unixMs,
  /** Of each row, in the wish's order. */
  stands: list(Stands, WISHED_MAX),
});
export type Word = Infer<typeof Word>;

const WISH = domain('leaving wish');
export const wishDigest = (wish: Wish): Uint8Array => hash(WISH, toBytes(Wish, wish));

export const { sign: wishSignJob, verify: wishVerifyJob } = signed(Wish, 'leaving');
export const { sign: wordSignJob, verify: wordVerifyJob } = signed(Word, 'release');

export type Words = ReadonlyMap<NodeAddress, Word>;

/** The stake of those delegates whose word is so. */
function stakeWhere({ delegates }: Genesis, words: Words, isSo: (word: Word) => boolean): bigint {
  return delegates.reduce((sum, { node, stake }) => {
    const word = words.get(node);
    return word !== undefined && isSo(word) ? sum + stake : sum;
  }, 0n);
}

const isOneHonest = (part: bigint, whole: bigint): boolean => part * 3n > whole;

/** The latest time that has surely come; nothing while too few have said so. */
export function timeBy(genesis: Genesis, words: Words): number | undefined {
  const whole = stakeOf(genesis);
  const times = [...words.values()].map(({ at }) => at).toSorted((a, b) => b - a);
  return times.find((at) =>
    isOneHonest(
      stakeWhere(genesis, words, (word) => word.at >= at),
      whole,
    ),
  );
}

/** Whether the i-th row of a wish is with somebody else. */
export const isGone = (genesis: Genesis, words: Words, i: number): boolean =>
  isOneHonest(
    stakeWhere(genesis, words, ({ stands }) => stands[i] === 'gone'),
    stakeOf(genesis),
  );

/** Whether nearly nobody knows the transaction of the i-th row. */
export const isUnknown = (genesis: Genesis, words: Words, i: number): boolean =>
  isQuorum(
    stakeWhere(genesis, words, ({ stands }) => stands[i] === 'unknown'),
    stakeOf(genesis),
  );

/** Whether what was unknown then, and is now, can have a place in the order any more, by the city's time. */
export const isForgotten = (since: number, now: number): boolean => now - since >= 2 * PLACED_MS;
