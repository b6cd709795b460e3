/** The shelf: what others have is shared, and nothing is taken from it that would not have been made. */
import { describe, expect, it } from 'vitest';
import { listedOf, type Listed } from '#protocols/presence/roll.ts';
import { sharedRollOf, shelve } from '#protocols/presence/shelf.ts';
import { genesisOf, listed, rollWith } from './city.ts';

const members = ['n1', 'n2', 'n3'].map((name) => listed(name));
/** As they come in a page: equal, and nobody else's. */
const copied = (of: readonly Listed[]): Listed[] => of.map((each) => listedOf(each)!);

describe('the shelf', () => {
  it('gives whoever collects a list the members of whoever has it', () => {
    const genesis = genesisOf(1n, 1n, 1n, 1n);
    const had = rollWith(members);
    expect(sharedRollOf(genesis, had.frozen, copied(members))).toEqual(had);
    shelve(genesis, had);
    const shared = sharedRollOf(genesis, had.frozen, copied(members))!;
    expect(shared).toEqual(had);
    expect(shared.members).toBe(had.members);
    expect(shared.list).toBe(had.list);
  });

  it('takes no other members for those of a head, whatever is on it', () => {
    const genesis = genesisOf(1n, 1n, 1n, 1n);
    const had = rollWith(members);
    shelve(genesis, had);
    const heavier = [...members.slice(0, 2), listed('n3', { weight: 7 })];
    for (const others of [heavier, members.slice(0, 2), [...members, listed('n4')], []])
      expect(sharedRollOf(genesis, had.frozen, others)).toBeUndefined();
  });

  it('shares nothing between cities', () => {
    const had = rollWith(members);
    shelve(genesisOf(1n, 1n, 1n, 1n), had);
    const other = sharedRollOf(genesisOf(1n, 1n, 1n, 1n), had.frozen, copied(members))!;
    expect(other).toEqual(had);
    expect(other.members).not.toBe(had.members);
  });
});
