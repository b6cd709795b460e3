/** A follower: what it believes, of whom, and what ends it. */
import { describe, expect, it } from 'vitest';
import type { Effect, Signal } from '#protocols/effect.ts';
import { begin, step, type Following } from '#protocols/follow/follow.ts';
import type { Block } from '#protocols/jolteon/block.ts';
import { forkJobs } from '#protocols/jolteon/evidence.ts';
import { delegateOf } from '#protocols/level/state.ts';
import { Page, type Since } from '#protocols/level.messages.ts';
import { areGood, blockOn, done, GENESIS, level, members, qcOf, refTo } from '../level/bench.ts';

const delegates = members.map(({ node }) => delegateOf('continent', node));
const b1 = blockOn(GENESIS, 0, 1, [refTo(1)]);
const e2 = blockOn(qcOf(b1), 1, 2);
const b3 = blockOn(qcOf(e2), 1, 3, [refTo(2)]);
const e4 = blockOn(qcOf(b3), 2, 4);
const branch = blockOn(qcOf(b1), 1, 7, [refTo(2, 'other')]);
const end = blockOn(qcOf(branch), 2, 8);

const page = (top: number, ids: readonly string[], ...blocks: readonly Block[]): Page => {
  const heads = blocks.map(({ head }) => head);
  const bodies = ids.map((text, i) => [refTo(i + 1 + blocks[0]!.head.height - 1, text)]);
  return Page.of({ top, final: { heads, qc: qcOf(blocks.at(-1)!) }, bodies });
};

/** Each answer goes to the next question. */
function follow(...answers: readonly (Page | undefined)[]) {
  const asked: string[] = [];
  const seen: number[] = [];
  let [following, effects]: readonly [Following, readonly Effect<Since>[]] = begin({
    chain: level,
    delegates,
    pollMs: 1_000,
  });
  const left = [...answers];
  while (effects.length > 0) {
    const [effect] = effects;
    let signal: Signal;
    if (effect!.do === 'ask') {
      if (left.length === 0) break;
      asked.push(`${effect!.message.height} of ${delegates.indexOf(effect!.to)}`);
      const answer = left.shift();
      signal =
        answer === undefined
          ? { kind: 'unanswered', id: effect!.id, why: 'deadline' }
          : { kind: 'answered', id: effect!.id, message: answer };
    } else if (effect!.do === 'compute') {
      const output = done(effect!.job, effect!.input);
      signal = { kind: 'computed', id: effect!.id, output };
    } else signal = { kind: 'wake', id: 'poll' };
    [following, effects] = step(following, signal);
    seen.push(...following.fresh.map(({ height }) => height));
  }
  return { following, asked, seen };
}

describe('a follower', () => {
  it('verifies each header once, from the first on, and asks one delegate after another', () => {
    const all = page(2, ['', ''], b1, e2, b3, e4);
    const { seen, asked } = follow(page(2, [''], b1, e2), page(2, [''], b3, e4), undefined, all);
    expect(seen).toEqual([1, 2]);
    expect(asked).toEqual(['1 of 0', '1 of 0', '1 of 1', '1 of 2']);
    expect(follow(all, page(2, [''], b3, e4)).seen).toEqual([1, 2]);
    expect(follow(page(1, [''], b1, e2), all).seen).toEqual([1, 2]);
  });

  it('asks for the next one by itself where no page has room for both', () => {
    const first = page(2, [''], b1, e2);
    const { seen, asked } = follow(first, first, page(2, [''], b3, e4), undefined);
    expect(seen).toEqual([1, 2]);
    expect(asked).toEqual(['1 of 0', '1 of 0', '2 of 0', '2 of 1']);
  });

  it('refuses what proves nothing, and goes on with the next one', () => {
    const good = page(1, [''], b1, e2);
    const final = { heads: [b1.head, e2.head], qc: qcOf(e2, [0, 1]) };
    const forged = { ...qcOf(e2), votes: qcOf(b1).votes };
    const bad = [
      Page.of({ top: 1, final, bodies: [[refTo(1)]] }),
      Page.of({ top: 1, final: { ...final, qc: forged }, bodies: [[refTo(1)]] }),
      Page.of({ top: 1, final: good.final, bodies: [[refTo(1, 'other')]] }),
      page(2, [''], b3, e4),
    ];
    const { seen, following, asked } = follow(...bad);
    expect(seen).toEqual([]);
    expect(following.refused).toBe(4);
    expect(asked).toEqual(['1 of 0', '1 of 1', '1 of 2', '1 of 3']);
    expect(follow(...bad, good).seen).toEqual([1]);
  });

  it('ends where two branches are proved, with what convinces anybody', () => {
    const ours = page(2, ['', ''], b1, e2, b3, e4);
    const theirs = page(2, ['other'], branch, end);
    const { seen, following } = follow(ours, theirs);
    expect(seen).toEqual([1, 2]);
    const { fork } = following;
    expect(areGood(forkJobs(level, fork!))).toBe(true);
    expect(forkJobs(level, { one: fork!.one, other: fork!.one })).toBeUndefined();
    expect(step(following, { kind: 'wake', id: 'poll' })[1]).toEqual([]);
  });
});
