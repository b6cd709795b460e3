/** Scenarios of the order that chance does not find soon: who hears what is chosen by hand. Four delegates, equal stake. */
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { headDigest, membersIn, NONE, type Committed } from '#protocols/city-batch.ts';
import { genesisCommittee } from '#protocols/committee.ts';
import { heardOf } from '#protocols/dag/caution.ts';
import { caughtUp } from '#protocols/dag/follow.ts';
import { claimFork, told as toldOfFork } from '#protocols/dag/fork.ts';
import { step } from '#protocols/dag/order.ts';
import { MIN_ROUND_MS } from '#protocols/dag/pace.ts';
import { doubleVoteJobs, votersOfBoth, type CityFork } from '#protocols/double-vote.ts';
import { Chained } from '#protocols/ledger.messages.ts';
import { Certified } from '#protocols/order.messages.ts';
import type { Self } from '#protocols/self.ts';
import { address, nodeAddress } from '#protocols/subjects.ts';
import type { Copy } from '#simulations/twins/dag-copy.ts';
import type { DagGroup } from '#simulations/twins/dag-group.ts';
import { from } from '../moments.ts';
import { groupOf } from './world.ts';

function fourOf(plant?: Self['plant']): readonly [DagGroup, Copy, Copy, Copy, Copy] {
  const world = groupOf({ seed: 1, stakes: [1n, 1n, 1n, 1n], plant });
  for (const copy of world.copies) world.boot(copy);
  world.pass(1_000);
  const [d0, d1, d2, d3] = world.copies as [Copy, Copy, Copy, Copy];
  return [world, d0, d1, d2, d3];
}

const heal = ({ weather }: DagGroup): void => {
  Object.assign(weather, { cut: () => false, loses: () => false });
};
const orderedAt = ({ copies }: DagGroup): number[] =>
  copies.map(({ disk }) => disk.chain.flatMap(({ batch }) => batch.entries).length);
const heights = ({ copies }: DagGroup): number[] => copies.map(({ disk }) => disk.chain.length);

describe('a certificate', () => {
  it('has its place after three rounds and is closed after three more, in one signature of each and round', () => {
    const [world] = fourOf();
    for (let i = 0; i < 10; i++) {
      world.offer(i, world.copies);
      world.pass(1_000);
    }
    expect(orderedAt(world)).toEqual([10, 10, 10, 10]);
    expect(world.signatures).toBe(10 * 6 * 4);
    expect(heights(world)).toEqual([20, 20, 20, 20]);
    const vertices = 10 * 6 * 4 * 3;
    expect(world.sent.get('dag.vertex')).toBeLessThan(1.1 * vertices);
    expect(world.verified).toBeLessThan(1.1 * vertices);
  });

  it('leaves an idle city as quiet as before', () => {
    const [world, d0] = fourOf();
    world.offer(1, world.copies);
    world.pass(1_000);
    const [before, { spoken }] = [world.sent.get('dag.vertex'), d0.city!];
    world.pass(20_000);
    expect(world.sent.get('dag.vertex')).toBe(before);
    expect(d0.city!.spoken).toBe(spoken);
    expect(world.sent.get('dag.nudge')).toBeLessThanOrEqual(4 * 11);
  });

  it('that had its place before our ledger said that it waits does not wait', () => {
    const [world, d0] = fourOf();
    world.offer(1, world.copies);
    world.pass(1_000);
    const late = Certified.of({ entries: [...world.offered.values()] });
    step(d0.city!, late, from(address(d0.node, 'ledger'), world.now));
    expect(d0.city!.waiting.size).toBe(0);
  });

  it('that one ledger alone holds is fetched by the others, and has its place', () => {
    const [world, d0] = fourOf();
    world.offer(1, [d0]);
    world.pass(3_000);
    expect(orderedAt(world)).toEqual([1, 1, 1, 1]);
  });

  it('has its place in the next batch when many come at once, a batch each round', () => {
    const [world] = fourOf();
    for (let i = 0; i < 200; i++) {
      world.offer(i, world.copies);
      world.pass(MIN_ROUND_MS / 4);
    }
    world.pass(1_000);
    expect(orderedAt(world)).toEqual([200, 200, 200, 200]);
    const { spoken } = world.copies[0]!.city!;
    expect(heights(world)[0]).toBeGreaterThan(spoken / 2);
  });
});

/** The first `own` certificates: one at each of so many ledgers, and nowhere else. */
function poisoned(own: number): DagGroup {
  const [world, ...copies] = fourOf();
  for (let i = 0; i < own; i++) world.offer(i, [copies[i]!]);
  world.weather.declines = (number, at) => number < own && copies[number] !== at;
  return world;
}

describe('a certificate that only one ledger takes', () => {
  it('keeps nothing else from its place, even where each ledger has one', () => {
    for (const own of [1, 4]) {
      const world = poisoned(own);
      world.pass(10_000);
      for (let i = own; i < own + 10; i++) {
        world.offer(i, world.copies);
        world.pass(2_000);
      }
      world.pass(5_000);
      expect(orderedAt(world)).toEqual([10, 10, 10, 10]);
    }
  });

  it('spoils fewer and fewer turns, and has its place once the others take it', () => {
    const world = poisoned(4);
    const spoken: number[] = [];
    for (let i = 0; i < 4; i++) {
      world.pass(60_000);
      spoken.push(world.copies[0]!.city!.spoken);
    }
    expect(spoken[3]! - spoken[2]!).toBeLessThan((spoken[0]! + 1) / 2);
    world.weather.declines = () => false;
    world.pass(600_000);
    expect(world.isDone).toBe(true);
  });
});

describe('a change of policy that one operator alone wants', () => {
  it('keeps nothing else from its place, and has its own once the others want it', () => {
    const change = new Uint8Array([7]);
    const [world, ...copies] = fourOf();
    world.agree(copies[0]!, change);
    const changes = () =>
      copies.map(({ disk }) => disk.chain.filter(({ batch }) => batch.change !== undefined).length);
    for (let i = 0; i < 60; i++) {
      world.offer(i, world.copies);
      world.pass(1_000);
    }
    world.pass(4_000);
    expect(orderedAt(world)).toEqual([60, 60, 60, 60]);
    expect(changes()).toEqual([0, 0, 0, 0]);
    for (const copy of copies.slice(1)) world.agree(copy, change);
    world.pass(60_000);
    expect(changes()).toEqual([1, 1, 1, 1]);
  });
  it('that all of them have taken back is not ordered, though it was named', () => {
    const [world, ...copies] = fourOf();
    world.weather.loses = () => true;
    for (const copy of copies) world.agree(copy, new Uint8Array([7]));
    world.pass(2_000);
    for (const copy of copies) world.agree(copy);
    heal(world);
    world.offer(1, world.copies);
    world.pass(20_000);
    expect(orderedAt(world)).toEqual([1, 1, 1, 1]);
    const changes = copies.flatMap(({ disk }) => disk.chain).map(({ batch }) => batch.change);
    expect(changes.filter((change) => change !== undefined)).toEqual([]);
  });
});

describe('a batch that one delegate alone has', () => {
  it('is the one that the others have after a blackout, though it never comes back', () => {
    const [world, d0, ...others] = fourOf();
    // Nobody else hears of what makes it final.
    world.weather.loses = (word, from, to) => word === 'vertex' && to !== d0 && hasVoted(from);
    world.offer(1, world.copies);
    for (let ms = 0; ms < 3_000 && d0.disk.chain.length === 0; ms += 5) world.pass(5);
    expect(heights(world)).toEqual([1, 0, 0, 0]);
    for (const copy of world.copies) world.crash(copy);
    heal(world);
    for (const copy of others) world.boot(copy);
    world.offer(2, others);
    world.pass(20_000);
    expect(orderedAt(world).slice(1)).toEqual([2, 2, 2]);
    world.boot(d0);
    world.pass(5_000);
    expect(world.isDone).toBe(true);
  });
});

/** It has spoken in the round that counts. */
const hasVoted = ({ city }: Copy): boolean =>
  city !== undefined && city.spoken >= city.graph.floor + 3;

describe('a delegate whose disk is of before', () => {
  it('speaks in no round in which it may have spoken, and takes part again', () => {
    const [world, d0] = fourOf();
    const image = world.image(d0);
    for (let i = 0; i < 8; i++) {
      world.offer(i, world.copies);
      world.pass(300);
    }
    const { spoken } = d0.city!;
    world.crash(d0);
    d0.disk = image;
    world.boot(d0);
    world.pass(2_000);
    for (let i = 9; i < 20; i++) {
      world.offer(i, world.copies);
      world.pass(500);
    }
    expect(world.isDone).toBe(true);
    expect([...world.reached.keys()]).toContain('city: a life began by watching');
    expect(world.claims.saidSince(d0.node, spoken + 2)).toBeGreaterThan(0);
  });

  it('has all batches again though its ledger is empty', () => {
    const [world, d0] = fourOf();
    for (let i = 0; i < 3; i++) {
      world.offer(i, world.copies);
      world.pass(300);
    }
    world.crash(d0);
    d0.disk.chain.length = 0;
    world.weather.cut = (from, to) => from === d0 || to === d0;
    world.boot(d0);
    world.pass(20_000);
    heal(world);
    world.pass(5_000);
    expect(world.isDone).toBe(true);
  });
});

describe('a delegate that restarts', () => {
  it('is silenced by nobody who says that it has spoken in the last round there is', () => {
    const [world, d0, d1] = fourOf();
    world.offer(1, world.copies);
    world.pass(1_000);
    world.crash(d0);
    world.boot(d0);
    world.pass(1);
    const lie = { epoch: 0, author: 0, round: 0xffff_ffff, content: NONE } as const;
    const head = { ...lie, place: world.genesis.place, sealed: undefined };
    const yours = { head, signature: new Uint8Array(64) };
    const said = { kind: 'dag.hailed', height: 1, epoch: 0, top: 0xffff_ffff, yours } as const;
    heardOf(d0.city!, d1.node, said);
    world.crash(d1);
    world.pass(12_000);
    world.offer(2, world.copies);
    world.pass(5_000);
    expect(orderedAt(world)).toEqual([2, 1, 2, 2]);
  });
});

describe('an epoch', () => {
  it('ends with its last batch; who was away goes through all of them', () => {
    const world = groupOf({ seed: 1, stakes: [1n, 1n, 1n, 1n], epochBatches: 5 });
    for (const copy of world.copies) world.boot(copy);
    world.pass(1_000);
    const [d0, , , d3] = world.copies as [Copy, Copy, Copy, Copy];
    world.crash(d3);
    for (let i = 0; i < 12; i++) {
      world.offer(i, world.copies);
      world.pass(600);
    }
    world.boot(d3);
    world.pass(6_000);
    expect(world.isDone).toBe(true);
    const epochs = d3.disk.chain.map(({ batch }) => batch.head.epoch);
    expect(epochs).toEqual(d0.disk.chain.map((_, i) => Math.floor(i / 5)));
    expect(epochs.at(-1)).toBeGreaterThan(2);
    expect([d0, d3].map(({ city }) => city!.committee.epoch)).toEqual(
      [d0, d3].map(({ disk }) => Math.floor(disk.chain.length / 5)),
    );
  });
});

describe('a silent leader', () => {
  it('costs its time and no more, and nobody waits for it in idle times', () => {
    const [world, , , d2] = fourOf();
    world.crash(d2);
    const before = world.events;
    world.pass(10_000);
    expect(world.events - before).toBeLessThan(200);
    for (let i = 0; i < 8; i++) {
      world.offer(i, world.copies);
      world.pass(1_000);
    }
    expect(orderedAt(world)).toEqual([8, 8, 0, 8]);
  });
});

/** What it takes from one moment on until certificates have their places, one after another; and whose turns came to nothing. */
function ordering(world: DagGroup, first: number, count: number) {
  const [d0] = world.copies as [Copy];
  const [height, round] = [d0.disk.chain.length, d0.city!.graph.floor];
  let ms = 0;
  for (let i = first; i < first + count; i++) {
    const before = orderedAt(world)[0]!;
    world.offer(i, world.copies);
    for (; orderedAt(world)[0] === before && ms < 1_000_000; ms += 5) world.pass(5);
    world.pass(800);
  }
  const missed = d0.disk.chain.slice(height).flatMap(({ batch }) => membersIn(batch.head.missed));
  return { ms: ms / count, missed, rounds: d0.city!.graph.floor - round };
}

function sevenOf(missedTurns: number): DagGroup {
  const stakes = [1n, 1n, 1n, 1n, 1n, 1n, 1n];
  const world = groupOf({ seed: 1, stakes, missedTurns });
  for (const copy of world.copies) world.boot(copy);
  world.pass(1_000);
  return world;
}

describe('a delegate whose turns others have', () => {
  it('has them name what it alone holds', () => {
    const [world, , , , d3] = fourOf();
    world.crash(d3);
    ordering(world, 0, 8);
    world.boot(d3);
    world.pass(5_000);
    expect(d3.city!.graph.passed).toContain(3);
    for (let i = 8; i < 12; i++) {
      world.offer(i, [d3]);
      world.pass(3_000);
    }
    expect(orderedAt(world)).toEqual([12, 12, 12, 12]);
  });
});

describe('leaders that are dead', () => {
  it('cost nothing once they are passed over, and lead again when they are back', () => {
    const world = sevenOf(3);
    const healthy = ordering(world, 0, 24);
    for (const dead of world.copies.slice(5)) world.crash(dead);
    ordering(world, 24, 24);
    const after = ordering(world, 48, 24);
    expect(healthy.missed).toEqual([]);
    expect(after.missed).toEqual([]);
    expect(after.ms).toBeLessThan(1.1 * healthy.ms);
    expect(Math.abs(after.rounds - healthy.rounds)).toBeLessThan(2);
    const never = ordering(crippled(), 24, 24);
    expect(never.ms).toBeGreaterThan(1.3 * healthy.ms);
    for (const dead of world.copies.slice(5)) world.boot(dead);
    ordering(world, 72, 40);
    const last = world.copies[0]!.disk.chain.slice(-80).map(({ batch }) => batch.head.proposer);
    for (const { node } of world.copies) expect(last).toContain(node);
  });
});

/** Where nobody is ever passed over. */
function crippled(): DagGroup {
  const world = sevenOf(60_000);
  for (const dead of world.copies.slice(5)) world.crash(dead);
  ordering(world, 0, 24);
  return world;
}

/** Two of four have a twin each: both halves of the city have more than two thirds of its stake. */
function splitCity(): { readonly world: DagGroup; readonly honest: readonly [Copy, Copy] } {
  const world = groupOf({ seed: 3, stakes: [1n, 1n, 1n, 1n], twins: 2, mayFork: true });
  const honest = world.honest as [Copy, Copy];
  const sideOf = (copy: Copy): number =>
    copy === honest[0] ? 0 : copy === honest[1] ? 1 : copy.twin;
  world.weather.cut = (from, to) => sideOf(from) !== sideOf(to);
  for (const copy of world.copies) world.boot(copy);
  world.pass(1_000);
  for (let i = 0; i < 6; i++) {
    world.offer(
      i,
      world.copies.filter((copy) => sideOf(copy) === i % 2),
    );
    world.pass(700);
  }
  return { world, honest };
}

const digestsOf = ({ disk }: Copy): string[] =>
  disk.chain.map(({ batch }) => hex(headDigest(batch.head)));

/** The first batch, and one that nobody sealed, with signatures of the first. */
function falseFork({ disk }: Copy): CityFork {
  const [{ batch, quorum }] = disk.chain as [Committed];
  const head = { ...batch.head, round: batch.head.round + 1 };
  return { one: { head: batch.head, quorum }, other: { head, quorum } };
}

describe('a fork, where more than a third of the stake is faulty', () => {
  it('halts all who are honest, durably, with what convicts those who sealed both sides', () => {
    const { world, honest } = splitCity();
    const [a, b] = honest.map(digestsOf) as [string[], string[]];
    expect(Math.min(a.length, b.length)).toBeGreaterThan(2);
    expect(a.some((each) => b.includes(each))).toBe(false);
    heal(world);
    world.pass(10_000);
    for (const { city, disk } of honest) {
      const { one, other } = city!.fork!;
      expect(disk.kept.has('fork')).toBe(true);
      expect(one.head.height).toBe(other.head.height);
      expect(hex(headDigest(one.head))).not.toBe(hex(headDigest(other.head)));
      const committee = genesisCommittee(world.genesis);
      const both = votersOfBoth(committee, { one, other });
      expect(both.map(({ delegate }) => delegate)).toEqual(
        world.genesis.delegates.slice(0, 2).map(({ node }) => node),
      );
      for (const each of both)
        expect(doubleVoteJobs(world.genesis.network, committee, each)).toHaveLength(2);
    }
    const said = honest.map(({ city }) => city!.spoken);
    const chains = honest.map(digestsOf);
    for (const copy of honest) {
      world.crash(copy);
      world.boot(copy);
    }
    world.offer(100, world.copies);
    world.pass(5_000);
    expect(honest.map(digestsOf)).toEqual(chains);
    expect(honest.map(({ city }) => city!.fork !== undefined)).toEqual([true, true]);
    for (const [i, { node }] of honest.entries())
      expect(world.claims.saidSince(node, said[i]! + 1)).toBe(0);
  });

  it('is suspected where batches that were verified meanwhile stand on another one than ours', () => {
    const { world, honest } = splitCity();
    const [behind, ahead] = honest;
    world.offer(50, [ahead]);
    world.pass(700);
    const city = behind.city!;
    const chain = ahead.disk.chain.slice(city.head!.height);
    expect(chain.length).toBeGreaterThan(0);
    city.furthest = { node: ahead.node, height: ahead.disk.chain.length };
    const wants = caughtUp(city, chain);
    expect(city.handed).toBeUndefined();
    expect(wants).toMatchObject([{ do: 'ask', to: address(ahead.node, 'ledger') }]);
  });

  it('is looked at though somebody else says another batch of that height meanwhile', () => {
    const [world, d0, d1, d2] = fourOf();
    world.offer(1, world.copies);
    world.pass(800);
    const { one, other } = falseFork(d0);
    const [batch] = d0.disk.chain as [Committed];
    const lie = { batch: { ...batch.batch, head: other.head }, quorum: other.quorum };
    const city = d1.city!;
    const told = (what: string, peer: Copy, batches: readonly Committed[]) =>
      toldOfFork(city, what, peer.node, Chained.of({ height: 1, batches }));
    told('theirs', d0, [lie]);
    told('theirs', d2, [batch]);
    told('ours', d0, [batch]);
    expect(one.head.height).toBe(other.head.height);
    expect(city.inbox.queue.map(({ from: by }) => by)).toEqual([d0.node]);
    told('ours', d2, [batch]);
    expect(city.suspected.size).toBe(0);
  });

  it('is looked at where delegates say so, and by the word of nobody else', () => {
    const [world, d0, d1] = fourOf();
    world.offer(1, world.copies);
    world.pass(800);
    const lie = { kind: 'dag.forked', fork: falseFork(d0) } as const;
    const light = nodeAddress(world.genesis.place, 'l1');
    const isLookedAt = [d0.node, d1.node, light].map((node) => {
      step(d1.city!, lie, from(address(node, 'city'), world.now));
      return d1.city!.inbox.of.has(node);
    });
    expect(isLookedAt).toEqual([true, true, false]);
  });

  it('is none where those who say so ordered long ago, in whichever life', () => {
    const world = groupOf({ seed: 1, stakes: [1n, 1n, 1n, 1n], epochBatches: 2 });
    for (const copy of world.copies) world.boot(copy);
    world.pass(1_000);
    for (let i = 0; i < 6; i++) {
      world.offer(i, world.copies);
      world.pass(800);
    }
    const [d0, d1] = world.copies as [Copy, Copy];
    const fork = falseFork(d0);
    const isLookedAt = (): boolean => {
      claimFork(d1.city!, d0.node, fork);
      return d1.city!.inbox.queue.length > 0;
    };
    expect(d1.city!.committee.epoch).toBeGreaterThan(2);
    expect(isLookedAt()).toBe(false);
    world.crash(d1);
    world.boot(d1);
    expect(isLookedAt()).toBe(false);
    world.pass(5_000);
    expect(d1.city!.committee.epoch).toBeGreaterThan(2);
    expect(isLookedAt()).toBe(false);
  });

  it('is none by the word of one who lies', () => {
    const [world, d0, d1] = fourOf();
    for (let i = 0; i < 3; i++) {
      world.offer(i, world.copies);
      world.pass(800);
    }
    const lie = falseFork(d0);
    claimFork(d1.city!, d0.node, lie);
    claimFork(d1.city!, d0.node, { one: lie.one, other: lie.one });
    world.offer(9, world.copies);
    world.pass(3_000);
    expect(world.copies.map(({ city }) => city!.fork)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(orderedAt(world)).toEqual([4, 4, 4, 4]);
  });
});
