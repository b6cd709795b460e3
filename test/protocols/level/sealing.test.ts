/** A delegate of a continent, and who seals in a municipality below it: by hand-overs that were offered, or asked for. */
import { describe, expect, it } from 'vitest';
import { municipalityBelow } from '#protocols/level/below.ts';
import { batchDigest, NO_BATCH, type Sealed } from '#protocols/municipality-batch.ts';
import { AskSealers, SealersTold } from '#protocols/municipality.messages.ts';
import { Offer } from '#protocols/level.messages.ts';
import { newestSealers } from '#protocols/sealers.ts';
import { sittingsOf } from '#protocols/sitting.ts';
import { members, municipality, name, sealed } from '../municipality/one.ts';
import { Bench, level } from './bench.ts';

/** It was founded with three of the four delegates of its city; the fourth one comes for the first one. */
const founded = { ...municipality, members: members.slice(0, 3), size: 3 };
const LEVEL = { ...level, below: [municipalityBelow(founded)] };
const [OLD, NEW] = [
  [0, 1, 2],
  [1, 2, 3],
];
const last = sealed(1, NO_BATCH, 'last', [0, 1, 2], {
  of: OLD!,
  next: sittingsOf(members.slice(1)),
});
const after = (of: readonly number[], epoch: number): Sealed =>
  sealed(2, batchDigest(last.batch), 'then', [0, 1, 2], { epoch, of });
const then = after(NEW!, 1);

const newIn = (disk?: Bench['disk']): Bench => new Bench(1, disk, LEVEL);
function offered(one: Bench, ...batches: readonly Sealed[]): Bench {
  for (const each of batches)
    one.hear(Offer.of({ item: { is: 'sealed', sealed: each } }), members[0]!.node);
  return one;
}
const waiting = ({ state }: Bench): string[] => [...state.waiting.keys()];
const epochIn = ({ state }: Bench): number => newestSealers(state.copies.get(name)!.sealers).epoch;

describe('a hand-over that is offered', () => {
  it('says who seals next, over all lives, and that those before seal no more', () => {
    const one = offered(newIn(), last, after(OLD!, 0), after(OLD!, 1));
    expect([waiting(one), epochIn(one)]).toEqual([[`${name} 1`], 1]);
    const later = offered(newIn(one.disk), after(OLD!, 0), after(OLD!, 1));
    expect([waiting(later), epochIn(later)]).toEqual([[`${name} 1`], 1]);
    expect(waiting(offered(later, then))).toEqual([`${name} 1`, `${name} 2`]);
    expect(later.asked).toEqual([]);
  });
});

describe('a hand-over that is lacking', () => {
  it('is asked for, verified and kept; what was offered before is taken when it comes again', () => {
    const one = offered(newIn(), then, then);
    expect(one.asked).toMatchObject([{ message: AskSealers.of({ epoch: 1 }) }]);
    const { id } = one.asked[0]!;
    const forged = {
      ...last,
      seals: last.seals.map((each) => ({ ...each, signature: then.seals[0]!.signature })),
    };
    one.answer(id);
    offered(one, then);
    one.answer(id, SealersTold.of({ handovers: [forged] }));
    expect([waiting(offered(one, then)), epochIn(one)]).toEqual([[], 0]);
    one.answer(id, SealersTold.of({ handovers: [last] }));
    expect(waiting(offered(one, then))).toEqual([`${name} 2`]);
    expect(epochIn(newIn(one.disk))).toBe(1);
  });
});
