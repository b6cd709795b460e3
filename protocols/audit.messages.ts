/**
 * Messages of audits. Each delegate has one `audit` actor.
 *
 * | kind              | from              | to            | answer                              |
 * | ----------------- | ----------------- | ------------- | ----------------------------------- |
 * | `holder.prove`    | audit             | holder        | `holder.proved`                     |
 * | `audit.doubt`     | the own gather    | audit         |                                     |
 * | `repair.suspect`  | audit             | the own repair|                                     |
 * | `presence.score`  | audit             | the own presence |                                  |
 * | `audit.ask`       | anyone            | any audit     | `audit.told`                        |
 * | `audit.ask-sums`  | audit             | another audit | `audit.sums`                        |
 * | `ledger.*`        | audit             | the own ledger| who holds what, the chain, the acts, the payroll |
 */
import {
  catalogue,
  count,
  either,
  flag,
  list,
  message,
  oneOf,
  optional,
  record,
  u64,
  union,
  type Infer,
} from './codec.ts';
import { Purse } from './audit/purses.ts';
import { Standing } from './audit/standing.ts';
import { Prove, Proved } from './holder.messages.ts';
import { row } from './holding.ts';
import {
  ActDeclined,
  Acted,
  ActHeld,
  AskActs,
  AskChain,
  AskHeldBy,
  AskObject,
  AskTx,
  Chained,
  Listed,
  OfferAct,
  Told,
  ToldObject,
} from './ledger.messages.ts';
import { FOLLOWER_HEARS, FOLLOWER_SAYS, Score } from './presence.messages.ts';
import { Doubt } from './receiving.messages.ts';
import { digest, nodeName, permille, unixMs } from './terms.ts';

/** An audit did not find this row where it is to be. Whoever repairs looks for himself. */
export const Suspect = message('repair.suspect', {
  txId: digest,
  row,
  holder: nodeName,
  why: oneOf('lacking', 'damaged', 'false', 'silent'),
});

const LINES_MAX = 128;
/** How somebody stands, by the acts that were ordered. */
export const Line = record({
  node: nodeName,
  role: oneOf('light', 'anchor', 'delegate'),
  /** What presence weighs it with; delegates hold nothing. */
  permille,
  /** Rows that it has shown, and bytes that it is reckoned to hold. */
  shown: count(Number.MAX_SAFE_INTEGER),
  bytes: count(Number.MAX_SAFE_INTEGER),
  isSuspended: flag,
  isConvicted: flag,
  /** Harmony, in thousand-millionths: what it has earned and not lost. */
  balance: u64,
  /** Of that what waits until it says to whose account it goes; and what that account has earned, from all of its nodes. */
  to: optional(digest),
  unclaimed: u64,
  earned: u64,
});
export type Line = Infer<typeof Line>;

/** How does everybody stand behind that name, or this one alone? */
export const AskStandings = message('audit.ask', {
  after: optional(nodeName),
  node: optional(nodeName),
});
export const Standings = message('audit.told', {
  /** Time up to here is settled; acts up to this number were applied. */
  settledMs: unixMs,
  acts: count(Number.MAX_SAFE_INTEGER),
  made: u64,
  slashed: u64,
  /** By ascending name. */
  lines: list(Line, LINES_MAX),
  /** There are more behind the last one. */
  isMore: flag,
});
export const STANDINGS_MAX = LINES_MAX;

/** Accounts as all acts before `next` left them: how many lines, and what names them. */
export const SumsHead = record({
  next: count(Number.MAX_SAFE_INTEGER),
  settledMs: unixMs,
  made: u64,
  slashed: u64,
  count: count(Number.MAX_SAFE_INTEGER),
  root: digest,
});
export const SumLine = either('is', {
  holder: record({ node: nodeName, standing: Standing }),
  delegate: record({ node: nodeName, balance: u64, isConvicted: flag }),
  purse: record({ node: nodeName, purse: Purse }),
  earned: record({ to: digest, nano: u64 }),
});
export const SUM_LINES_MAX = 64;
/** Which sums are there; or lines of those, from that one on. */
export const AskSums = message('audit.ask-sums', {
  of: optional(digest),
  from: count(Number.MAX_SAFE_INTEGER),
});
export const Sums = message('audit.sums', {
  head: optional(SumsHead),
  lines: list(SumLine, SUM_LINES_MAX),
});
export type SumsHead = Infer<typeof SumsHead>;
export type SumLine = Infer<typeof SumLine>;
export type AskSums = Infer<typeof AskSums>;
export type Sums = Infer<typeof Sums>;

export type Suspect = Infer<typeof Suspect>;
export type AskStandings = Infer<typeof AskStandings>;
export type Standings = Infer<typeof Standings>;

export const AUDIT_HEARS = union(
  FOLLOWER_HEARS,
  catalogue(
    AskStandings,
    AskSums,
    Sums,
    Doubt,
    Proved,
    Told,
    Listed,
    Chained,
    Acted,
    ToldObject,
    ActHeld,
    ActDeclined,
  ),
);
export const AUDIT_SAYS = union(
  FOLLOWER_SAYS,
  catalogue(
    Standings,
    AskSums,
    Sums,
    Prove,
    Score,
    Suspect,
    AskTx,
    AskHeldBy,
    AskChain,
    AskActs,
    AskObject,
    OfferAct,
  ),
);
export type AuditHears = Infer<typeof AUDIT_HEARS>;
export type AuditSays = Infer<typeof AUDIT_SAYS>;
