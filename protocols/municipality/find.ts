/**
 * Proving what was taken in: in which batch a head of a city stands, and where.
 *
 *   sealed/<id>             a batch, and what proves it
 *   leaves/<id>             what its root is over
 *   took/<city>/<height>    the batch that a head stands in
 *   handover/<epoch>        the batch that began an epoch, the last one of the one before
 *
 *   municipality.find --> took --> sealed, leaves --(a tree of at most so many)--> municipality.found
 *
 * Whoever came to a batch by its seals alone has its heads never seen, and answers nothing: most have. Nothing of it
 * stays in memory. Bound: of each asker so many questions a second.
 */
import { buckets, takeOne, type Buckets } from '../allowance.ts';
import { whole, record, toBytes, type Infer } from '../codec.ts';
import { put, reply, type Moment, type Write } from '../effect.ts';
import { readAll } from '../ledger/reads.ts';
import { batchId, headProof, Sealed, type MunicipalityBatch } from '../municipality-batch.ts';
import {
  FoundHead,
  HANDOVERS_TOLD_MAX,
  Newest,
  SealersTold,
  type AskSealers,
  type FindHead,
} from '../municipality.messages.ts';
import type { Member } from './state.ts';
import type { Effects } from './state.ts';

const ASKERS_MAX = 256;
const EACH = { perSecond: 32, burst: 64 };
/** Of hand-overs in one answer. */
const ANSWER_BYTES = 400_000;

export const noAskers = (): Buckets => buckets(ASKERS_MAX);

/** Whether somebody may ask once more. */
export const mayAsk = (askers: Buckets, { ticket, from, now }: Moment): boolean =>
  takeOne(askers, ticket?.asker ?? from ?? '', now, EACH);

/** For a peer that lacks a batch. */
export const GIVE = 'give/';
export const sealedKey = (id: number): string => `sealed/${id}`;
export const leavesKey = (id: number): string => `leaves/${id}`;
const tookKey = (city: string, height: number): string => `took/${city}/${height}`;
const Took = record({ id: batchId });

const handoverKey = (epoch: number): string => `handover/${epoch}`;

/** That an epoch ended with it. */
export const handoverWrites = ({ epoch, id, next }: MunicipalityBatch): Write[] =>
  next === undefined ? [] : [put(handoverKey(epoch + 1), toBytes(Took, { id }))];

/** In which batch each head of it stands. */
export const tookWrites = ({ id, cities }: MunicipalityBatch): Write[] =>
  cities.flatMap(({ city, from, to }) =>
    Array.from({ length: to - from + 1 }, (_, i) =>
      put(tookKey(city, from + i), toBytes(Took, { id })),
    ),
  );

export function find(member: Member, { city, height }: FindHead, at: Moment): Effects {
  const { reads, askers } = member;
  const who = at.ticket?.asker;
  if (who === undefined || !takeOne(askers, who, at.now, EACH)) return [];
  const tell = (part: Infer<typeof FoundHead>['part']): Effects => [
    ...reply(at, FoundHead.of({ part })),
  ];
  return [
    ...readAll(reads, [tookKey(city, height)], ([took]) => {
      if (took === undefined) return tell(undefined);
      const { id } = whole(Took, took);
      return readAll(reads, [sealedKey(id), leavesKey(id)], ([sealed, leaves]) =>
        tell(
          sealed === undefined || leaves === undefined
            ? undefined
            : partOf(whole(Sealed, sealed), leaves, city, height),
        ),
      );
    }),
  ];
}

/** What began an epoch and those after it, as many as fit. */
export function tellSealers(
  { reads, askers, municipality }: Member,
  { epoch }: AskSealers,
  at: Moment,
): Effects {
  const who = at.ticket?.asker;
  if (who === undefined || !takeOne(askers, who, at.now, EACH)) return [];
  const length = Math.min(HANDOVERS_TOLD_MAX, Math.max(0, municipality.epoch - epoch + 1));
  const keys = Array.from({ length }, (_, i) => handoverKey(epoch + i));
  return [
    ...readAll(reads, keys, (rows) => {
      const ids = rows.flatMap((row) => (row === undefined ? [] : [whole(Took, row).id]));
      return readAll(reads, ids.map(sealedKey), (found) => [
        ...reply(at, SealersTold.of({ handovers: fitting(found) })),
      ]);
    }),
  ];
}

/** Until one is missing, or there is enough. */
function fitting(rows: readonly (Uint8Array | undefined)[]): Sealed[] {
  const given: Sealed[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (row === undefined) break;
    bytes += row.length;
    if (given.length > 0 && bytes > ANSWER_BYTES) break;
    given.push(whole(Sealed, row));
  }
  return given;
}

/** The last batch that is sealed. */
export function newest({ reads, askers, id }: Member, at: Moment): Effects {
  const who = at.ticket?.asker;
  if (who === undefined || !takeOne(askers, who, at.now, EACH)) return [];
  return [
    ...readAll(reads, [sealedKey(id - 1)], ([sealed]) => [
      ...reply(at, Newest.of({ sealed: sealed === undefined ? undefined : whole(Sealed, sealed) })),
    ]),
  ];
}

function partOf(sealed: Sealed, leaves: Uint8Array, city: string, height: number) {
  const index = indexOf(sealed.batch, city, height);
  return index === undefined ? undefined : { head: headProof(leaves, index), sealed };
}

/** Where the head of a city stands among all: city by city, by height. */
function indexOf({ cities }: MunicipalityBatch, city: string, height: number): number | undefined {
  let before = 0;
  for (const { city: its, from, to } of cities) {
    if (its === city) return height >= from && height <= to ? before + height - from : undefined;
    before += to - from + 1;
  }
  return undefined;
}
