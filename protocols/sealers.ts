/**
 * Sealers: who seals the batches of a municipality in which epoch, for whoever has the genesis of its network and nothing else.
 *
 *   genesis --> epoch 0 --(its last batch, sealed by those of 0)--> epoch 1 --(its last batch, sealed by those of 1)--> ...
 *
 * Each city elects who orders in it. A batch that takes in the end of a city's epoch says who orders there from now on; where
 * the members of the municipality, chosen among all who order in its cities (world.ts), are others for that, or have
 * another stake, it is the last batch of an epoch, and names the next members. So an epoch of a municipality ends when something about its
 * members changes, and never else. Its quorum hands over, as that of a city does (lineage.ts).
 *
 * By epoch and number both: those of an epoch seal nothing after its last batch, and those of the next nothing before.
 *
 * Safety: each epoch has less than a third of faulty stake among its members while it seals. Who knows no hand-over that is younger
 * than the lock of stakes asks somebody for one, as in a city. Cost: a quorum an epoch.
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import { count, record, type Infer } from './codec.ts';
import { committeeIn, type Seat } from './committee.ts';
import { FIRST_EPOCH } from './genesis.ts';
import {
  sealedJobs,
  type Municipality,
  type MunicipalityBatch,
  type Sealed,
} from './municipality-batch.ts';
import { areAlike, seated, sittings, sittingsOf, type Sitting } from './sitting.ts';
import { chosen } from './world.ts';

interface Era {
  readonly municipality: Municipality;
  /** The last number of the epoch before. */
  readonly after: number;
}

export interface Sealers {
  /** By epoch without a gap, the newest last; where only a few are needed the oldest are not there. */
  readonly eras: readonly Era[];
}

/** What one who seals keeps of it. */
export const ERAS_MAX = 16;

export const sealersOf = (municipality: Municipality): Sealers => ({
  eras: [{ municipality, after: 0 }],
});

export const newestSealers = ({ eras }: Sealers): Municipality => eras.at(-1)!.municipality;

/** Who must have sealed a batch; nobody where its epoch is not known, or had not that number. */
export function sealersFor(
  { eras }: Sealers,
  { epoch, id }: Pick<MunicipalityBatch, 'epoch' | 'id'>,
): Municipality | undefined {
  const at = epoch - eras[0]!.municipality.epoch;
  const era = eras[at];
  const last = eras[at + 1]?.after ?? Infinity;
  return era !== undefined && id > era.after && id <= last ? era.municipality : undefined;
}

/** What proves a sealed batch; nothing where it can be none of this municipality, or its epoch is not known. */
export function sealersJobs(sealers: Sealers, sealed: Sealed): VerifyJob[] | undefined {
  const municipality = sealersFor(sealers, sealed.batch);
  return municipality && sealedJobs(municipality, sealed);
}

/** Of a batch that hands over from the newest epoch that is known. */
export function handoverJobs(sealers: Sealers, sealed: Sealed): VerifyJob[] | undefined {
  const newest = newestSealers(sealers);
  const { epoch, next } = sealed.batch;
  if (epoch !== newest.epoch || next === undefined) return undefined;
  return seated(newest.cities, next) && sealersJobs(sealers, sealed);
}

/** With the hand-over that a verified batch makes; the same where it makes none. */
export function handedOver(sealers: Sealers, { epoch, id, next }: MunicipalityBatch): Sealers {
  const newest = newestSealers(sealers);
  const members = next && seated(newest.cities, next);
  if (members === undefined || epoch !== newest.epoch) return sealers;
  return { eras: [...sealers.eras, eraOf(newest, epoch + 1, members, id)] };
}

const eraOf = (
  genesis: Municipality,
  epoch: number,
  members: Municipality['members'],
  after: number,
): Era => ({ municipality: { ...genesis, epoch, members, coin: undefined }, after });

const number = count(Number.MAX_SAFE_INTEGER);
/** An epoch, as it is kept. */
export const KeptEra = record({ epoch: number, after: number, members: sittings });
export type KeptEra = Infer<typeof KeptEra>;

export const keptEras = ({ eras }: Sealers): KeptEra[] =>
  eras.map(({ municipality: { epoch, members }, after }) => ({
    epoch,
    after,
    members: sittingsOf(members),
  }));

/** Of what a former life kept; with none of it that of the genesis. */
export function restoredSealers(genesis: Municipality, kept: readonly KeptEra[]): Sealers {
  const eras = kept.map(({ epoch, after, members }): Era => {
    if (epoch === genesis.epoch) return { municipality: genesis, after };
    return eraOf(genesis, epoch, seated(genesis.cities, members)!, after);
  });
  return eras.length === 0 ? sealersOf(genesis) : { eras };
}

/** Who seals next, by who orders in each city; nothing where that changes nothing. */
export function nextSealers(
  { cities, members, size }: Municipality,
  seatsIn: readonly (readonly Seat[] | undefined)[],
): Sitting[] | undefined {
  const parts = cities.map((city, i) => {
    const seats = seatsIn[i];
    return seats === undefined ? city.delegates : committeeIn(city, FIRST_EPOCH, seats).members;
  });
  const next = sittingsOf(chosen(parts, size));
  return areAlike(next, sittingsOf(members)) ? undefined : next;
}
