/**
 * Scenarios of agreement that chance does not find soon: who hears what is chosen by hand. Of four delegates of
 * equal stake it is d2's turn first at height 1, then d0's, then d3's.
 */
import { describe, expect, it } from 'vitest';
import type { Self } from '#protocols/self.ts';
import { World, type Copy } from './world.ts';

function fourOf(plant?: Self['plant']): readonly [World, Copy, Copy, Copy, Copy] {
  const world = new World({ seed: 1, stakes: [1n, 1n, 1n, 1n], plant });
  for (const copy of world.copies) world.boot(copy);
  world.pass(1_000);
  const [d0, d1, d2, d3] = world.copies as [Copy, Copy, Copy, Copy];
  return [world, d0, d1, d2, d3];
}

const heal = ({ weather }: World): void => {
  Object.assign(weather, { cut: () => false, loses: () => false });
};

/**
 * d2 alone hears all precommits and decides; d1 and d3 are locked on the same batch and crash; d0 has heard too
 * little to be locked, and it is its turn.
 */
function decidedByOne(plant?: Self['plant']): World {
  const [world, d0, d1, d2, d3] = fourOf(plant);
  world.weather.loses = (word, from, to) => {
    if (word === 'precommit') return from === d2;
    return to === d0 && (word !== 'prevote' || from === d3);
  };
  world.offer(1, world.copies);
  for (let ms = 0; ms < 3_000 && d2.disk.chain.length === 0; ms += 10) world.pass(10);
  expect(world.copies.map(({ disk }) => disk.chain.length)).toEqual([0, 0, 1, 0]);
  world.weather.cut = (from, to) => from === d2 || to === d2;
  world.weather.loses = () => false;
  for (const locked of [d1, d3]) {
    world.crash(locked);
    world.boot(locked);
  }
  world.pass(20_000);
  heal(world);
  world.pass(20_000);
  return world;
}

describe('a batch that one delegate has decided', () => {
  it('is what those decide who were locked on it and have crashed', () => {
    const world = decidedByOne();
    expect(world.broken).toBeUndefined();
    expect(world.isDone).toBe(true);
  });

  it('is another one where a lock is forgotten in a crash, and that is seen', () => {
    expect(decidedByOne('no-lock-after-restart').broken).toMatch(/^two batches at height 1/);
  });
});

/** The first `own` certificates: one at each of so many ledgers, and nowhere else. */
function poisoned(own: number): World {
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
      expect(world.broken).toBeUndefined();
      expect(orderedAt(world)).toEqual(Array(4).fill(10));
    }
  });

  it('spoils fewer and fewer rounds, and has its place once the others take it', () => {
    const world = poisoned(4);
    const heights: number[] = [];
    for (let i = 0; i < 4; i++) {
      world.pass(60_000);
      heights.push(world.copies[0]!.disk.chain.length);
    }
    expect(heights[3]! - heights[2]!).toBeLessThan((heights[0]! + 1) / 2);
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
    expect(orderedAt(world)).toEqual(Array(4).fill(60));
    const failed = copies[0]!.disk.chain.filter(({ quorum }) => quorum.round > 0).length;
    expect(failed).toBeLessThan(8);
    expect(changes()).toEqual([0, 0, 0, 0]);
    for (const copy of copies.slice(1)) world.agree(copy, change);
    world.pass(20_000);
    expect(changes()).toEqual([1, 1, 1, 1]);
    expect(world.broken).toBeUndefined();
  });
});

describe('ballots', () => {
  it('are verified together when they decide: three jobs a delegate for a batch, not one for each', () => {
    const [world] = fourOf();
    for (let i = 0; i < 10; i++) {
      world.offer(i, world.copies);
      world.pass(1_000);
    }
    expect(orderedAt(world)).toEqual(Array(4).fill(10));
    expect(world.verifications).toBeLessThanOrEqual(10 * (3 + 4 * 2));
  });
});

const orderedAt = ({ copies }: World): number[] =>
  copies.map(({ disk }) => disk.chain.flatMap(({ batch }) => batch.entries).length);

describe('a delegate whose disk is of before', () => {
  it('votes in no height in which it may have voted, and takes part again', () => {
    const [world, d0] = fourOf();
    const image = world.image(d0);
    for (let i = 0; i < 8; i++) {
      world.offer(i, world.copies);
      world.pass(300);
    }
    const under = d0.disk.chain.length + 1;
    world.weather.loses = (word) => word === 'precommit';
    world.offer(8, world.copies);
    world.pass(300);
    expect(world.saidSince(d0.node, under)).toBeGreaterThan(1);
    world.crash(d0);
    d0.disk = image;
    world.weather.loses = (word, _, to) =>
      word === 'precommit' || (to === d0 && word === 'proposal');
    world.boot(d0);
    world.pass(8_000);
    heal(world);
    for (let i = 9; i < 20; i++) {
      world.offer(i, world.copies);
      world.pass(500);
    }
    expect(world.broken).toBeUndefined();
    expect(world.isDone).toBe(true);
    expect(world.saidSince(d0.node, under + 3)).toBeGreaterThan(0);
  });

  it('votes in no height before the one that it stands by, though its ledger is empty', () => {
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
    expect(world.broken).toBeUndefined();
    expect(world.isDone).toBe(true);
  });
});

describe('a delegate that was away while many rounds failed', () => {
  it('is pulled to the round of the others, who need it', () => {
    const [world, d0, d1, d2, d3] = fourOf();
    world.crash(d3);
    world.weather.loses = (word) => word === 'proposal' || word === 'nudge';
    world.offer(1, world.copies);
    world.pass(60_000);
    expect(d1.city!.on!.round).toBeGreaterThan(6);
    world.crash(d0);
    heal(world);
    world.boot(d3);
    world.pass(60_000);
    expect([d1, d2, d3].map(({ disk }) => disk.chain.length)).toEqual([1, 1, 1]);
    expect(world.broken).toBeUndefined();
  });
});

describe('a silent proposer', () => {
  it('costs one round, and nobody waits for it in idle times', () => {
    const [world, , , d2] = fourOf();
    world.crash(d2);
    const before = world.events;
    world.pass(10_000);
    expect(world.events - before).toBeLessThan(200);
    world.offer(1, world.copies);
    world.pass(1_500);
    expect(world.copies.map(({ disk }) => disk.chain.length)).toEqual([1, 1, 0, 1]);
    expect(world.reached).toContain('city: a round failed');
  });
});
