/**
 * Epochs, as a ledger knows them: who ordered in each of which evidence still counts, and since when.
 *
 *   live/stakes          stakes.ts, after the last batch
 *   live/epoch/<n>       who ordered in that epoch, and since when; forgotten when no evidence of it counts any more
 *   handover/<n>         the height of the batch before it
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { accusedOf, epochOf, type Accusation } from '../accusation.ts';
import { bitsOf, height, NONE, type CityHead } from '../city-batch.ts';
import { record, toBytes, whole, type Infer } from '../codec.ts';
import { committeeIn, seats, type CommitteeOf } from '../committee.ts';
import { forget, put, type Write } from '../effect.ts';
import type { Genesis } from '../genesis.ts';
import { newestOf } from '../policy-book.ts';
import { afterBatch, namedAfter } from '../stake/election.ts';
import { Applied } from '../order.messages.ts';
import {
  beginningOf,
  epochNumber,
  firstStakes,
  invariants,
  isYoung,
  Stakes,
  type Rules,
} from '../stake/stakes.ts';
import { passedOver } from '../stake/turns.ts';
import type { NodeAddress } from '../subjects.ts';
import { unixMs } from '../terms.ts';
import { LIVE } from './records.ts';
import type { Ledger } from './state.ts';

/** Which batch began an epoch: its head and quorum hand over to whoever orders in it. Kept for good. */
export const handoverKey = (epoch: number): string => `handover/${epoch}`;
export const HandedAt = record({ height });

const STAKES = `${LIVE}stakes`;
const EPOCH = `${LIVE}epoch/`;

/** Who orders in an epoch, and since when by the city's time. */
export const Epoch = record({ epoch: epochNumber, sinceMs: unixMs, seats });
export type Epoch = Infer<typeof Epoch>;

/** By number, the oldest first. */
export type Epochs = ReadonlyMap<number, Epoch>;

export function stakesIn(genesis: Genesis, kept: ReadonlyMap<string, Uint8Array>): Stakes {
  const stakes = kept.get(STAKES);
  return stakes === undefined ? firstStakes(genesis, NONE) : whole(Stakes, stakes);
}

export function epochsIn(stakes: Stakes, kept: ReadonlyMap<string, Uint8Array>): Epochs {
  const rows = [...kept].filter(([key]) => key.startsWith(EPOCH));
  const epochs = rows.map(([, row]) => whole(Epoch, row)).toSorted((a, b) => a.epoch - b.epoch);
  const first = { epoch: stakes.epoch, sinceMs: 0, seats: stakes.seats };
  return new Map((epochs.length === 0 ? [first] : epochs).map((each) => [each.epoch, each]));
}

export const rulesOf = ({ book }: Pick<Ledger, 'book'>): Rules => newestOf(book).policy.stake;

/** Who ordered in an epoch of which evidence may count. */
export const committeesOf =
  ({ epochs, self }: Pick<Ledger, 'epochs' | 'self'>): CommitteeOf =>
  (epoch) => {
    const known = epochs.get(epoch);
    return known && committeeIn(self.genesis, epoch, known.seats);
  };

/** Whether evidence still counts: the stake of that time is still locked. */
export function isTimely(
  ledger: Pick<Ledger, 'stakes' | 'epochs' | 'book'>,
  said: Accusation,
): boolean {
  const epoch = epochOf(said);
  if (epoch !== undefined) return isYoung(ledger.stakes, rulesOf(ledger), epoch);
  if (said.fault !== 'false-holding') return true;
  const rules = rulesOf(ledger);
  const oldest = [...ledger.epochs.values()].find((each) =>
    isYoung(ledger.stakes, rules, each.epoch),
  );
  return oldest === undefined || stampOf(said.statement.at).wallMs >= oldest.sinceMs;
}

/** Which delegate of genesis an accusation is about; none where it is about somebody else. */
export const delegateAccused = ({ delegates }: Genesis, said: Accusation): number =>
  delegates.findIndex(({ node }) => node === accusedOf(said));

/** Where a delegate of genesis stands among them. */
export const placeOf = ({ delegates }: Genesis, of: NodeAddress): number =>
  delegates.findIndex(({ node }) => node === of);

/** What a batch has made of the stakes, and of the epochs. */
export interface Turned {
  readonly stakes: Stakes;
  readonly epochs: Epochs;
  readonly writes: readonly Write[];
}

/** `acted`: the stakes after its acts. */
export function turned(ledger: Ledger, acted: Stakes, head: CityHead): Turned {
  const { self, stakes: before, epochs: known } = ledger;
  const rules = rulesOf(ledger);
  const stakes = afterBatch(self.genesis, rules, before, acted, head);
  invariants(stakes, self.genesis);
  if (stakes.epoch === before.epoch)
    return { stakes, epochs: known, writes: [stakesWrite(stakes)] };
  self.probe.sometimes('ledger: an epoch ended');
  const begun = { epoch: stakes.epoch, sinceMs: stampOf(head.at).wallMs, seats: stakes.seats };
  const epochs = new Map(known).set(begun.epoch, begun);
  const old = [...epochs.keys()].filter((epoch) => !isYoung(stakes, rules, epoch));
  for (const epoch of old) epochs.delete(epoch);
  // The first epoch is nowhere before it ends.
  const rows = [known.get(before.epoch), begun].flatMap((each) =>
    each === undefined ? [] : [put(EPOCH + each.epoch, toBytes(Epoch, each))],
  );
  const gone = old.map((epoch) => forget(EPOCH + epoch));
  const over = put(handoverKey(begun.epoch), toBytes(HandedAt, { height: head.height }));
  return { stakes, epochs, writes: [stakesWrite(stakes), ...rows, ...gone, over] };
}

/** As much of the head as the city needs, and who orders what comes next. */
export function appliedOf(ledger: Ledger): Applied {
  const { head, stakes, self } = ledger;
  const { height, digest, round, at, stateRoot, count } = head;
  const next = namedAfter(self.genesis, stakes, rulesOf(ledger), height);
  const since = beginningOf(stakes);
  const named = next && [...next];
  const passed = bitsOf(passedOver(stakes));
  return Applied.of({ height, digest, round, at, stateRoot, count, since, next: named, passed });
}

const stakesWrite = (stakes: Stakes): Write => put(STAKES, toBytes(Stakes, stakes));
