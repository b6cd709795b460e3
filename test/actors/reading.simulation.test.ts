/** A transaction comes back: R1 to R5 of a delegate, with real holders over disks. */
import { describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { pieceHash } from '#algorithms/erasure/shards.ts';
import { pathOf } from '#algorithms/merkle/tree.ts';
import { verify } from '#algorithms/signature.ts';
import { concat, hex } from '#lib/bytes.ts';
import { accusationFault } from '#protocols/accusation.ts';
import { actVerifyJob } from '#protocols/act.ts';
import { cityBatch, NONE, proofOf, type Entry } from '#protocols/city-batch.ts';
import { certDigest, orderLeaf } from '#protocols/holding.ts';
import { AskAbout, Survey } from '#protocols/receiving.messages.ts';
import { address } from '#protocols/subjects.ts';
import { bodyHashOf } from '#protocols/transaction.ts';
import { sealedBy } from '#simulations/sealed.ts';
import {
  ackOf,
  ANCHORS,
  batchOf,
  certified,
  CITY,
  DELEGATES,
  GENESIS,
  LIGHTS,
  NETWORK,
  orderOf,
  sealed,
  selfOf,
  type Sealed,
} from '../protocols/holding/kept-city.ts';
import { WALL } from '../protocols/moments.ts';
import { HERE, ReadingYard, THERE, type Lie } from './reading-yard.ts';

const [one] = sealed(1) as [Sealed];
const HOLDERS = [...LIGHTS.slice(0, 5), ...ANCHORS];

const kept = (plant?: ConstructorParameters<typeof ReadingYard>[0]): ReadingYard => {
  const yard = new ReadingYard(plant);
  yard.keep(one);
  return yard;
};
const isGiven = (yard: ReadingYard, number: number): boolean => {
  const last = yard.last(number);
  if (last?.kind !== 'receive.given') return false;
  expect(hex(bodyHashOf(last.body))).toBe(hex(one.cover.header.bodyHash));
  return true;
};
const WRONG_BYTES: Lie = (shown) => ({ ...shown, piece: shown.piece.map((byte) => byte ^ 1) });
const WRONG_LENGTH: Lie = (shown) => ({ ...shown, piece: shown.piece.subarray(1) });

describe('a read', () => {
  it('gives the body, and tells how far it is', () => {
    const yard = kept();
    const number = yard.read(one);
    yard.pass(1_000);
    expect(isGiven(yard, number)).toBe(true);
    expect(yard.heard.some(({ kind }) => kind === 'receive.progress')).toBe(true);
    expect([yard.wrong, yard.doubts]).toEqual([[], []]);
  });

  it('succeeds while k pieces are to be had, and each liar is told to whoever audits', () => {
    const yard = kept();
    yard.lie(LIGHTS[0]!, WRONG_BYTES);
    for (const node of LIGHTS.slice(1, 5)) yard.lie(node, WRONG_LENGTH);
    for (const node of ANCHORS.slice(1)) yard.lie(node, WRONG_BYTES);
    yard.kill(LIGHTS[4]!);
    const number = yard.read(one);
    yard.pass(10_000);
    // Of the first anchor there are two rows: one too few, and nothing wrong is given.
    expect(yard.last(number)).toMatchObject({ kind: 'receive.unavailable', have: 2, need: 3 });
    const liars = new Set(
      yard.doubts.filter(({ why }) => why === 'wrong').map(({ holder }) => holder),
    );
    expect([...liars].toSorted()).toEqual([...LIGHTS.slice(0, 4), ...ANCHORS.slice(1)].toSorted());
    yard.lie(LIGHTS[0]!, (shown) => shown);
    const again = yard.read(one);
    yard.pass(1_000);
    expect(isGiven(yard, again)).toBe(true);
  });

  it('waits for holders that are away, and goes on by itself when they return', () => {
    const yard = kept();
    for (const node of HOLDERS.slice(0, 7)) yard.kill(node);
    const number = yard.read(one, 60_000);
    yard.pass(20_000);
    expect(yard.last(number)).toMatchObject({
      kind: 'receive.progress',
      phase: 'waiting',
      have: 2,
    });
    yard.revive(LIGHTS[2]!);
    yard.pass(5_000);
    expect(isGiven(yard, number)).toBe(true);
  });

  it('is unavailable when its time is over, with a hint when to try again', () => {
    const yard = kept();
    for (const node of HOLDERS) yard.kill(node);
    const number = yard.read(one, 3_000);
    yard.pass(4_000);
    const last = yard.last(number);
    expect(last).toMatchObject({ kind: 'receive.unavailable', have: 0, need: 3 });
    expect(last?.kind === 'receive.unavailable' && last.retryMs > 0).toBe(true);
  });

  it('refutes a manifest that is a lie, whichever pieces there are, and gives the evidence once', () => {
    const yard = new ReadingYard();
    const lie = lying();
    yard.keep(lie);
    for (let left = HOLDERS.length; left > 4; left--) {
      const number = yard.read(lie);
      yard.pass(2_000);
      expect(yard.last(number)).toMatchObject({ kind: 'receive.refused', reason: 'bad-manifest' });
      yard.kill(HOLDERS[left - 1]!);
    }
    expect(yard.acts).toHaveLength(1);
    const { act } = yard.acts[0]!;
    const { what } = act.act;
    expect(verify(actVerifyJob(NETWORK, act))).toBe(true);
    const fault = what.says === 'accuse' ? what.fault : undefined;
    expect(accusationFault(GENESIS, fault!, lie)).toBeUndefined();
  });

  it('is for whoever may read it: sender or receiver by key, others by their capsule', () => {
    const yard = kept();
    const number = yard.read(one, 1_000, {}, LIGHTS[0]);
    yard.pass(1_000);
    expect(yard.last(number)).toMatchObject({ kind: 'receive.refused', reason: 'not-a-reader' });
    const forged = yard.read(one, 1_000, { signature: new Uint8Array(64) });
    yard.pass(1_000);
    expect(yard.last(forged)).toMatchObject({ kind: 'receive.refused', reason: 'bad-signature' });
  });

  it('is counted by the key whose signature stands, and by no forged one', () => {
    const yard = kept();
    for (let i = 0; i < 200; i++) yard.read(one, 1_000, { signature: new Uint8Array(64) });
    const number = yard.read(one);
    yard.pass(1_000);
    expect(isGiven(yard, number)).toBe(true);
    const many = Array.from({ length: 300 }, () => yard.read(one));
    yard.pass(1_000);
    const limited = many.filter((each) => {
      const last = yard.last(each);
      return last?.kind === 'receive.refused' && last.reason === 'rate-limited';
    });
    expect(limited.length).toBeGreaterThan(0);
  });

  it('survives the death of each layer: whoever asks again has it', () => {
    const yard = kept();
    for (const layer of ['receive', 'locate', 'gather', 'restore', 'approve'] as const) {
      yard.read(one);
      yard.restart(layer);
      yard.pass(5_000);
      const number = yard.read(one);
      yard.pass(2_000);
      expect([layer, isGiven(yard, number)]).toEqual([layer, true]);
    }
    expect(yard.wrong).toEqual([]);
  });
});

const certOf = () => {
  const acks = [0, 1, 2, 3, 5, 6].map((row) => ackOf(one, row));
  return { ...certified(one, acks).certified, batches: acks.map(({ batch }) => batch) };
};

describe('what anybody may know', () => {
  const { txId } = one.manifest;
  const R1 = address(HERE, 'receive');

  it('is header, manifest, places and state; nothing of what nobody knows', () => {
    const yard = kept();
    yard.say(R1, AskAbout.of({ number: 71, txId }));
    yard.say(R1, AskAbout.of({ number: 72, txId: new Uint8Array(32) }));
    yard.pass(6_000);
    const [known, unknown] = [yard.last(71), yard.last(72)];
    expect(known).toMatchObject({ kind: 'receive.known', told: { state: 'COMMITTED' } });
    expect(unknown).toMatchObject({ kind: 'receive.known', told: undefined });
  });

  it('is who holds what: each asked, and its piece checked', () => {
    const yard = kept();
    yard.kill(LIGHTS[0]!);
    yard.lie(LIGHTS[1]!, WRONG_BYTES);
    yard.say(R1, Survey.of({ number: 73, txId, withinMs: 3_000 }));
    yard.pass(4_000);
    const map = yard.last(73);
    expect(map).toMatchObject({ kind: 'receive.surveyed', need: 3, lights: 5 });
    const rows = map?.kind === 'receive.surveyed' ? map.rows : [];
    // All that are placed, and the rows for escalation where somebody shows them.
    expect(rows.map(({ row }) => row)).toEqual(one.pieces.map((_, row) => row));
    const [first, second, ...others] = rows.map(({ is }) => is);
    expect([first, second, ...new Set(others)]).toEqual(['silent', 'wrong', 'held']);
  });
});

describe('a ledger that lost a transaction', () => {
  it('believes a quorum, and nobody without one', () => {
    const { cert } = certOf();
    const yard = kept();
    yard.tell(HERE, one, { known: 'unknown' });
    const entry = { txId: one.manifest.txId, cert: certDigest(cert) };
    const { proof, quorum } = orderedBy(entry);
    const told = { ...one, cert, known: 'ordered', state: 'COMMITTED' } as const;
    yard.tell(THERE, one, { ...told, proof, quorum: { ...quorum, votes: quorum.votes.slice(1) } });
    const early = yard.read(one, 3_000);
    yard.pass(4_000);
    expect(yard.last(early)).toMatchObject({ kind: 'receive.unavailable', have: 0, need: 0 });
    yard.tell(THERE, one, { ...told, proof, quorum });
    const number = yard.read(one, 5_000);
    yard.pass(5_000);
    expect(isGiven(yard, number)).toBe(true);
  });

  it('calls unknown what more than two thirds of the stake do not know, and nothing else', () => {
    const yard = kept();
    yard.tell(HERE, one, { known: 'unknown' });
    yard.silent = THERE;
    const early = yard.read(one, 3_000);
    yard.pass(4_000);
    expect(yard.last(early)).toMatchObject({ kind: 'receive.unavailable' });
    yard.silent = undefined;
    const number = yard.read(one, 60_000);
    yard.pass(1_000);
    expect(yard.last(number)).toMatchObject({ kind: 'receive.refused', reason: 'unknown' });
  });

  it('is offered what a reader brings, and is asked again when it holds it', () => {
    const { cert, manifest, cover, batches } = certOf();
    const yard = kept();
    yard.tell(HERE, one, { known: 'unknown' });
    const brought = { certified: { cert, manifest, cover }, batches };
    yard.holds = () =>
      yard.tell(HERE, one, { cert, manifest, cover, known: 'certified', state: 'POH_ACK' });
    const number = yard.read(one, 8_000, { brought });
    yard.pass(8_000);
    expect(yard.offered[0]?.certified).toHaveLength(1);
    expect(isGiven(yard, number)).toBe(true);
  });
});

/** A manifest that fits its pieces, one of which is of another payload. */
function lying(): Sealed {
  const [of] = sealed(1) as [Sealed];
  const pieces = of.pieces.map((piece, row) => (row === 7 ? piece.map((byte) => byte ^ 1) : piece));
  const pieceHashes = concat(...pieces.map(pieceHash));
  const manifest = { ...of.manifest, pieceHashes };
  const order = orderOf(manifest);
  const { batch, tree } = batchOf('order', DELEGATES[0], [orderLeaf(order)]);
  return {
    ...of,
    pieces,
    manifest,
    order,
    ordered: { order, batch, leaf: 0, path: pathOf(tree, 0) },
  };
}

/** A batch of both delegates in which this stands. */
function orderedBy(entry: Entry) {
  const head = {
    place: CITY,
    epoch: 0,
    height: 1,
    prev: NONE,
    proposer: HERE,
    round: 1,
    stateRoot: NONE,
  };
  const at = stampBytes({ wallMs: WALL, count: 0 });
  const batch = cityBatch({ ...head, at }, [entry], undefined);
  const signers = DELEGATES.map((node, member) => ({
    member,
    key: selfOf(node).secrets.signing,
  }));
  return { proof: proofOf(batch, 0), quorum: sealedBy(NETWORK, batch.head, signers) };
}
