/**
 * What may be ordered follows from what was applied: certificates that were taken are let go when it says so, by
 * everybody alike; what one has and another has not, it can get.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { nameText } from '#algorithms/identity.ts';
import { DEFAULTS } from '#config/policy/read.ts';
import { cityBatch } from '#protocols/city-batch.ts';
import { toBytes } from '#protocols/codec.ts';
import { PLACED_MS } from '#protocols/eligibility.ts';
import { CERTS_MAX } from '#protocols/ledger/live.ts';
import { AskTx, type Told } from '#protocols/ledger.messages.ts';
import { CommittedBatch, Fetch } from '#protocols/order.messages.ts';
import { policyBytes } from '#protocols/policy.ts';
import { GRACE_MS, PolicyChange } from '#protocols/policy-book.ts';
import { ListFrozen, type SeekList } from '#protocols/presence.messages.ts';
import { pageFor } from '#protocols/presence/serve.ts';
import { address } from '#protocols/subjects.ts';
import { member } from '../sample.ts';
import { WALL } from '../moments.ts';
import { CITY, LIST, made, offerOf, ROLL, type Made } from './kept.ts';
import { brief, Player } from './player.ts';

const commit = address(CITY.delegates[1]!.node, 'commit');
const outside = address(member('somebody').node, 'client');
const [one, two] = [made('one'), made('two', { seq: 2 })];
const short = made('short of time', { seq: 3, expiresAt: WALL + 5_000 });
const proverOf = ({ certified }: Made): number =>
  CITY.delegates.findIndex(({ node }) => node === certified.manifest.placement.prover);

let player: Player;
beforeEach(() => {
  player = new Player(proverOf(short));
  player.sent = [];
});

const offer = (...all: readonly Made[]): string[] =>
  player.hear(offerOf(...all), commit).map(brief);
const state = ({ txId }: Made): string =>
  (player.hear(AskTx.of({ txId }), outside)[0]!.message as unknown as Told).state;
const waiting = (): number => player.ledger.table.byCert.size;
const openRows = (): number =>
  [...player.disk.keys()].filter((key) => key.startsWith('live/open/')).length;

/** The next batch, with nothing in it but its time, and a change of policy perhaps, or certificates. */
function pass(atMs: number, change?: Uint8Array, all: readonly Made[] = []): string[] {
  const { head } = player.ledger;
  const chosen = {
    place: CITY.genesis.place,
    epoch: 0,
    height: head.height + 1,
    prev: head.digest,
    round: head.round + 1,
    proposer: CITY.delegates[0]!.node,
    at: stampBytes({ wallMs: atMs, count: head.height }),
    stateRoot: head.stateRoot,
  };
  const entries = all.map(({ txId, cert }) => ({ txId, cert }));
  const batch = cityBatch(chosen, entries, change);
  const committed = CommittedBatch.of({ committed: { batch, quorum: { votes: [] } } });
  return player.hear(committed, player.city).map(brief);
}
const changeTo = (version: number): Uint8Array =>
  toBytes(PolicyChange, { version, bytes: policyBytes(DEFAULTS) });

describe('a certificate that waits', () => {
  it('waits no more when another one of its transaction was ordered', () => {
    const again = made('one', { prover: 1 });
    offer(one, again);
    expect(waiting()).toBe(2);
    const said = pass(WALL + 1_000, undefined, [one]);
    const withdrawn = said.indexOf('city.withdrawn');
    expect(withdrawn).toBeGreaterThanOrEqual(0);
    expect(withdrawn).toBeLessThan(said.indexOf('applied 1'));
    const told = player.sent.find(({ message }) => message.kind === 'city.withdrawn')!.message;
    expect(told).toMatchObject({ certs: [again.cert] });
    expect(waiting()).toBe(0);
  });

  it('is let go when the time of its transaction is over, and whoever waits hears of it', () => {
    offer(short, one);
    expect(pass(WALL + 4_999)).toEqual(['applied 1']);
    const said = pass(WALL + 5_000);
    expect(said.slice(0, 1)).toEqual(['city.withdrawn']);
    expect(said).toContain('applied 2');
    expect(said.some((word) => word.startsWith('moved EXPIRED'))).toBe(true);
    expect([state(short), state(one), waiting(), openRows()]).toEqual(['EXPIRED', 'POH_ACK', 1, 1]);
    const name = nameText(short.txId);
    expect(player.notes.find(({ topic }) => topic === `tx.${name}.EXPIRED`)?.fact).toMatchObject({
      txId: name,
      state: 'EXPIRED',
      from: 'POH_ACK',
      cause: name,
    });
    expect(offer(short)[0]).toEqual('declined expired');
  });

  it('comes too late when its time is over, and whoever waits hears of that', () => {
    pass(WALL + 5_000);
    const [declined, moved, ...more] = offer(short);
    expect([declined, more]).toEqual(['declined expired', []]);
    expect(moved).toMatch(/^moved EXPIRED/);
  });

  it('is told of to the world by the ledger of whoever drew its placement alone', () => {
    player = new Player((proverOf(short) + 1) % 4);
    offer(short);
    pass(WALL + 5_000);
    expect(state(short)).toBe('EXPIRED');
    expect(player.notes.filter(({ topic }) => topic.startsWith('tx.'))).toEqual([]);
  });

  it('is let go when its list is too old: the transaction may be placed anew', () => {
    offer(one);
    pass(LIST.head.at + PLACED_MS - 1);
    expect(waiting()).toBe(1);
    expect(pass(LIST.head.at + PLACED_MS)).toEqual(['city.withdrawn', 'applied 2']);
    expect([waiting(), openRows(), state(one)]).toEqual([0, 0, 'POH_ACK']);
    expect(player.notes.filter(({ topic }) => topic.startsWith('tx.'))).toEqual([]);
    expect(offer(one)).toEqual(['declined bad-placement']);
  });

  it('is asked of whoever named it, be it this ledger, where a batch names it that was voted for before', () => {
    offer(one);
    pass(LIST.head.at + PLACED_MS);
    expect(pass(LIST.head.at + PLACED_MS + 1, undefined, [one])).toEqual(['ledger.want']);
    expect(player.ledger.head.height).toBe(1);
    expect(offer(one)).toContain('applied 2');
    expect([state(one), waiting()]).toEqual(['COMMITTED', 0]);
  });

  it('is let go a minute after its policy was changed, and at once with the next change', () => {
    offer(one);
    pass(WALL + 1, changeTo(2));
    expect(offer(two)).toEqual(['held 1', 'certified 1']);
    pass(WALL + GRACE_MS);
    expect(waiting()).toBe(2);
    expect(pass(WALL + 1 + GRACE_MS)).toContain('city.withdrawn');
    expect(waiting()).toBe(0);
    expect(offer(two)).toEqual(['declined bad-placement']);
  });

  it('by a policy that is not in force here yet has only to wait', () => {
    const terms = { ...one.certified.manifest.terms, version: 2 };
    expect(offer(made('ahead', { terms: () => terms }))).toEqual(['declined busy']);
  });

  it('was let go for good: a life later nothing of it waits, though the disk is one of before', () => {
    offer(short, one);
    const rows = new Map(player.disk);
    pass(WALL + 6_000);
    for (const [key, value] of rows) if (key.startsWith('live/open/')) player.disk.set(key, value);
    player.sent = [];
    player.start();
    expect([waiting(), openRows()]).toEqual([1, 1]);
    const words = player.sent.map(brief).filter((word) => !word.startsWith('presence'));
    expect(words.filter((word) => word !== 'moved EXPIRED')).toContain('certified 1');
    expect(words.at(0)).toBe('city.withdrawn');
    expect(state(short)).toBe('EXPIRED');
  });

  it('whose list is not here is taken when that has come from whoever named it', () => {
    player.ledger.replica.rolls = [];
    const [busy, sought] = player.hear(offerOf(one), commit);
    expect([busy, sought].map((each) => brief(each!))).toEqual(['declined busy', 'presence.seek']);
    const presence = address(CITY.delegates[1]!.node, 'presence');
    expect(sought!.to).toBe(presence);
    expect((sought!.message as SeekList).list).toEqual(LIST.digest);
    player.hear(ListFrozen.of({ frozen: ROLL.frozen }), presence);
    for (let after = -1; player.sent.length > after;) {
      after = player.sent.length;
      const last = player.sent.at(-1)!;
      if (last.message.kind !== 'presence.fetch') break;
      expect(last.to).toBe(presence);
      player.hear(pageFor([ROLL], last.message)!, presence);
    }
    expect(offer(one)).toEqual(['held 1', 'certified 1']);
  });

  it('whose list is nowhere any more is taken when more than two thirds voted for a batch that names it', () => {
    player.ledger.replica.rolls = [];
    const from = CITY.delegates[1]!.node;
    const fetch = { certs: [one.cert], from };
    player.hear(Fetch.of({ ...fetch, isProved: false }), player.city);
    expect(offer(one)).toEqual(['declined busy', 'presence.seek']);
    player.hear(Fetch.of({ ...fetch, isProved: true }), player.city);
    expect(offer(two)).toEqual(['declined busy']);
    expect(offer(one)).toEqual(['held 1', 'certified 1']);
    pass(WALL + 1);
    expect(player.ledger.proved.size).toBe(0);
  });

  it('has room beside those of another delegate, however many there are of that', () => {
    const rows = one.certified.cert.acks.map(({ row }) => row);
    const without = (at: number) => made('one', { rows: rows.filter((_, i) => i !== at) });
    const all = rows.slice(0, CERTS_MAX + 1).map((_, i) => without(i));
    expect(offer(...all.slice(1))).toEqual([`held ${CERTS_MAX}`, `certified ${CERTS_MAX}`]);
    expect(offer(all[0]!)).toEqual(['declined busy']);
    expect(offer(made('one', { prover: 1 }))).toEqual(['held 1', 'certified 1']);
  });
});
