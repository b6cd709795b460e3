/**
 * What a delegate has signed above its city, before its ledger: what convicts it, what does not, and that it comes there from
 * whoever has it. Method: signed by hand; a ledger with its disk, and a steward, both without an engine.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { aboveText, counted } from '#cli/evidence-above.ts';
import { sign, verifyMany } from '#algorithms/signature.ts';
import { hash, domain } from '#algorithms/hash/hash.ts';
import { utf8 } from '#lib/bytes.ts';
import type { Word } from '#protocols/abba/words.ts';
import type { Effect, Plain, Signal, Spoken as Message } from '#protocols/effect.ts';
import {
  blockId,
  EMPTY_PAYLOAD,
  saidIn,
  saidSignJob,
  type Bare,
} from '#protocols/jolteon/block.ts';
import { AskStakes, OfferAct, type Staked } from '#protocols/ledger.messages.ts';
import { Accusations as LevelAccusations } from '#protocols/level.messages.ts';
import { levelFaultJobs, type LevelEvidence, type LevelFault } from '#protocols/level-evidence.ts';
import { sealSignJob } from '#protocols/municipality-batch.ts';
import { wordsSignJob, type Spoken } from '#protocols/municipality.messages.ts';
import { STAKE_JOBS } from '#protocols/stake/jobs.ts';
import { withStake } from '#protocols/stake/stakes.ts';
import { begin, step } from '#protocols/stake/steward.ts';
import { address } from '#protocols/subjects.ts';
import { CITY } from './ledger/kept.ts';
import { Player } from './ledger/player.ts';
import { said } from './ledger/said.ts';
import { moment } from './moments.ts';
import { member, NETWORK, selfOf, type Member } from './sample.ts';

const [first, second, third] = CITY.delegates as [Member, Member, Member];
const THING = domain('test thing');
const thing = (name: string): Uint8Array => hash(THING, utf8(name));
const chain = { name: 'asia', epoch: 0 } as const;
const signed = (by: Member, what: Bare): Uint8Array =>
  sign(saidSignJob(NETWORK, saidIn(chain, what), by.secrets.signing));

const OF = { chain: chain.name, epoch: chain.epoch, member: 0 } as const;
const head = {
  chain: 'asia',
  epoch: 0,
  height: 0,
  round: 7,
  author: 0,
  parent: thing('parent'),
  parentRound: 6,
  payload: EMPTY_PAYLOAD,
};

function twice(is: 'vote' | 'proposal', by: Member, one = 'a', other = 'b'): LevelEvidence {
  const of = (name: string) => signed(by, { is, round: 7, block: thing(name) });
  const blocks = { block: thing(one), signature: of(one), other: thing(other) };
  const kind = is === 'vote' ? 'two-votes' : 'two-proposals';
  return { is: kind, ...OF, round: 7, ...blocks, otherSignature: of(other) };
}

function hidden(by: Member, highRound = 5, round = 7): LevelEvidence {
  const signature = signed(by, { is: 'vote', round: 7, block: blockId(head) });
  const timeoutSignature = signed(by, { is: 'timeout', round, highRound });
  return { is: 'hidden-qc', ...OF, head, signature, round, highRound, timeoutSignature };
}

function seals(by: Member, one = 'a', other = 'b', otherId = 3): LevelEvidence {
  const of = (name: string, id: number) =>
    sign(
      sealSignJob(NETWORK, { name: 'asia.ishikawa', id, batch: thing(name) }, by.secrets.signing),
    );
  const made = { signature: of(one, 3), other: thing(other), otherSignature: of(other, otherId) };
  return { is: 'two-seals', name: 'asia.ishikawa', id: 3, batch: thing(one), ...made };
}

const spokenOf = (word: Word, instance: number): Spoken => ({
  name: 'asia.ishikawa',
  id: 3,
  member: 0,
  words: [{ instance, word }],
});

function words(by: Member, one: Word, contrary: Word, instance = 2): LevelEvidence {
  const [spoken, other] = [spokenOf(one, 2), spokenOf(contrary, instance)];
  const made = (it: Spoken) => sign(wordsSignJob(NETWORK, it, by.secrets.signing));
  return { is: 'two-words', spoken, signature: made(spoken), other, otherSignature: made(other) };
}

const aux = (value: 0 | 1, round = 0): Word => ({ say: 'aux', round, value });
const GUILTY = [
  twice('vote', second),
  twice('proposal', second),
  hidden(second),
  seals(second),
  words(second, aux(0), aux(1)),
] as const;
const HONEST = [
  twice('vote', second, 'a', 'a'),
  hidden(second, 6),
  hidden(second, 5, 6),
  seals(second, 'a', 'a'),
  words(second, aux(0), aux(0)),
  words(second, aux(0), aux(1, 1)),
  words(second, aux(0), aux(1), 3),
  words(second, aux(0), { say: 'bval', round: 0, value: 1 }),
] as const;

const convicts = (fault: LevelFault, network = CITY.genesis.network): boolean => {
  const jobs = levelFaultJobs({ network, delegates: CITY.genesis.delegates }, fault);
  return jobs !== undefined && verifyMany(jobs).every(Boolean);
};
const against = (evidence: LevelEvidence, by = second): LevelFault => ({
  delegate: by.node,
  evidence,
});

describe('what a delegate has signed above its city', () => {
  it.each(GUILTY)('convicts it by its key alone: $is', (evidence) => {
    expect(convicts(against(evidence))).toBe(true);
    expect(convicts(against(evidence, third))).toBe(false);
    expect(convicts(against(evidence), utf8('another'))).toBe(false);
    expect(convicts({ ...against(evidence), delegate: member('somebody').node })).toBe(false);
  });

  it.each(HONEST)('does not, where somebody honest may have: $is', (evidence) => {
    expect(convicts(against(evidence))).toBe(false);
  });

  it('says what it says of one number: seals of two numbers, put together, convict nobody', () => {
    expect(convicts(against(seals(second, 'a', 'b', 4)))).toBe(false);
  });

  it('of honest lives never does: one thing a round, whatever it is', () => {
    const lives = fc.uniqueArray(fc.nat(30), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(lives, ([one, other]) => {
        const vote = (round: number) => ({ is: 'vote', round, block: thing(`${round}`) }) as const;
        const mixed = { ...OF, round: one!, block: thing(`${one}`), other: thing(`${other}`) };
        const signatures = [one!, other!].map((round) => signed(second, vote(round)));
        const [signature, otherSignature] = signatures as [Uint8Array, Uint8Array];
        const evidence = { is: 'two-votes', ...mixed, signature, otherSignature } as const;
        expect(convicts(against(evidence))).toBe(false);
      }),
      { numRuns: 10 },
    );
  });
});

let player: Player;
beforeEach(() => {
  player = new Player();
});
const outside = address(member('somebody').node, 'client');
const told = (): Staked => player.hear(AskStakes.of({}), outside)[0]!.message as unknown as Staked;
const brought = (fault: LevelFault): string => {
  const act = said(third, undefined, { says: 'accuse', fault: { fault: 'level-fault', ...fault } });
  const { message } = player.hear(OfferAct.of({ act }), outside)[0]!;
  return message.kind === 'ledger.act-declined' ? message.reason : message.kind;
};

describe('a ledger', () => {
  it('takes what convicts, and nothing else', () => {
    for (const each of GUILTY) expect(brought(against(each))).toBe('ledger.act-held');
    for (const each of HONEST) expect(brought(against(each))).toBe('no-evidence');
    expect(brought(against(GUILTY[0], third))).toBe('bad-signature');
  });
});

/** A steward with its pool; what it says to its ledger, when a member of a level has answered this. */
function steward(answer: readonly LevelFault[], stakes = told()): Message[] {
  const above = [address(first.node, 'globe')];
  let [state] = begin({ ...selfOf(CITY.genesis, first), above });
  const sent: Message[] = [];
  const asked: string[] = [];
  const hear = (input: Signal): void => {
    const [next, effects] = step(state, input, moment());
    state = next;
    for (const each of effects as readonly Effect<Message>[]) carry(each);
  };
  const carry = (each: Effect<Message>): void => {
    if (each.do === 'send') sent.push(each.message);
    if (each.do === 'compute') {
      const output = STAKE_JOBS[each.job as keyof typeof STAKE_JOBS](each.input as Plain);
      hear({ kind: 'computed', id: each.id, output });
    }
    if (each.do === 'ask') asked.push(each.to);
    if (each.do === 'ask' && each.message.kind === 'ledger.stakes')
      hear({ kind: 'answered', id: each.id, message: stakes });
    if (each.do === 'ask' && each.message.kind === 'level.accused')
      hear({
        kind: 'answered',
        id: each.id,
        message: LevelAccusations.of({ all: answer, next: 0 }),
      });
  };
  for (const _ of CITY.genesis.delegates) hear({ kind: 'wake', id: 'look' });
  expect(asked).toContain(above[0]);
  return sent;
}

it('operators are shown what convicts, once, with how many know of it', () => {
  const world = { network: CITY.genesis.network, cities: [CITY.genesis] } as never;
  const fault = against(GUILTY[0]);
  const forged = { ...fault, delegate: first.node };
  const found = counted(world, 'globe', [[fault, forged], [fault], []]);
  expect(found).toEqual([{ level: 'globe', fault, by: 2 }]);
  expect(aboveText(found)).toMatch(/globe +\S+ +two-votes +2 of its members/);
  expect(aboveText([])).toMatch(/no member/);
});

describe('a steward', () => {
  it('brings what members of levels know of delegates of its city, and of nobody else', () => {
    const stranger = { ...against(GUILTY[0]), delegate: member('somebody').node };
    const [act, ...more] = steward([stranger, against(GUILTY[3])]) as OfferAct[];
    expect(more).toEqual([]);
    expect(act!.act.act.what).toMatchObject({ says: 'accuse', fault: { delegate: second.node } });
    expect(player.hear(act!, outside)[0]!.message.kind).toBe('ledger.act-held');
    expect(steward([stranger])).toEqual([]);
  });

  it('brings nothing against whoever is convicted already', () => {
    const { stakes } = told();
    const who = CITY.genesis.delegates.findIndex(({ node }) => node === second.node);
    const epoch = { fault: 'level-fault', epoch: 0, height: 1 } as const;
    const offence = { ...epoch, act: thing('act'), stake: 1n, taken: 0n };
    const after = withStake(stakes, who, { offence });
    expect(steward([against(GUILTY[0])], { ...told(), stakes: after })).toEqual([]);
  });
});
