/** A delegate of a level, and what one that lies can do to it. Whole levels: test/simulations/levels.simulation.test.ts. */
import { describe, expect, it } from 'vitest';
import { unhex } from '#lib/bytes.ts';
import { whole } from '#protocols/codec.ts';
import { qcJobs } from '#protocols/jolteon/certify.ts';
import { evidenceJobs, JolteonEvidence } from '#protocols/jolteon/evidence.ts';
import { finalJobs } from '#protocols/jolteon/final.ts';
import { heightOf } from '#protocols/level/state.ts';
import { Accused, FetchWord, Find, Given, Page, Since } from '#protocols/level.messages.ts';
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

const convicts = (evidence: JolteonEvidence): boolean => areGood(evidenceJobs(level, evidence));

describe('a delegate', () => {
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
    own.hear(Accused.of({}), stranger);
    expect(own.said('level.accusations')[0]!.all.length).toBe(2);
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
