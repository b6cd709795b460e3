/**
 * The time of batches, with liars and with clocks that are apart. Method: a city whose delegates reckon time each by a
 * clock of their own, and less than a third of the stake stamps what it likes and votes for whatever time; the world
 * looks at each batch (dag-claims.ts).
 */
import { describe, expect, it } from 'vitest';
import type { Self } from '#protocols/self.ts';
import type { DagGroup, ReckonedClock } from '#simulations/twins/dag-group.ts';
import { seeded } from '#test/runtime/manual.ts';
import { groupOf } from './world.ts';

const SEEDS = 6;
const LIES_MS = [-3_600_000, -700, 90, 1_500, 4_000, 3_600_000] as const;

/** Four or seven, up to f of whom lie; certificates for some seconds, in bursts and after pauses. */
function run(seed: number, plant?: Self['plant']): DagGroup {
  const { below } = seeded(seed * 31 + 7);
  const faulty = 1 + below(2);
  const count = 3 * faulty + 1;
  const clocks = Array.from({ length: count }, (_, i): ReckonedClock => {
    const lies = i < faulty;
    return { lies, offMs: lies ? LIES_MS[below(LIES_MS.length)]! : below(80) - 40 };
  });
  const world = groupOf({ seed, stakes: clocks.map(() => 1n), clocks, plant });
  for (const copy of world.copies) world.boot(copy);
  let certs = 0;
  for (let ms = 0; ms < 5_000; ms += 50) {
    if (below(ms % 2_000 < 800 ? 2 : 30) === 0) world.offer(certs++, world.copies);
    world.pass(50);
  }
  for (let ms = 0; ms < 10_000 && !world.isDone; ms += 100) world.pass(100);
  return world;
}

/** The claim that breaks where authors alone choose. */
function brokenIn(seed: number): string {
  try {
    run(seed, 'author-stamp');
    return '';
  } catch (error) {
    return String(error);
  }
}

describe('the time of a batch', () => {
  it('lies between honest clocks, whoever names it, and the city goes on', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = run(seed);
      expect(world.isDone, `seed ${seed} is done`).toBe(true);
    }
  });

  it('is what a liar likes where its author alone chooses it', () => {
    const broken = Array.from({ length: SEEDS }, (_, i) => brokenIn(i + 1));
    expect(broken.some((each) => each.includes('later than all honest clocks'))).toBe(true);
    expect(broken.some((each) => each.includes('before what honest delegates stamped'))).toBe(true);
  });
});

describe('a delegate that is unsure of the time', () => {
  it('names nothing, and what it alone was offered is named by others', () => {
    const clocks = [0, 0, 0, 0].map((offMs, i) => ({ offMs, lies: false, stepsAside: i === 1 }));
    const world = groupOf({ seed: 5, stakes: [1n, 1n, 1n, 1n], clocks });
    for (const copy of world.copies) world.boot(copy);
    const [, unsure] = world.copies;
    for (let i = 0; i < 10; i++) {
      world.offer(i, i % 2 === 0 ? world.copies : [unsure!]);
      world.pass(200);
    }
    for (let ms = 0; ms < 10_000 && !world.isDone; ms += 100) world.pass(100);
    expect(world.isDone).toBe(true);
    const proposers = unsure!.disk.chain.map(({ batch }) => batch.head.proposer);
    expect(proposers.length).toBeGreaterThan(0);
    expect(proposers).not.toContain(unsure!.node);
  });
});
