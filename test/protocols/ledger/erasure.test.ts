/** What is left of an erased transaction on a ledger's disk, and how one that was away learns of it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { hex } from '#lib/bytes.ts';
import { actId, SignedAct } from '#protocols/act.ts';
import { cityBatch, type Entry } from '#protocols/city-batch.ts';
import { toBytes } from '#protocols/codec.ts';
import { AskTx, OfferAct, Want, type Told } from '#protocols/ledger.messages.ts';
import { CommittedBatch } from '#protocols/order.messages.ts';
import { Offer } from '#protocols/sending.messages.ts';
import { address } from '#protocols/subjects.ts';
import type { Cover } from '#protocols/transaction.ts';
import { member } from '../sample.ts';
import { WALL } from '../moments.ts';
import { CITY, made, offerOf, type Made } from './kept.ts';
import { brief, Player } from './player.ts';
import { said, sender } from './said.ts';

const commit = address(CITY.delegates[1]!.node, 'commit');
const anybody = address(member('somebody').node, 'client');
const [here, away] = CITY.delegates.map(({ node }) => address(node, 'ledger'));
const [one, two] = [made('one'), made('two', { seq: 2 })];
const word = said(sender, one, { says: 'erase' });
const entryOf = ({ txId, cert }: Made): Entry => ({ txId, cert });

function commits(of: Player, entries: readonly Entry[]): string[] {
  const { head } = of.ledger;
  const chosen = {
    place: CITY.genesis.place,
    epoch: 0,
    height: head.height + 1,
    prev: head.digest,
    round: head.round + 1,
    proposer: CITY.delegates[0]!.node,
    at: stampBytes({ wallMs: WALL + 1_000 + head.height, count: 0 }),
    stateRoot: head.stateRoot,
  };
  const batch = cityBatch(chosen, entries, undefined);
  const committed = { batch, quorum: { votes: [] } };
  return of.hear(CommittedBatch.of({ committed }), of.city).map(brief);
}

const told = (of: Player): Told =>
  of.hear(AskTx.of({ txId: one.txId }), anybody)[0]!.message as unknown as Told;

/** Whether anything on the disk has this in it. */
const isOnDisk = ({ disk }: Player, bytes: Uint8Array): boolean =>
  [...disk.values()].some((value) => hex(value).includes(hex(bytes)));

const { readers } = one.certified.cover;
let player: Player;
beforeEach(() => {
  player = new Player();
  player.hear(offerOf(one), commit);
  commits(player, [entryOf(one)]);
});
const erase = (): void => {
  player.hear(OfferAct.of({ act: word }), anybody);
  commits(player, [{ txId: actId(word), cert: actId(word) }]);
};

describe('a ledger', () => {
  it('has the capsules of a transaction once, and tells them', () => {
    expect(readers.length).toBeGreaterThan(0);
    expect(told(player).cover).toEqual(one.certified.cover);
    const copies = [...player.disk.values()].filter((value) =>
      hex(value).includes(hex(readers[0]!.capsule)),
    );
    expect(copies).toHaveLength(1);
  });

  it('forgets them when its sender has it erased', () => {
    for (const { capsule } of readers) expect(isOnDisk(player, capsule)).toBe(true);
    erase();
    for (const { capsule } of readers) expect(isOnDisk(player, capsule)).toBe(false);
    expect([told(player).fate.isErased, told(player).cover?.readers]).toEqual([true, []]);
  });
});

const coverWith = (offer: Offer, more: Partial<Cover>): Offer => {
  const [certified] = offer.certified;
  const cover = { ...certified!.cover, ...more };
  return Offer.of({ ...offer, certified: [{ ...certified!, cover }] });
};

describe('a ledger that was away', () => {
  const wanted = (): Offer => {
    const asked = player.hear(Want.of({ certs: [one.cert] }), away);
    return asked[0]!.message as unknown as Offer;
  };

  it('takes what a batch names without its capsules, by the word of its sender', () => {
    erase();
    const other = new Player(1);
    expect(commits(other, [entryOf(one)])).toEqual(expect.arrayContaining(['ledger.want']));
    other.hear(wanted(), here);
    expect(told(other)).toMatchObject({ known: 'ordered', cover: { readers: [] } });
    other.hear(OfferAct.of({ act: word }), here);
    commits(other, [{ txId: actId(word), cert: actId(word) }]);
    expect(told(other).fate.isErased).toBe(true);
    const again = other.hear(Want.of({ certs: [one.cert] }), here)[0]!.message as unknown as Offer;
    expect(hex(again.certified[0]!.cover.erased!)).toBe(hex(toBytes(SignedAct, word)));
  });

  it.each<[string, Partial<Cover>]>([
    ['no word', { erased: undefined }],
    [
      'the word of another',
      { erased: toBytes(SignedAct, said(member('x'), one, { says: 'erase' })) },
    ],
    ['a word about another', { erased: toBytes(SignedAct, said(sender, two, { says: 'erase' })) }],
    ['another word', { erased: toBytes(SignedAct, said(sender, one, { says: 'repair-req' })) }],
    ['what is no word', { erased: new Uint8Array(9) }],
    ['capsules beside the word', { readers }],
  ])('takes no cover with %s', (_, more) => {
    erase();
    const other = new Player(1);
    commits(other, [entryOf(one)]);
    const said = other.hear(coverWith(wanted(), more), here);
    expect(said.map(brief)).toContain('declined malformed');
  });

  it("believes no word whose signature is another's", () => {
    erase();
    const other = new Player(1);
    commits(other, [entryOf(one)]);
    const { signature } = said(sender, two, { says: 'erase' });
    const erased = toBytes(SignedAct, { ...word, signature });
    const heard = other.hear(coverWith(wanted(), { erased }), here);
    expect(heard.map(brief)).toContain('declined bad-signature');
  });

  it('takes nothing erased that no batch has named', () => {
    erase();
    const other = new Player(1);
    expect(other.hear(wanted(), here).map(brief)).toEqual(['declined malformed']);
  });
});
