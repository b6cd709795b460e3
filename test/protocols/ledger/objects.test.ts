/** Objects before a ledger: what payments do where they stand, and how anybody is shown what an account has. */
import { beforeEach, describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';

import { cityBatch, type Entry } from '#protocols/city-batch.ts';
import { genesisCommittee } from '#protocols/committee.ts';
import {
  AskObject,
  AskSince,
  AskTx,
  type HappenedSince,
  type Told,
  type ToldObject,
} from '#protocols/ledger.messages.ts';
import type { LedgerHears } from '#protocols/ledger/ledger.ts';
import { nameText } from '#algorithms/identity.ts';
import { text, utf8 } from '#lib/bytes.ts';
import { contractsOf } from '#protocols/objects/contracts.ts';
import { register } from '#protocols/objects/register.ts';
import { accountName, cellName, type CityObject } from '#protocols/objects/object.ts';
import { opBytes } from '#protocols/objects/op.ts';
import { objectProofJobs } from '#protocols/objects/proof.ts';
import { CommittedBatch } from '#protocols/order.messages.ts';
import { address } from '#protocols/subjects.ts';
import { fingerprintOf } from '#protocols/transaction.ts';
import { sealedBy } from '#simulations/sealed.ts';
import { verifyMany } from '#algorithms/signature.ts';
import { bytesOf, member, NETWORK } from '../sample.ts';
import { WALL } from '../moments.ts';
import { CITY, made, offerOf, type Made } from './kept.ts';
import { Player } from './player.ts';

const commit = address(CITY.delegates[1]!.node, 'commit');
const outside = address(member('somebody').node, 'client');
const own = fingerprintOf(member('sender').signing);
const friend = fingerprintOf(member('reader').signing);
const genesis = {
  ...CITY.genesis,
  endowments: [
    { account: own, amount: 100n },
    { account: bytesOf('somebody else'), amount: 7n },
  ],
  contracts: ['register@1'],
};

/** A transaction with an op, for a friend; the second of a number is another one. */
const asking = (seq: number, op: Uint8Array): Made =>
  made(`op ${seq}`, { seq, asks: { receiver: friend, op } });
const pay = (amount: bigint, seq: number): Made => asking(seq, opBytes({ op: 'pay', amount }));
const [sixty, fifty, thirty, rival] = [pay(60n, 1), pay(50n, 2), pay(30n, 3), pay(1n, 1)];
const sixtyAsks = { receiver: friend, op: opBytes({ op: 'pay', amount: 60n }) };
const sixtyRows = sixty.certified.cert.acks.map(({ row }) => row);
const noise = asking(4, bytesOf('noise'));
const idle = made('no op', { seq: 5 });

let player: Player;
beforeEach(() => (player = new Player(0, genesis)));

/** Offered, and ordered in one batch. */
function commits(all: readonly Made[], of = player, atMs = WALL + 1_000): void {
  if (all.length > 0) of.hear(offerOf(...all), commit);
  const { head } = of.ledger;
  const chosen = {
    place: genesis.place,
    epoch: 0,
    height: head.height + 1,
    prev: head.digest,
    round: head.round + 1,
    proposer: CITY.delegates[0]!.node,
    at: stampBytes({ wallMs: atMs, count: head.height }),
    stateRoot: head.stateRoot,
  };
  const entries = all.map(({ txId, cert }): Entry => ({ txId, cert }));
  const batch = cityBatch(chosen, entries, undefined);
  const signers = [0, 1, 2].map((who) => ({
    member: who,
    key: CITY.delegates[who]!.secrets.signing,
  }));
  const quorum = sealedBy(NETWORK, batch.head, signers);
  of.hear(CommittedBatch.of({ committed: { batch, quorum } }), of.city);
}

const ask = <M>(question: LedgerHears, of = player): M =>
  of.hear(question, outside)[0]!.message as unknown as M;
const told = (who: Uint8Array, of = player): ToldObject =>
  ask<ToldObject>(AskObject.of({ name: accountName(who) }), of);
const balance = (object: CityObject | undefined): bigint | undefined =>
  object?.value.is === 'account' ? object.value.balance : undefined;
const has = (who: Uint8Array, of = player): bigint | undefined => balance(told(who, of).object);
const effects = (of = player): (string | undefined)[] =>
  ask<HappenedSince>(AskSince.of({ number: of.ledger.head.height * 1_024 }), of).happened.map(
    ({ effect }) => effect,
  );

/** What an object is proved to have been before the last batch. */
function provedObject(name: Uint8Array): CityObject | undefined | string {
  const { proof } = ask<ToldObject>(AskObject.of({ name }));
  const claim = objectProofJobs(NETWORK, () => genesisCommittee(genesis), proof!);
  if (!claim.ok) return claim.error;
  expect(verifyMany(claim.value.jobs)).not.toContain(false);
  return claim.value.proved.object;
}

/** What an account is proved to have had before the last batch. */
function proved(who: Uint8Array): bigint | string | undefined {
  const object = provedObject(accountName(who));
  return typeof object === 'string' ? object : balance(object);
}

describe('an account', () => {
  it('has from the beginning what the genesis says', () => {
    expect([has(own), has(friend)]).toEqual([100n, undefined]);
    expect(player.ledger.head.accounts).toEqual(new Player(1, genesis).ledger.head.accounts);
  });

  it('pays what it has, in the order of the batch, and no more', () => {
    commits([sixty, fifty, thirty]);
    expect(effects()).toEqual(['done', 'short-of-funds', 'done']);
    expect([has(own), has(friend)]).toEqual([10n, 90n]);
  });

  it('is not touched by what is not committed, and a refused op is kept all the same', () => {
    commits([sixty, rival, fifty, noise, idle]);
    expect(effects()).toEqual(['done', undefined, 'short-of-funds', 'malformed', undefined]);
    expect([has(own), has(friend)]).toEqual([40n, 60n]);
    const [kept, lost] = [fifty, rival].map(({ txId }) => ask<Told>(AskTx.of({ txId })));
    expect(kept).toMatchObject({ state: 'COMMITTED', effect: 'short-of-funds' });
    expect(lost).toMatchObject({ state: 'REJECTED', effect: undefined });
  });

  it('pays once for a transaction that stands in a batch twice', () => {
    const again = made('op 1', { seq: 1, asks: sixtyAsks, rows: sixtyRows.slice(1) });
    commits([sixty, again]);
    expect([effects(), has(own)]).toEqual([['done'], 40n]);
  });

  it('is the same after a restart, and on a ledger that begins with an empty disk', () => {
    const batches = [[sixty], [fifty, thirty], [idle]];
    const other = new Player(1, genesis);
    for (const all of batches) {
      commits(all);
      player.start();
    }
    for (const all of batches) commits(all, other);
    expect(player.ledger.head).toEqual(other.ledger.head);
    expect([has(own), has(friend, other)]).toEqual([10n, 90n]);
  });
});

describe('a call of a contract', () => {
  const [cell] = register.cells(utf8('haruka')) as [Uint8Array];
  const calling = (seq: number, input: string, objects = [cell], contract = 'register@1'): Made => {
    const op = opBytes({ op: 'call', contract, input: utf8(input) });
    return made(`call ${seq}`, { seq, asks: { receiver: undefined, op, objects } });
  };
  const first = calling(11, 'haruka');
  const wrong = [calling(12, 'haruka', []), calling(13, 'haruka', [cell], 'nobody@1')];
  const given = calling(14, `haruka ${nameText(friend)}`);
  const lost = calling(15, `haruka ${nameText(own)}`);
  const owner = (): string => {
    const object = provedObject(cellName('register@1', cell));
    return typeof object === 'object' && object.value.is === 'cell' ? text(object.value.bytes) : '';
  };

  it('is the same state on every ledger, and what it made is proved like any object', () => {
    const other = new Player(1, genesis);
    const batches = [[first, sixty, ...wrong], [given, lost], []];
    const said = ['done', 'done', 'undeclared', 'no-contract'];
    for (const [i, all] of batches.entries()) {
      commits(all);
      commits(all, other);
      if (i === 0) expect(effects()).toEqual(said);
      if (i === 1) expect([effects(), owner()]).toEqual([['done', 'not-yours'], nameText(own)]);
    }
    expect(player.ledger.head).toEqual(other.ledger.head);
    expect([owner(), has(own)]).toEqual([nameText(friend), 40n]);
  });

  it('waits with what it declares through a restart', () => {
    player.hear(offerOf(first), commit);
    player.start();
    commits([first]);
    expect(effects()).toEqual(['done']);
  });

  it('is of a contract that every delegate has', () => {
    expect(() => contractsOf({ ...genesis, contracts: ['nobody@1'] })).toThrow('has its contracts');
  });
});

describe('a proof of an object', () => {
  it('shows to whoever has the committee what it was before the last batch', () => {
    commits([sixty]);
    expect(told(own).proof).toBeUndefined();
    commits([thirty]);
    expect([proved(own), proved(friend), has(own)]).toEqual([40n, 60n, 10n]);
    commits([]);
    expect([proved(own), proved(friend)]).toEqual([10n, 90n]);
  });

  it('shows that there is none', () => {
    commits([sixty]);
    commits([]);
    expect(proved(bytesOf('nobody'))).toBeUndefined();
    expect(told(bytesOf('nobody')).proof?.object).toBeUndefined();
  });

  it('shows nothing else', () => {
    commits([sixty]);
    commits([thirty]);
    const proof = told(own).proof!;
    const verdict = (of: typeof proof): string => {
      const claim = objectProofJobs(NETWORK, () => genesisCommittee(genesis), of);
      return claim.ok ? 'stands' : claim.error;
    };
    const { version, value } = proof.object!;
    expect(verdict({ ...proof, object: undefined })).toBe('not-in-objects');
    expect(verdict({ ...proof, object: { version: version + 1, value } })).toBe('not-in-objects');
    expect(verdict({ ...proof, name: accountName(friend) })).toBe('not-in-objects');
    expect(verdict({ ...proof, before: proof.name })).toBe('not-in-state');
    const votes = proof.quorum.votes.slice(0, 2);
    expect(verdict({ ...proof, quorum: { votes } })).toBe('no-quorum');
    expect(verdict({ ...proof, head: { ...proof.head, stateRoot: proof.name } })).toBe(
      'not-in-state',
    );
  });
});
