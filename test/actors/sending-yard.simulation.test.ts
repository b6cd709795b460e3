/**
 * S1, S2 and S3 together: from what an ingress says to what S4 and S5 hear. What comes out is looked at as a
 * holder and a ledger would, with nothing but public keys and the holders' own.
 */
import { describe, expect, it } from 'vitest';
import { pieceHash } from '#algorithms/erasure/shards.ts';
import { HASH_BYTES } from '#algorithms/hash/hash.ts';
import { openCapsule } from '#algorithms/seal.ts';
import { verify } from '#algorithms/signature.ts';
import { outputOf } from '#algorithms/vrf.ts';
import { hex } from '#lib/bytes.ts';
import {
  assignmentTree,
  batchVerifyJob,
  holderBinding,
  isInBatch,
  orderLeaf,
} from '#protocols/holding.ts';
import { manifestFault, manifestHashOf, pieceTreeOf, rowsOf } from '#protocols/manifest.ts';
import { checkJobOf, placementFault } from '#protocols/placement.ts';
import { RankNodes, type Ranked } from '#protocols/select.messages.ts';
import {
  SealSpare,
  TakeAttest,
  TakeSelect,
  TakeShard,
  type Moved,
  type OpenCommit,
  type SpareSealed,
  type TakeDistribute,
} from '#protocols/sending.messages.ts';
import { NO_ROOM_MS } from '#protocols/sending/room.ts';
import { refusalDigest } from '#protocols/sending/refusal.ts';
import { readerFingerprintOf } from '#protocols/transaction.ts';
import {
  bytesOf,
  holders,
  KANAZAWA,
  lightsOf,
  member,
  NETWORK,
  termsOf,
  txOf,
} from '../protocols/sample.ts';
import { LAYERS, SendingYard } from './sending-yard.ts';

const { tx, txId } = txOf();
const memberOf = (node: string) =>
  member(node.split('.').at(-1)!, node.split('.').slice(0, 3).join('.') as typeof KANAZAWA);

/** The hash of a row, as the manifest has it. */
const hashOf = ({ manifest }: TakeDistribute, row: number): string =>
  hex(manifest.pieceHashes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES));

describe('the sending layers', () => {
  it('bring a transaction to S4 and S5, so that anybody can check it', () => {
    const yard = new SendingYard();
    yard.drive(tx);
    const [opened] = yard.of<OpenCommit>('commit.open');
    const [taken] = yard.of<TakeDistribute>('distribute.take');
    expect(opened!.manifest).toEqual(taken!.manifest);
    expect(opened!.cover).toEqual(tx.cover);
    expect(opened!.ingress).toBe(yard.at('ingress'));
    checkManifest(yard, taken!);
    checkOrder(yard, taken!);
    checkCapsules(taken!);
    expect(yard.crashed).toEqual([]);
  });

  it('make one manifest of a transaction and list, however often asked and whoever dies', () => {
    const yard = new SendingYard();
    yard.drive(tx);
    for (const layer of LAYERS) {
      yard.restart(layer);
      yard.manual.pass(5_000);
      yard.drive(tx, 1);
    }
    const hashes = yard
      .of<TakeDistribute>('distribute.take')
      .map(({ manifest }) => hex(manifestHashOf(manifest)));
    expect(hashes).toHaveLength(4);
    expect(new Set(hashes).size).toBe(1);
  });

  it('use a placement while its list is valid, and another after that', () => {
    const yard = new SendingYard();
    yard.drive(tx);
    const next = (number: number, inMs: number) =>
      yard.frozen([...holders(), ...lightsOf(number, KANAZAWA, 'x')], {
        number,
        at: yard.rolls[0]!.list.head.at + inMs,
      });
    yard.rolls = [next(2, 10_000), yard.rolls[0]!];
    yard.manual.pass(10_000);
    yard.drive(tx, 1);
    yard.rolls = [next(9, 90_000)];
    yard.manual.pass(10_000);
    yard.drive(tx, 2);
    const lists = yard
      .of<TakeDistribute>('distribute.take')
      .map(({ manifest }) => hex(manifest.placement.list));
    expect(lists[0]).toBe(lists[1]);
    expect(lists[2]).toBe(hex(yard.rolls[0]!.list.digest));
  });

  it('refuse what cannot be placed, and what is not signed, with a reason and a cause', () => {
    const few = new SendingYard(holders(12));
    few.drive(tx);
    expect(few.heard).toEqual([]);
    few.manual.pass(NO_ROOM_MS);
    few.drive(tx, 2);
    expect(few.of<Moved>('ingress.moved')).toMatchObject([
      { txId, state: 'REJECTED', reason: 'no-capacity', cause: refusalDigest(txId, 'no-capacity') },
    ]);
    const yard = new SendingYard();
    const signature = tx.cover.signature.map((byte, i) => (i === 5 ? byte ^ 1 : byte));
    yard.drive({ ...tx, cover: { ...tx.cover, signature } });
    expect(yard.of<Moved>('ingress.moved')).toMatchObject([
      { state: 'FRESH' },
      { state: 'REJECTED', reason: 'bad-signature' },
    ]);
    expect(yard.of('distribute.take')).toEqual([]);
  });

  it('do nothing for strangers, nor for what is no transaction of this city', () => {
    const yard = new SendingYard();
    yard.drive(tx);
    const [{ manifest } = never()] = yard.of<TakeDistribute>('distribute.take');
    const { placement, terms } = manifest;
    const keys = [...placement.holders, ...placement.spares].map((node) => memberOf(node).sealing);
    const ingress = yard.at('stranger');
    yard.heard.length = 0;
    const forged = { ...placement, holders: placement.holders.toReversed() };
    yard.say(
      yard.at('shard'),
      TakeShard.of({ tx, ingress, placement: forged, terms, keys }),
      'stranger',
    );
    const block = new Uint8Array(44 * 8);
    yard.say(
      yard.at('attest'),
      TakeAttest.of({ cover: tx.cover, ingress, manifest, block, keys }),
      'stranger',
    );
    yard.say(yard.at('attest'), SealSpare.of({ txId, row: 0, spare: 0 }), 'stranger');
    yard.say(yard.at('select'), TakeSelect.of({ tx, ingress, attempt: 0 }), 'stranger');
    yard.say(
      yard.at('select'),
      TakeSelect.of({ tx, ingress: yard.at('ingress'), attempt: 0 }),
      'stranger',
    );
    yard.drive({ ...tx, body: tx.body.slice(1) });
    yard.drive(txOf('elsewhere', { from: KANAZAWA }).tx);
    expect(yard.heard).toEqual([]);
    expect(yard.crashed).toEqual([]);
  });

  it('seal the row of a light for a spare, and no other row for nobody else', () => {
    const yard = new SendingYard();
    yard.drive(tx);
    const [taken] = yard.of<TakeDistribute>('distribute.take');
    const { spares } = taken!.manifest.placement;
    const wish = (row: number, spare: number) =>
      yard.say(yard.at('attest'), SealSpare.of({ txId, row, spare }), 'distribute');
    wish(7, 2);
    wish(30, 2);
    wish(7, spares.length);
    yard.say(
      yard.at('attest'),
      SealSpare.of({ txId: bytesOf('other'), row: 7, spare: 2 }),
      'distribute',
    );
    const [sealed, ...more] = yard.of<SpareSealed>('distribute.spare');
    expect(more).toEqual([]);
    const opened = openFor(taken!, 7, spares[2]!, sealed!.capsule);
    expect(opened.ok && hex(pieceHash(opened.value))).toBe(hashOf(taken!, 7));
    expect(openFor(taken!, 8, spares[2]!, sealed!.capsule).ok).toBe(false);
  });

  it('go on where a listed key is none: that capsule opens for nobody', () => {
    const all = holders();
    const bad = { suite: 'ml-kem-768', key: new Uint8Array(1_184).fill(0xff) } as const;
    const spoilt = all.map((each) =>
      each.as.node.endsWith('.l1')
        ? {
            who: { ...each.who, sealing: bad },
            as: { ...each.as, weight: 1_000_000, fingerprint: readerFingerprintOf(bad) },
          }
        : each,
    );
    const other = new SendingYard(spoilt, termsOf({ lights: 45 }));
    other.drive(tx);
    const [taken] = other.of<TakeDistribute>('distribute.take');
    const row = taken!.manifest.placement.holders.findIndex((node) => node.endsWith('komatsu.l1'));
    expect(taken!.capsules[row]).toHaveLength(1);
    expect(taken!.capsules.filter(({ length }) => length === 1)).toHaveLength(1);
  });

  it('sign many orders at once where many come at once', () => {
    const yard = new SendingYard();
    yard.driveAll(Array.from({ length: 12 }, (_, i) => txOf(`many ${i}`, { seq: i }).tx));
    yard.manual.pass(100);
    const taken = yard.of<TakeDistribute>('distribute.take');
    expect(taken).toHaveLength(12);
    const batches = new Set(taken.map(({ ordered }) => hex(ordered.batch.head.root)));
    expect(batches.size).toBeLessThan(12);
    for (const each of taken) checkOrder(yard, each);
  });

  it('say who is responsible for a key, to anybody, as often as there is room', () => {
    const yard = new SendingYard();
    const among = ['alpha', 'beta', 'gamma'].map((node) => ({ node, weight: 1 }));
    const key = new TextEncoder().encode('txn-42');
    yard.say(yard.at('select'), RankNodes.of({ key, count: 3, by: 'score', among }), 'stranger');
    yard.say(
      yard.at('select'),
      RankNodes.of({ key, count: 50, by: 'weight', among: undefined }),
      'stranger',
    );
    const [owner, own] = yard.of<Ranked>('select.ranked');
    expect(owner!.nodes.map(({ node }) => node)).toEqual(['gamma', 'beta', 'alpha']);
    expect(own!.nodes).toHaveLength(50);
    expect(own!.list).toEqual(yard.rolls[0]!.list.digest);
    const twice = [...among, among[0]!];
    yard.say(
      yard.at('select'),
      RankNodes.of({ key, count: 3, by: 'score', among: twice }),
      'stranger',
    );
    expect(yard.of('select.refused')).toMatchObject([{ reason: 'named-twice' }]);
    for (let i = 0; i < 2_000; i++)
      yard.say(yard.at('select'), RankNodes.of({ key, count: 0, by: 'score', among }), 'stranger');
    expect(yard.of('select.refused').at(-1)).toMatchObject({ reason: 'busy' });
  });
});

function never(): never {
  throw new Error('there is one');
}

function checkManifest(yard: SendingYard, { manifest }: TakeDistribute): void {
  const { list } = yard.rolls[0]!;
  const { terms } = yard;
  const { placement } = manifest;
  expect(manifestFault(manifest)).toBeUndefined();
  expect(manifest.txId).toEqual(txId);
  const output = outputOf(checkJobOf(NETWORK, txId, placement, yard.city.genesis.delegates[0]!));
  expect(output).toBeDefined();
  const from = tx.cover.header.core.from;
  expect(placementFault({ list, terms, from, output: output! }, placement)).toBeUndefined();
}

function checkOrder(yard: SendingYard, { manifest, ordered }: TakeDistribute): void {
  const { order, batch, leaf, path } = ordered;
  expect(order.manifestHash).toEqual(manifestHashOf(manifest));
  expect(order.pieceRoot).toEqual(pieceTreeOf(manifest).root);
  expect(order.assignments).toEqual(assignmentTree(manifest).root);
  expect(order.assigned).toBe(54);
  expect(isInBatch(batch.head, leaf, orderLeaf(order), path)).toBe(true);
  expect(verify(batchVerifyJob('order', NETWORK, batch, yard.delegate.signing))).toBe(true);
}

const openFor = (
  taken: TakeDistribute,
  row: number,
  node: TakeDistribute['manifest']['placement']['prover'],
  capsule: Uint8Array,
) => {
  const { sealing, secrets } = memberOf(node);
  const binding = holderBinding(
    NETWORK,
    taken.ordered.order,
    row,
    node,
    readerFingerprintOf(sealing),
  );
  return openCapsule({ ...secrets.sealing, binding, capsule });
};

/** Each row opens for its holder, to the piece that the manifest names; and for no other. */
function checkCapsules(taken: TakeDistribute): void {
  const { holders: placed } = taken.manifest.placement;
  expect(taken.capsules).toHaveLength(rowsOf(taken.manifest));
  for (const [row, capsule] of taken.capsules.entries()) {
    const opened = openFor(taken, row, placed[row]!, capsule);
    expect(opened.ok && hex(pieceHash(opened.value))).toBe(hashOf(taken, row));
    const other = placed.find((node) => node !== placed[row])!;
    expect(openFor(taken, row, other, capsule).ok).toBe(false);
  }
}
