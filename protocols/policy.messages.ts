/**
 * Messages of a change of policy (policy-change.ts). Each delegate has one `policy` actor.
 *
 * | kind               | from               | to        | answer                                        |
 * | ------------------ | ------------------ | --------- | --------------------------------------------- |
 * | `policy.edit`      | the own node       | policy    | `policy.edited`                               |
 * | `policy.unread`    | the own node       | policy    |                                               |
 * | `policy.verdict`   | the own slo        | policy    |                                               |
 * | `policy.wish`      | policy             | policies  |                                               |
 * | `policy.ask`       | anyone             | policy    | `policy.status`                               |
 * | `policy.in-force`  | policy             | followers |                                               |
 * | `policy.committed` | the own ledger     | policy    | (ledger.messages.ts)                          |
 * | `ledger.chain`     | policy             | ledger    | `ledger.chained`                              |
 * | `city.changes`     | policy             | the own city |                                            |
 */
import {
  bytes,
  catalogue,
  flag,
  list,
  message,
  oneOf,
  optional,
  record,
  text,
  type Infer,
} from './codec.ts';
import { height } from './city-batch.ts';
import { DELEGATES_MAX } from './genesis.ts';
import { AskChain, ChangeCommitted, Chained } from './ledger.messages.ts';
import { AgreeChanges } from './order.messages.ts';
import { policyContent, policyVersion } from './policy-book.ts';
import { digest, nodeName, permille } from './terms.ts';

export const FAULT_BYTES_MAX = 2_000;
const fault = text(FAULT_BYTES_MAX);
/** The whole change, as a batch would carry it. */
const changeBytes = bytes(1, 65_536);

/** What the operator of this node wants from now on: the bytes of a policy. */
export const Edit = message('policy.edit', { bytes: policyContent });
export const Edited = message('policy.edited', {
  is: oneOf('in-force', 'wished', 'refused'),
});
/** The operator's file has an edit that is none; the policy in force stays, and this is shown. */
export const Unread = message('policy.unread', { fault });

/** What the own delegate has seen of its reads and writes; `unknown`: too little to say. */
export const VERDICTS = oneOf('burning', 'calm', 'unknown');
export type Verdict = Infer<typeof VERDICTS>;
export const SloVerdict = message('policy.verdict', { is: VERDICTS });
export type SloVerdict = Infer<typeof SloVerdict>;

/** What this delegate wants; nothing, if no more. */
export const Wish = message('policy.wish', {
  /** As its operator's file says. */
  change: optional(changeBytes),
  /** What is in force, but for whether the city is strained. */
  strain: optional(
    record({
      change: changeBytes,
      /** Of what it saw itself; else it only goes along. */
      isSeen: flag,
    }),
  ),
});

export const AskPolicy = message('policy.ask', {});
export const PolicyStatus = message('policy.status', {
  /** Who answers: wishes and faults are its own. */
  node: nodeName,
  version: policyVersion,
  digest,
  /** The city has found that its reads or writes burn their budget. */
  isStrained: flag,
  /** What this delegate has seen of them, and how much of the stake wants that to be otherwise. */
  verdict: VERDICTS,
  strainPermille: permille,
  /** From which height it holds, and up to which the batches were followed. */
  fromHeight: height,
  height,
  /** What the operator of this node wants, and how much of the stake wants the same. */
  wish: optional(record({ digest, permille })),
  /** Others with wishes: the digests of theirs. */
  others: list(record({ node: nodeName, digest }), DELEGATES_MAX),
  /** What was wrong with the last edit, if it was refused. */
  refused: optional(fault),
});

/** To whoever resolves by it on the own node. */
export const PolicyInForce = message('policy.in-force', {
  version: policyVersion,
  bytes: policyContent,
});

export type Edit = Infer<typeof Edit>;
export type Unread = Infer<typeof Unread>;
export type Wish = Infer<typeof Wish>;
export type PolicyStatus = Infer<typeof PolicyStatus>;
export type PolicyInForce = Infer<typeof PolicyInForce>;

export const POLICY_HEARS = catalogue(
  Edit,
  Unread,
  SloVerdict,
  Wish,
  AskPolicy,
  ChangeCommitted,
  Chained,
);
export const POLICY_SAYS = catalogue(
  Edited,
  Wish,
  PolicyStatus,
  PolicyInForce,
  AskChain,
  AgreeChanges,
);
export type PolicyHears = Infer<typeof POLICY_HEARS>;
export type PolicySays = Infer<typeof POLICY_SAYS>;
