/** Acts before a ledger: whose they must be, what they do once they are ordered, what of them is remembered. */
import { beforeEach, describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { NOTHING } from '#algorithms/merkle/sparse.ts';
import { hex } from '#lib/bytes.ts';
import { actId, type Says, type SignedAct } from '#protocols/act.ts';
import { cityBatch, type Entry } from '#protocols/city-batch.ts';
import { SOUND } from '#protocols/fate.ts';
import type { LedgerHears } from '#protocols/ledger/ledger.ts';
import {
  AskActs,
  AskHeldBy,
  AskTx,
  OfferAct,
  Want,
  type Acted,
  type Listed,
  type Told,
} from '#protocols/ledger.messages.ts';
import { CommittedBatch, Fetch, Resume } from '#protocols/order.messages.ts';
import { matterOf } from '#protocols/ledger/act-of-transfer.ts';
import { escrowName, takenName } from '#protocols/objects/object.ts';
import { stateAfter, stateStep } from '#protocols/city-state.ts';
import { address, place } from '#protocols/subjects.ts';
import { sealedBy } from '#simulations/sealed.ts';
import { member, NETWORK, type Member } from '../sample.ts';
import { WALL } from '../moments.ts';
import { CITY, made, offerOf, PEOPLE, type Made } from './kept.ts';
import { brief, Player } from './player.ts';
import { renewal, renewing, said, sender, spokenTwice } from './said.ts';
import { LIFETIME_MS_MAX } from '#protocols/transaction.ts';
import { candidatesOf } from '#protocols/repair/placing.ts';

const commit = address(CITY.delegates[1]!.node, 'commit');
const outside = address(member('somebody').node, 'client');
const [one, two] = [made('one'), made('two', { seq: 2 })];
const [first, second] = CITY.delegates as [(typeof CITY.delegates)[0], (typeof CITY.delegates)[0]];

let player: Player;
beforeEach(() => {
  player = new Player();
  player.hear(offerOf(one), commit);
  commits([entryOf(one)]);
  player.sent = [];
});

const entryOf = ({ txId, cert }: Made): Entry => ({ txId, cert });
const entry = (act: SignedAct): Entry => ({ txId: actId(act), cert: actId(act) });

function commits(entries: readonly Entry[], atMs = WALL + 1_000, of = player): string[] {
  const { head } = of.ledger;
  const chosen = {
    place: CITY.genesis.place,
    epoch: 0,
    height: head.height + 1,
    prev: head.digest,
    round: head.round + 1,
    proposer: first.node,
    at: stampBytes({ wallMs: atMs + head.height, count: 0 }),
    stateRoot: head.stateRoot,
  };
  const batch = cityBatch(chosen, entries, undefined);
  const committed = { batch, quorum: { votes: [] } };
  return of.hear(CommittedBatch.of({ committed }), of.city).map(brief);
}

function brought(act: SignedAct, of = player): string[] {
  return of.hear(OfferAct.of({ act }), outside).map(({ to, message }) => {
    if (message.kind === 'ledger.act-declined') return message.reason;
    return to === outside ? message.kind : `${message.kind} to ${to.split('.').at(-1)}`;
  });
}

/** Brought, and ordered. */
function ordered(act: SignedAct, atMs = WALL + 1_000): void {
  brought(act);
  commits([entry(act)], atMs);
}

const ask = <M>(question: LedgerHears, of = player): M =>
  of.hear(question, outside)[0]!.message as unknown as M;
const told = (of = player): Told => ask<Told>(AskTx.of({ txId: one.txId }), of);
const spoken = (): string[] =>
  ask<Acted>(AskActs.of({ from: 0 })).acts.map(({ signed }) => signed.act.what.says);

const each = (i: number): SignedAct => said(sender, one, { says: 'repair-req' }, WALL - i);
/** Who is to take a row of a light in the first round of repair. */
function nextInRank(of: Made): Member {
  const [first] = candidatesOf(renewing(of, 1)).lights;
  return PEOPLE.find(({ who }) => who.node === first)!.who;
}
const holderOf = ({ certified }: Made, row: number): Member =>
  PEOPLE.find(({ who }) => who.node === certified.manifest.placement.holders[row])!.who;

const request = said(sender, one, { says: 'repair-req' });
const lease = (by = first, round = 1, untilMs = WALL + 30_000): SignedAct =>
  said(by, one, { says: 'repair-lease', round, rows: [0], untilMs });
const HELD = [
  'ledger.act-held',
  'city.certified to city',
  'ledger.act to ledger',
  'ledger.act to ledger',
  'ledger.act to ledger',
];

describe('an act', () => {
  it('is held, told to the city and spread when it is on the disk, not before', () => {
    player.holdsKeeps = true;
    expect(brought(request)).toEqual([]);
    expect(brought(request)).toEqual([]);
    expect(player.release()).toHaveLength(5);
    expect(brought(request)).toEqual(['ledger.act-held']);
  });

  it('that another ledger spread is not spread again, nor answered', () => {
    const from = address(second.node, 'ledger');
    const heard = player.hear(OfferAct.of({ act: request }), from).map(brief);
    expect(heard).toEqual(['certified 1']);
  });

  it.each<[string, string, SignedAct]>([
    ['about what nobody knows', 'unknown', said(sender, two, { says: 'repair-req' })],
    ['of a stranger', 'not-yours', said(member('somebody'), one, { says: 'repair-req' })],
    ['of a sender who is no receiver', 'not-yours', said(sender, one, { says: 'claim' })],
    ['of a delegate who is no sender', 'not-yours', said(first, one, { says: 'erase' })],
    ['of a sender who is no delegate', 'not-yours', lease(sender)],
    ['with a signature of another', 'bad-signature', { ...request, signature: lease().signature }],
    [
      'about nothing',
      'malformed',
      said(first, undefined, { says: 'repair-lease', round: 1, rows: [], untilMs: WALL }),
    ],
    ['of the future', 'malformed', said(sender, one, { says: 'repair-req' }, WALL + 60_000)],
    ['of last year', 'malformed', said(sender, one, { says: 'repair-req' }, WALL - 1e10)],
    [
      'of acks by others',
      'malformed',
      said(first, one, { ...renewal(one, 1, [0], [PEOPLE[40]!.who]), acks: [] }),
    ],
    [
      'of a row that somebody has who has another',
      'other-places',
      said(first, one, renewal(one, 1, [0], [holderOf(one, 1)])),
    ],
    [
      'of evidence that shows nothing',
      'no-evidence',
      said(first, one, { says: 'accuse', fault: { fault: 'bad-manifest', pieces: [] } }),
    ],
    [
      'of a round that is not there yet',
      'busy',
      said(first, one, renewal(one, 2, [0], [PEOPLE[40]!.who])),
    ],
  ])('%s is declined', (_, word, act) => {
    expect(brought(act)).toEqual([word]);
    expect(player.ledger.acts.checking.size).toBe(0);
  });

  it('of one author may wait, but not all of its acts', () => {
    for (let i = 0; i < 16; i++) expect(brought(each(i))).toEqual(HELD);
    expect(brought(each(16))).toEqual(['busy']);
    expect(brought(lease())).toEqual(HELD);
  });

  it('of a transfer waits for its place once, whoever says it', () => {
    const head = { ...player.ledger.head, place: place('europe.catalonia.barcelona') };
    const chosen = { ...head, epoch: 0, prev: head.digest, proposer: first.node };
    const { txId } = one;
    const proof = {
      name: escrowName(txId),
      object: undefined,
      path: new Uint8Array(),
      other: undefined,
      before: head.digest,
      step: stateStep([], { accounts: head.digest, stakes: head.digest }),
      head: cityBatch(chosen, [], undefined).head,
      quorum: { votes: [] },
    };
    const take = said(member('stranger'), undefined, { says: 'take', txId, proof });
    expect(brought(take)).toEqual(['malformed']);
    const matter = matterOf(take.act.what);
    player.ledger.acts.open.set('another', { author: 'another', matter, until: Infinity });
    expect(brought(take)).toEqual(['busy']);
  });

  it('of a transfer that does nothing here keeps nobody waiting, though another ledger has taken it', () => {
    const there = { ...CITY.genesis, place: place('europe.catalonia.barcelona') };
    Object.assign(player, { self: { ...player.self, neighbours: [there] } });
    player.start();
    const { digest: before } = player.ledger.head;
    const step = stateStep([], { accounts: NOTHING, stakes: before });
    const chosen = { ...player.ledger.head, place: there.place, epoch: 0, proposer: first.node };
    const stateRoot = stateAfter(before, step);
    const { head } = cityBatch({ ...chosen, prev: before, stateRoot }, [], undefined);
    const signers = [0, 1, 2].map((who) => ({
      member: who,
      key: CITY.delegates[who]!.secrets.signing,
    }));
    const proof = {
      name: takenName(CITY.genesis.place, one.txId),
      object: undefined,
      path: new Uint8Array(),
      other: undefined,
      before,
      step,
      head,
      quorum: sealedBy(NETWORK, head, signers),
    };
    const { txId } = one;
    const settle = said(first, undefined, { says: 'settle', txId, sender: txId, proof });
    expect(brought(settle)).toEqual(['no-evidence']);
    player.hear(OfferAct.of({ act: settle }), address(second.node, 'ledger'));
    expect([...player.ledger.acts.open.values()]).toMatchObject([{ matter: undefined }]);
  });

  it('waits again after a restart, until it is ordered', () => {
    brought(request);
    player.start();
    const resumed = (): number =>
      player
        .hear(Resume.of({}), player.city)
        .filter(({ message }) => message.kind === 'city.certified').length;
    expect(resumed()).toBe(1);
    commits([entry(request)]);
    expect(resumed()).toBe(0);
    player.start();
    expect(resumed()).toBe(0);
    expect(spoken()).toEqual(['repair-req']);
  });
});

const HOUR_MS = 3_600_000;
const rowsOfActs = (): string[] => [...player.disk.keys()].filter((name) => name.includes('act/'));

describe('an act that waits', () => {
  it('is taken however long the city stood still, by its clock and not by ours', () => {
    player.wall = WALL + 10 * HOUR_MS;
    expect(brought(request)).toEqual(HELD);
  });

  it('is let go when the time of the batches is an hour past its own, here and in the city', () => {
    brought(request);
    player.start();
    expect(commits([], WALL + HOUR_MS - 1_000)).not.toContain('city.withdrawn');
    expect(rowsOfActs()).toHaveLength(2);
    expect(commits([], WALL + HOUR_MS)).toContain('city.withdrawn');
    const row = `act/${hex(actId(request))}`;
    expect([rowsOfActs(), player.ledger.acts.open.size]).toEqual([[row], 0]);
    expect(brought(request)).toEqual(['malformed']);
  });

  it('is found on the disk where a batch names it that was voted for before', () => {
    brought(request);
    commits([], WALL + HOUR_MS);
    const { height } = player.ledger.head;
    expect(commits([entry(request)], WALL + HOUR_MS + 1)).not.toContain('ledger.want');
    expect(player.ledger.head.height).toBe(height + 1);
  });
});

describe('an act that is ordered', () => {
  it('does what it says, once, and is told', () => {
    ordered(request);
    expect(told().state).toBe('REPAIR_REQ');
    ordered(request);
    ordered(said(sender, one, { says: 'repair-req' }, WALL + 1));
    expect(spoken()).toEqual(['repair-req']);
    expect(player.notes.map(({ topic }) => topic)).toContain('act.repair-req');
    expect(player.notes.filter(({ topic }) => topic.endsWith('REPAIR_REQ'))).toHaveLength(1);
  });

  it('means nothing a second time, even where it could be said again', () => {
    ordered(lease());
    ordered(lease());
    expect(spoken()).toEqual(['repair-lease']);
  });

  it('is taken as it is where it was decided: those who decided have checked it', () => {
    const strange = said(member('somebody'), one, { says: 'repair-req' });
    commits([entry(strange)]);
    player.hear(OfferAct.of({ act: strange }), address(second.node, 'ledger'));
    expect([told().state, player.ledger.head.height]).toEqual(['REPAIR_REQ', 2]);
  });

  it("is not taken without its author's signature: its name does not say which was checked", () => {
    commits([entry(request)]);
    const forged = { ...request, signature: lease().signature };
    player.hear(OfferAct.of({ act: forged }), address(second.node, 'ledger'));
    expect([told().state, player.ledger.applying?.stage]).toEqual(['COMMITTED', 'waiting']);
    player.hear(OfferAct.of({ act: request }), address(second.node, 'ledger'));
    expect(told().state).toBe('REPAIR_REQ');
  });

  it('gives a row to another holder, who is listed with it', () => {
    const who = nextInRank(one);
    ordered(lease());
    ordered(said(first, one, renewal(one, 1, [0], [who])));
    const { state, fate } = told();
    expect([state, fate.round, fate.lease]).toEqual(['COMMITTED', 1, undefined]);
    expect(fate.places).toEqual([
      { row: 0, holder: who.node, until: one.certified.manifest.lightUntil },
    ]);
    const listed = ask<Listed>(AskHeldBy.of({ holder: who.node, pages: [] }));
    expect(listed.txs.map(hex)).toEqual([hex(one.txId)]);
  });

  it('of its sender erases it: nobody is given the keys any more', () => {
    ordered(said(sender, one, { says: 'erase' }));
    expect([told().fate.isErased, told().cover?.readers]).toEqual([true, []]);
    ordered(request);
    expect(spoken()).toEqual(['erase']);
  });

  it('keeps it for longer', () => {
    const expiresAt = WALL + 7_200_000;
    ordered(said(sender, one, { says: 'extend', expiresAt }));
    expect(told().expiresAt).toBe(expiresAt);
  });

  it('keeps nothing for longer than anything may be promised at once', () => {
    const { expiresAt } = told();
    ordered(said(sender, one, { says: 'extend', expiresAt: WALL + 2 * LIFETIME_MS_MAX }));
    expect(told().expiresAt).toBe(expiresAt);
  });

  it('convicts a node once, whoever brings which evidence', () => {
    const fault = spokenTwice(second);
    const accusation = (by: Member): SignedAct => said(by, undefined, { says: 'accuse', fault });
    ordered(accusation(sender));
    expect(brought(accusation(member('somebody')))).toEqual(['no-evidence']);
    const spread = accusation(member('another'));
    player.hear(OfferAct.of({ act: spread }), address(second.node, 'ledger'));
    commits([entry(spread)]);
    expect([spoken(), player.ledger.applying]).toEqual([['accuse'], undefined]);
  });

  it('is taken from a batch that was decided without us, and leads to the same', () => {
    const other = new Player(1);
    other.hear(offerOf(one), commit);
    commits([entryOf(one)], WALL + 1_000, other);
    ordered(request);
    ordered(lease());
    const from = address(player.self.node, 'ledger');
    commits([entry(request)], WALL + 1_000, other);
    expect(other.ledger.applying?.stage).toBe('waiting');
    const wanted = Want.of({ certs: [actId(request)] });
    const [answer] = player.hear(wanted, address(other.self.node, 'ledger'));
    other.hear(answer!.message as LedgerHears, from);
    expect(told(other).state).toBe('REPAIR_REQ');
    commits([entry(lease())], WALL + 1_000, other);
    other.hear(OfferAct.of({ act: lease() }), from);
    expect(hex(other.ledger.head.stateRoot)).toBe(hex(player.ledger.head.stateRoot));
  });

  it('is told to the city again where a batch names what was ordered before', () => {
    ordered(request);
    const from = second.node;
    player.hear(Fetch.of({ certs: [actId(request)], from, isProved: false }), player.city);
    const heard = player.hear(OfferAct.of({ act: request }), address(from, 'ledger'));
    expect(heard.map(brief)).toEqual(['certified 1']);
  });
});

describe('before anything was said', () => {
  it('a transaction is sound', () => {
    expect(told().fate).toEqual(SOUND);
    const nothing: readonly Says[] = [];
    expect(spoken()).toEqual(nothing);
  });
});

describe('a spare that acknowledged a row', () => {
  it('has it from the beginning, as the certificate that was ordered says, and is listed with it', () => {
    const spared = made('spared', { seq: 3, spared: 2 });
    const spare = spared.certified.manifest.placement.spares[0]!;
    for (const restarts of [false, true]) {
      const fresh = new Player();
      fresh.hear(offerOf(spared), commit);
      if (restarts) fresh.start();
      commits([entryOf(spared)], WALL + 1_000, fresh);
      const { fate } = ask<Told>(AskTx.of({ txId: spared.txId }), fresh);
      expect(fate.places).toMatchObject([{ row: 2, holder: spare }]);
      expect(fate.round).toBe(0);
      const { txs } = ask<Listed>(AskHeldBy.of({ holder: spare, pages: [] }), fresh);
      expect(txs.map(hex)).toEqual([hex(spared.txId)]);
    }
    expect(told().fate.places).toEqual([]);
  });
});
