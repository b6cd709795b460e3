/** Words of the next batch: kept when they are known to be their author's, and believed when it begins. */
import { describe, expect, it } from 'vitest';
import { believe, heard, hearEarly } from '#protocols/municipality/hear.ts';
import type { Member } from '#protocols/municipality/state.ts';
import { SealWord } from '#protocols/municipality.messages.ts';
import { address, nodeAddress, place } from '#protocols/subjects.ts';
import { moment } from '../moments.ts';
import { bytesOf, NETWORK, member as somebody } from '../sample.ts';

const HERE = place('asia.ishikawa.komatsu');
const NOW = 7;
const members = [0, 1, 2, 3].map((i) => somebody(`d${i}`, HERE));
const stranger = address(nodeAddress(HERE, 'nobody'), 'municipality');

const member = (): Member => {
  const municipality = { network: NETWORK, name: 'asia.ishikawa', members };
  const self = { municipality, node: members[0]!.node };
  const delegates = new Set(members.slice(1).map(({ node }) => node));
  const tables = { early: new Map(), seals: new Map(), queue: [], bothered: new Set() };
  const peers = members.slice(1).map(({ node }) => node);
  return {
    self,
    municipality,
    delegates,
    own: 0,
    id: NOW,
    peers,
    hasMoved: false,
    ...tables,
  } as never;
};

/** Of the next batch, by the second member; or so it says. */
const seal = (nth: number): SealWord =>
  SealWord.of({
    id: NOW + 1,
    member: 1,
    batch: bytesOf(`batch ${nth}`),
    signature: bytesOf(`signature ${nth}`, 64),
  });

describe('what is said early', () => {
  it('takes nobody else’s room: it is verified first, at the cost of whoever brings it', () => {
    const one = member();
    for (let i = 0; i < 20; i++) heard(one, seal(i), moment(0, { from: stranger }));
    expect(one.early.size).toBe(0);
    expect(one.queue.map(({ from }) => from)).toEqual(Array(20).fill(nodeAddress(HERE, 'nobody')));
    believe(one, seal(21));
    believe(one, seal(21));
    expect(one.early.get(1)).toEqual([seal(21)]);
  });

  it('counts when its batch begins', () => {
    const one = member();
    believe(one, seal(1));
    expect(one.seals.size).toBe(0);
    one.id = NOW + 1;
    hearEarly(one);
    expect(one.seals.get(1)).toEqual(seal(1));
    expect([one.early.size, one.hasMoved]).toEqual([0, true]);
  });
});
