/** Rewards before a ledger: who may say whose account gets what, what most delegates agree on is paid once, and a restart has it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { actOf } from '#cli/payee.ts';
import { actId, type Says, type SignedAct } from '#protocols/act.ts';
import { bitsOf, cityBatch } from '#protocols/city-batch.ts';
import { AskObject, OfferAct, type ToldObject } from '#protocols/ledger.messages.ts';
import { appliedOf } from '#protocols/ledger/epochs.ts';
import { accountName, PAYROLL_NAME } from '#protocols/objects/object.ts';
import { paydayOf } from '#protocols/objects/wages.ts';
import { CommittedBatch } from '#protocols/order.messages.ts';
import { address } from '#protocols/subjects.ts';
import { WALL } from '../moments.ts';
import { bytesOf, member, type Member } from '../sample.ts';
import { CITY, PEOPLE } from './kept.ts';
import { Player } from './player.ts';
import { said } from './said.ts';

const outside = address(member('somebody').node, 'client');
const operator = bytesOf('operator');
const payday = (earned: bigint, untilMs: number) =>
  paydayOf([{ to: operator, earned }], untilMs, earned + 1n)!;

let player: Player;
beforeEach(() => {
  player = new Player();
});

const brought = (act: SignedAct): string => {
  const [answer] = player.hear(OfferAct.of({ act }), outside);
  const { message } = answer!;
  return message.kind === 'ledger.act-declined' ? message.reason : message.kind;
};

function commits(...acts: readonly SignedAct[]): void {
  const { head, stakes } = player.ledger;
  const chosen = {
    place: CITY.genesis.place,
    epoch: stakes.epoch,
    height: head.height + 1,
    prev: head.digest,
    round: head.round + 1,
    proposer: CITY.delegates[0]!.node,
    at: stampBytes({ wallMs: WALL + 1_000 + head.height, count: 0 }),
    stateRoot: head.stateRoot,
    seen: bitsOf([0, 1, 2]),
    next: appliedOf(player.ledger).next,
  };
  const entries = acts.map((act) => ({ txId: actId(act), cert: actId(act) }));
  const batch = cityBatch(chosen, entries, undefined);
  player.hear(CommittedBatch.of({ committed: { batch, quorum: { votes: [] } } }), player.city);
}

function ordered(by: Member, what: Says, atMs = WALL): string {
  const act = said(by, undefined, what, atMs);
  const answer = brought(act);
  if (answer === 'ledger.act-held') commits(act);
  return answer;
}

function valueOf(name: Uint8Array) {
  const [answer] = player.hear(AskObject.of({ name }), outside);
  return (answer!.message as unknown as ToldObject).object?.value;
}
const balance = (): bigint | undefined => {
  const value = valueOf(accountName(operator));
  return value?.is === 'account' ? value.balance : undefined;
};

describe('what was earned', () => {
  it('is paid when more than two thirds say the same, once, whatever comes again', () => {
    const { sums, pages } = payday(500n, 1_000);
    const [page] = pages;
    const [one, two, three, four] = CITY.delegates;
    expect(ordered(one!, { says: 'wages', page: page! })).toBe('no-evidence');
    for (const by of [one!, two!])
      expect(ordered(by, { says: 'earned', sums })).toBe('ledger.act-held');
    expect(ordered(two!, { says: 'earned', sums }, WALL + 1)).toBe('no-evidence');
    expect(ordered(four!, { says: 'wages', page: page! })).toBe('no-evidence');
    expect(ordered(member('somebody'), { says: 'earned', sums })).toBe('no-evidence');
    ordered(three!, { says: 'earned', sums });
    expect(balance()).toBe(undefined);
    expect(ordered(four!, { says: 'wages', page: page! })).toBe('ledger.act-held');
    expect(balance()).toBe(500n);
    expect(ordered(one!, { says: 'wages', page: page! })).toBe('no-evidence');
    expect(ordered(four!, { says: 'earned', sums })).toBe('no-evidence');
  });

  it('is paid up to its sum after a restart, too', () => {
    const [one, two, three] = CITY.delegates;
    for (const [earned, untilMs] of [
      [500n, 1_000],
      [800n, 2_000],
    ] as const) {
      const { sums, pages } = payday(earned, untilMs);
      for (const by of [one!, two!, three!]) ordered(by, { says: 'earned', sums });
      player.start();
      ordered(one!, { says: 'wages', page: pages[0]! });
      expect(balance()).toBe(earned);
    }
    expect(valueOf(PAYROLL_NAME)).toMatchObject({ issued: 800n, said: [] });
  });

  it('comes to nothing where two delegates bring the same page into one batch', () => {
    const { sums, pages } = payday(500n, 1_000);
    const [one, two, three] = CITY.delegates;
    for (const by of [one!, two!, three!]) ordered(by, { says: 'earned', sums });
    const both = [one!, two!].map((by) => said(by, undefined, { says: 'wages', page: pages[0]! }));
    for (const act of both) expect(brought(act)).toBe('ledger.act-held');
    commits(...both);
    expect(balance()).toBe(500n);
  });
});

describe('whose account gets it', () => {
  it('the node itself says, with the key that it is listed with, and not again', () => {
    const { who } = PEOPLE[0]!;
    const say = (by: Member, node = who.node): SignedAct =>
      actOf(CITY.genesis, node, operator, by.secrets.signing, WALL);
    expect(brought(say(PEOPLE[1]!.who))).toBe('not-yours');
    expect(brought(say(who, member('nobody').node))).toBe('busy');
    const act = say(who);
    expect(brought(act)).toBe('ledger.act-held');
    commits(act);
    expect(brought(actOf(CITY.genesis, who.node, operator, who.secrets.signing, WALL + 1))).toBe(
      'no-evidence',
    );
    const [first] = CITY.delegates;
    expect(brought(say(first!, first!.node))).toBe('ledger.act-held');
  });
});
