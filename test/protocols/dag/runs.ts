/** Runs of a whole city, drawn from a seed: some seconds of faults, then none, until all is ordered. */
import { isQuorum } from '#protocols/genesis.ts';
import type { Self } from '#protocols/self.ts';
import { World, type Copy, type Word } from './world.ts';

export interface Drawn {
  readonly seed: number;
  readonly plant?: Self['plant'];
}

/** Six seconds of faults, then none; done when every honest ledger has everything. */
export function run({ seed, plant }: Drawn): World {
  const draw = seededDraw(seed);
  const stakes = [
    [1n, 1n, 1n, 1n],
    [3n, 2n, 2n, 2n, 1n],
    [1n, 1n, 1n, 1n, 1n, 1n, 1n],
  ][draw(3)]!;
  const world = new World({ seed, stakes, twins: twinsFor(stakes, draw), plant });
  for (const copy of world.copies) world.boot(copy);
  world.weather.lossPermille = [0, 50, 200][draw(3)]!;
  world.weather.doubledPermille = [0, 100][draw(2)]!;
  world.weather.delayMsMax = [5, 30, 200][draw(3)]!;
  world.syncMsMax = [2, 10, 120][draw(3)]!;
  let certs = 0;
  for (let ms = 0; ms < 6_000; ms += 100) {
    if (draw(3) === 0) world.offer(certs++, some(world.copies, draw));
    if (draw(12) === 0) world.weather.cut = drawCut(world, draw);
    if (draw(12) === 0) world.weather.loses = drawDeafness(world, draw);
    if (draw(10) === 0) bounce(world, draw);
    if (draw(150) === 0) for (const copy of world.copies) world.crash(copy);
    world.pass(100);
  }
  heal(world);
  for (let ms = 0; ms < 60_000 && !world.isDone && world.broken === undefined; ms += 200)
    world.pass(200);
  return world;
}

function seededDraw(seed: number): (bound: number) => number {
  return new World({ seed: seed + 1_000_003, stakes: [1n] }).below;
}

/** As many as leave more than two thirds of the stake honest, or none. */
function twinsFor(stakes: readonly bigint[], draw: (bound: number) => number): number {
  const whole = stakes.reduce((sum, stake) => sum + stake, 0n);
  let most = 0;
  for (let part = whole - stakes[0]!; isQuorum(part, whole); part -= stakes[++most]!);
  return draw(2) * most;
}

const some = (copies: readonly Copy[], draw: (bound: number) => number): Copy[] => {
  const chosen = copies.filter(() => draw(3) > 0);
  return chosen.length === 0 ? [copies[draw(copies.length)]!] : chosen;
};

/** Halves, one alone, one way only, or nobody. */
function drawCut(world: World, draw: (bound: number) => number): (from: Copy, to: Copy) => boolean {
  const sides = new Map(world.copies.map((copy) => [copy, draw(2)]));
  const alone = world.copies[draw(world.copies.length)]!;
  const cuts: ((from: Copy, to: Copy) => boolean)[] = [
    () => false,
    () => false,
    (from, to) => sides.get(from) !== sides.get(to),
    (from, to) => from === alone || to === alone,
    (from) => from === alone,
  ];
  return cuts[draw(cuts.length)]!;
}

/** Some hear nothing of turns, others no other vertices, for a while. */
function drawDeafness(world: World, draw: (bound: number) => number): World['weather']['loses'] {
  if (draw(2) === 0) return () => false;
  const words: readonly Word[] = ['turn', 'vertex', 'nudge'];
  const deaf = new Set(
    world.copies
      .flatMap((copy) => words.map((word) => `${word} ${copy.node}`))
      .filter(() => draw(4) === 0),
  );
  return (word, _, to) => deaf.has(`${word} ${to.node}`);
}

function bounce(world: World, draw: (bound: number) => number): void {
  const copy = world.copies[draw(world.copies.length)]!;
  if (copy.city === undefined) world.boot(copy);
  else world.crash(copy);
}

function heal(world: World): void {
  Object.assign(world.weather, {
    lossPermille: 0,
    doubledPermille: 0,
    delayMsMax: 20,
    cut: () => false,
    loses: () => false,
  });
  world.syncMsMax = 5;
  for (const copy of world.copies) if (copy.city === undefined) world.boot(copy);
}

/** What a planted bug does, in one of so many seeds. */
export function seen(plant: NonNullable<Self['plant']>, seeds: number): string | undefined {
  for (let seed = 1; seed <= seeds; seed++) {
    const { broken, isDone } = run({ seed, plant });
    if (broken !== undefined) return broken;
    if (!isDone) return `seed ${seed} is not done`;
  }
  return undefined;
}
