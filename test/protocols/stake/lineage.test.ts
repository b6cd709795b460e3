/** Who orders in which epoch, by hand-overs: of each epoch those who were named, at its heights, and nobody else. */
import { describe, expect, it } from 'vitest';
import { cityBatch, NONE, type CityHead } from '#protocols/city-batch.ts';
import type { Seat } from '#protocols/committee.ts';
import { AskHandovers, HandedOver } from '#protocols/ledger.messages.ts';
import { askOn, copyOf, told, verified } from '#protocols/lineage-copy.ts';
import {
  committeeFor,
  handedOver,
  handoverJobs,
  lineageOf,
  newestIn,
  type Handover,
} from '#protocols/lineage.ts';
import { address } from '#protocols/subjects.ts';
import { cityOf } from './city.ts';

const CITY = cityOf(1n, 1n, 1n, 1n);
const LEDGER = address(CITY.delegates[0]!.node, 'ledger');
const seatsOf = (...of: readonly number[]): Seat[] => of.map((each) => ({ of: each, stake: 1n }));

function headAt(height: number, epoch: number, next?: readonly Seat[]): CityHead {
  const chosen = {
    place: CITY.place,
    epoch,
    height,
    prev: NONE,
    proposer: CITY.delegates[0]!.node,
    round: height,
    at: new Uint8Array(8),
    stateRoot: NONE,
    next: next && [...next],
  };
  return cityBatch(chosen, [], undefined).head;
}

function handoverAt(
  height: number,
  epoch: number,
  next: readonly Seat[],
  by: readonly number[] = [0, 1, 2],
): Handover {
  const votes = by.map((member) => {
    return { member, round: 1, content: NONE, signature: new Uint8Array(64) };
  });
  return { head: headAt(height, epoch, next), quorum: { votes } };
}

const first = handoverAt(10, 0, seatsOf(1, 2, 3));
const known = handedOver(lineageOf(CITY), first.head);

describe('a lineage', () => {
  it('has for each epoch those who were named, at the heights of that epoch', () => {
    expect(newestIn(known)).toBe(1);
    expect(committeeFor(known, headAt(10, 0))?.members).toEqual(CITY.delegates);
    expect(committeeFor(known, headAt(11, 1))?.members).toEqual(CITY.delegates.slice(1));
  });

  it('has nobody for who ordered once and seals something later, or orders not yet', () => {
    expect(committeeFor(known, headAt(11, 0))).toBeUndefined();
    expect(committeeFor(known, headAt(10, 1))).toBeUndefined();
    expect(committeeFor(known, headAt(30, 2))).toBeUndefined();
  });

  it('takes a hand-over of its newest epoch, with its quorum, to delegates of genesis', () => {
    expect(handoverJobs(known, handoverAt(20, 1, seatsOf(0, 1, 2)))).toHaveLength(3);
    for (const no of [
      handoverAt(20, 1, seatsOf(0, 1, 2), [0, 1]),
      handoverAt(20, 1, seatsOf(0, 1, 2), [1, 2, 3]),
      handoverAt(10, 0, seatsOf(0, 1, 2)),
      handoverAt(9, 1, seatsOf(0, 1, 2)),
      handoverAt(20, 1, []),
      handoverAt(20, 1, seatsOf(2, 1)),
      handoverAt(20, 1, seatsOf(4)),
      handoverAt(20, 1, [{ of: 0, stake: 0n }]),
    ])
      expect(handoverJobs(known, no)).toBeUndefined();
  });
});

describe('a copy of it', () => {
  const answer = HandedOver.of({
    handovers: [first, handoverAt(20, 1, seatsOf(0, 1, 2)), handoverAt(30, 5, seatsOf(0))],
  });

  it('asks for what it lacks, once, and knows what stands of the answer, each hand-over by itself', () => {
    const copy = copyOf(CITY);
    expect(askOn(copy, LEDGER)).toMatchObject([{ message: AskHandovers.of({ epoch: 1 }) }]);
    expect(askOn(copy, LEDGER)).toEqual([]);
    const [job] = told(copy, answer, 'verify');
    expect(job).toMatchObject({ do: 'compute', job: 'verify' });
    expect(askOn(copy, LEDGER)).toEqual([]);
    expect(verified(copy, undefined)).toEqual([]);
    told(copy, answer, 'verify');
    expect(verified(copy, [true, false, true, true, true, true])).toEqual([]);
    expect(newestIn(copy.lineage)).toBe(0);
    told(copy, answer, 'verify');
    expect(verified(copy, [true, true, true, true, true, false])).toEqual([first]);
    expect(newestIn(copy.lineage)).toBe(1);
    told(copy, HandedOver.of({ handovers: answer.handovers.slice(1) }), 'verify');
    expect(verified(copy, [true, true, true])).toEqual([answer.handovers[1]]);
    expect(newestIn(copy.lineage)).toBe(2);
  });

  it('believes its own ledger, and asks again where nobody answers', () => {
    const copy = copyOf(CITY);
    askOn(copy, LEDGER);
    expect(told(copy, undefined, undefined)).toEqual([]);
    expect(askOn(copy, LEDGER)).toHaveLength(1);
    expect(told(copy, answer, undefined)).toEqual([]);
    expect(newestIn(copy.lineage)).toBe(2);
  });
});
