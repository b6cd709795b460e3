/**
 * Messages of repair. Each delegate has one `repair` actor; for each transaction one of them is the first.
 *
 * | kind             | from                     | to            | answer                                |
 * | ---------------- | ------------------------ | ------------- | ------------------------------------- |
 * | `repair.suspect` | the own audit            | repair        |                                       |
 * | `repair.look`    | repair, the own S4       | repair        | `repair.looking`, when it is durable  |
 * | `repair.leaving` | a holder                 | repair        | `repair.leave`, its word on each row  |
 * | `repair.gone`    | the operator of the node | repair        | `repair.noted`                        |
 *
 * Nobody's word is enough to move a piece: what is said here is a reason to look. `repair.suspect` is that of
 * audit.messages.ts. A holder that has to make room says so in `repair.leaving`: leaving.ts has the picture.
 */
import {
  catalogue,
  count,
  flag,
  list,
  message,
  oneOf,
  optional,
  record,
  type Infer,
} from './codec.ts';
import { SignedAct } from './act.ts';
import { row } from './holding.ts';
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import { Leave, Leaving } from './leaving.messages.ts';
import { digest, nodeName } from './terms.ts';
import { Suspect } from './audit.messages.ts';

/** These rows of a transaction are in doubt. None: whatever was never acknowledged. */
export const Look = message('repair.look', { txId: digest, rows: list(row, PIECES_MAX) });
/** It will be looked at, whatever happens here; `no` where there is too much to look at. */
export const Looking = message('repair.looking', { is: oneOf('yes', 'no') });

/** This node does not come back; or, with `isBack`, it does after all. */
export const Gone = message('repair.gone', { node: nodeName, isBack: flag });
export const Noted = message('repair.noted', {});

export type Look = Infer<typeof Look>;
export type Looking = Infer<typeof Looking>;
export type Gone = Infer<typeof Gone>;
export type Noted = Infer<typeof Noted>;

export const REPAIR_ASKED = catalogue(Suspect, Look, Leaving, Gone);
export const REPAIR_ANSWERS = catalogue(Looking, Leave, Noted);

/** What is kept of a transaction that is to be looked at. */
export const KeptCase = record({
  txId: digest,
  doubted: list(row, PIECES_MAX),
  isWhole: flag,
  isLonger: flag,
  /** Of the first in rank or of one behind it: how long others are waited for. */
  rank: count(255),
  erase: optional(SignedAct),
});
export type KeptCase = Infer<typeof KeptCase>;
