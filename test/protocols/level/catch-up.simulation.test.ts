/**
 * One that was away comes back over more rounds than anybody remembers: by pages from a peer's disk, one certificate for
 * each, from where its own disk ends, with nothing left in memory.
 */
import { expect, it } from 'vitest';
import { blockId, type Head, type Qc } from '#protocols/jolteon/block.ts';
import { ROUNDS_AHEAD } from '#protocols/jolteon/tree.ts';
import { heightOf } from '#protocols/level/state.ts';
import { Page, PAGE_MAX } from '#protocols/level.messages.ts';
import { Bench, blockOn, GENESIS, qcOf, refTo, where } from './bench.ts';

const HEIGHTS = ROUNDS_AHEAD + 80;
const [AWAY, THERE] = [1, 0];

/** A block of each round, with one more for the certificate of the last. */
function heads(): Head[] {
  const all: Head[] = [];
  for (let round = 1; round <= HEIGHTS + 1; round++) {
    const before = all.at(-1);
    const parent: Qc =
      before === undefined ? GENESIS : { block: blockId(before), round: before.round, votes: [] };
    all.push(blockOn(parent, round - 1, round, [refTo(round)]).head);
  }
  return all;
}

const ALL = heads();
const proving = (head: Head): Qc => qcOf({ head, parent: GENESIS });

function pageFrom(height: number): Page {
  const last = Math.min(HEIGHTS, height + PAGE_MAX - 1);
  const shown = ALL.slice(height - 1, last + 1);
  const bodies = shown.slice(0, -1).map((head) => [refTo(head.height)]);
  return Page.of({ top: HEIGHTS, final: { heads: shown, qc: proving(shown.at(-1)!) }, bodies });
}

it('brings it to where the others are, in pages', () => {
  const there = new Bench(THERE);
  there.hearFrom(3, where(GENESIS, HEIGHTS));
  while (heightOf(there.state) < HEIGHTS) there.hearFrom(3, pageFrom(heightOf(there.state) + 1));

  let away = new Bench(AWAY);
  // A certificate that is too far ahead to be remembered, and who has what is before it.
  away.hearFrom(THERE, where(proving(ALL.at(-1)!), HEIGHTS));
  let [pages, ticks, asked, given] = [0, 0, 0, 0];
  for (; heightOf(away.state) < HEIGHTS && ticks < 100;) {
    const wanted = away.said('level.fetch').slice(asked);
    asked += wanted.length;
    for (const each of wanted) there.hearFrom(AWAY, each);
    const answers = there.said('level.page').slice(given);
    given += answers.length;
    for (const each of answers) away.hearFrom(THERE, each);
    pages += answers.length;
    if (answers.length > 0) continue;
    ticks++;
    there.tick();
    away.tick();
    if (ticks !== 2) continue;
    const before = heightOf(away.state);
    away = new Bench(AWAY, away.disk);
    asked = 0;
    expect(heightOf(away.state)).toBe(before);
    expect(before).toBeGreaterThan(PAGE_MAX);
    away.hearFrom(THERE, where(proving(ALL.at(-1)!), HEIGHTS));
  }
  expect(heightOf(away.state)).toBe(HEIGHTS);
  expect(pages).toBeLessThan(HEIGHTS / PAGE_MAX + 10);
  const { bodies, proposals, gathering, jolteon } = away.state;
  const left = [bodies, proposals, gathering.atWork, jolteon.tree.blocks].map(({ size }) => size);
  expect(Math.max(...left, jolteon.tree.qcs.size)).toBeLessThan(3);
});
