/** What is verified, and what is not verified again; how patient a city is. */
import { describe, expect, it } from 'vitest';
import type { VerifyJob } from '#algorithms/signature.ts';
import type { Vote } from '#protocols/city.messages.ts';
import { arrive, emptyInbox, verified, verifyNext } from '#protocols/city/inbox.ts';
import { genesisCommittee } from '#protocols/city/committee.ts';
import { patienceMs } from '#protocols/city/rounds.ts';
import { chosenIn, countVote, emptyTally, isNeeded } from '#protocols/city/tally.ts';
import { nodeAddress } from '#protocols/subjects.ts';
import { KOMATSU, World } from './world.ts';

const [a, b] = ['d1', 'd2'].map((name) => nodeAddress(KOMATSU, name)) as [never, never];
const full = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const voteOf = (member: number, batch = full(1)): Vote => ({
  height: 1,
  round: 0,
  step: 'prevote',
  batch,
  member,
  signature: new Uint8Array(64),
});
const nothing = (member: number): Vote => ({ ...voteOf(member), batch: undefined });
const claim = (vote: Vote) => ({ is: 'vote', vote }) as const;
const job = {} as VerifyJob;

describe('an inbox', () => {
  it('verifies what waits in one job, and nothing twice that a sender says again meanwhile', () => {
    const inbox = emptyInbox();
    arrive(inbox, a, claim(voteOf(1)), [job]);
    expect(verifyNext(inbox)).toHaveLength(1);
    for (const vote of [voteOf(1), voteOf(2), voteOf(2), nothing(2)]) {
      arrive(inbox, a, claim(vote), [job]);
    }
    arrive(inbox, b, claim(voteOf(2)), [job]);
    expect(verifyNext(inbox)).toEqual([]);
    expect(verified(inbox, [true])).toEqual([claim(voteOf(1))]);
    expect(verifyNext(inbox)).toHaveLength(1);
    expect(verified(inbox, [true, false, true])).toHaveLength(2);
    arrive(inbox, a, claim(voteOf(1)), [job]);
    expect(verifyNext(inbox)).toHaveLength(1);
  });

  it('has room for so many of each sender, whatever another sends', () => {
    const inbox = emptyInbox();
    const fits = Array.from({ length: 100 }, (_, i) => arrive(inbox, a, claim(voteOf(i)), [job]));
    expect(fits.filter((fit) => fit)).toHaveLength(64);
    expect(arrive(inbox, b, claim(voteOf(1)), [job])).toBe(true);
  });
});

describe('a vote', () => {
  it('is not needed once more than two thirds have said the same; another choice is', () => {
    const committee = genesisCommittee(new World({ seed: 1, stakes: [1n, 1n, 1n, 1n] }).genesis);
    const tally = emptyTally(committee);
    for (const member of [0, 1, 2]) {
      expect(isNeeded(tally, voteOf(3))).toBe(true);
      countVote(tally, voteOf(member), 0);
    }
    expect(chosenIn(tally, 0, 'prevote')?.quorum.votes).toHaveLength(3);
    expect(isNeeded(tally, voteOf(3))).toBe(false);
    expect(isNeeded(tally, voteOf(3, full(2)))).toBe(true);
    expect(isNeeded(tally, nothing(2))).toBe(true);
  });
});

describe('patience', () => {
  it('grows with rounds, and with what rounds have taken of late', () => {
    expect([0, 1, 2].map((round) => patienceMs('propose', round, 0))).toEqual([500, 750, 1_125]);
    expect(patienceMs('propose', 0, 100)).toBe(500);
    expect(patienceMs('prevote', 0, 1_000)).toBe(4_000);
    expect(patienceMs('propose', 100, 0)).toBe(patienceMs('propose', 8, 0));
  });
});
