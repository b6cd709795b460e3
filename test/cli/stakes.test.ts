/** What operators are shown of stakes: who orders, who was convicted, how safe the next committee is. */
import { describe, expect, it } from 'vitest';
import * as delegates from '#cli/delegates.ts';
import * as elect from '#cli/elect.ts';
import * as evidence from '#cli/evidence.ts';
import type { Told } from '#cli/stakes.ts';
import { cityBatch, NONE } from '#protocols/city-batch.ts';
import { nextSeats, standingOf } from '#protocols/stake/election.ts';
import { convict } from '#protocols/stake/penalty.ts';
import { withStake, type Stakes } from '#protocols/stake/stakes.ts';
import { begun, cityOf, lived, RULES } from '../protocols/stake/city.ts';

const CITY = cityOf(...Array.from({ length: 8 }, () => 100n));

function told(stakes: Stakes, rules = RULES): Told {
  const height = stakes.since;
  const standing = stakes.delegates.map((_, i) => standingOf(stakes, rules, i, height));
  const nodes = CITY.delegates.map(({ node }) => node);
  const next = [...nextSeats(CITY, stakes, rules, height)];
  return { height, nodes, stakes, standing, next, rules };
}

const liar = convict(begun(CITY), RULES, { who: 3, fault: 'double-vote', height: 7, act: NONE })!;
const second = lived(CITY, liar);

describe('delegates', () => {
  it('are shown with their stakes, their state, and who orders', () => {
    const lines = delegates.textOf(told(second)).split('\n');
    expect(lines[4]).toMatch(/d103 +95 +0 +0 +5 +- +tombstone +-$/);
    expect(lines[5]).toMatch(/d104 +100 +0 +0 +0 +- +stands +100$/);
    expect(lines.at(-1)).toBe('epoch 1, batch 0 of 10 (height 10)');
    expect(delegates.jsonOf(told(second)).delegates[3]).toMatchObject({ slashed: '5', votes: '0' });
    const turns = { missed: 0, passedUntil: 99, times: 1 };
    const idle = told(withStake(second, 4, { turns }));
    expect(delegates.textOf(idle).split('\n')[5]).toMatch(/100, leads nothing$/);
  });
});

describe('evidence', () => {
  it('is shown with what it cost', () => {
    expect(evidence.textOf(told(second))).toMatch(/d103 +double-vote +0 +7 +5 of 100 \(5.0 %\)/);
    expect(evidence.textOf(told(begun(CITY)))).toMatch(/no delegate was convicted/);
    expect(evidence.jsonOf(told(second)).convicted).toHaveLength(1);
  });

  it('of a fork names both batches, and who has halted', () => {
    const chosen = { place: CITY.place, epoch: 0, height: 7, prev: NONE, stateRoot: NONE };
    const by = { proposer: CITY.delegates[0]!.node, at: new Uint8Array(8) };
    const headOf = (round: number) => cityBatch({ ...chosen, ...by, round }, [], undefined).head;
    const fork = {
      one: { head: headOf(8), quorum: { votes: [] } },
      other: { head: headOf(9), quorum: { votes: [] } },
    };
    const seen = { fork, by: [CITY.delegates[2]!.node] };
    expect(evidence.forkText(seen)).toMatch(/two batches of height 7 [^]*halted: .*d102\./);
    expect(new Set(evidence.forkJson(seen).batches).size).toBe(2);
  });
});

describe('the next election', () => {
  it('draws nothing where all who stand have a seat, and tells who is left out', () => {
    const shown = elect.textOf(told(second));
    expect(shown).toMatch(/left out: .*d103 \(tombstone\)/);
    expect(shown).toMatch(/nothing is drawn; it bears 2 of equal stake/);
  });

  it('warns of a committee that is drawn too small', () => {
    const shown = elect.textOf(told(second, { ...RULES, seats: 4 }));
    expect(shown).toMatch(/captured by 10 % of the stake with a chance of 5\.2e-2 an epoch/);
    expect(shown).toMatch(/WARNING: 4 seats drawn of 7 are too few/);
    expect(elect.jsonOf(told(second, { ...RULES, seats: 4 })).committee).toHaveLength(4);
  });
});
