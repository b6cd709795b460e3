/** Where a city's head stands: each one that was taken in is proved, and nothing else is answered. */
import { describe, expect, it } from 'vitest';
import { toBytes } from '#protocols/codec.ts';
import type { Effect, Moment, Ticket } from '#protocols/effect.ts';
import { noReads, readOne } from '#protocols/ledger/reads.ts';
import {
  isTaken,
  leavesOf,
  municipalityBatch,
  NO_BATCH,
  Sealed,
  type Taken,
} from '#protocols/municipality-batch.ts';
import { FindHead, type FoundHead } from '#protocols/municipality.messages.ts';
import { find, leavesKey, noAskers, sealedKey, tookWrites } from '#protocols/municipality/find.ts';
import type { Member, Says } from '#protocols/municipality/state.ts';
import { headDigest, type CityHead } from '#protocols/city-batch.ts';
import { address, type Place } from '#protocols/subjects.ts';
import { moment } from '../moments.ts';
import { CITY, madeOf } from '../proof/chain.ts';
import { KANAZAWA, KOMATSU, member } from '../sample.ts';

const ticket: Ticket = { asker: address(member('somebody').node, 'proof'), number: 1 };

const headsOf = (place: Place, from: number, count: number): CityHead[] =>
  Array.from({ length: count }, (_, i) => {
    const made = madeOf({ height: from + i, entries: 1, actEvery: 2, idleEvery: 2, by: [] });
    return { ...made.of.batch.head, place };
  });
const spans = [
  { place: KANAZAWA, from: 4, heads: headsOf(KANAZAWA, 4, 3) },
  { place: KOMATSU, from: 9, heads: headsOf(KOMATSU, 9, 2) },
];
const taken: Taken[] = spans.map(({ place, from, heads }) => ({
  city: place,
  from,
  heads: heads.map(headDigest),
}));
const batch = municipalityBatch({ name: 'asia.ishikawa', epoch: 0, id: 7, prev: NO_BATCH }, taken);

/** A disk of somebody who has sealed the batch; without leaves it came to it by others' seals. */
function diskOf(hasLeaves = true): Map<string, Uint8Array> {
  const disk = new Map([[sealedKey(7), toBytes(Sealed, { batch, seals: [] })]]);
  if (hasLeaves) disk.set(leavesKey(7), leavesOf(taken));
  for (const { key, value } of tookWrites(batch)) disk.set(key, value!);
  return disk;
}

const nobody = (): Member => ({ reads: noReads<Says>(), askers: noAskers() }) as unknown as Member;

function ask(
  state: Member,
  disk: Map<string, Uint8Array>,
  city: Place,
  height: number,
  at: Partial<Moment> = { ticket },
) {
  let effects: readonly Effect<Says>[] = find(state, FindHead.of({ city, height }), moment(0, at));
  while (effects.some((each) => each.do === 'recall')) {
    effects = effects.flatMap((each) =>
      each.do === 'recall' ? readOne(state.reads, each.id, disk.get(each.key)) : [each],
    );
  }
  const [answer] = effects;
  return answer?.do === 'answer' ? (answer.message as FoundHead) : undefined;
}

describe('a head of a city', () => {
  it('is found in its batch by city and height, with a path that proves it', () => {
    for (const { place, from, heads } of spans) {
      for (const [i, head] of heads.entries()) {
        const { part } = ask(nobody(), diskOf(), place, from + i)!;
        expect(part!.sealed.batch.id).toBe(7);
        expect(isTaken(part!.sealed.batch, part!.head, head)).toBe(true);
        const others = spans.flatMap((span) => span.heads).filter((other) => other !== head);
        for (const other of others)
          expect(isTaken(part!.sealed.batch, part!.head, other)).toBe(false);
      }
    }
  });

  it('is not found before it is taken in, nor by whoever never saw it', () => {
    expect(ask(nobody(), diskOf(), KOMATSU, 11)).toEqual({ kind: 'municipality.found' });
    expect(ask(nobody(), diskOf(), KOMATSU, 8)).toEqual({ kind: 'municipality.found' });
    expect(ask(nobody(), diskOf(false), KOMATSU, 9)).toEqual({ kind: 'municipality.found' });
  });

  it('is told to whoever asks, and not more often than anybody may', () => {
    expect(ask(nobody(), diskOf(), KOMATSU, 9, { ticket: undefined })).toBeUndefined();
    const state = nobody();
    const answers = Array.from({ length: 100 }, () => ask(state, new Map(), KOMATSU, 9));
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(64);
    const other = { ...ticket, asker: address(CITY.delegates[0]!.node, 'proof') };
    expect(ask(state, diskOf(), KOMATSU, 9, { ticket: other })).toBeDefined();
  });
});
