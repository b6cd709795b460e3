/** A ledger step by step: what it takes, what it says when, what it remembers. Real certificates throughout. */
import { beforeEach, describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { nameText } from '#algorithms/identity.ts';
import { hex } from '#lib/bytes.ts';
import {
  cityBatch,
  ENTRIES_MAX,
  headDigest,
  isProved,
  type Committed,
  type Entry,
} from '#protocols/city-batch.ts';
import type { LedgerHears } from '#protocols/ledger/ledger.ts';
import {
  AskChain,
  AskHeldBy,
  AskSentBy,
  AskSince,
  AskTx,
  PLACES,
  Want,
  type Chained,
  type HappenedSince,
  type Listed,
  type Told,
} from '#protocols/ledger.messages.ts';
import { batchDigest } from '#protocols/holding.ts';
import { CERTS_MAX } from '#protocols/ledger/live.ts';
import { placedRows } from '#protocols/manifest.ts';
import { CommittedBatch, Fetch, Resume } from '#protocols/order.messages.ts';
import { Verified, type Offer } from '#protocols/sending.messages.ts';
import { address } from '#protocols/subjects.ts';
import { member } from '../sample.ts';
import { WALL } from '../moments.ts';
import { CITY, made, offerOf, type Made } from './kept.ts';
import { brief, Player } from './player.ts';

const commit = address(CITY.delegates[1]!.node, 'commit');
const outside = address(member('somebody').node, 'client');
const [one, two, rival] = [made('one'), made('two', { seq: 2 }), made('one, differently')];
const short = made('short of time', { seq: 3, expiresAt: WALL + 5_000 });

let player: Player;
beforeEach(() => {
  player = new Player();
  player.sent = [];
});

const offer = (...all: readonly Made[]): string[] =>
  player.hear(offerOf(...all), commit).map(brief);
/** As a certificate of all others. */
const rowsWithout = (without: number): number[] =>
  one.certified.cert.acks.map(({ row }) => row).filter((row) => row !== without);
const entryOf = ({ txId, cert }: Made): Entry => ({ txId, cert });

/** The next batch, as the city of this delegate says it. */
function order(all: readonly Made[], atMs = WALL + 1_000, proposer = 0): CommittedBatch {
  const { head } = player.ledger;
  const chosen = {
    place: CITY.genesis.place,
    epoch: 0,
    height: head.height + 1,
    prev: head.digest,
    round: head.round + 1,
    proposer: CITY.delegates[proposer]!.node,
    at: stampBytes({ wallMs: atMs, count: head.height }),
    stateRoot: head.stateRoot,
  };
  const committed: Committed = {
    batch: cityBatch(chosen, all.map(entryOf), undefined),
    quorum: { votes: [] },
  };
  return CommittedBatch.of({ committed });
}
const commits = (...all: readonly Made[]): string[] =>
  player.hear(order(all), player.city).map(brief);
const ask = <M>(question: LedgerHears): M =>
  player.hear(question, outside)[0]!.message as unknown as M;
const happened = (height: number): string[] =>
  ask<HappenedSince>(AskSince.of({ number: height * PLACES }))
    .happened.filter(({ number }) => number < (height + 1) * PLACES)
    .map(({ number, state: is }) => `${number} ${is}`);
const state = (of: Made): string => ask<Told>(AskTx.of({ txId: of.txId })).state;

describe('an offer', () => {
  it('is held and told to the city when it is on the disk, not before', () => {
    player.holdsKeeps = true;
    expect(offer(one)).toEqual([]);
    expect(offer(one)).toEqual([]);
    expect(player.kept).toEqual([]);
    expect(player.release().map(brief)).toEqual(['held 1', 'certified 1']);
    expect(player.kept).toEqual([hex(one.cert)]);
    expect(offer(one)).toEqual(['held 1']);
  });

  it('of several is one commit, and one word to each', () => {
    expect(offer(one, two)).toEqual(['held 2', 'certified 2']);
  });

  it('is taken from delegates only', () => {
    expect(player.hear(offerOf(one), outside)).toEqual([]);
  });

  it.each<[string, string, Made]>([
    ['too few acks', 'declined too-few-acks', made('few', { rows: [0, 1, 6, 7] })],
    ['a stamp of the future', 'declined busy', made('early', { createdMs: WALL + 60_000 })],
    [
      'terms of its own',
      'declined bad-placement',
      made('lenient', { terms: (of) => ({ ...of, ackNeeded: 5 }) }),
    ],
    [
      'a longer promise',
      'declined bad-placement',
      made('long', { manifest: (of) => ({ ...of, lightUntil: of.lightUntil + 1 }) }),
    ],
    ['holders of its own choice', 'declined bad-placement', made('chosen', { manifest: swapped })],
    ['a draw of somebody else', 'declined bad-placement', made('shopped', { manifest: byAnother })],
  ])('with %s is declined', (_, word, bad) => {
    expect(offer(bad)).toEqual([word]);
    expect(offer(bad)).toEqual([word]);
    expect(player.ledger.beingChecked.size).toBe(0);
  });

  it('with a signature that is none is declined, whoever signed', () => {
    const { cover } = one.certified;
    const forged = { ...cover, signature: spoilt(cover.signature) };
    expect(offer({ ...one, certified: { ...one.certified, cover: forged } })).toEqual([
      'declined bad-signature',
    ]);
    expect(offer(made('one', { signature: spoilt }))).toEqual(['declined bad-signature']);
    expect(offer(one)).toEqual(['held 1', 'certified 1']);
  });

  it('of the S5 of its own node has acks that this node has verified: the sender is checked alone', () => {
    const checked = (): number =>
      player.jobs.map(({ signatures }) => signatures.length).reduce((a, b) => a + b, 0);
    player.hear(offerOf(one), address(player.self.node, 'commit'));
    expect(checked()).toBe(1);
    offer(two);
    expect(checked()).toBe(1 + 1 + two.batches.length);
  });

  it('of the S5 of the node that drew it is not asked to prove that draw, and any other is', () => {
    const { prover } = one.certified.manifest.placement;
    const drawer = CITY.delegates.findIndex(({ node }) => node === prover);
    const draws = (at: number, by: number): number => {
      player = new Player(at);
      player.hear(offerOf(one), address(CITY.delegates[by]!.node, 'commit'));
      expect(player.kept).toEqual([hex(one.cert)]);
      return player.jobs.reduce((sum, job) => sum + job.draws.length, 0);
    };
    const other = drawer === 0 ? 1 : 0;
    expect(draws(drawer, drawer)).toBe(0);
    expect([draws(drawer, other), draws(other, drawer), draws(other, other)]).toEqual([1, 1, 1]);
  });

  it('rests on acks that the S4 of its own node has verified, and no other: the sender is checked alone', () => {
    const checked = (): number => player.jobs.at(-1)!.signatures.length;
    const batches = one.batches.map(batchDigest);
    const [own, another] = [player.self.node, CITY.delegates[1]!.node];
    player.hear(Verified.of({ batches }), address(own, 'distribute'));
    offer(one);
    expect(checked()).toBe(1);
    player.hear(
      Verified.of({ batches: two.batches.map(batchDigest) }),
      address(another, 'distribute'),
    );
    offer(two);
    expect(checked()).toBe(1 + two.batches.length);
  });

  it('is checked in jobs of a bounded size, and judged when the last is back, whichever that is', () => {
    const forged = made('two', { seq: 2, signature: spoilt });
    player.holdsJobs = true;
    offer(one, forged);
    const jobs = player.jobs.map(({ signatures, draws }) => [signatures.length, draws.length]);
    expect(jobs).toEqual([
      [16, 2],
      [2 * (1 + one.batches.length) - 16, 0],
    ]);
    expect(player.releaseJobs().map(brief)).toEqual([
      'declined bad-signature',
      'held 1',
      'certified 1',
    ]);
  });

  it('writes a batch of acks once, however many certificates name it, and again while it is not on the disk', () => {
    const written = (): number =>
      player.puts.splice(0).filter((name) => name.startsWith('acks/')).length;
    const [second, third, fourth] = [1, 2, 3].map((row) => made('one', { rows: rowsWithout(row) }));
    player.holdsKeeps = true;
    offer(one);
    offer(second!);
    player.release();
    expect(written()).toBe(one.batches.length + second!.batches.length);
    offer(third!);
    expect(written()).toBe(0);
    player.start();
    offer(fourth!);
    expect(written()).toBe(fourth!.batches.length);
  });

  it('that lies takes the place of no batch that was verified', () => {
    offer(one);
    const lies = Array.from({ length: 5_000 }, (_, i) => ({
      ...one.batches[0]!,
      signature: Uint8Array.of(i, i >> 8),
    }));
    player.hear({ ...offerOf(), batches: lies }, commit);
    const other = made('one', { rows: one.certified.cert.acks.slice(1).map(({ row }) => row) });
    expect(offer({ ...other, batches: [] })).toEqual(['held 1', 'certified 1']);
  });

  it('may refer to batches of an offer before', () => {
    offer(one);
    const other = made('one', { rows: one.certified.cert.acks.slice(1).map(({ row }) => row) });
    expect(offer({ ...other, batches: [] })).toEqual(['held 1', 'certified 1']);
    expect(offer({ ...two, batches: [] })).toEqual(['declined malformed']);
  });
});

const spoilt = (signature: Uint8Array): Uint8Array =>
  signature.map((byte, i) => (i === 9 ? byte ^ 1 : byte));
function swapped(of: Made['certified']['manifest']): Made['certified']['manifest'] {
  const [a, b, ...others] = of.placement.holders;
  return { ...of, placement: { ...of.placement, holders: [b!, a!, ...others] } };
}
function byAnother(of: Made['certified']['manifest']): Made['certified']['manifest'] {
  const { prover } = of.placement;
  const other = CITY.delegates.find(({ node }) => node !== prover)!;
  return { ...of, placement: { ...of.placement, prover: other.node } };
}

describe('a batch', () => {
  it('is applied when it is on the disk: then everybody who waits hears of it', () => {
    offer(one, two);
    const batch = order([one, two]);
    player.holdsKeeps = true;
    expect(player.hear(batch, player.city)).toEqual([]);
    expect(state(one)).toBe('POH_ACK');
    const said = player.release().map(brief);
    expect(said[0]).toBe('applied 1');
    expect(said.slice(1).every((word) => word.startsWith('moved COMMITTED'))).toBe(true);
    expect(state(one)).toBe('COMMITTED');
    expect(player.hear(batch, player.city).map(brief)).toEqual(['applied 1']);
  });

  it('lets the first of two in conflict win, in whatever batch the other comes', () => {
    offer(one, rival);
    expect(commits(rival)).toContain('applied 1');
    commits(one);
    expect([state(rival), state(one)]).toEqual(['COMMITTED', 'REJECTED']);
    const winner = ask<Chained>(AskChain.of({ from: 1, count: 1 })).batches[0]!.batch;
    expect(hex(ask<Told>(AskTx.of({ txId: one.txId })).cause!)).toBe(hex(headDigest(winner.head)));
  });

  it('tells what is kept without why that is so, where that is all that is asked for', () => {
    offer(one);
    commits(one);
    const { cert, proof, quorum, ...kept } = ask<Told>(AskTx.of({ txId: one.txId }));
    expect([cert, proof, quorum]).not.toContain(undefined);
    const told = ask<Told>(AskTx.of({ txId: one.txId, without: 'proof' }));
    expect(told).toEqual({ ...kept, cert: undefined, proof: undefined, quorum: undefined });
    const unordered = ask<Told>(AskTx.of({ txId: one.txId, without: 'order' }));
    expect(unordered).toEqual({ ...kept, cert, proof: undefined, quorum: undefined });
  });

  it('lets the first of two in conflict win within one batch', () => {
    offer(one, rival);
    commits(one, rival);
    expect([state(one), state(rival)]).toEqual(['COMMITTED', 'REJECTED']);
  });

  it('knows the winner of long ago when a rival comes late, after a restart as well', () => {
    offer(one);
    commits(one);
    player.start();
    offer(rival);
    player.start();
    commits(rival);
    expect(state(rival)).toBe('REJECTED');
  });

  it('knows the winner that came while a rival was being looked up', () => {
    offer(one);
    player.holdsReads = true;
    offer(rival);
    commits(one);
    player.releaseReads();
    commits(rival);
    expect([state(one), state(rival)]).toEqual(['COMMITTED', 'REJECTED']);
  });

  it('is what time is judged by, and no clock', () => {
    const late = made('late', { seq: 4, expiresAt: WALL - 1 });
    expect(offer(late)).toEqual(['held 1', 'certified 1']);
    offer(one);
    commits(one);
    expect(state(late)).toBe('EXPIRED');
    expect(offer(made('later', { seq: 5, expiresAt: WALL + 1_000 }))[0]).toBe('declined expired');
  });

  it('expires what comes after its time, by the time of the batch', () => {
    offer(short);
    player.hear(order([short], WALL + 5_000), player.city);
    expect(state(short)).toBe('EXPIRED');
  });

  it('expires what was committed when the order has passed its time', () => {
    offer(short, one);
    commits(short);
    expect(state(short)).toBe('COMMITTED');
    player.hear(order([one], WALL + 6_000), player.city);
    expect(state(short)).toBe('EXPIRED');
  });

  it('says of what is over that it is, with its number, within a minute of batches, a life later too', () => {
    offer(short, one, two);
    commits(short, one);
    player.hear(order([two], WALL + 6_000), player.city);
    expect(happened(2)).toEqual([`${2 * PLACES} COMMITTED`]);
    player.start();
    const roots = player.ledger.head.stateRoot;
    player.hear(order([], WALL + 66_000), player.city);
    expect(happened(3)).toEqual([`${3 * PLACES + ENTRIES_MAX} EXPIRED`]);
    expect(player.ledger.head.stateRoot).not.toEqual(roots);
    expect(player.notes.map(({ topic }) => topic)).toContain(`tx.${nameText(short.txId)}.EXPIRED`);
    player.hear(order([], WALL + 3_700_000), player.city);
    player.hear(order([], WALL + 3_700_001), player.city);
    for (const height of [4, 5])
      expect(happened(height)).toEqual([`${height * PLACES + ENTRIES_MAX} EXPIRED`]);
    player.start();
    expect([player.ledger.ends.size, player.ledger.firstEnd]).toEqual([0, Infinity]);
    expect([...player.disk.keys()].filter((key) => key.startsWith('end/'))).toEqual([]);
  });

  it('changes nothing for a transaction that is decided, by another certificate of it', () => {
    const again = made('one', { rows: one.certified.cert.acks.slice(1).map(({ row }) => row) });
    offer(one);
    offer(again);
    commits(one);
    commits(again);
    expect(player.ledger.head.height).toBe(2);
    expect(state(one)).toBe('COMMITTED');
    expect(ask<HappenedSince>(AskSince.of({ number: 2 * PLACES })).happened).toEqual([]);
  });

  it('waits for certificates that are not here, and takes those that it names as they are', () => {
    const said = player.hear(order([one], WALL + 1_000, 2), player.city);
    expect(said.map(({ to, message }) => `${to.split('.').at(-2)} ${message.kind}`)).toEqual([
      'd3 ledger.want',
    ]);
    player.ledger.replica.rolls = [];
    expect(offer(one).slice(0, 2)).toEqual(['held 1', 'applied 1']);
    expect(state(one)).toBe('COMMITTED');
  });

  it('has room for a certificate that it names, however many there are of its transaction', () => {
    const rows = placedRows(one.certified.manifest);
    const all = Array.from({ length: CERTS_MAX + 1 }, (_, without) =>
      made('one', {
        rows: Array.from({ length: rows }, (__, row) => row).filter((row) => row !== without),
      }),
    );
    expect(offer(...all.slice(0, CERTS_MAX))).toEqual([
      `held ${CERTS_MAX}`,
      `certified ${CERTS_MAX}`,
    ]);
    const fifth = all[CERTS_MAX]!;
    expect(offer(fifth)).toEqual(['declined busy']);
    player.hear(order([fifth], WALL + 1_000, 2), player.city);
    offer(fifth);
    expect(player.ledger.head.height).toBe(1);
    expect(state(one)).toBe('COMMITTED');
  });

  it('is applied in its turn only, and only for its own city', () => {
    offer(one);
    const { committed } = order([one]);
    const { head } = committed.batch;
    const later = { ...committed, batch: { ...committed.batch, head: { ...head, height: 2 } } };
    expect(player.hear(CommittedBatch.of({ committed: later }), player.city)).toEqual([]);
    expect(player.hear(CommittedBatch.of({ committed }), commit)).toEqual([]);
    expect(player.ledger.head.height).toBe(0);
  });

  it('is told to the world by the ledger of whoever proposed it', () => {
    offer(one, two);
    player.hear(order([one], WALL + 1_000, 1), player.city);
    expect(player.notes).toEqual([]);
    player.hear(order([two], WALL + 2_000, 0), player.city);
    expect(player.notes.map(({ topic }) => topic)).toEqual([
      `tx.${nameText(two.txId)}.COMMITTED`,
      'batch.2',
    ]);
  });
});

describe('a ledger that starts again', () => {
  it('says what waits and how far it is, and has forgotten what was not kept', () => {
    offer(one, two);
    commits(one);
    player.holdsKeeps = true;
    offer(rival);
    player.holdsKeeps = false;
    player.sent = [];
    player.start();
    expect(player.sent.map(brief).filter((word) => !word.startsWith('presence'))).toEqual([
      'certified 1',
      'applied 1',
    ]);
    expect(state(rival)).toBe('FRESH');
  });

  it('tells its city again when the city asks', () => {
    offer(one);
    expect(player.hear(Resume.of({}), player.city).map(brief)).toEqual([
      'certified 1',
      'applied 0',
    ]);
    expect(player.hear(Resume.of({}), commit)).toEqual([]);
  });
});

describe('questions', () => {
  it('about a transaction are answered with all that proves the answer', () => {
    expect(ask<Told>(AskTx.of({ txId: one.txId })).known).toBe('unknown');
    offer(two, one);
    expect(ask<Told>(AskTx.of({ txId: one.txId })).known).toBe('certified');
    commits(two, one);
    const told = ask<Told>(AskTx.of({ txId: one.txId }));
    expect(told).toMatchObject({ known: 'ordered', state: 'COMMITTED', ...one.certified });
    expect(isProved(told.proof!, entryOf(one))).toBe(true);
    expect(told.proof!.index).toBe(1);
  });

  it('about what happened go on from any number', () => {
    offer(one, two, short);
    commits(one, two);
    commits();
    commits(short);
    const seen: number[] = [];
    for (let number = 0; ;) {
      const { next, happened } = ask<HappenedSince>(AskSince.of({ number }));
      seen.push(...happened.map((each) => each.number));
      if (next === number) break;
      number = next;
    }
    expect(seen).toEqual([PLACES, PLACES + 1, 3 * PLACES]);
    const rest = ask<HappenedSince>(AskSince.of({ number: PLACES + 1 })).happened;
    expect(rest.map((each) => each.number)).toEqual([PLACES + 1]);
  });

  it('about a sender and a holder go back page by page', () => {
    offer(one, two);
    offer(short);
    const { sender } = one.certified.cover.header.core;
    const first = ask<Listed>(AskSentBy.of({ sender, page: undefined }));
    const second = ask<Listed>(AskSentBy.of({ sender, page: first.next }));
    expect(first.txs).toEqual([short.txId]);
    expect(second).toMatchObject({ txs: [one.txId, two.txId], next: undefined });
    const holder = one.certified.manifest.placement.holders[6]!;
    player.start();
    const held: string[] = [];
    for (let page: number | undefined; ;) {
      const listed = ask<Listed>(AskHeldBy.of({ holder, pages: page === undefined ? [] : [page] }));
      held.push(...listed.txs.map(hex));
      page = listed.next;
      if (page === undefined) break;
    }
    const expected = [one, two, short].filter(({ certified }) =>
      certified.manifest.placement.holders.slice(0, 10).includes(holder),
    );
    const names = expected.map(({ txId }) => hex(txId));
    expect(held.toSorted()).toEqual(names.toSorted());
    const atOnce = ask<Listed>(AskHeldBy.of({ holder, pages: [1, 7, 2] }));
    expect(atOnce.txs.map(hex)).toEqual(names);
  });

  it('about a holder are not answered before the last pages are read', () => {
    offer(one);
    const [holder] = one.certified.manifest.placement.holders;
    const question = AskHeldBy.of({ holder: holder!, pages: [] });
    player.holdsReads = true;
    player.start();
    expect(player.hear(question, outside)).toEqual([]);
    player.releaseReads();
    expect(ask<Listed>(question).txs).toEqual([one.txId]);
  });

  it('for the chain are answered without gaps, as far as it goes', () => {
    offer(one, two);
    commits(one);
    commits(two);
    const { height, batches } = ask<Chained>(AskChain.of({ from: 2, count: 9 }));
    expect([height, batches.map(({ batch }) => batch.head.height)]).toEqual([2, [2]]);
    expect(ask<Chained>(AskChain.of({ from: 9, count: 9 })).batches).toEqual([]);
  });

  it('of another ledger for certificates are answered with offers that stand', () => {
    offer(one, two);
    const peer = address(CITY.delegates[1]!.node, 'ledger');
    const want = Want.of({ certs: [one.cert, new Uint8Array(32), two.cert] });
    expect(player.hear(want, outside)).toEqual([]);
    const answer = player.hear(want, peer)[0]!.message as Offer;
    const other = new Player(1);
    other.sent = [];
    expect(other.hear(answer, address(player.self.node, 'ledger')).map(brief)).toEqual([
      'held 2',
      'certified 2',
    ]);
  });

  it('of the city for certificates go to whoever named them; what is here is told again', () => {
    offer(one);
    const from = CITY.delegates[2]!.node;
    const fetch = Fetch.of({ certs: [one.cert, two.cert], from, isProved: false });
    expect(player.hear(fetch, player.city).map(brief)).toEqual(['certified 1', 'ledger.want']);
    expect(player.hear(fetch, player.city).map(brief)).toEqual(['certified 1']);
    player.now += 400;
    expect(player.hear(fetch, player.city).map(brief)).toEqual(['certified 1', 'ledger.want']);
  });

  it('of the city for a late certificate of what is decided let a batch that names it be voted for', () => {
    const late = made('one', { rows: one.certified.cert.acks.slice(1).map(({ row }) => row) });
    offer(one);
    commits(one);
    const from = CITY.delegates[2]!.node;
    const peer = address(from, 'ledger');
    expect(player.hear(offerOf(late), peer).map(brief)).toEqual(['held 1']);
    const fetch = Fetch.of({ certs: [late.cert], from, isProved: false });
    expect(player.hear(fetch, player.city).map(brief)).toEqual(['ledger.want']);
    expect(player.hear(offerOf(late), peer).map(brief)).toEqual(['held 1', 'certified 1']);
    expect(commits(late)).toEqual(['applied 2']);
  });
});
