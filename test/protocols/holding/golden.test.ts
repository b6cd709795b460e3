/**
 * Golden vectors of what is signed, hashed and stored about holding: changing any of them is a new version
 * of what it is. They follow from the small numbers of the city of these tests.
 */
import { expect, it } from 'vitest';
import { hash, domain } from '#algorithms/hash/hash.ts';
import { hex } from '#lib/bytes.ts';
import { toBytes } from '#protocols/codec.ts';
import { heldBytes, pieceKey } from '#protocols/hold/held-piece.ts';
import {
  ackLeafOf,
  assignmentLeaf,
  assignmentTree,
  batchDigest,
  BatchHead,
  certDigest,
  holderBinding,
  Order,
  orderLeaf,
} from '#protocols/holding.ts';
import { bindingBytes } from '#algorithms/seal.ts';
import { ackOf, batchOf, DELEGATES, LIGHTS, NETWORK, sealed, type Sealed } from './kept-city.ts';

const [tx] = sealed(1) as [Sealed];
const { manifest } = tx;
/** Manifests have vectors of their own. */
const manifestHash = new Uint8Array(32).fill(4);
const order = { ...tx.order, manifestHash };
const SEEN = domain('golden vectors of holding');
const short = (bytes: Uint8Array): string => hex(hash(SEEN, bytes)).slice(0, 32);

it('keeps the bytes of everything that is signed, hashed or stored', () => {
  const { ack, batch } = ackOf(tx, 0);
  const acks = [0, 1, 2].map((row) => ackOf(tx, row).ack);
  const ordered = batchOf('order', DELEGATES[0], [orderLeaf(order)]).batch;
  const binding = holderBinding(NETWORK, order, 0, LIGHTS[0]!, new Uint8Array(32).fill(5));
  const held = {
    row: 2,
    rows: 11,
    pieceRoot: order.pieceRoot,
    path: new Uint8Array(64).fill(1),
    piece: tx.pieces[2]!,
  };
  expect({
    txId: hex(manifest.txId),
    order: short(toBytes(Order, order)),
    orderLeaf: hex(orderLeaf(order)),
    assignment: hex(assignmentLeaf({ row: 1, holder: LIGHTS[1]!, until: 1_700_000_600_000 })),
    assignments: hex(assignmentTree(manifest).root),
    orderHead: short(toBytes(BatchHead, ordered.head)),
    orderBatch: hex(batchDigest(ordered)),
    ackLeaf: hex(ackLeafOf(manifest, 0)),
    ackBatch: hex(batchDigest(batch)),
    ackPath: hex(ack.path),
    cert: hex(certDigest({ txId: manifest.txId, manifestHash, acks })),
    binding: short(bindingBytes('ml-kem-768', binding)),
    key: pieceKey('anchor', manifest.txId, 7),
    held: short(heldBytes(held)),
  }).toMatchInlineSnapshot(`
    {
      "ackBatch": "5ee7222a4e69700645cfcb433835595234cb0d5d3c37951350f48fd14cddfa63",
      "ackLeaf": "212ae57df1292f19b979cea4c7bb45b74e6db565104fe5193ec2da2be5410e5f",
      "ackPath": "",
      "assignment": "3e2d69afde637bf18fd7a813e07c80729868aaab01e692a0c5e0632b84b4b83c",
      "assignments": "781302286571832d082fbe9ec5efabcea3a76597c3ccf6182a640069fbc78bb6",
      "binding": "6137c42f1de23769970fd369f4de94a7",
      "cert": "d05b2e40b15719a7c8eecaed5032bde04ac4760e577f97f1a80bb09238bbdd04",
      "held": "0fa8ea37d0aaf3ca3817c2c56ecd11e1",
      "key": "5d5ngdwohdygbynjzb4tqtoosmszvu4z6t6wuuwungspw4c7suhq.7",
      "order": "41d27e40e390297bc35bd8ca52f9ac1d",
      "orderBatch": "b187995179daf1a3f2542b6382cc9dfafb252dc645239de30b56f440eb39b462",
      "orderHead": "fc234b5c3ea8c6ebc6f3d13020d33f7b",
      "orderLeaf": "59565993518b1aecc08c270a6da9fb52d1ee287dcb5825efd5a5be7758e0ed07",
      "txId": "e8fad30ece38f060e1a9c879384dce93259ad399f4fd6a52d469a4fb705f950f",
    }
  `);
});
