/** One delegate through the epochs of its municipality: who seals, who follows, and what of the epoch before counts. */
import { describe, expect, it } from 'vitest';
import { batchDigest, NO_BATCH, type Sealed } from '#protocols/municipality-batch.ts';
import { AskSealers, SealedWord, SealersTold, Where } from '#protocols/municipality.messages.ts';
import { openCoinOf } from '#protocols/municipality/epochs.ts';
import { sittingsOf } from '#protocols/sitting.ts';
import { address } from '#protocols/subjects.ts';
import { bytesOf } from '../sample.ts';
import { members, One, sealed, sealWord } from './one.ts';

const [ZERO, ONE] = [members.slice(1), [members[0]!, ...members.slice(2)]].map(sittingsOf);
const all = [0, 1, 2];

/** A municipality whose first epoch ends with its first batch: without member 0, or without member 1. */
const withoutUs = sealed(1, NO_BATCH, 'first', all, { next: ZERO! });
const withUs = sealed(1, NO_BATCH, 'first', all, { next: ONE! });
const after = (last: Sealed, of: readonly number[], next = ONE!) =>
  sealed(last.batch.id + 1, batchDigest(last.batch), 'then', all, {
    epoch: last.batch.epoch + 1,
    next,
    of,
  });
const hears = (one: One, ...batches: readonly Sealed[]): One => {
  for (const each of batches) one.hear(SealedWord.of({ sealed: each }));
  return one;
};

describe('the last batch of an epoch', () => {
  it('makes followers of those who leave, and members of those who come, over all lives', () => {
    const one = hears(new One(), withoutUs);
    expect([one.member.own, one.member.municipality.epoch]).toEqual([undefined, 1]);
    one.start();
    expect([one.member.own, one.member.municipality.epoch]).toEqual([undefined, 1]);
    hears(one, after(withoutUs, [1, 2, 3]));
    expect([one.member.id, one.member.own, one.member.municipality.epoch]).toEqual([3, 0, 2]);
    expect(one.member.peers).toEqual([members[2]!.node, members[3]!.node]);
    one.start();
    expect([one.member.id, one.member.own, one.member.municipality.epoch]).toEqual([3, 0, 2]);
  });

  it('is the last one that those of its epoch seal', () => {
    const one = hears(new One(), withoutUs);
    hears(one, sealed(2, one.member.prev, 'x', all));
    hears(one, sealed(2, one.member.prev, 'x', all, { epoch: 1 }));
    expect(one.member.id).toBe(2);
    hears(one, after(withoutUs, [1, 2, 3]));
    expect(one.member.id).toBe(3);
  });

  it('leaves nothing of what those of its epoch said of the next one', () => {
    const one = new One();
    const next = sealed(2, batchDigest(withUs.batch), 'second', [], { epoch: 1 });
    // The place of a member that leaves is another one's in the next epoch.
    one.hear(sealWord(1, next), 1);
    expect(one.member.early.size).toBe(1);
    hears(one, withUs);
    expect([one.member.early.size, one.member.seals.size]).toEqual([0, 0]);
    const held = new One();
    held.held = [];
    held.hear(SealedWord.of({ sealed: withUs }));
    held.hear(sealWord(1, next), 1);
    held.release();
    expect([held.member.id, held.member.early.size, held.member.seals.size]).toEqual([2, 0, 0]);
  });

  it('is given to whoever lacks it by those who leave, and told as what began the next epoch', () => {
    const one = hears(new One(), withoutUs);
    one.sent.length = 0;
    one.hear(Where.of({ id: 1, prev: NO_BATCH, tops: [0] }), 3);
    expect(one.sent).toEqual([SealedWord.of({ sealed: withoutUs })]);
    one.sent.length = 0;
    one.ask(AskSealers.of({ epoch: 1 }), address(members[3]!.node, 'continent'));
    expect(one.sent).toEqual([SealersTold.of({ handovers: [withoutUs] })]);
  });

  it('is told to all who come, and other batches to followers by one member in turn', () => {
    const one = hears(new One(), withoutUs);
    expect(one.sent).toEqual([]);
    const two = hears(new One(), withUs);
    two.sent.length = 0;
    const next = sealed(2, two.member.prev, 'then', all, { epoch: 1, of: [0, 2, 3] });
    const third = sealed(3, batchDigest(next.batch), 'then', all, {
      epoch: 1,
      next: sittingsOf(members),
      of: [0, 2, 3],
    });
    // Ours is the turn of every third one.
    hears(two, next);
    expect(two.sent).toEqual([]);
    hears(two, third);
    expect(two.sent).toEqual([SealedWord.of({ sealed: third })]);
  });
});

const tosses = (name: string) =>
  Array.from({ length: 64 }, (_, round) => openCoinOf(bytesOf(name))(round)).join('');

describe('an open coin', () => {
  it('is the same for everybody, and another one for each agreement and round', () => {
    expect(tosses('a')).toBe(tosses('a'));
    expect(new Set([tosses('a'), tosses('b')]).size).toBe(2);
    expect(tosses('a')).toMatch(/01.*10|10.*01/);
  });
});
