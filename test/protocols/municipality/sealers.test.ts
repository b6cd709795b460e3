/** Who seals in which epoch, by hand-overs: of each epoch those who were named, for its numbers, and nobody else. */
import { describe, expect, it } from 'vitest';
import { AskSealers, SealersTold } from '#protocols/municipality.messages.ts';
import { municipalityBatch, NO_BATCH, type Sealed } from '#protocols/municipality-batch.ts';
import {
  handedOver,
  handoverJobs,
  keptEras,
  newestSealers,
  nextSealers,
  restoredSealers,
  sealersFor,
  sealersOf,
} from '#protocols/sealers.ts';
import { askOn, learn, sealersCopy, told, verified } from '#protocols/sealers-copy.ts';
import type { Sitting } from '#protocols/sitting.ts';
import { address } from '#protocols/subjects.ts';
import { municipalityIn } from '#protocols/world.ts';
import { sittingOf4, WORLD } from '../proof/network.ts';

/** Of two cities: Kanazawa has two delegates, Komatsu four; four are members. */
const HERE = municipalityIn(WORLD, 'asia.ishikawa')!;
const SIGNATURE = new Uint8Array(64);

function handover(
  epoch: number,
  id: number,
  next: readonly Sitting[] | undefined = sittingOf4(epoch + 1),
  by: readonly number[] = [0, 1, 2, 3],
): Sealed {
  const { name } = HERE;
  const batch = municipalityBatch({ name, epoch, id, prev: NO_BATCH, next: next && [...next] }, []);
  return { batch, seals: by.map((member) => ({ member, signature: SIGNATURE })) };
}
const first = handover(0, 10);
const known = handedOver(sealersOf(HERE), first.batch);

describe('sealers', () => {
  it('are for each epoch those who were named, for its numbers', () => {
    expect(newestSealers(known).epoch).toBe(1);
    expect(sealersFor(known, { epoch: 0, id: 10 })?.members).toEqual(HERE.members);
    const then = sealersFor(known, { epoch: 1, id: 11 })!;
    expect(then.members.map(({ node }) => node)).toEqual(sittingOf4(1).map(({ node }) => node));
    expect(then.coin).toBeUndefined();
  });

  it('are nobody for who sealed once and seals something later, or seals not yet', () => {
    for (const of of [
      { epoch: 0, id: 11 },
      { epoch: 1, id: 10 },
      { epoch: 2, id: 30 },
    ])
      expect(sealersFor(known, of)).toBeUndefined();
  });

  it('are handed over to by the newest epoch, with its quorum, and are delegates of its cities', () => {
    const [one, other] = sittingOf4(2) as [Sitting, Sitting];
    expect(handoverJobs(known, handover(1, 20))).toHaveLength(4);
    for (const no of [
      handover(1, 20, sittingOf4(2), [0, 1]),
      handover(1, 20, sittingOf4(2), [1, 2, 3, 4]),
      first,
      handover(1, 9),
      handover(1, 20, []),
      handover(1, 20, [other, one]),
      handover(1, 20, [one, one]),
      handover(1, 20, [{ ...one, node: 'asia.ishikawa.komatsu.x' as never }]),
      handover(1, 20, [{ ...one, stake: 0n }]),
    ])
      expect(handoverJobs(known, no)).toBeUndefined();
  });

  it('change when something about them changes, and never else', () => {
    const all = [
      { of: 0, stake: 1n },
      { of: 1, stake: 1n },
    ];
    expect(nextSealers(HERE, [undefined, undefined])).toBeUndefined();
    expect(nextSealers(HERE, [all, undefined])).toBeUndefined();
    const fewer = nextSealers(HERE, [all.slice(1), undefined])!;
    expect(fewer).toHaveLength(4);
    expect(fewer.map(({ node }) => node)).not.toContain(HERE.members[0]!.node);
    const richer = nextSealers(HERE, [[{ of: 0, stake: 5n }, all[1]!], undefined])!;
    expect(richer.find(({ stake }) => stake === 5n)?.node).toBe(HERE.members[0]!.node);
    expect(richer.map(({ node }) => node)).toEqual(HERE.members.map(({ node }) => node));
  });

  it('are known to a later life', () => {
    const kept = keptEras(known);
    expect(restoredSealers(HERE, kept)).toEqual(known);
    expect(restoredSealers(HERE, kept.slice(1)).eras).toEqual(known.eras.slice(1));
    expect(restoredSealers(HERE, [])).toEqual(sealersOf(HERE));
  });
});

const good = (count: number) => Array.from({ length: count }, () => true);

describe('a copy of it', () => {
  const MEMBER = address(HERE.members[0]!.node, 'municipality');
  const answer = SealersTold.of({ handovers: [first, handover(1, 20), handover(5, 30)] });

  it('asks for what it lacks, once, and knows it when all signatures of the answer are good', () => {
    const copy = sealersCopy(HERE);
    expect(askOn(copy, MEMBER)).toMatchObject([{ message: AskSealers.of({ epoch: 1 }) }]);
    expect(askOn(copy, MEMBER)).toEqual([]);
    expect(told(copy, answer, 'verify')).toMatchObject([{ do: 'compute', job: 'verify' }]);
    expect(verified(copy, [...good(7), false])).toBe(false);
    expect(newestSealers(copy.sealers).epoch).toBe(0);
    told(copy, answer, 'verify');
    // One of them came in with a batch meanwhile.
    expect(learn(copy, first)).toBe(true);
    expect(verified(copy, good(8))).toBe(true);
    expect(newestSealers(copy.sealers).epoch).toBe(2);
    expect(learn(copy, first)).toBe(false);
  });

  it('believes its own node, and asks again where nobody answers', () => {
    const copy = sealersCopy(HERE);
    askOn(copy, MEMBER);
    expect(told(copy, undefined, undefined)).toEqual([]);
    expect(askOn(copy, MEMBER)).toHaveLength(1);
    expect(told(copy, answer, undefined)).toEqual([]);
    expect(newestSealers(copy.sealers).epoch).toBe(2);
  });
});
