/**
 * The seam between keeping and order: `order(certificates)`.
 *
 *                    city.certified                             ledger.committed
 *   ledger (state) ------------------> city (order), on each <------------------- decided by all
 *                  <------------------   delegate            ------------------->
 *                    ledger.fetch                               city.applied
 *
 * On each delegate one ledger keeps what is ordered and knows what it means; one city agrees with the other
 * cities on its order and knows nothing of meanings: no conflicts, no states. They talk on their own node only.
 *
 * | kind               | from   | to     | says                                                          |
 * | ------------------ | ------ | ------ | ------------------------------------------------------------- |
 * | `city.certified`   | ledger | city   | these are durable here and wait for their place in the order  |
 * | `city.withdrawn`   | ledger | city   | these do not wait any more                                    |
 * | `city.applied`     | ledger | city   | all batches up to this one are durable here; the state after   |
 * | `city.changes`     | policy | city   | these changes of policy this node wants now, and no other     |
 * | `ledger.committed` | city   | ledger | the next batch, with its quorum                               |
 * | `ledger.fetch`     | city   | ledger | a batch names these: get them from that node                  |
 * | `ledger.resume`    | city   | ledger | the city lost its memory: say again what waits, what is applied |
 *
 * What the order promises: batches come by height, one each, the same on every honest delegate; every entry
 * was durable at more than a third of the stake that is honest before it was ordered; an entry that waits at
 * one honest delegate comes to its place once the network does its part. An entry may come twice.
 * What the ledger promises: `city.applied` is said only of what is on the disk; it is said again after each
 * start; what comes twice changes nothing. What may wait is a function of the batches that are applied
 * (ledger/fit.ts), and what may not any more is withdrawn before a batch is said to be applied: so ledgers at one
 * height, sooner or later, hold whatever any of them holds. The city repeats `ledger.committed` until it is applied.
 *
 * The order is a DAG of vertices (dag/order.ts). Whoever replaces it replaces everything that hears `city.*`, and
 * nothing else.
 */
import { catalogue, count, flag, list, message, optional, record, type Infer } from './codec.ts';
import { change, Committed, entries, ENTRIES_MAX, height, memberBits } from './city-batch.ts';
import { Beginning, seats } from './committee.ts';
import { digest, nodeName, stamp } from './terms.ts';
import { round } from './vertex-head.ts';

export const Certified = message('city.certified', { entries });
export const Withdrawn = message('city.withdrawn', { certs: list(digest, ENTRIES_MAX) });
export const Applied = message('city.applied', {
  height,
  /** Of the batch at that height, `NONE` before the first. */
  digest,
  /** The turn that named it: all turns up to it are done. */
  round,
  at: stamp,
  /** What the next batch has to say of it. */
  stateRoot: digest,
  /** How many entries it had: where it had any, a next one is wanted, that says what became of them. */
  count: count(ENTRIES_MAX),
  /** Of the epoch that the next batch is of; and who orders after it, where that batch is the epoch's last. */
  since: Beginning,
  next: optional(seats),
  /** Of the members of that committee those whose turns others have (stake/turns.ts). */
  passed: memberBits,
});
export const CHANGES_MAX = 4;
export const AgreeChanges = message('city.changes', {
  changes: list(
    record({
      change,
      /** Enough others want it as well, so that it is worth naming; voted for it is in any case. */
      isDue: flag,
    }),
    CHANGES_MAX,
  ),
});

export const CommittedBatch = message('ledger.committed', { committed: Committed });
export const Fetch = message('ledger.fetch', {
  certs: list(digest, ENTRIES_MAX),
  from: nodeName,
  /** More than two thirds of the stake voted for that batch: somebody honest has checked what it names. */
  isProved: flag,
});
export const Resume = message('ledger.resume', {});

export type Certified = Infer<typeof Certified>;
export type Withdrawn = Infer<typeof Withdrawn>;
export type Applied = Infer<typeof Applied>;
export type AgreeChanges = Infer<typeof AgreeChanges>;
export type CommittedBatch = Infer<typeof CommittedBatch>;
export type Fetch = Infer<typeof Fetch>;
export type Resume = Infer<typeof Resume>;

export const ORDER_HEARS = catalogue(Certified, Withdrawn, Applied, AgreeChanges);
export const ORDER_SAYS = catalogue(CommittedBatch, Fetch, Resume);
