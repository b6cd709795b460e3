/**
 * What a ledger keeps, and under which keys. What begins with `live/` is read at every start; the rest is as
 * large as the city is old, and is read when somebody needs it.
 *
 *   live/head                      the last batch applied, and the state after it
 *   live/book                      the policies in force, as of their last change
 *   live/page                      how many pages there are
 *   live/open/<cert>               a certificate that waits for its place in the order
 *   live/ends/<minute>, end/...    what is over when (ends.ts)
 *   live/last/<holder>             the last page that a holder was on when pages were marked last (pages.ts)
 *   last/<sender>                  the same of a sender
 *   page/<n>                       the transactions certified together, by sender and holder
 *   cert/<cert>                    cover without readers, manifest, certificate
 *   readers/<tx>, erased/<tx>      its readers' capsules; or its sender's word that it is erased (erasure.ts)
 *   acks/<batch>                   a signed batch of acks: once, for all certificates that need it
 *   tx/<id>                        where a transaction stands in the order
 *   slot/<sender>/<seq>            who won it
 *   batch/<height>                 a batch with its quorum
 *   done/<height>                  what it did to whom
 *   step/<height>                  what it adds to the state, for proofs (city-state.ts)
 */
import { hex } from '#lib/bytes.ts';
import { Committed, ENTRIES_MAX, height } from '../city-batch.ts';
import { beginningOf, count, list, oneOf, optional, record, text, type Infer } from '../codec.ts';
import { Place } from '../fate.ts';
import { BATCH_MAX } from '../holding.ts';
import { Happened, number, PLACES } from '../ledger.messages.ts';
import { Manifest, SPARES_MAX } from '../manifest.ts';
import { Certified } from '../sending.messages.ts';
import { policyVersion } from '../policy-book.ts';
import { effect } from '../objects/op.ts';
import { digest, placeName, stamp, unixMs } from '../terms.ts';
import { Cover, objects, op, seq } from '../transaction.ts';
import { member, round } from '../vertex-head.ts';

export { Certified, Committed };

export const LIVE = 'live/';
export const HEAD = 'live/head';
export const BOOK = 'live/book';
export const PAGES = 'live/page';
export const OPEN = 'live/open/';
export const LAST_HELD = 'live/last/';

export const openKey = (cert: string): string => OPEN + cert;
export const lastKey = (who: string, isHolder: boolean): string =>
  isHolder ? LAST_HELD + who : `last/${who}`;
export const pageKey = (page: number): string => `page/${page}`;
export const certRow = (cert: string): string => `cert/${cert}`;
export const acksKey = (batch: string): string => `acks/${batch}`;
export const txKey = (txId: string): string => `tx/${txId}`;
export const slotKey = (sender: string, of: number): string => `slot/${sender}/${of}`;
export const batchKey = (at: number): string => `batch/${at}`;
export const doneKey = (at: number): string => `done/${at}`;
export const stepKey = (at: number): string => `step/${at}`;

export const Head = record({
  height,
  digest,
  round,
  at: stamp,
  stateRoot: digest,
  count: count(ENTRIES_MAX),
  /** The root over all objects. */
  accounts: digest,
});
export type Head = Infer<typeof Head>;

const Asked = record({ receiver: optional(digest), to: placeName, op, objects });

/** What is needed of a certificate until it is ordered. */
export const Open = record({
  txId: digest,
  sender: digest,
  seq,
  expiresAt: unixMs,
  /** Who drew its placement (of genesis), by which version of the policy, and until when it may find its place. */
  prover: member,
  version: policyVersion,
  until: unixMs,
  /** Rows that its acks say are with spares. */
  spared: list(Place, SPARES_MAX),
  /** What its transaction asks of objects. */
  asked: optional(Asked),
});
export type Open = Infer<typeof Open>;

/** Where a transaction stands; the certificate is the one that it was ordered by, or the first. */
export const TxRow = record({
  order: oneOf('POH_ACK', 'COMMITTED', 'REJECTED', 'EXPIRED'),
  cert: digest,
  cause: digest,
  expiresAt: unixMs,
  /** Of the batch that ordered it, and where it stands there. */
  ordered: optional(record({ height, index: count(ENTRIES_MAX - 1), number })),
  /** Of its op. */
  effect: optional(effect),
});
export type TxRow = Infer<typeof TxRow>;

/** The transaction that has a sender's number, and the batch that says so. */
export const Winner = record({ txId: digest, batch: digest });
export type Winner = Infer<typeof Winner>;

const WHO_CHARS_MAX = 128;
const KEYS_MAX = 65_536;
const pageNumber = count(Number.MAX_SAFE_INTEGER);
export const Page = record({
  txs: list(digest, BATCH_MAX),
  /** Of each sender and holder on it: its page before, and which of the transactions are its. */
  of: list(
    record({
      who: text(WHO_CHARS_MAX),
      before: optional(pageNumber),
      at: list(count(BATCH_MAX - 1), BATCH_MAX),
    }),
    KEYS_MAX,
  ),
});
export type Page = Infer<typeof Page>;
export const Last = record({ page: pageNumber });

export const Done = list(Happened, PLACES);

/** Of a certificate's row (`Certified`) what a reader needs: a reader asks for no acks. */
export const keptIn = beginningOf({ cover: Cover, manifest: Manifest }, 3);

/** A key of 32 bytes as it stands in keys of the store. */
export const key = (bytes: Uint8Array): string => hex(bytes);
