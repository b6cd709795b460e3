/**
 * Lineage: who orders a city in which epoch, for whoever has its genesis and nothing else.
 *
 *   genesis --> epochs 0 and 1 --(last batch of 1, its quorum)--> epoch 2 --(last batch of 2, its quorum)--> ...
 *
 * The last batch of an epoch names who orders in the next one, and is sealed by those who order in its own. So its head
 * and its quorum hand over, and the hand-overs since genesis are all that there is to know. Whoever verifies a quorum
 * asks `committeeFor` whose it must be: by epoch and height both, so that those who ordered once seal nothing later.
 *
 * Safety: each committee has less than a third of faulty stake while it orders. What it could sign after its time
 * changes nothing for whoever knows the hand-over; who knows none that is younger than the lock of stakes should ask
 * somebody for one, as everywhere where stake orders. Cost: a quorum an epoch.
 */
import { isQuorumOf, quorumVerifyJobs, CityHead, Quorum } from './city-batch.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import { record, type Infer } from './codec.ts';
import {
  areSeats,
  committeeIn,
  genesisCommittee,
  type Committee,
  type CommitteeOf,
} from './committee.ts';
import { FIRST_EPOCH, type Genesis } from './genesis.ts';

/** Head of the last batch of an epoch, and what makes it final. */
export const Handover = record({ head: CityHead, quorum: Quorum });
export type Handover = Infer<typeof Handover>;

interface Era {
  readonly committee: Committee;
  /** The last height of the epoch before. */
  readonly after: number;
}

export interface Lineage {
  readonly genesis: Genesis;
  /** By epoch, from the first one on without a gap. */
  readonly eras: readonly Era[];
}

export const lineageOf = (genesis: Genesis): Lineage => ({
  genesis,
  eras: [{ committee: genesisCommittee(genesis), after: 0 }],
});

/** The newest epoch that is known. */
export const newestIn = ({ eras }: Lineage): number => FIRST_EPOCH + eras.length - 1;

/** Who orders in an epoch, as far as that is known. */
export const committeesIn =
  ({ eras }: Lineage): CommitteeOf =>
  (epoch) =>
    eras[epoch - FIRST_EPOCH]?.committee;

/** Who must have sealed a batch; nobody where its epoch is not known, or had not that height. */
export function committeeFor(
  { eras }: Lineage,
  { epoch, height }: Pick<CityHead, 'epoch' | 'height'>,
): Committee | undefined {
  const at = epoch - FIRST_EPOCH;
  const era = eras[at];
  const last = eras[at + 1]?.after ?? Infinity;
  return era !== undefined && height > era.after && height <= last ? era.committee : undefined;
}

/** What must verify of a hand-over; `undefined` where it is none from the newest epoch that is known. */
export function handoverJobs(
  lineage: Lineage,
  { head, quorum }: Handover,
): readonly VerifyJob[] | undefined {
  const { genesis } = lineage;
  const committee = committeeFor(lineage, head);
  if (committee === undefined || head.epoch !== newestIn(lineage)) return undefined;
  if (head.place !== genesis.place || head.next === undefined || !areSeats(genesis, head.next))
    return undefined;
  return isQuorumOf(committee, quorum)
    ? quorumVerifyJobs(genesis.network, committee, head, quorum)
    : undefined;
}

/** With the hand-over that a verified head makes; the same where it makes none. */
export function handedOver(lineage: Lineage, head: CityHead): Lineage {
  const { genesis, eras } = lineage;
  if (head.next === undefined || head.epoch !== newestIn(lineage)) return lineage;
  const committee = committeeIn(genesis, head.epoch + 1, head.next);
  return { genesis, eras: [...eras, { committee, after: head.height }] };
}
