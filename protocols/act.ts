/**
 * Acts: small signed words that take their place in the order of the city, beside certificates.
 *
 * | says           | by                         | what it does once it is ordered                          |
 * | -------------- | -------------------------- | -------------------------------------------------------- |
 * | `repair-req`   | sender, receiver, delegate | REPAIR_REQ: it could not be read, or is thin             |
 * | `repair-lease` | delegate                   | this delegate, and nobody else, repairs until then       |
 * | `repair-ack`   | holder of the lease        | REPAIR_ACK: these rows are held anew, by these nodes     |
 * | `lost`         | delegate                   | LOST: a repair found fewer than k pieces                 |
 * | `claim`        | receiver                   | the transaction is complete                              |
 * | `extend`       | sender                     | it is kept for longer                                    |
 * | `erase`        | sender                     | a tombstone: keys and pieces go                          |
 * | `audit`        | delegate                   | what audits found of holders: scores, rewards            |
 * | `accuse`       | anyone                     | evidence that needs nothing else to be checked           |
 * | `bond`, `unbond` | delegate                 | it puts so much of its own at stake, or takes it back    |
 * | `draw`         | delegate                   | its part of the beacon of an epoch (stake/draw.ts)       |
 * | `take`         | anyone                     | a transfer from another city is taken in                 |
 * | `settle`       | anyone                     | a transfer to another city was taken in; or comes back   |
 * | `payee`        | the node itself            | to whose account goes what it earns (audit/purses.ts)    |
 * | `earned`       | delegate                   | what everybody has earned, as it has it (objects/payroll.ts) |
 * | `wages`        | delegate                   | a page of what was agreed to be earned: it is paid       |
 *
 *   act --(signed)--> any ledger --(to every ledger, durable)--> order --> applied, the same on every node
 *
 * An act is ordered as a certificate is: its entry (city-batch.ts) has the act's id in both places, since it
 * is its own transaction. What an act means depends only on what was ordered before it: an act that means
 * nothing where it stands (a lease while another one holds, a claim of what is complete) changes nothing,
 * and neither does one that comes twice. So everybody sees who asked, who answered, and who repairs.
 *
 * What audits found is named by its digest: so ledgers let it go after a while (ledger/prune.ts), and what is left is still
 * what was ordered under that name.
 *
 * Safety: an act is believed for its signature and its author's part in the matter, never for who sent it.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import type { SignJob, VerifyJob } from '#algorithms/signature.ts';
import { same } from '#lib/bytes.ts';
import { oncePer } from '#lib/once.ts';
import { count, either, list, optional, record, toBytes, u64, type Infer } from './codec.ts';
import { DoubleVote } from './double-vote.ts';
import { DagEquivocation } from './vertex-head.ts';
import { HolderRole } from './eligibility.ts';
import { Ack, Batch, row } from './holding.ts';
import { LevelFault } from './level-evidence.ts';
import { ObjectProof } from './objects/proof.ts';
import { Page, Sums } from './objects/wages.ts';
import { BadManifest } from './piece.ts';
import { FalseHolding } from './proof-of-holding.ts';
import { signed, type SigningKey } from './signed.ts';
import { Drawn } from './stake/draw.ts';
import { digest, nodeName, placeName, signature, stamp, unixMs, VerifyingKey } from './terms.ts';

/** A repair of a transaction; the first placement is round 0. */
export const round = count(0xffff);
const rows = list(row, PIECES_MAX);

/** Rows held anew: drawn under the transaction's own seed for that round, from that list. */
export const Renewal = record({
  round,
  list: digest,
  /** Ascending, by whom each is held now, and until when. */
  rows,
  holders: list(nodeName, PIECES_MAX),
  until: list(unixMs, PIECES_MAX),
});
export type Renewal = Infer<typeof Renewal>;

/** How a holder did in the audits of one delegate in one span of time. */
export const AuditRecord = record({
  holder: nodeName,
  role: HolderRole,
  /** Rows: shown; not there, and it said so; not shown in time; another piece shown, and signed. */
  sound: count(0xffff),
  lacking: count(0xffff),
  silent: count(0xffff),
  false: count(0xffff),
  /** Of what it is to hold, as that delegate reckons: what it is paid for if all is sound. */
  bytes: count(Number.MAX_SAFE_INTEGER),
});
export type AuditRecord = Infer<typeof AuditRecord>;
/** How old it may be when it is ordered. */
export const ACT_MS_MAX = 3_600_000;
export const RECORDS_MAX = 1_024;

const Says = either('says', {
  'repair-req': record({}),
  'repair-lease': record({ round, rows, untilMs: unixMs }),
  'repair-ack': record({
    renewal: Renewal,
    /** Of each row, in their order. */
    acks: list(Ack, PIECES_MAX),
    batches: list(Batch, PIECES_MAX),
  }),
  lost: record({ round, found: count(PIECES_MAX) }),
  claim: record({}),
  extend: record({ expiresAt: unixMs }),
  erase: record({}),
  /** Records by ascending holder, from the first to the last; none once they were let go (`barely`). */
  audit: record({
    sinceMs: unixMs,
    untilMs: unixMs,
    first: nodeName,
    last: nodeName,
    found: digest,
    records: list(AuditRecord, RECORDS_MAX),
  }),
  accuse: record({
    fault: either('fault', {
      'false-holding': FalseHolding,
      'bad-manifest': BadManifest,
      'dag-equivocation': DagEquivocation,
      'double-vote': DoubleVote,
      'level-fault': LevelFault,
    }),
  }),
  bond: record({ amount: u64 }),
  unbond: record({ amount: u64 }),
  draw: Drawn,
  /** What was sent is locked, as the other city shows. */
  take: record({ txId: digest, proof: ObjectProof }),
  /** What was sent is there, or is not and never will be, as the other city shows. */
  settle: record({ txId: digest, sender: digest, proof: ObjectProof }),
  payee: record({ node: nodeName, to: digest }),
  earned: record({ sums: Sums }),
  wages: record({ page: Page }),
});
export type Says = Infer<typeof Says>;
export type Saying<W extends Says['says']> = Extract<Says, { says: W }>;

export const Act = record({
  version: count(1),
  place: placeName,
  /** The transaction in question; none in audits, in transfers, and where a delegate is accused. */
  about: optional(digest),
  at: stamp,
  what: Says,
});
export type Act = Infer<typeof Act>;

export const SignedAct = record({ act: Act, key: VerifyingKey, signature });
export type SignedAct = Infer<typeof SignedAct>;

const FOUND = domain('audit records');
const Records = list(AuditRecord, RECORDS_MAX);

/** What audits found in a span, of one holder or more. */
export const auditOf = (
  span: Pick<Saying<'audit'>, 'sinceMs' | 'untilMs'>,
  records: readonly AuditRecord[],
): Saying<'audit'> => ({
  says: 'audit',
  ...span,
  first: records[0]!.holder,
  last: records.at(-1)!.holder,
  found: hash(FOUND, toBytes(Records, records)),
  records: [...records],
});

/** Whether its records are those that it is named by, in their order. */
export function isWholeAudit({ first, last, found, records }: Saying<'audit'>): boolean {
  const isOrdered = records.every(({ holder }, i) => i === 0 || records[i - 1]!.holder < holder);
  const areEnds = records[0]?.holder === first && records.at(-1)?.holder === last;
  return isOrdered && areEnds && same(found, hash(FOUND, toBytes(Records, records)));
}

/** As it is named and signed: without what audits found, in place of which its digest stands. */
export const barely = (act: Act): Act =>
  act.what.says === 'audit' ? { ...act, what: { ...act.what, records: [] } } : act;

/** Whether what audits found was let go. */
export const isPruned = ({ act: { what } }: SignedAct): boolean =>
  what.says === 'audit' && what.records.length === 0;

const ACT = domain('act');
const Named = record({ act: Act, key: VerifyingKey });
/** What an entry of a batch names it by. Without the signature: no second one makes a second act. */
export const actId = oncePer(({ act, key }: SignedAct): Uint8Array =>
  hash(ACT, toBytes(Named, { act: barely(act), key })),
);

const ACTS = signed(Act, 'repair');

export const actSignJob = (network: Uint8Array, act: Act, key: SigningKey): SignJob =>
  ACTS.sign(network, barely(act), key);

export const actVerifyJob = (
  network: Uint8Array,
  { act, key, signature: made }: SignedAct,
): VerifyJob => ACTS.verify(network, barely(act), made, key);
