/** A delegate of a level, and what one that lies can do to it. Whole levels: test/simulations/levels.simulation.test.ts. */
import { describe, expect, it } from 'vitest';
import { unhex } from '#lib/bytes.ts';
import { whole } from '#protocols/codec.ts';
import { leaderOf } from '#protocols/committee.ts';
import { qcJobs } from '#protocols/jolteon/certify.ts';
import { evidenceJobs, JolteonEvidence } from '#protocols/jolteon/evidence.ts';
import { finalJobs } from '#protocols/jolteon/final.ts';
import { heightOf } from '#protocols/level/state.ts';
import { jobsOf, settled } from '#protocols/level/worth.ts';
import type { Ref } from '#protocols/level/payload.ts';
import {
  Accused,
  FetchWord,
  Find,
  Given,
  Offer,
  Page,
  Since,
  Where,
} from '#protocols/level.messages.ts';
import { batchDigest, municipalityBatch, NO_BATCH } from '#protocols/municipality-batch.ts';
import { nodeAddress, place } from '#protocols/subjects.ts';
import {
  areGood,
  Bench,
  blockOn,
  GENESIS,
  idOf,
  level,
  MAKERS,
  members,
  proposal,
  qcOf,
  refTo,
  signed,
  vote,
  where,
} from './bench.ts';

const OWN = 1;
const b1 = blockOn(GENESIS, 0, 1, [refTo(1)]);
const q1 = qcOf(b1);
const b2 = blockOn(q1, 1, 2);
const q2 = qcOf(b2);
const b3 = blockOn(q2, 1, 3);
const stranger = nodeAddress(place('europe.catalonia.barcelona'), 'x');

/** One that has committed the first block. */
function committed(): Bench {
  const own = new Bench(OWN);
  own.hearFrom(0, where(q2));
  own.state.wanted.add(idOf(b1)).add(idOf(b2));
  own.hearFrom(0, Given.of({ full: { block: b2, refs: [] } }));
  own.hearFrom(0, Given.of({ full: { block: b1, refs: [refTo(1)] } }));
  return own;
}

/** Something of a municipality, and how a block calls it. */
function offered(id: number): { readonly offer: Offer; readonly ref: Ref } {
  const chosen = { name: 'asia.ishikawa', epoch: 0, id, prev: NO_BATCH };
  const sealed = { batch: municipalityBatch(chosen, []), seals: [] };
  const { name } = chosen;
  const ref = { name, id, digest: batchDigest(sealed.batch) };
  return { offer: Offer.of({ item: { is: 'sealed', sealed } }), ref };
}

const convicts = (evidence: JolteonEvidence): boolean => areGood(evidenceJobs(level, evidence));

describe('a delegate', () => {
  it('says nothing as long as nothing is to be ordered, and proposes what is', () => {
    for (const own of members.map((_, i) => new Bench(i))) {
      own.tick();
      expect(own.said('level.proposal')).toEqual([]);
      const { offer } = offered(1);
      own.hear(offer, stranger);
      const leads = leaderOf(level, 1) === own.state.own;
      expect(own.said('level.proposal').length > 0).toBe(leads);
    }
  });

  it('verifies nothing of a pulse that tells it nothing new', () => {
    const own = committed();
    const tc = { round: 1, high: GENESIS, votes: [] };
    const claim = settled(
      own.state,
      Where.of({ high: own.state.jolteon.safety.highQc, tc, height: 1 }),
    );
    expect(jobsOf(own.state, claim, members[0]!.node)).toEqual([]);
    const later = { ...tc, round: own.state.jolteon.round };
    const news = settled(own.state, Where.of({ high: GENESIS, tc: later, height: 1 }));
    expect(news).toMatchObject({ tc: { round: later.round } });
  });

  it('keeps its own certificate, not one of the same name that was made of nothing', () => {
    const own = new Bench(OWN);
    own.hearFrom(b1.head.author, proposal(b1, [refTo(1)]));
    own.hearFrom(0, where(q1));
    const garbage = {
      ...q1,
      votes: q1.votes.map((each) => ({ ...each, signature: new Uint8Array(64) })),
    };
    own.hearFrom(b2.head.author, proposal({ ...b2, parent: garbage }));
    own.hearFrom(0, where(q2));
    own.hearFrom(2, FetchWord.of({ blocks: [q2.block], items: [], height: 0 }));
    const [given] = own.said('level.given');
    expect(areGood(qcJobs(level, given!.full.block.parent))).toBe(true);
  });

  it('takes in a second proposal of a round that is certified, with what it carries', () => {
    const own = new Bench(OWN);
    const other = blockOn(GENESIS, 0, 1, [refTo(1, 'other')]);
    own.hearFrom(b1.head.author, proposal(other, [refTo(1, 'other')]));
    own.hearFrom(0, where(q1));
    own.hearFrom(b1.head.author, proposal(b1, [refTo(1)]));
    own.hearFrom(b2.head.author, proposal(b2));
    own.hearFrom(0, where(q2));
    expect(heightOf(own.state)).toBe(1);
  });

  it('takes it in also when what comes with it is the first to say that it is certified', () => {
    const own = new Bench(0);
    const other = blockOn(GENESIS, 0, 1, [refTo(1, 'other')]);
    const high = qcOf(other);
    const votes = [0, 1, 3].map((member) => ({
      member,
      highRound: 1,
      signature: signed(member, { is: 'timeout', round: 2, highRound: 1 }),
    }));
    const [third, tc] = [blockOn(high, 1, 3), { round: 2, high, votes }];
    const fourth = blockOn(qcOf(third), 1, 4);
    own.hearFrom(b1.head.author, proposal(b1, [refTo(1)]));
    own.hearFrom(b1.head.author, { ...proposal(other, [refTo(1, 'other')]), tc });
    own.hearFrom(third.head.author, proposal(third));
    own.hearFrom(fourth.head.author, proposal(fourth));
    own.hearFrom(2, where(qcOf(fourth)));
    expect(heightOf(own.state)).toBe(1);
  });

  it('judges what comes with the news of a commit by what was ordered in that', () => {
    const [one, two] = [offered(1), offered(2)];
    const first = blockOn(GENESIS, 0, 1, [one.ref]);
    const second = blockOn(qcOf(first), 1, 2);
    const votedFor = (ref: Ref): number[] => {
      const own = new Bench(OWN);
      for (const { offer } of [one, two]) own.hear(offer, stranger);
      own.hearFrom(first.head.author, proposal(first, [one.ref]));
      own.hearFrom(second.head.author, proposal(second));
      expect(heightOf(own.state)).toBe(0);
      const third = blockOn(qcOf(second), 1, 3, [ref]);
      own.hearFrom(third.head.author, proposal(third, [ref]));
      expect(heightOf(own.state)).toBe(1);
      return [...new Set(own.said('level.vote').map(({ round }) => round))];
    };
    expect(votedFor(one.ref)).toEqual([1, 2]);
    expect(votedFor(two.ref)).toEqual([1, 2, 3]);
  });

  it('believes nobody but members, and no page that it has not asked for', () => {
    const own = new Bench(OWN);
    own.hear(where(q2), stranger);
    expect(own.state.jolteon.round).toBe(1);
    const final = { heads: [b1.head, b2.head], qc: q2 };
    const page = Page.of({ top: 1, final, bodies: [[refTo(1)]] });
    own.hearFrom(2, page);
    expect(heightOf(own.state)).toBe(0);
    own.hearFrom(2, where(GENESIS, 1));
    expect(own.said('level.fetch').length).toBe(1);
    own.hearFrom(2, Page.of({ top: 1, final, bodies: [[refTo(1, 'other')]] }));
    own.hearFrom(0, page);
    own.hearFrom(2, page);
    expect(heightOf(own.state)).toBe(0);
    own.hearFrom(2, where(GENESIS, 1));
    own.hearFrom(2, page);
    expect(heightOf(own.state)).toBe(1);
  });

  it('asks one after another of those below for what comes next, also when nothing happens', () => {
    const own = committed();
    for (let ticks = 0; ticks < 12; ticks++) own.tick();
    const asked = own.sent.filter(({ message }) => message.kind === 'level.taken');
    expect(asked.map(({ message }) => message)).toMatchObject(
      MAKERS.map(() => ({ name: 'asia.ishikawa', id: 1 })),
    );
    expect(new Set(asked.map(({ to }) => to))).toEqual(new Set(MAKERS));
  });

  it('shows what is committed, and proves it to anybody, from its disk', () => {
    const own = committed();
    expect(heightOf(own.state)).toBe(1);
    expect(own.state.bodies.has(idOf(b1))).toBe(false);
    own.hear(Since.of({ height: 1 }), stranger);
    own.hear(Find.of({ name: 'asia.ishikawa', id: 1 }), stranger);
    own.hear(Find.of({ name: 'asia.ishikawa', id: 2 }), stranger);
    const [page] = own.said('level.page');
    expect(page).toMatchObject({ top: 1, bodies: [[refTo(1)]] });
    const [found, nothing] = own.said('level.found');
    for (const final of [page!.final!, found!.block!.final])
      expect(areGood(finalJobs(level, final))).toBe(true);
    expect(nothing!.block).toBeUndefined();
  });

  it('shows no blocks in a row between which it has not seen all', () => {
    const own = committed();
    own.hearFrom(b3.head.author, proposal(b3));
    own.hearFrom(0, where(qcOf(b3), 2));
    expect(own.state.trail.length).toBe(1);
    const b4 = blockOn(qcOf(b3), 1, 4);
    const b5 = blockOn(qcOf(b4), 1, 5, [refTo(2)]);
    const b6 = blockOn(qcOf(b5), 2, 6);
    const final = { heads: [b5.head, b6.head], qc: qcOf(b6) };
    own.hearFrom(0, Page.of({ top: 2, final, bodies: [[refTo(2)]] }));
    expect(heightOf(own.state)).toBe(2);
    for (const height of [1, 2]) own.hear(Since.of({ height }), stranger);
    const pages = own.said('level.page');
    expect(pages.map(({ bodies }) => bodies)).toEqual([[[refTo(1)]], [[refTo(2)]]]);
    for (const page of pages) expect(areGood(finalJobs(level, page.final!))).toBe(true);
  });

  it('shows whoever asks so much between two ticks', () => {
    const own = committed();
    for (let i = 0; i < 400; i++) own.hear(Since.of({ height: 1 }), stranger);
    const before = own.said('level.page').length;
    expect(before).toBeLessThan(20);
    own.tick();
    own.hear(Since.of({ height: 1 }), stranger);
    expect(own.said('level.page').length).toBe(before + 1);
  });
});

describe('evidence', () => {
  const other = blockOn(GENESIS, 0, 1, [refTo(1, 'other')]);

  it('of two votes and of two proposals convicts by itself, is noted once, and is told', () => {
    const own = new Bench(OWN);
    for (let times = 0; times < 2; times++) {
      own.hearFrom(3, vote(b1, 3));
      own.hearFrom(3, vote(other, 3));
      own.hearFrom(b1.head.author, proposal(b1, [refTo(1)]));
      own.hearFrom(b1.head.author, proposal(other, [refTo(1, 'other')]));
    }
    const found = own.notes.filter(({ topic }) => topic === 'evidence.continent');
    expect(found.map(({ fact }) => (fact as { of: string }).of)).toEqual([
      'two-votes',
      'two-proposals',
    ]);
    for (const { fact } of found) {
      const { node, evidence } = fact as { node: string; evidence: string };
      const record = whole(JolteonEvidence, unhex(evidence)!);
      expect(convicts(record)).toBe(true);
      expect(members[record.member]!.node).toBe(node);
    }
    own.hear(Accused.of({ from: 0 }), stranger);
    expect(own.said('level.accusations')[0]!.all.length).toBe(2);
    for (let i = 0; i < 100; i++) own.hear(Accused.of({ from: 0 }), stranger);
    expect(own.said('level.accusations').length).toBeLessThan(20);
    own.hearFrom(1, Accused.of({ from: 0 }));
    expect(own.said('level.accusations').at(-1)!.next).toBe(0);
  });

  it('of something else convicts nobody', () => {
    const twice = { chain: 'asia', epoch: 0, member: 3, round: 1 };
    const [one, two] = [vote(b1, 3), vote(other, 3)];
    const good: JolteonEvidence = {
      is: 'two-votes',
      ...twice,
      block: one.block,
      signature: one.signature,
      other: two.block,
      otherSignature: two.signature,
    };
    expect(convicts(good)).toBe(true);
    expect(convicts({ ...good, other: one.block, otherSignature: one.signature })).toBe(false);
    expect(convicts({ ...good, member: 1 })).toBe(false);
    expect(convicts({ ...good, round: 2 })).toBe(false);
    expect(convicts({ ...good, epoch: 1 })).toBe(false);
    expect(convicts({ ...good, is: 'two-proposals' })).toBe(false);
  });

  it('of a certificate that was hidden is a vote on top of it, and a later timeout that shows less', () => {
    const { signature } = vote(b3, 3);
    const hidden = { is: 'hidden-qc', chain: 'asia', epoch: 0, member: 3, head: b3.head } as const;
    const shows = (round: number, highRound: number): JolteonEvidence => ({
      ...hidden,
      signature,
      round,
      highRound,
      timeoutSignature: signed(3, { is: 'timeout', round, highRound }),
    });
    expect(convicts(shows(4, 1))).toBe(true);
    expect(convicts(shows(3, 1))).toBe(true);
    expect(convicts(shows(4, 2))).toBe(false);
    expect(convicts(shows(2, 1))).toBe(false);
  });
});

describe('two branches, where a third or more is faulty', () => {
  const o1 = blockOn(GENESIS, 0, 3, [refTo(1, 'other')]);
  const o2 = blockOn(qcOf(o1), 1, 4);
  const final = { heads: [o1.head, o2.head], qc: qcOf(o2) };
  /** It has committed the one, and is shown the other. */
  function halted(): Bench {
    const own = committed();
    own.hearFrom(0, where(qcOf(o2)));
    own.state.wanted.add(idOf(o1)).add(idOf(o2));
    own.hearFrom(0, Given.of({ full: { block: o2, refs: [] } }));
    own.hearFrom(0, Given.of({ full: { block: o1, refs: [refTo(1, 'other')] } }));
    return own;
  }

  it('halt it, durably, with what proves the other one; it tells all which it has committed', () => {
    const own = halted();
    expect(own.notes.map(({ topic }) => topic)).toContain('continent.forked');
    expect(own.state.fork?.other).toEqual(final);
    expect(own.said('level.forked')).toHaveLength(members.length - 1);
    const later = new Bench(OWN, own.disk);
    expect(later.state.fork).toEqual(own.state.fork);
    const next = blockOn(q2, 1, 5);
    for (const each of [own, later]) {
      const said = each.said('level.vote').length;
      each.hearFrom(next.head.author, proposal(next));
      each.hear(offered(2).offer, stranger);
      each.tick();
      expect(each.said('level.vote').length).toBe(said);
      expect(each.said('level.receipt')).toEqual([]);
      each.hear(Since.of({ height: 1 }), stranger);
      expect(each.said('level.page').at(-1)!.final?.heads[0]).toEqual(b1.head);
    }
  });

  it('halt whoever has committed the one and is told of the other', () => {
    const [own, told] = [committed(), halted().said('level.forked')[0]!];
    own.hearFrom(3, told);
    expect(own.state.fork).toBeUndefined();
    own.hearFrom(3, {
      ...told,
      final: { ...final, qc: { ...final.qc, block: told.final.qc.block } },
    });
    expect(own.state.fork).toBeUndefined();
    own.hearFrom(3, { ...told, final });
    expect(own.state.fork?.other).toEqual(final);
  });
});
