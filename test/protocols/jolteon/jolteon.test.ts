/**
 * Jolteon, rule by rule. Whole schedules with twins, rogues, loss and deaths: test/simulations/twins.simulation.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { hash, domain } from '#algorithms/hash/hash.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import { weightsOf } from '#protocols/abba/tally.ts';
import {
  blockId,
  EMPTY_PAYLOAD,
  genesisQc,
  heightOn,
  type Block,
  type Qc,
  type Tc,
  type Timeout,
} from '#protocols/jolteon/block.ts';
import * as jolteon from '#protocols/jolteon/jolteon.ts';
import { afterTimeout, afterVote, mayVote, noSafety } from '#protocols/jolteon/safety.ts';
import { isQuorumOf } from '#protocols/jolteon/tally.ts';
import * as tree from '#protocols/jolteon/tree.ts';

const WEIGHTS = weightsOf([1n, 1n, 1n, 1n]);
const GENESIS = genesisQc('asia', 0);
const PAYLOAD = domain('test payload');
const made = new Uint8Array(0);
const fit = () => 'fit' as const;

const heights = new Map<string, number>([[hex(GENESIS.block), 0]]);

function blockOn(parent: Qc, round: number, text = ''): Block {
  const payload = text === '' ? EMPTY_PAYLOAD : hash(PAYLOAD, utf8(text));
  const height = heightOn(heights.get(hex(parent.block))!, { payload });
  const place = { chain: 'asia', epoch: 0, round, author: round % 4 };
  const head = {
    ...place,
    parent: parent.block,
    parentRound: parent.round,
    height,
    payload,
  };
  heights.set(hex(blockId(head)), height);
  return { head, parent };
}
const voters = [0, 1, 2].map((member) => ({ member, signature: made }));
const certified = ({ head }: Block): Qc => ({
  block: blockId(head),
  round: head.round,
  votes: voters,
});
const givenUp = (round: number, high: Qc): Tc => ({
  round,
  high,
  votes: voters.map(({ member, signature }) => ({ member, signature, highRound: high.round })),
});
const delegate = (own: number, kept?: jolteon.Kept): jolteon.Jolteon =>
  jolteon.begin(
    { chain: 'asia', epoch: 0, weights: WEIGHTS, own, leaderOf: (round) => round % 4 },
    kept,
  )[0];
const hear = (to: jolteon.Jolteon, event: jolteon.Event): readonly jolteon.Act[] =>
  jolteon.step(to, event, fit)[1];
/** A block and its certificate; what comes of the two. */
const fetch = (to: jolteon.Jolteon, block: Block): readonly jolteon.Act[] => [
  ...hear(to, { is: 'shown', high: certified(block), tc: undefined }),
  ...hear(to, { is: 'fetched', block }),
];
const kinds = (acts: readonly jolteon.Act[]): string[] => acts.map(({ act }) => act);

const rounds = ({ blocks }: tree.Committable): number[] => blocks.map(({ head }) => head.round);

const timeout = (member: number, round: number, high = GENESIS): jolteon.Event => {
  const said: Timeout = { round, high, member, signature: made };
  return { is: 'timed-out', timeout: said, tc: undefined };
};

const vote = (block: Block): jolteon.Event => ({
  is: 'voted',
  vote: { round: block.head.round, block: blockId(block.head), member: 3, signature: made },
});
const accused = (acts: readonly jolteon.Act[]): string[] =>
  acts.flatMap((each) => (each.act === 'accuse' ? [`${each.of.is} ${each.member}`] : []));

const chainOf = (...blocks: readonly Block[]): tree.Tree => {
  const all = tree.treeFrom({ id: GENESIS.block, round: 0, height: 0 });
  for (const block of blocks) tree.addBlock(all, block);
  for (const block of blocks) tree.addQc(all, certified(block));
  return all;
};

describe('a vote', () => {
  const b1 = blockOn(GENESIS, 1, 'a');
  const b2 = blockOn(certified(b1), 2, 'b');
  const safety = noSafety('asia', 0);

  it('is for a block on top of the round before', () => {
    expect(mayVote(safety, b1, undefined)).toBe(true);
    expect(mayVote(safety, b2, undefined)).toBe(true);
    expect(mayVote(safety, blockOn(certified(b1), 3), undefined)).toBe(false);
  });

  it('is for a block after a TC only if it extends a QC as high as any that was shown', () => {
    expect(mayVote(safety, blockOn(certified(b1), 4), givenUp(3, GENESIS))).toBe(true);
    expect(mayVote(safety, blockOn(certified(b1), 4), givenUp(3, certified(b1)))).toBe(true);
    expect(mayVote(safety, blockOn(certified(b1), 4), givenUp(3, certified(b2)))).toBe(false);
    expect(mayVote(safety, blockOn(certified(b1), 5), givenUp(3, GENESIS))).toBe(false);
  });

  it('is one a round, and none in a round that was given up', () => {
    const voted = afterVote(safety, b1, blockId(b1.head));
    expect(mayVote(voted, blockOn(GENESIS, 1, 'other'), undefined)).toBe(false);
    expect(mayVote(afterTimeout(safety, 1), b1, undefined)).toBe(false);
    expect(mayVote(afterTimeout(safety, 1), b2, undefined)).toBe(true);
  });

  it('leaves after what was kept, and is the same one after a restart', () => {
    const own = delegate(2);
    const acts = hear(own, { is: 'proposed', block: b1, tc: undefined });
    expect(kinds(acts)).toEqual(['keep', 'time', 'vote']);
    const [kept] = acts as [jolteon.Act & { act: 'keep' }];
    const [again, said] = jolteon.begin(own, {
      safety: kept.safety,
      tip: own.tree.tip,
      blocks: [b1],
    });
    expect(said).toEqual([{ act: 'vote', round: 1, block: blockId(b1.head) }]);
    const other = blockOn(GENESIS, 1, 'other');
    expect(kinds(hear(again, { is: 'proposed', block: other, tc: undefined }))).not.toContain(
      'vote',
    );
  });
});

describe('a block', () => {
  const b1 = blockOn(GENESIS, 1, 'a');
  it('is committed with its ancestors when its child is of the next round', () => {
    const b3 = blockOn(certified(b1), 3);
    expect(rounds(tree.commit(chainOf(b1, b3)))).toEqual([]);
    const b4 = blockOn(certified(b3), 4);
    const all = chainOf(b1, b3, b4);
    expect(rounds(tree.commit(all))).toEqual([1, 3]);
    expect([...all.blocks.values()].map(({ head }) => head.round)).toEqual([4]);
    expect(rounds(tree.commit(all))).toEqual([]);
  });

  it('waits for ancestors that are missing', () => {
    const b2 = blockOn(certified(b1), 2);
    const b3 = blockOn(certified(b2), 3);
    const all = chainOf(b2, b3);
    expect(rounds(tree.commit(all))).toEqual([]);
    tree.addQc(all, b2.parent);
    expect(tree.missing(all).map(({ round }) => round)).toEqual([1]);
    tree.addBlock(all, b1);
    expect(rounds(tree.commit(all))).toEqual([1, 2]);
  });

  it('of a branch that was left is as good as a proof that a third is faulty', () => {
    const all = chainOf(b1, blockOn(certified(b1), 2));
    expect(rounds(tree.commit(all))).toEqual([1]);
    const other = blockOn(GENESIS, 3, 'other');
    const child = blockOn(certified(other), 4);
    for (const block of [other, child]) {
      tree.addBlock(all, block);
      tree.addQc(all, certified(block));
    }
    expect(tree.commit(all).conflict?.head.round).toBe(3);
  });

  it('of such a branch ends it: nothing is believed or said any more', () => {
    const own = delegate(2);
    const b2 = blockOn(certified(b1), 2);
    const other = blockOn(GENESIS, 3, 'other');
    const child = blockOn(certified(other), 4);
    const fetched = (block: Block): readonly jolteon.Act[] => fetch(own, block);
    expect(kinds([b1, b2].flatMap(fetched))).toContain('commit');
    expect(kinds([other, child].flatMap(fetched))).toContain('forked');
    expect(hear(own, { is: 'timer', round: own.round })).toEqual([]);
  });

  it('beside another one of its round is evidence, and is taken in when a QC proves it to be needed', () => {
    const all = chainOf(b1);
    const other = blockOn(GENESIS, 1, 'other');
    expect(tree.addBlock(all, other)).toEqual(blockId(b1.head));
    expect(tree.blockOf(all, blockId(other.head))).toBeUndefined();
    tree.addQc(all, certified(other));
    tree.addBlock(all, other);
    expect(tree.blockOf(all, blockId(other.head))).toBeDefined();
  });
});

describe('a round', () => {
  it('is given up by all as soon as somebody honest has, and ends by two thirds of them', () => {
    const own = delegate(2);
    hear(own, { is: 'wanted' });
    expect(kinds(hear(own, timeout(0, 1)))).toEqual([]);
    expect(kinds(hear(own, timeout(1, 1)))).toEqual(['keep', 'give-up', 'time']);
    expect(own.round).toBe(1);
    // Its own comes back to it as those of others do.
    expect(kinds(hear(own, timeout(2, 1)))).toContain('tell');
    expect(own.round).toBe(2);
    expect(own.failed).toBe(1);
  });

  it('grows by a fifth with each one that fails, up to six times', () => {
    expect([0, 1, 2, 6, 7, 60].map((failed) => jolteon.patienceMs(1_000, failed))).toEqual([
      1_000, 1_200, 1_440, 2_984, 2_984, 2_984,
    ]);
  });

  it('after round without a certificate leaves little behind', () => {
    const own = delegate(2);
    for (let round = 1; round <= 60; round++) {
      hear(own, vote(blockOn(GENESIS, round, 'a')));
      for (const member of [0, 1, 3]) hear(own, timeout(member, round));
      jolteon.invariants(own);
    }
    expect(own.round).toBe(61);
    expect(own.tally.timeouts.size).toBeLessThan(20);
  });

  it('may follow any number of rounds without a commit: what is proposed then is voted for', () => {
    const own = delegate(2);
    hear(own, { is: 'proposed', block: blockOn(GENESIS, 1, 'a'), tc: undefined });
    const tc = givenUp(9_000, GENESIS);
    hear(own, { is: 'shown', high: GENESIS, tc });
    expect(own.tree.blocks.size).toBe(0);
    const block = blockOn(GENESIS, 9_001, 'b');
    expect(kinds(hear(own, { is: 'proposed', block, tc }))).toContain('vote');
  });

  it('to come keeps nobody awake, whatever is proposed for it', () => {
    const own = delegate(2);
    hear(own, { is: 'proposed', block: blockOn(GENESIS, 41, 'a'), tc: undefined });
    jolteon.step(own, { is: 'proposed', block: blockOn(GENESIS, 1), tc: undefined }, fit);
    const [b1, b2] = [blockOn(GENESIS, 1), blockOn(certified(blockOn(GENESIS, 1)), 2)];
    fetch(own, b1);
    expect(kinds(fetch(own, b2)).at(-1)).toBe('commit');
    expect(hear(own, { is: 'look' })).toEqual([]);
  });

  it('is told to whoever is behind', () => {
    const own = delegate(2);
    const b1 = blockOn(GENESIS, 1, 'a');
    hear(own, { is: 'shown', high: certified(b1), tc: undefined });
    expect(own.round).toBe(2);
    const shown = hear(own, timeout(3, 1)).find(({ act }) => act === 'show');
    expect(shown).toEqual({ act: 'show', member: 3, high: certified(b1), tc: undefined });
  });

  it('is ended by whoever hears votes in it and no proposal: those who have committed with them sleep, and show it', () => {
    const own = delegate(3);
    const [b1, b2] = [blockOn(GENESIS, 1, 'a'), blockOn(certified(blockOn(GENESIS, 1, 'a')), 2)];
    hear(own, { is: 'shown', high: certified(b1), tc: undefined });
    expect(kinds(hear(own, vote(b2)))).toContain('time');
    const said = hear(own, { is: 'timer', round: 2 }).find(({ act }) => act === 'give-up');
    const asleep = delegate(1);
    fetch(asleep, b1);
    fetch(asleep, b2);
    expect(asleep.isAwake).toBe(false);
    expect(said).toMatchObject({ round: 2 });
    const shown = hear(asleep, timeout(3, 2, certified(b1)));
    expect(shown).toEqual([{ act: 'show', member: 3, high: certified(b2), tc: undefined }]);
    hear(own, { is: 'shown', high: certified(b2), tc: undefined });
    hear(own, { is: 'fetched', block: b2 });
    expect(kinds(hear(own, { is: 'fetched', block: b1 }))).toContain('commit');
  });

  it('passes nobody by who has nothing to order: a chain sleeps', () => {
    const own = delegate(1);
    expect(hear(own, { is: 'look' })).toEqual([]);
    expect(kinds(hear(own, { is: 'wanted' }))).toEqual(['time', 'make']);
  });
});

describe('evidence', () => {
  const b1 = blockOn(GENESIS, 1, 'a');
  const b2 = blockOn(certified(b1), 2, 'b');
  it('is two votes of one round, and two proposals', () => {
    const own = delegate(2);
    hear(own, vote(b1));
    expect(accused(hear(own, vote(b1)))).toEqual([]);
    expect(accused(hear(own, vote(blockOn(GENESIS, 1, 'other'))))).toEqual(['two-votes 3']);
    hear(own, { is: 'proposed', block: b1, tc: undefined });
    const other = blockOn(GENESIS, 1, 'other');
    expect(accused(hear(own, { is: 'proposed', block: other, tc: undefined }))).toEqual([
      'two-proposals 1',
    ]);
  });

  it('is a timeout that hides a QC on which its member has voted, in whichever order the two come', () => {
    const hidden: jolteon.Event = {
      is: 'timed-out',
      timeout: { round: 2, high: GENESIS, member: 3, signature: made },
      tc: undefined,
    };
    for (const order of [
      [vote(b2), hidden],
      [hidden, vote(b2)],
    ]) {
      const own = delegate(0);
      hear(own, { is: 'proposed', block: b2, tc: undefined });
      expect(order.flatMap((event) => accused(hear(own, event)))).toEqual(['hidden-qc 3']);
    }
  });
});

describe('a quorum', () => {
  it('is of members, each once and in order, of more than two thirds', () => {
    expect(isQuorumOf(WEIGHTS, [0, 1, 2])).toBe(true);
    expect(isQuorumOf(WEIGHTS, [0, 1])).toBe(false);
    expect(isQuorumOf(WEIGHTS, [0, 1, 1])).toBe(false);
    expect(isQuorumOf(WEIGHTS, [2, 1, 0])).toBe(false);
    expect(isQuorumOf(WEIGHTS, [1, 2, 4])).toBe(false);
  });

  it('of a block is named by the block: heads that differ have other names', () => {
    const heads = [blockOn(GENESIS, 1), blockOn(GENESIS, 2), blockOn(GENESIS, 1, 'a')];
    expect(new Set(heads.map(({ head }) => hex(blockId(head)))).size).toBe(3);
  });
});
