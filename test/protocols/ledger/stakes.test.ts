/** Stakes before a ledger: what evidence and its delegates' own words make of them, what of that a restart has, epochs. */
import { beforeEach, describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { sign } from '#algorithms/signature.ts';
import { proven } from '#algorithms/vrf.ts';
import { hex } from '#lib/bytes.ts';
import { actId, type Says, type SignedAct } from '#protocols/act.ts';
import { bitsOf, cityBatch, type Entry } from '#protocols/city-batch.ts';
import { toBytes } from '#protocols/codec.ts';
import { appliedOf } from '#protocols/ledger/epochs.ts';
import { AskStakes, OfferAct, type Staked } from '#protocols/ledger.messages.ts';
import { CommittedBatch, Resume } from '#protocols/order.messages.ts';
import { PolicyChange } from '#protocols/policy-book.ts';
import { sealSignJob, type Seal } from '#protocols/municipality-batch.ts';
import { policyBytes } from '#protocols/policy.ts';
import { drawJob } from '#protocols/stake/draw.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { member, NETWORK } from '../sample.ts';
import { WALL } from '../moments.ts';
import { CITY, POLICY } from './kept.ts';
import { Player } from './player.ts';
import { said, spokenTwice } from './said.ts';

const outside = address(member('somebody').node, 'client');
const [first, second] = CITY.delegates as [(typeof CITY.delegates)[0], (typeof CITY.delegates)[0]];
const placeOf = ({ node }: typeof first): number =>
  CITY.genesis.delegates.findIndex((each) => each.node === node);
const whole = CITY.genesis.delegates[placeOf(second)]!.stake;

let player: Player;
beforeEach(() => {
  player = new Player();
});

const entry = (act: SignedAct): Entry => ({ txId: actId(act), cert: actId(act) });

function commits(entries: readonly Entry[] = [], of = player, change?: Uint8Array): void {
  const { head } = of.ledger;
  const chosen = {
    place: CITY.genesis.place,
    epoch: of.ledger.stakes.epoch,
    height: head.height + 1,
    prev: head.digest,
    round: head.round + 1,
    proposer: first.node,
    at: stampBytes({ wallMs: WALL + 1_000 + head.height, count: 0 }),
    stateRoot: head.stateRoot,
    seen: bitsOf([0, 1, 2]),
    next: appliedOf(of.ledger).next,
  };
  const batch = cityBatch(chosen, entries, change);
  of.hear(CommittedBatch.of({ committed: { batch, quorum: { votes: [] } } }), of.city);
}

/** Three batches are an epoch, and evidence counts for two more. */
function shortEpochs({ ledger }: Player): void {
  const eras = ledger.book.eras.map((era) => {
    const { policy } = era.policy;
    const stake = { ...policy.stake, epochBatches: 3, unbondingEpochs: 2 };
    return { ...era, policy: { ...era.policy, policy: { ...policy, stake } } };
  });
  ledger.book = { ...ledger.book, eras };
}

/** So many epochs. */
function live(of: Player, epochs: number): void {
  shortEpochs(of);
  for (let batch = 0; batch < 3 * epochs; batch++) commits([], of);
}

const brought = (act: SignedAct): string => {
  const [answer] = player.hear(OfferAct.of({ act }), outside);
  const { message } = answer!;
  return message.kind === 'ledger.act-declined' ? message.reason : message.kind;
};
function ordered(act: SignedAct): void {
  brought(act);
  commits([entry(act)]);
}
const told = (): Staked => player.hear(AskStakes.of({}), outside)[0]!.message as unknown as Staked;
const stakeOf = (of: typeof first) => told().stakes.delegates[placeOf(of)]!;
const saying = (what: Says, by = second, atMs = WALL): SignedAct => said(by, undefined, what, atMs);
const accusing = (by = member('somebody'), epoch = 0): SignedAct =>
  said(by, undefined, { says: 'accuse', fault: spokenTwice(second, epoch) });

const sealOf = (fill: number): Seal => ({
  name: 'asia.ishikawa',
  id: 1,
  batch: new Uint8Array(32).fill(fill),
});

describe('evidence against a delegate', () => {
  it('takes a share of its stake, once, and puts a tombstone', () => {
    ordered(accusing());
    const { slashed, bonded, offence } = stakeOf(second);
    expect(slashed).toBe(whole / 20n);
    expect(bonded + slashed).toBe(whole);
    expect([offence?.fault, offence?.height]).toEqual(['dag-equivocation', 1]);
    expect(told().standing[placeOf(second)]).toBe('tombstone');
    expect(told().next.map(({ of }) => of)).not.toContain(placeOf(second));
    const again = accusing(member('another'));
    player.hear(OfferAct.of({ act: again }), address(second.node, 'ledger'));
    commits([entry(again)]);
    expect(player.ledger.head.height).toBe(2);
    expect(stakeOf(second).slashed).toBe(slashed);
  });

  it('is brought again by the ledgers of the city alone, whatever others call themselves', () => {
    ordered(accusing());
    const again = accusing(member('another'));
    const toldCity = (by: NodeAddress): number =>
      player
        .hear(OfferAct.of({ act: again }), address(by, 'ledger'))
        .filter(({ to }) => to === player.city).length;
    expect(toldCity(member('somebody').node)).toBe(0);
    expect(toldCity(second.node)).toBe(1);
  });

  it('of what it signed above its city is never too old, and takes no more from whoever has a tombstone', () => {
    live(player, 4);
    ordered(accusing(undefined, 3));
    const { slashed } = stakeOf(second);
    const sealed = (fill: number) =>
      sign(sealSignJob(NETWORK, sealOf(fill), second.secrets.signing));
    const evidence = {
      is: 'two-seals',
      ...sealOf(1),
      signature: sealed(1),
      other: sealOf(2).batch,
      otherSignature: sealed(2),
    } as const;
    const accused = (by: typeof first): SignedAct =>
      said(by, undefined, {
        says: 'accuse',
        fault: { fault: 'level-fault', delegate: second.node, evidence },
      });
    ordered(accused(first));
    expect(stakeOf(second).slashed).toBe(slashed);
    player = new Player();
    live(player, 4);
    ordered(accused(first));
    expect(stakeOf(second).offence?.fault).toBe('level-fault');
    expect(stakeOf(second).slashed).toBe(slashed);
  });

  it('of an epoch that has not come, or is too long ago, is none', () => {
    expect(brought(accusing(undefined, 1))).toBe('no-evidence');
    live(player, 3);
    expect(told().stakes.epoch).toBe(3);
    expect(brought(accusing())).toBe('no-evidence');
    expect(brought(accusing(undefined, 1))).toBe('ledger.act-held');
  });

  it('that has its place when it is too old by then means nothing', () => {
    expect(brought(accusing())).toBe('ledger.act-held');
    live(player, 3);
    commits([entry(accusing())]);
    expect(player.ledger.head.height).toBe(10);
    expect(stakeOf(second)).toMatchObject({ slashed: 0n, offence: undefined });
  });
});

describe('a delegate', () => {
  it('takes back its stake and puts it at stake again; nobody else does', () => {
    expect(brought(saying({ says: 'unbond', amount: 1n }, member('somebody')))).toBe('not-yours');
    ordered(saying({ says: 'unbond', amount: 1n }));
    ordered(saying({ says: 'unbond', amount: whole }));
    ordered(saying({ says: 'bond', amount: 1n }));
    expect(stakeOf(second)).toMatchObject({
      bonded: whole - 1n,
      leaving: [{ amount: 1n, epoch: 0 }],
      free: 0n,
    });
  });

  it('draws its part of the beacon, and no other', () => {
    const { network } = CITY.genesis;
    const where = player.ledger.stakes;
    const job = drawJob(CITY.genesis, where, second.secrets.vrf);
    const its = { epoch: 0, ...proven(job) };
    const other = { ...its, output: new Uint8Array(64) };
    expect(network.length).toBeGreaterThan(0);
    expect(brought(saying({ says: 'draw', ...other }))).toBe('no-evidence');
    expect(brought(saying({ says: 'draw', ...its }, first))).toBe('no-evidence');
    expect(brought(saying({ says: 'draw', ...its, epoch: 1 }))).toBe('busy');
    ordered(saying({ says: 'draw', ...its }));
    expect(stakeOf(second).hasDrawn).toBe(true);
  });
});

describe('a ledger', () => {
  it('counts who takes part by the batches alone, and knows it all after a restart', () => {
    shortEpochs(player);
    ordered(accusing());
    commits();
    commits();
    commits();
    const before = told();
    expect(before.stakes.delegates.map(({ seen }) => seen)).toContain(1);
    expect(before.stakes).toMatchObject({ epoch: 1, since: 3 });
    expect(before.stakes.seats.map(({ of }) => of)).not.toContain(placeOf(second));
    const { epochs } = player.ledger;
    player.start();
    shortEpochs(player);
    expect(told()).toEqual(before);
    expect(player.ledger.epochs).toEqual(epochs);
  });

  it('has another state where stakes are others', () => {
    const other = new Player(1);
    commits([], other);
    ordered(saying({ says: 'unbond', amount: 1n }));
    expect(hex(player.ledger.head.stateRoot)).not.toBe(hex(other.ledger.head.stateRoot));
  });
});

describe('an epoch', () => {
  it('ends by rules that are applied, not by those that are still on their way to the disk', () => {
    const policy = { ...POLICY, stake: { ...POLICY.stake, epochBatches: 8 } };
    const named = (): readonly boolean[] =>
      player
        .hear(Resume.of({}), player.city)
        .flatMap(({ message }) =>
          message.kind === 'city.applied' ? [message.next !== undefined] : [],
        );
    for (let height = 1; height < 8; height++) commits();
    player.holdsKeeps = true;
    commits([], player, toBytes(PolicyChange, { version: 2, bytes: policyBytes(policy) }));
    expect(named()).toEqual([false]);
    player.release();
    expect(named()).toEqual([true]);
  });
});
