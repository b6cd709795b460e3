/** What members say twice: evidence against one, and two sealed batches of one number, at which whoever sees them halts. */
import { describe, expect, it } from 'vitest';
import { sign, verifyMany } from '#algorithms/signature.ts';
import { NONE } from '#protocols/city-batch.ts';
import { toBytes } from '#protocols/codec.ts';
import { BODY_BYTES_MAX } from '#protocols/envelope.ts';
import { accusationsFrom } from '#protocols/evidence-page.ts';
import { Accused } from '#protocols/level.messages.ts';
import { LevelFault, levelFaultJobs } from '#protocols/level-evidence.ts';
import { believe } from '#protocols/municipality/hear.ts';
import { batchDigest, NO_BATCH, type Sealed } from '#protocols/municipality-batch.ts';
import { SealedWord, Where, Words, wordsSignJob } from '#protocols/municipality.messages.ts';
import { fitting } from '#protocols/municipality/say.ts';
import { memberOf } from '#protocols/municipality/state.ts';
import { address, nodeAddress } from '#protocols/subjects.ts';
import { withCheapCrypto } from '#simulations/crypto.ts';
import { HERE, members, name, network, One, sealed, sealWord, seeds } from './one.ts';

const ours = sealed(1, NO_BATCH, 'ours', [0, 1, 2]);
const theirs = sealed(1, NO_BATCH, 'theirs', [1, 2, 3]);
const second = sealed(2, batchDigest(ours.batch), 'second', [0, 1, 2]);

function after(...all: readonly Sealed[]): One {
  const one = new One();
  for (const each of all) one.hear(SealedWord.of({ sealed: each }));
  return one;
}

describe('another sealed batch of a number', () => {
  it.each([
    ['of the last one', [ours, theirs]],
    ['of one before', [ours, second, theirs]],
    [
      'on another batch than the last',
      [ours, sealed(2, batchDigest(theirs.batch), 'x', [1, 2, 3])],
    ],
  ] as const)('halts whoever has the one, durably: %s', (_, all) => {
    const one = after(...all);
    const { id } = one.member;
    expect(one.notes).toContain('municipality.forked');
    expect(one.sent.filter(({ kind }) => kind === 'municipality.sealed')).toHaveLength(3);
    one.start();
    expect(one.member.fork?.batch).toEqual(all.at(-1)!.batch);
    one.hear(SealedWord.of({ sealed: sealed(id, one.member.prev, 'next', [0, 1, 2]) }));
    expect(one.member.id).toBe(id);
  });

  it('is none where it is the same one, or is not sealed by enough', () => {
    const few = sealed(1, NO_BATCH, 'theirs', [1, 2]);
    const forged = { ...theirs, seals: ours.seals };
    const one = after(ours, ours, second, ours, few, forged);
    expect([one.member.fork, one.member.id]).toEqual([undefined, 3]);
  });

  it('of a number that is over is verified where it is another one than ours, and said by a member', () => {
    const one = after(ours, second);
    const before = one.verifications;
    for (const by of [1, 2, 3]) one.hear(SealedWord.of({ sealed: ours }), by);
    one.hear(SealedWord.of({ sealed: theirs }), address(members[0]!.node, 'proof'));
    one.hear(SealedWord.of({ sealed: theirs }), memberOf(nodeAddress(HERE, 'x')));
    expect([one.verifications, one.member.fork]).toEqual([before, undefined]);
    one.hear(SealedWord.of({ sealed: theirs }));
    expect([one.verifications, one.member.fork]).toEqual([before + 3, theirs]);
  });

  it('that was verified when its number was over is ours, as a rule', () => {
    const one = after(ours, second);
    expect(
      believe(one.member, SealedWord.of({ sealed: ours })).map(({ do: does }) => does),
    ).toEqual(['recall']);
    expect(one.member.fork).toBe(undefined);
  });

  it('has nothing believed that was verified together with it', () => {
    const one = after(ours);
    one.held = [];
    one.hear(sealWord(1, second)); // The pool is busy with that while the others come.
    const apart = sealed(2, batchDigest(theirs.batch), 'x', [1, 2, 3]);
    one.hear(SealedWord.of({ sealed: apart }));
    one.hear(SealedWord.of({ sealed: second }), 2);
    one.release();
    expect(one.member.fork).toEqual(apart);
    expect(one.member.id).toBe(2);
  });

  it('is asked for where somebody stands on another one', () => {
    const one = after(ours);
    one.hear(Where.of({ id: 2, prev: batchDigest(ours.batch), tops: [1] }));
    expect(one.sent).toEqual([]);
    one.hear(Where.of({ id: 2, prev: NONE, tops: [1] }));
    expect(one.sent.map(({ kind }) => kind)).toEqual(['municipality.sealed']);
  });
});

function aux(by: number, value: 0 | 1): Words {
  const words = [{ instance: 0, word: { say: 'aux', round: 0, value } as const }];
  const spoken = { name, id: 1, member: by, words };
  const key = { suite: 'ed25519', seed: seeds[by]! } as const;
  const signature = withCheapCrypto(() => sign(wordsSignJob(network, spoken, key)));
  return Words.of({ spoken, signature });
}

/** Whom it accuses of what, after a restart as well. */
function accusedBy(one: One): string[] {
  one.start();
  const all = [...one.member.evidence.values()];
  for (const fault of all) {
    const jobs = levelFaultJobs({ network, delegates: members }, fault)!;
    expect(withCheapCrypto(() => verifyMany(jobs)).every(Boolean)).toBe(true);
  }
  return all.map(({ delegate, evidence }) => `${delegate} ${evidence.is}`);
}

describe('a member that says two things', () => {
  const liar = members[2]!.node;

  it('is accused by two seals, which convict it', () => {
    const one = new One();
    for (const what of [ours, ours, theirs]) one.hear(sealWord(2, what), 2);
    expect(one.notes).toEqual(['evidence.municipality']);
    expect(accusedBy(one)).toEqual([`${liar} two-seals`]);
  });

  it('is accused by its seal of another batch than it sealed with others', () => {
    const one = new One();
    for (const by of [1, 2]) one.hear(sealWord(by, by === 2 ? theirs : ours), by);
    one.hear(SealedWord.of({ sealed: ours }));
    expect(one.member.id).toBe(2);
    expect(accusedBy(one)).toEqual([`${liar} two-seals`]);
  });

  it('is accused by words that contradict each other, once', () => {
    const one = new One();
    for (const value of [0, 1, 0, 1] as const) one.hear(aux(2, value), 2);
    expect(one.notes).toEqual(['evidence.municipality']);
    expect(accusedBy(one)).toEqual([`${liar} two-words`]);
  });

  it('is not by what it says again', () => {
    const one = new One();
    for (const _ of [0, 1]) {
      one.hear(aux(2, 1), 2);
      one.hear(sealWord(2, ours), 2);
    }
    expect(accusedBy(one)).toEqual([]);
  });
});

describe('what a member tells of evidence', () => {
  it('is told in pages that fit into a message, one after another', () => {
    const shares = Array.from({ length: 1_000 }, () => new Uint8Array(48));
    const words = [{ instance: 0, word: { say: 'share', round: 0, shares } as const }];
    const signature = new Uint8Array(64);
    const all = members.map(({ node }, member) => {
      const spoken = { name, id: 1, member, words: [...words, ...words] };
      const both = { signature, other: spoken, otherSignature: signature };
      return { delegate: node, evidence: { is: 'two-words', spoken, ...both } as const };
    });
    const found: string[] = [];
    for (let from = 0, pages = 0; pages === 0 || from > 0; pages++) {
      const told = accusationsFrom(all, from);
      const bytes = told.all.reduce((sum, each) => sum + toBytes(LevelFault, each).length, 0);
      expect(bytes).toBeLessThan(BODY_BYTES_MAX);
      found.push(...told.all.map(({ delegate }) => delegate));
      from = told.next;
    }
    expect(found).toEqual(members.map(({ node }) => node));
  });

  it('is said once more to whoever has not asked too often', () => {
    const one = new One();
    for (let i = 0; i < 100; i++) one.hear(Accused.of({ from: 0 }), 3);
    expect(one.sent).toHaveLength(64);
    one.hear(Accused.of({ from: 0 }), 2);
    expect(one.sent).toHaveLength(65);
  });
});

it('words of many seats are said in parts, and more than that at once is not verified', () => {
  const shares = Array.from({ length: 900 }, () => new Uint8Array(48));
  const words = Array.from({ length: 9 }, (_, instance) => ({
    instance,
    word: { say: 'share', round: 0, shares } as const,
  }));
  const fit = fitting(words);
  expect(fit).toBeGreaterThan(1);
  const said = (most: number): Words => {
    const spoken = { name, id: 1, member: 2, words: words.slice(0, most) };
    const key = { suite: 'ed25519', seed: seeds[2]! } as const;
    const signature = withCheapCrypto(() => sign(wordsSignJob(network, spoken, key)));
    return Words.of({ spoken, signature });
  };
  const one = new One();
  one.hear(said(fit + 1), 2);
  expect(one.verifications).toBe(0);
  one.hear(said(fit), 2);
  expect(one.verifications).toBe(1);
});
