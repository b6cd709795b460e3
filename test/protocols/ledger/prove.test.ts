/** What a ledger shows of the order: proofs of what stands there, by rows of its disk, to the proof actor of its node. */
import { beforeEach, describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { verifyMany } from '#algorithms/signature.ts';
import { cityBatch, type Entry } from '#protocols/city-batch.ts';
import { genesisCommittee } from '#protocols/committee.ts';
import { CommittedBatch } from '#protocols/order.messages.ts';
import { cityProofJobs } from '#protocols/proof/city-proof.ts';
import { subjectJobs } from '#protocols/proof/subject.ts';
import { Prove, type Proved } from '#protocols/proof.messages.ts';
import { address } from '#protocols/subjects.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { sealedBy } from '#simulations/sealed.ts';
import { WALL } from '../moments.ts';
import { bytesOf, NETWORK } from '../sample.ts';
import { actId, type SignedAct } from '#protocols/act.ts';
import { OfferAct } from '#protocols/ledger.messages.ts';
import { said, sender } from './said.ts';
import { CITY, made, offerOf, type Made } from './kept.ts';
import { Player } from './player.ts';

const [one, two] = [made('one'), made('two', { seq: 2 })];
const committee = genesisCommittee(CITY.genesis);
const commit = address(CITY.delegates[1]!.node, 'commit');

await offerCityBackends();

let player: Player;
beforeEach(() => {
  player = new Player();
  player.hear(offerOf(one), commit);
});

/** The next batch, sealed by three of four. */
const order = (...all: readonly Made[]): void =>
  orderEntries(all.map(({ txId, cert }) => ({ txId, cert })));

function orderEntries(entries: readonly Entry[]): void {
  const { head } = player.ledger;
  const chosen = {
    place: CITY.genesis.place,
    epoch: 0,
    height: head.height + 1,
    prev: head.digest,
    round: head.round + 1,
    proposer: CITY.delegates[0]!.node,
    at: stampBytes({ wallMs: WALL + 1_000, count: head.height }),
    stateRoot: head.stateRoot,
  };
  const batch = cityBatch(chosen, entries, undefined);
  const signers = [0, 1, 2].map((i) => ({ member: i, key: CITY.delegates[i]!.secrets.signing }));
  const committed = { batch, quorum: sealedBy(NETWORK, batch.head, signers) };
  player.hear(CommittedBatch.of({ committed }), player.city);
}

const ownProof = () => address(player.self.node, 'proof');
const prove = (id: Uint8Array, by = ownProof()): Proved | undefined =>
  player.hear(Prove.of({ id }), by)[0]?.message as Proved | undefined;

describe('a ledger', () => {
  it('proves what stands in the order as soon as the next batch says what became of it', () => {
    player.hear(offerOf(two), commit);
    expect(prove(bytesOf('nobody'))).toMatchObject({ why: 'unknown' });
    expect(prove(one.txId)).toMatchObject({ why: 'waits' });
    order(one, two);
    expect(prove(one.txId)).toMatchObject({ why: 'waits' });
    order();
    for (const { txId } of [one, two]) {
      const { subject, city } = prove(txId)!.proof!;
      const claimed = cityProofJobs(NETWORK, () => committee, city);
      if (!claimed.ok) throw new Error(claimed.error);
      const { proved, jobs } = claimed.value;
      expect(proved).toMatchObject({ txId, state: 'COMMITTED', height: 1 });
      expect(verifyMany(jobs)).toEqual([true, true, true]);
      const said = subjectJobs(NETWORK, CITY.genesis.place, city.entry, subject);
      expect(said.ok && verifyMany(said.value)).toEqual([true]);
    }
  });

  it('proves it in a later life as well, and to its own node alone', () => {
    order(one);
    order();
    player.start();
    expect(prove(one.txId)!.proof!.city.outcome.state).toBe('COMMITTED');
    expect(prove(one.txId, address(CITY.delegates[1]!.node, 'proof'))).toBeUndefined();
  });

  it('proves what an act did, and says of one that did nothing where it stands', () => {
    const [first, again] = [WALL, WALL + 1].map((at) =>
      said(sender, one, { says: 'repair-req' }, at),
    ) as [SignedAct, SignedAct];
    order(one);
    for (const act of [first, again]) player.hear(OfferAct.of({ act }), commit);
    orderEntries([first, again].map((act) => ({ txId: actId(act), cert: actId(act) })));
    order();
    const { subject, city } = prove(actId(first))!.proof!;
    expect(subject).toMatchObject({ is: 'act', signed: first });
    const claimed = cityProofJobs(NETWORK, () => committee, city);
    expect(claimed.ok && claimed.value.proved).toMatchObject({
      txId: one.txId,
      act: actId(first),
      state: 'REPAIR_REQ',
    });
    expect(prove(actId(again))).toMatchObject({ why: 'idle' });
  });

  it('makes so many proofs at a time, and says so when asked for more', () => {
    order(one);
    order();
    player.holdsJobs = true;
    const answers = Array.from({ length: 20 }, () => prove(one.txId));
    expect(answers.filter((each) => each?.why === 'busy')).toHaveLength(4);
    expect(player.releaseJobs().filter(({ message }) => (message as Proved).proof)).toHaveLength(
      16,
    );
    player.holdsJobs = false;
    expect(prove(one.txId)!.proof).toBeDefined();
  });
});
