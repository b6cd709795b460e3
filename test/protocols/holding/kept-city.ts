/**
 * A small city for tests of what is held: two delegates, lights and anchors with keys of their own, and
 * transactions with manifest, order and capsules as S1 to S3 make them. Everything is real and follows from
 * small numbers; signatures are ed25519, for speed.
 */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { pieceBytes, shapeOf } from '#algorithms/erasure/code.ts';
import { shard } from '#algorithms/erasure/shards.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { pathOf, treeOf, type Tree } from '#algorithms/merkle/tree.ts';
import { sealCapsule } from '#algorithms/seal.ts';
import { sign, verifyingKeyOf } from '#algorithms/signature.ts';
import { concat, EMPTY, hex, utf8 } from '#lib/bytes.ts';
import { NO_PROBE } from '#lib/probe.ts';
import { toBytes } from '#protocols/codec.ts';
import { FIRST_EPOCH, type Genesis } from '#protocols/genesis.ts';
import {
  ackLeafOf,
  assignmentTree,
  batchDigest,
  batchSignJob,
  holderBinding,
  orderLeaf,
  type Ack,
  type Batch,
  type BatchPurpose,
  type Order,
} from '#protocols/holding.ts';
import {
  manifestHashOf,
  pieceTreeOf,
  placedRows,
  rowsOf,
  type Manifest,
} from '#protocols/manifest.ts';
import type { Resolved } from '#protocols/policy.ts';
import type { Self } from '#protocols/self.ts';
import type { Certified, Ordered, SealedPiece } from '#protocols/sending.messages.ts';
import { nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import {
  bodyHashOf,
  fingerprintOf,
  Header,
  readerFingerprintOf,
  readersHashOf,
  txIdOf,
  type Cover,
} from '#protocols/transaction.ts';
import { WALL } from '../moments.ts';

export const CITY = place('asia.ishikawa.komatsu');
const EUROPE = place('europe.hessen.kassel');
export const NETWORK = utf8('test');

export const TERMS: Resolved = {
  version: 3,
  digest: new Uint8Array(32).fill(3),
  k: 3,
  lights: 5,
  perOperator: 3,
  events: [],
  continents: [
    { continent: 'asia', anchors: 2, pieces: 3 },
    { continent: 'europe', anchors: 1, pieces: 1 },
  ],
  ackNeeded: 6,
  ackLocalPermille: 660,
  ackAnchors: 2,
  ackDeadlineMs: 300,
  escalatePieces: 2,
  lightTtlMs: 600_000,
  anchorTtlMs: 900_000,
  stripeBytes: 65_536,
  signatureSuite: 'ed25519',
  kemSuite: 'ml-kem-768',
  repairAt: 6,
  urgentAt: 4,
  anchorPiecesLow: 2,
  onlineFloor: 5,
  features: [],
  fired: [],
};

const node = (name: string, at = CITY): NodeAddress => nodeAddress(at, name);
export const LIGHTS = Array.from({ length: 9 }, (_, i) => node(`l${i}`));
/** The last one is in Europe. */
export const ANCHORS = [node('a0'), node('a1'), node('e0', EUROPE)] as const;
export const DELEGATES = [node('d0'), node('d1')] as const;
const SPARES = LIGHTS.slice(5, 8);
/** By row: five lights, anchors of Asia, of Europe, and two rows for escalation. */
const HOLDERS = [
  ...LIGHTS.slice(0, 5),
  ANCHORS[0],
  ANCHORS[1],
  ANCHORS[0],
  ANCHORS[2],
  ANCHORS[1],
  ANCHORS[2],
];
/** Nobody was told to hold anything with this one. */
export const STRANGER = LIGHTS[8]!;

const EVERYBODY = [...LIGHTS, ...ANCHORS, ...DELEGATES];
const seedOf = (of: NodeAddress): Uint8Array => new Uint8Array(32).fill(EVERYBODY.indexOf(of) + 1);
const secretsOf = (of: NodeAddress): Self['secrets'] => ({
  signing: { suite: 'ed25519', seed: seedOf(of) },
  sealing: { suite: 'ml-kem-768', seed: concat(seedOf(of), seedOf(of)) },
  vrf: seedOf(of),
});

const verifying = new Map(
  EVERYBODY.map((each) => [
    each,
    { suite: 'ed25519' as const, key: verifyingKeyOf('ed25519', seedOf(each)) },
  ]),
);
export const keyOf = (of: NodeAddress) => verifying.get(of);
const sealing = new Map(
  EVERYBODY.map((each) => {
    const { suite, seed } = secretsOf(each).sealing;
    return [each, { suite, key: sealingKeyOf(suite, seed) }];
  }),
);

export const sealingOf = (of: NodeAddress) => sealing.get(of);

export const GENESIS: Genesis = {
  version: 1,
  network: NETWORK,
  place: CITY,
  delegates: DELEGATES.map((each) => ({
    node: each,
    stake: 100n,
    signing: keyOf(each)!,
    vrf: seedOf(each),
  })),
  grantor: keyOf(DELEGATES[0])!,
};

export const selfOf = (of: NodeAddress, more: Partial<Self> = {}): Self => ({
  genesis: GENESIS,
  node: of,
  secrets: secretsOf(of),
  probe: NO_PROBE,
  ...more,
});

/** A transaction as it is when S3 has sealed it. */
export interface Sealed {
  readonly cover: Cover;
  readonly manifest: Manifest;
  readonly pieces: readonly Uint8Array[];
  readonly order: Order;
  readonly ordered: Ordered;
}

export function coverOf(seq: number, body: Uint8Array): Cover {
  const key = keyOf(STRANGER)!;
  const core = {
    version: 1,
    sender: fingerprintOf(key),
    receiver: undefined,
    from: CITY,
    to: CITY,
    seq,
    createdAt: stampBytes({ wallMs: WALL, count: 0 }),
    expiresAt: WALL + 1_000_000,
    completes: 'on-commit' as const,
    op: EMPTY,
    objects: [],
  };
  const header = {
    core,
    bodyHash: bodyHashOf(body),
    bodyBytes: body.length,
    readersHash: readersHashOf([]),
  };
  const bytes = toBytes(Header, header);
  const { suite, seed } = secretsOf(STRANGER).signing;
  const signature = sign({ suite, seed, purpose: 'tx', network: NETWORK, bytes });
  return { header, key, signature, readers: [], erased: undefined };
}

export function manifestOf(cover: Cover, body: Uint8Array, terms = TERMS): Manifest {
  const { tree } = shard(shapeOf(terms.k, body.length, terms.stripeBytes), body, HOLDERS.length);
  return {
    version: 1,
    txId: txIdOf(cover.header),
    payloadBytes: body.length,
    pieceHashes: tree.levels[0]!,
    placement: {
      list: new Uint8Array(32).fill(9),
      prover: DELEGATES[0],
      proof: new Uint8Array(80),
      holders: HOLDERS,
      spares: SPARES,
    },
    terms,
    lightUntil: WALL + 600_000,
    anchorUntil: WALL + 900_000,
  };
}

export function orderOf(manifest: Manifest): Order {
  const assignments = assignmentTree(manifest);
  return {
    txId: manifest.txId,
    manifestHash: manifestHashOf(manifest),
    pieceRoot: pieceTreeOf(manifest).root,
    rows: rowsOf(manifest),
    assignments: assignments.root,
    assigned: assignments.count,
    policyVersion: manifest.terms.version,
  };
}

/** A batch over leaves, signed by a node. */
export function batchOf(
  purpose: BatchPurpose,
  signer: NodeAddress,
  leaves: readonly Uint8Array[],
  more: { readonly epoch?: number; readonly wallMs?: number; readonly key?: NodeAddress } = {},
): { readonly batch: Batch; readonly tree: Tree } {
  const tree = treeOf(concat(...leaves));
  const head = {
    signer,
    epoch: more.epoch ?? FIRST_EPOCH,
    at: stampBytes({ wallMs: more.wallMs ?? WALL, count: 0 }),
    root: tree.root,
    count: tree.count,
  };
  const { signing } = secretsOf(more.key ?? signer);
  const signature = sign(batchSignJob(purpose, NETWORK, head, signing));
  return { batch: { head, signature }, tree };
}

/** Transactions 0 ... count-1, ordered in one batch of the first delegate. */
export function sealed(count: number, terms = TERMS): Sealed[] {
  const made = Array.from({ length: count }, (_, seq) => {
    const body = Uint8Array.from({ length: 100 + seq }, (__, i) => (i * 7 + seq) % 251);
    const cover = coverOf(seq, body);
    const manifest = manifestOf(cover, body, terms);
    const shape = shapeOf(terms.k, body.length, terms.stripeBytes);
    const { block } = shard(shape, body, rowsOf(manifest));
    const bytes = pieceBytes(shape);
    const pieces = HOLDERS.map((_each, row) => block.subarray(row * bytes, (row + 1) * bytes));
    return { cover, manifest, pieces, order: orderOf(manifest) };
  });
  const { batch, tree } = batchOf(
    'order',
    DELEGATES[0],
    made.map(({ order }) => orderLeaf(order)),
  );
  return made.map((each, leaf) =>
    Object.assign(each, {
      ordered: { order: each.order, batch, leaf, path: pathOf(tree, leaf) },
    }),
  );
}

/** The capsule of a row for whoever is to have it. */
export function capsuleFor({ order, pieces }: Sealed, row: number, holder: NodeAddress) {
  const { suite, key } = sealing.get(holder)!;
  const fingerprint = readerFingerprintOf({ suite, key });
  return sealCapsule({
    suite,
    publicKey: key,
    binding: holderBinding(NETWORK, order, row, holder, fingerprint),
    entropy: new Uint8Array(32).fill(row + 1),
    text: pieces[row]!,
  })!;
}

/** A row as S4 sends it: to the holder of the row, or to a spare. */
export function pieceFor(made: Sealed, row: number, spare?: number): SealedPiece {
  const { manifest, ordered, order } = made;
  const { holders, spares } = manifest.placement;
  const assignment = spare === undefined ? row : rowsOf(manifest) + spare;
  const holder = spare === undefined ? holders[row]! : spares[spare]!;
  return {
    order,
    leaf: ordered.leaf,
    path: ordered.path,
    row,
    assignment,
    assignmentPath: pathOf(assignmentTree(manifest), assignment),
    until: row < manifest.terms.lights ? manifest.lightUntil : manifest.anchorUntil,
    piecePath: pathOf(pieceTreeOf(manifest), row),
    capsule: capsuleFor(made, row, holder),
  };
}

const capsules = new WeakMap<Sealed, Uint8Array[]>();

/** By row; sealed once. */
export function capsulesOf(made: Sealed): Uint8Array[] {
  const known = capsules.get(made);
  if (known !== undefined) return known;
  const { holders } = made.manifest.placement;
  const fresh = holders.map((holder, row) => capsuleFor(made, row, holder));
  capsules.set(made, fresh);
  return fresh;
}

/** Rows that are sent at once. */
export const placed = ({ manifest }: Sealed): number => placedRows(manifest);

/** The ack of a row by a holder, in a batch of its own. */
export function ackOf(
  made: Sealed,
  row: number,
  holder = made.manifest.placement.holders[row]!,
  more: Parameters<typeof batchOf>[3] = {},
): { readonly ack: Ack; readonly batch: Batch } {
  const { batch, tree } = batchOf('ack', holder, [ackLeafOf(made.manifest, row)], more);
  const ack = { row, batch: batchDigest(batch), leaf: 0, path: pathOf(tree, 0) };
  return { ack, batch };
}

/** The certificate of these acks, with what it takes to check it. */
export function certified(
  { cover, manifest }: Sealed,
  acks: readonly { readonly ack: Ack; readonly batch: Batch }[],
): { readonly certified: Certified; readonly batchOf: (digest: Uint8Array) => Batch | undefined } {
  const cert = {
    txId: manifest.txId,
    manifestHash: manifestHashOf(manifest),
    acks: acks.map(({ ack }) => ack),
  };
  const batches = new Map(acks.map(({ ack, batch }) => [hex(ack.batch), batch]));
  return {
    certified: { cover, manifest, cert },
    batchOf: (digest) => batches.get(hex(digest)),
  };
}
