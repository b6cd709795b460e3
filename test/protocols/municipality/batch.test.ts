/** The municipality batch: what proves a row of heads, a sealed batch, and that a city's head is in it. */
import { describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { sign, verifyingKeyOf, verifyMany } from '#algorithms/signature.ts';
import { utf8 } from '#lib/bytes.ts';
import { cityBatch, headDigest, NONE, type CityHead } from '#protocols/city-batch.ts';
import type { Delegate } from '#protocols/genesis.ts';
import {
  batchDigest,
  headProof,
  isRow,
  isTaken,
  leavesOf,
  municipalityBatch,
  NO_BATCH,
  sealedJobs,
  sealSignJob,
  topJobs,
  type CityTop,
} from '#protocols/municipality-batch.ts';
import {
  isNews,
  newCity,
  rowAfter,
  taken,
  takeIn,
  takeRow,
  topOf,
} from '#protocols/municipality/cities.ts';
import { nodeAddress, place } from '#protocols/subjects.ts';
import { sealedBy } from '#simulations/sealed.ts';

const NETWORK = utf8('test');
const KOMATSU = place('asia.ishikawa.komatsu');
const seeds = [0, 1, 2, 3].map((i) => new Uint8Array(32).fill(i + 1));
const members = seeds.map((seed, i): Delegate => {
  const key = verifyingKeyOf('ed25519', seed);
  return {
    node: nodeAddress(KOMATSU, `d${i}`),
    stake: 1n,
    signing: { suite: 'ed25519', key },
    vrf: key,
  };
});
const committee = { epoch: 0, members };
const keyOf = (i: number) => ({ suite: 'ed25519', seed: seeds[i]! }) as const;

function heads(count: number): CityHead[] {
  const all: CityHead[] = [];
  for (let height = 1; height <= count; height++) {
    const prev = all.length === 0 ? NONE : headDigest(all.at(-1)!);
    const at = stampBytes({ wallMs: height, count: 0 });
    const chosen = {
      place: KOMATSU,
      epoch: 0,
      height,
      prev,
      proposer: members[0]!.node,
      round: height,
      at,
      stateRoot: NONE,
    };
    all.push(cityBatch(chosen, [], undefined).head);
  }
  return all;
}

const topOfRow = (row: readonly CityHead[], voters = [0, 1, 2]): CityTop => {
  const signers = voters.map((i) => ({ member: i, key: keyOf(i) }));
  return { heads: row, quorum: sealedBy(NETWORK, row.at(-1)!, signers) };
};
const all = heads(5);
const city = { place: KOMATSU, delegates: members };

/** The last batch of an epoch, which names who orders next. */
const naming = (...next: readonly (readonly [of: number, stake: bigint])[]): CityTop =>
  topOfRow([{ ...all[0]!, next: next.map(([of, stake]) => ({ of, stake })) }]);

describe('a row of heads', () => {
  it('is proved by the quorum of the last one', () => {
    expect(isRow(topOfRow(all), city)).toBe(true);
    expect(verifyMany(topJobs(NETWORK, committee, topOfRow(all))!)).toEqual([true, true, true]);
    expect(topJobs(NETWORK, committee, topOfRow(all, [0, 1]))).toBeUndefined();
    const other = { heads: all, quorum: topOfRow(all.slice(0, 4)).quorum };
    expect(verifyMany(topJobs(NETWORK, committee, other)!)).toEqual([false, false, false]);
  });

  it('has no gap, and no head of another city', () => {
    expect(isRow(topOfRow([all[0]!, all[2]!]), city)).toBe(false);
    expect(isRow(topOfRow([{ ...all[0]!, place: place('asia.ishikawa.hakui') }]), city)).toBe(
      false,
    );
    const torn = [all[0]!, { ...all[1]!, prev: NONE }];
    expect(isRow(topOfRow(torn), city)).toBe(false);
  });

  it('ends where others order next: delegates of its city, each once and with stake', () => {
    expect(isRow(naming([0, 1n], [3, 2n]), city)).toBe(true);
    for (const no of [
      [],
      [[4, 1n]],
      [[0, 0n]],
      [
        [1, 1n],
        [0, 1n],
      ],
      [
        [0, 1n],
        [0, 1n],
      ],
    ] as const)
      expect(isRow(naming(...no), city)).toBe(false);
  });

  it('is news where it continues what is known', () => {
    const known = newCity(KOMATSU);
    expect(isNews(known, topOfRow(all.slice(1)))).toBe(false);
    expect(takeRow(known, topOfRow(all.slice(0, 3)))).toBe(true);
    expect(takeRow(known, topOfRow(all.slice(0, 2)))).toBe(false);
    expect(takeRow(known, topOfRow(all.slice(2)))).toBe(true);
    expect(topOf(known)).toBe(5);
    expect(rowAfter(known, 3)!.heads).toEqual(all.slice(3));
    const { digest: top } = { digest: headDigest(all[1]!) };
    takeIn(known, { city: KOMATSU, from: 1, to: 2, top });
    expect([known.height, topOf(known)]).toEqual([2, 5]);
    expect(taken(known, 6)).toBeUndefined();
    expect(taken(known, 4)!.heads).toEqual(all.slice(2, 4).map(headDigest));
  });
});

describe('a municipality batch', () => {
  const spans = [{ city: KOMATSU, from: 1, heads: all.map(headDigest) }];
  const chosen = { name: 'asia.ishikawa', epoch: 0, id: 1, prev: NO_BATCH };
  const batch = municipalityBatch(chosen, spans);

  it('proves each head that is in it, and no other', () => {
    for (const [index, head] of all.entries())
      expect(isTaken(batch, headProof(leavesOf(spans), index), head)).toBe(true);
    expect(isTaken(batch, headProof(leavesOf(spans), 1), all[0]!)).toBe(false);
    expect(batch.cities).toEqual([{ city: KOMATSU, from: 1, to: 5, top: headDigest(all[4]!) }]);
  });

  it('is sealed by members, each once, of more than two thirds', () => {
    const seal = { name: 'asia.ishikawa', id: 1, batch: batchDigest(batch) };
    const sealed = (by: readonly number[]) => ({
      batch,
      seals: by.map((i) => ({ member: i, signature: sign(sealSignJob(NETWORK, seal, keyOf(i))) })),
    });
    const here = { network: NETWORK, name: 'asia.ishikawa', epoch: 0, members };
    expect(verifyMany(sealedJobs(here, sealed([0, 2, 3]))!)).toEqual([true, true, true]);
    expect(sealedJobs(here, sealed([0, 2]))).toBeUndefined();
    expect(sealedJobs(here, sealed([0, 2, 2]))).toBeUndefined();
    expect(sealedJobs({ ...here, epoch: 1 }, sealed([0, 2, 3]))).toBeUndefined();
    const changed = { ...sealed([0, 2, 3]), batch: { ...batch, root: NO_BATCH } };
    expect(verifyMany(sealedJobs(here, changed)!)).toEqual([false, false, false]);
  });
});
