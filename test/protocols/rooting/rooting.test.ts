/**
 * Rooting, step by step: one city of four delegates, which are all members of all levels but for the one that is looked at.
 * Method: what levels seal and order is made by hand; whether signatures are good is said by hand.
 */
import { describe, expect, it } from 'vitest';
import { NO_PROBE } from '#lib/probe.ts';
import { cityBatch, headDigest, NONE, type CityHead } from '#protocols/city-batch.ts';
import { genesisCommittee } from '#protocols/committee.ts';
import type { Effect, Signal } from '#protocols/effect.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { blockId, type Head } from '#protocols/jolteon/block.ts';
import { Found, Receipt } from '#protocols/level.messages.ts';
import { payloadOf, type Ref } from '#protocols/level/payload.ts';
import {
  batchDigest,
  municipalityBatch,
  NO_BATCH,
  type Sealed,
} from '#protocols/municipality-batch.ts';
import { SealedWord } from '#protocols/municipality.messages.ts';
import {
  AskRoot,
  Committed,
  type RootingHears,
  type RootingSays,
} from '#protocols/rooting.messages.ts';
import { begin, invariants, step } from '#protocols/rooting/rooting.ts';
import type { Above, Rooting } from '#protocols/rooting/state.ts';
import { address, nodeAddress, type Address } from '#protocols/subjects.ts';
import { computed, from, kept, moment, woken } from '../moments.ts';
import { bytesOf, KOMATSU, NETWORK } from '../sample.ts';

const nodes = ['d1', 'd2', 'd3', 'd4'].map((name) => nodeAddress(KOMATSU, name));
const KEY = { suite: 'ed25519', key: bytesOf('key') } as const;
const delegates = nodes.map((node) => ({ node, stake: 1n, signing: KEY, vrf: KEY.key }));
const genesis: Genesis = { version: 1, network: NETWORK, place: KOMATSU, delegates, grantor: KEY };
const committee = genesisCommittee(genesis);

/** A member of all, or of none. */
function aboveOf(members: Genesis['delegates']): Above {
  const chain = (name: string) => ({ network: NETWORK, name, epoch: 0, members });
  const municipality = { ...chain('asia.ishikawa'), size: 4, coin: NONE, cities: [genesis] };
  const continent = { ...chain('asia'), municipalities: [municipality] };
  return { municipality, continent, globe: { ...chain('globe'), continents: [continent] } };
}

function heads(count: number): CityHead[] {
  const all: CityHead[] = [];
  for (let height = 1; height <= count; height++) {
    const last = all.at(-1);
    const chosen = { place: KOMATSU, epoch: 0, height, prev: last ? headDigest(last) : NONE };
    const more = { proposer: nodes[0]!, round: height, at: new Uint8Array(8), stateRoot: NONE };
    all.push(cityBatch({ ...chosen, ...more }, [], undefined).head);
  }
  return all;
}
const HEADS = heads(3);

const sealedOf = (id: number, first: number, last: number): Sealed => ({
  batch: municipalityBatch({ name: 'asia.ishikawa', epoch: 0, id, prev: NO_BATCH }, [
    { city: KOMATSU, from: first, heads: HEADS.slice(first - 1, last).map(headDigest) },
  ]),
  seals: [],
});

function blockOf(chain: string, height: number, refs: readonly Ref[]) {
  const head: Head = {
    chain,
    epoch: 0,
    height,
    round: height,
    author: 0,
    parent: NONE,
    parentRound: height - 1,
    payload: payloadOf(refs),
  };
  const final = { heads: [head], qc: { block: NONE, round: height, votes: [] } };
  const ref = { name: chain, id: height, digest: blockId(head) };
  return { ref, found: Found.of({ block: { refs, final } }) };
}

class One {
  state: Rooting;
  effects: readonly Effect<RootingSays>[];
  readonly rows = new Map<string, Uint8Array>();

  constructor(members: Genesis['delegates'] = delegates, rows = new Map<string, Uint8Array>()) {
    this.rows = rows;
    const self = {
      node: nodes[0]!,
      place: KOMATSU,
      committee,
      above: aboveOf(members),
      probe: NO_PROBE,
    };
    [this.state, this.effects] = begin(self, rows);
    this.#settle();
  }

  hear(input: RootingHears | Signal, by?: Address): this {
    [this.state, this.effects] = step(this.state, input, by === undefined ? moment() : from(by));
    this.#settle();
    invariants(this.state);
    return this;
  }

  /** What is to be kept is, at once. */
  #settle(): void {
    for (const each of this.effects) {
      if (each.do !== 'keep') continue;
      for (const { key, value } of each.writes) if (value) this.rows.set(key, value);
      const [, more] = step(this.state, kept(each.id), moment());
      this.effects = [...this.effects, ...more];
    }
  }

  commit(count: number): this {
    for (const head of HEADS.slice(0, count))
      this.hear(Committed.of({ head, quorum: { votes: [] } }), address(nodes[0]!, 'ledger'));
    return this;
  }

  seal(id: number, first: number, last: number): this {
    return this.hear(
      SealedWord.of({ sealed: sealedOf(id, first, last) }),
      address(nodes[0]!, 'municipality'),
    );
  }

  /** A question to a level, answered by whomever it was asked of. */
  find(level: 'continent' | 'globe', found: Found): this {
    this.hear(woken(`look/${level}`));
    const asked = this.effects.find((each) => each.do === 'ask');
    expect(asked, `${level} is asked`).toBeDefined();
    return this.hear({
      kind: 'answered',
      id: asked!.do === 'ask' ? asked!.id : '',
      message: found,
    });
  }

  get roots(): string[] {
    return this.effects.flatMap((each) => (each.do === 'note' ? [each.topic] : []));
  }
  get reached(): Rooting['reached'] {
    return this.state.reached;
  }
}

const refOf = ({ batch }: Sealed): Ref => ({
  name: batch.name,
  id: batch.id,
  digest: batchDigest(batch),
});
const block = blockOf('asia', 1, [refOf(sealedOf(1, 1, 2))]);
const header = blockOf('globe', 1, [block.ref]);
const receiptOf = (id: number) => Receipt.of({ name: 'asia.ishikawa', id });

describe('rooting', () => {
  it('goes up by what is sealed, ordered and ordered again, and then rests', () => {
    const one = new One().commit(2).seal(1, 1, 2);
    expect(one.reached).toEqual({ municipality: 2, continent: 0, globe: 0 });
    one.find('continent', block.found);
    expect(one.reached).toMatchObject({ continent: 2, globe: 0 });
    one.find('globe', header.found);
    expect(one.reached).toEqual({ municipality: 2, continent: 2, globe: 2 });
    expect(one.effects.filter((each) => each.do === 'wake')).toEqual([]);
  });

  it('tells the member of its node what is not taken in, in a row', () => {
    const one = new One().commit(1).seal(1, 1, 1).commit(1);
    one.hear(
      Committed.of({ head: HEADS[1]!, quorum: { votes: [] } }),
      address(nodes[0]!, 'ledger'),
    );
    one.hear(woken('tell'));
    const tops = one.effects.flatMap((each) =>
      each.do === 'send' && each.message.kind === 'municipality.top'
        ? [[each.to, each.message.top.heads.map(({ height }) => height)]]
        : [],
    );
    expect(tops).toContainEqual([address(nodes[0]!, 'municipality'), [2]]);
  });

  it('believes nobody but the members of its own node, and nothing that its ledger has otherwise', () => {
    const one = new One().commit(2);
    one.hear(SealedWord.of({ sealed: sealedOf(1, 1, 2) }), address(nodes[1]!, 'municipality'));
    expect(one.reached.municipality).toBe(0);
    const { batch, seals } = sealedOf(1, 1, 2);
    const other = { ...batch, cities: [{ ...batch.cities[0]!, top: bytesOf('other') }] };
    one.hear(
      SealedWord.of({ sealed: { batch: other, seals } }),
      address(nodes[0]!, 'municipality'),
    );
    expect(one.roots).toEqual(['evidence.rooting']);
    one.seal(1, 2, 2);
    expect(one.reached.municipality).toBe(0);
  });

  it('verifies what others answer, and takes a block for what it carries', () => {
    const apart = new One(delegates.slice(1)).commit(2).seal(1, 1, 2);
    // Nobody of the continent is on this node: another one is asked.
    apart.hear(woken('look/continent'));
    const asked = apart.effects.find((each) => each.do === 'ask')!;
    expect(asked.do === 'ask' && asked.to).not.toBe(address(nodes[0]!, 'continent'));
    const own = new One().commit(2).seal(1, 1, 2);
    own.find(
      'continent',
      blockOf('asia', 1, [{ ...refOf(sealedOf(1, 1, 2)), digest: NONE }]).found,
    );
    expect(own.reached.continent).toBe(0);
  });

  it('is taken in by receipts of more than a third, of delegates of the continent', () => {
    const one = new One().commit(2).seal(1, 1, 2);
    const by = (node: (typeof nodes)[number]) => address(node, 'continent');
    one.hear(receiptOf(1), by(nodes[1]!)).hear(receiptOf(1), by(nodes[1]!));
    one.hear(receiptOf(1), by(nodeAddress(KOMATSU, 'stranger')));
    expect(one.state.takenIn).toBe(0);
    one.hear(receiptOf(1), by(nodes[2]!));
    expect(one.state.takenIn).toBe(2);
    expect(one.reached.continent).toBe(0);
  });

  it('counts receipts that come before what is sealed', () => {
    const one = new One().commit(2);
    for (const node of nodes.slice(1, 3)) one.hear(receiptOf(1), address(node, 'continent'));
    expect(one.seal(1, 1, 2).state.takenIn).toBe(2);
  });

  it('goes on in a later life, and says where a batch stands', () => {
    const first = new One().commit(3).seal(1, 1, 2).find('continent', block.found);
    const later = new One(delegates, new Map(first.rows));
    expect(later.reached).toEqual(first.reached);
    later.find('globe', header.found);
    const told = (height: number): unknown => {
      later.hear(AskRoot.of({ height }), address(nodeAddress(KOMATSU, 'app'), 'client'));
      for (;;) {
        const read = later.effects.find((each) => each.do === 'recall');
        if (read?.do !== 'recall') break;
        later.hear({ kind: 'recalled', id: read.id, value: later.rows.get(read.key) });
      }
      return later.effects.flatMap((each) => (each.do === 'send' ? [each.message] : []))[0];
    };
    expect(told(2)).toMatchObject({ root: 'GLOBE', municipality: 1, continent: 1, globe: 1 });
    expect(told(3)).toMatchObject({ root: undefined, municipality: undefined });
  });

  it('drops what turns out to prove nothing', () => {
    const apart = new One(delegates.slice(1)).commit(2);
    apart.state.waiting.continent = [
      { id: 1, digest: batchDigest(sealedOf(1, 1, 2).batch), to: 2 },
    ];
    Object.assign(apart.state.reached, { municipality: 2 });
    apart.hear(woken('look/continent'));
    const votes = [1, 2, 3].map((member) => ({ member: member - 1, signature: bytesOf('s', 64) }));
    const {
      heads: [head],
    } = block.found.block!.final;
    const child = {
      ...head!,
      height: 1,
      round: 2,
      parent: blockId(head!),
      parentRound: 1,
      payload: payloadOf([]),
    };
    const final = { heads: [head!, child], qc: { block: blockId(child), round: 2, votes } };
    const ask = apart.effects.find((each) => each.do === 'ask')!;
    const message = Found.of({ block: { ...block.found.block!, final } });
    apart.hear({ kind: 'answered', id: ask.do === 'ask' ? ask.id : '', message });
    expect(apart.effects.some((each) => each.do === 'compute')).toBe(true);
    apart.hear(computed('verify/continent', [true, false, true]));
    expect(apart.reached.continent).toBe(0);
    apart.hear(woken('look/continent'));
    const again = apart.effects.find((each) => each.do === 'ask')!;
    apart.hear({ kind: 'answered', id: again.do === 'ask' ? again.id : '', message });
    apart.hear(computed('verify/continent', [true, true, true]));
    expect(apart.reached.continent).toBe(2);
  });
});
