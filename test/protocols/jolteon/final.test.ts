/** That blocks are committed: what convinces whoever knows the members alone, and what does not. */
import { describe, expect, it } from 'vitest';
import { domain, hash } from '#algorithms/hash/hash.ts';
import { utf8 } from '#lib/bytes.ts';
import { blockId, EMPTY_PAYLOAD, heightOn, type Head, type Qc } from '#protocols/jolteon/block.ts';
import { committedBy, finalJobs, type Final } from '#protocols/jolteon/final.ts';
import * as tree from '#protocols/jolteon/tree.ts';
import { areGood, GENESIS as GENESIS_QC, level, qcOf } from '../level/bench.ts';

const PAYLOAD = domain('test payload of a final block');
const chain = level;
const GENESIS: Pick<Head, 'round' | 'height'> = { round: 0, height: 0 };

function after(before: Head | undefined, round: number, text = ''): Head {
  const payload = text === '' ? EMPTY_PAYLOAD : hash(PAYLOAD, utf8(text));
  const { round: parentRound, height } = before ?? GENESIS;
  const parent = before === undefined ? GENESIS_QC.block : blockId(before);
  const place = { chain: 'asia', epoch: 0, round, author: round % 4, parent, parentRound };
  return { ...place, payload, height: heightOn(height, { payload }) };
}

const certified = (head: Head, by?: readonly number[]): Qc =>
  qcOf({ head, parent: GENESIS_QC }, by);

const convinces = (final: Final): boolean => areGood(finalJobs(chain, final));

const a = after(undefined, 1, 'a');
const b = after(a, 3, 'b');
const c = after(b, 4);
const d = after(c, 6);

describe('a final', () => {
  it('proves all blocks up to one whose child is of the very next round', () => {
    const final = { heads: [a, b, c], qc: certified(c) };
    expect(convinces(final)).toBe(true);
    expect(committedBy(final).map(({ round }) => round)).toEqual([1, 3]);
    expect(convinces({ heads: [b, c], qc: certified(c) })).toBe(true);
    expect(convinces({ heads: [a, b, c, d], qc: certified(d) })).toBe(false);
    expect(convinces({ heads: [c], qc: certified(c) })).toBe(false);
    expect(convinces({ heads: [], qc: certified(c) })).toBe(false);
  });

  it('is of heads that follow each other, and of the QC of the last one', () => {
    const qc = certified(c);
    expect(convinces({ heads: [a, c], qc })).toBe(false);
    expect(convinces({ heads: [a, { ...b, height: 3 }, c], qc })).toBe(false);
    expect(convinces({ heads: [b, c], qc: certified(b) })).toBe(false);
    expect(convinces({ heads: [b, c], qc: certified(c, [0, 1]) })).toBe(false);
    expect(finalJobs({ ...chain, name: 'europe' }, { heads: [b, c], qc })).toBeUndefined();
    expect(finalJobs({ ...chain, epoch: 1 }, { heads: [b, c], qc })).toBeUndefined();
  });

  it('brings one that was away forward, over any distance, and shows a branch that is left', () => {
    const own = tree.treeFrom({ id: blockId(a), round: 1, height: 1 });
    const final = { heads: [a, b, c], qc: certified(c) };
    expect(tree.follow(own, [a, b], final).blocks.map(({ head }) => head.round)).toEqual([3]);
    expect(own.tip).toEqual({ id: blockId(b), round: 3, height: 2 });
    const far = after({ ...c, round: 5_000 }, 5_001, 'far');
    expect(tree.follow(own, [far], final).blocks.length).toBe(1);
    expect(own.tip.height).toBe(3);
    const beside = after(a, 6_000, 'beside');
    expect(tree.follow(own, [beside], final).conflict?.head).toEqual(beside);
    const later = after({ ...far, height: 4, round: 7_000 }, 7_001, 'later');
    expect(tree.follow(own, [later], final)).toMatchObject({ blocks: [], conflict: undefined });
  });
});
