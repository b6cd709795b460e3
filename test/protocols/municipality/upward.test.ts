/** What is sealed goes up at once: within a node, else by one member in turn; and by whoever is asked for what did not get there. */
import { describe, expect, it } from 'vitest';
import { toBytes } from '#protocols/codec.ts';
import type { Effect } from '#protocols/effect.ts';
import { noReads, readOne } from '#protocols/ledger/reads.ts';
import { Taken } from '#protocols/level.messages.ts';
import { municipalityBatch, NO_BATCH, Sealed } from '#protocols/municipality-batch.ts';
import { noAskers, sealedKey } from '#protocols/municipality/find.ts';
import type { Member, Says } from '#protocols/municipality/state.ts';
import { offerNext, offerUp } from '#protocols/municipality/upward.ts';
import { address, nodeAddress, place } from '#protocols/subjects.ts';
import { moment } from '../moments.ts';

const HERE = place('asia.ishikawa.komatsu');
const nodes = [0, 1, 2, 3].map((i) => nodeAddress(HERE, `d${i}`));
/** One of the members, and somebody who is none. */
const above = ['d0', 'd9'].map((node) => address(nodeAddress(HERE, node), 'continent'));
const sealed = (id: number): Sealed => ({
  batch: municipalityBatch({ name: 'asia.ishikawa', epoch: 0, id, prev: NO_BATCH }, []),
  seals: [],
});

/** One of four, who has sealed up to 20. */
const member = (own: number): Member => {
  const self = { municipality: { name: 'asia.ishikawa' }, above, node: nodes[own] };
  const peers = nodes.filter((_, i) => i !== own);
  const weights = { of: [1n, 1n, 1n, 1n], all: 4n };
  return { self, own, peers, weights, id: 21, reads: noReads<Says>(), askers: noAskers() } as never;
};

const offered = (effects: readonly Effect<Says>[]): string[] =>
  effects.flatMap((each) => {
    if (each.do !== 'send' || each.message.kind !== 'level.offer') return [];
    const { item } = each.message;
    return item.is === 'sealed' ? [`${item.sealed.batch.id} to ${each.to}`] : [];
  });

function ask(of: Member, id: number, from = above[0]!, name = 'asia.ishikawa'): string[] {
  const effects = offerNext(of, Taken.of({ name, id }), moment(0, { from }));
  return offered(
    effects.flatMap((each) => {
      if (each.do !== 'recall') return [each];
      const at = Number(each.key.split('/')[1]);
      expect(each.key).toBe(sealedKey(at));
      return readOne(of.reads, each.id, toBytes(Sealed, sealed(at)));
    }),
  );
}

describe('a sealed batch', () => {
  it('is offered by the member of the same node, and by one of them to whoever is no member', () => {
    const by = [0, 1, 2, 3].map((own) => offered(offerUp(member(own), sealed(6))));
    expect(by).toEqual([[`6 to ${above[0]}`], [], [`6 to ${above[1]}`], []]);
  });

  it('is offered after the last one that somebody above has, a few at once', () => {
    expect(ask(member(0), 18)).toEqual([`19 to ${above[0]}`, `20 to ${above[0]}`]);
    expect(ask(member(0), 3).length).toBe(8);
    expect(ask(member(0), 20)).toEqual([]);
  });

  it('is no answer to anybody else, and not without end', () => {
    expect(ask(member(0), 3, address(nodeAddress(HERE, 'd7'), 'continent'))).toEqual([]);
    expect(ask(member(0), 3, above[0], 'asia.tokyo')).toEqual([]);
    const one = member(0);
    const answers = Array.from({ length: 40 }, () => ask(one, 3).length);
    expect(answers.filter((each) => each > 0).length).toBeLessThan(20);
  });
});
