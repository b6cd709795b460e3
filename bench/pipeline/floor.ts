/**
 * The crypto floor: what one transaction cannot avoid, priced by the bare native functions in this run.
 *
 *   sender      signs, seals the body, one capsule for itself
 *   delegates   each verifies the sender's signature; one proves the draw, the others check it
 *   S2, S3      code, hash the rows, seal each for its holder; a share of an order batch's signature
 *   holders     open, hash; a share of verifying the order batch, and of signing an ack batch
 *   S4, ledgers a share of verifying ack batches, on each delegate
 *   city        a share of the vertices of a batch, and of verifying them
 */
import { shard } from '#algorithms/erasure/shards.ts';
import { pieceBytes, shapeOf } from '#algorithms/erasure/code.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { openCapsule, sealBody, sealCapsule, type Binding } from '#algorithms/seal.ts';
import { sign, verify, verifyingKeyOf } from '#algorithms/signature.ts';
import { outputOf, prove, vrfKeyOf } from '#algorithms/vrf.ts';
import { utf8 } from '#lib/bytes.ts';
import { compare } from '../bench.ts';
import type { Operations } from './tally.ts';

export interface Sizes {
  readonly textBytes: number;
  readonly k: number;
  readonly rows: number;
  readonly delegates: number;
}

/** Acks that share a signature, orders that do, transactions that share a batch. */
export interface Batches {
  readonly ack: number;
  readonly order: number;
  readonly city: number;
}

/** CPU microseconds of each function, once. */
export type Prices = ReturnType<typeof pricesOf>;

export interface Floor {
  readonly totalUs: number;
  readonly parts: Readonly<Record<string, number>>;
}

const bytes = (count: number): Uint8Array => new Uint8Array(count).fill(7);

/** Clocks of CPU time may tick in milliseconds: a sample is as many as fill a slice of time. */
function price(work: () => unknown): number {
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) work();
  };
  return compare({ name: 'work', run }).get('work')!;
}

export function floorOf({ rows, delegates }: Sizes, cost: Prices, batches: Batches): Floor {
  const others = delegates - 1;
  const parts = {
    'sender: signature, body, capsule': cost.sign + cost.body + cost.seal,
    "sender's signature, verified by each delegate": delegates * cost.verify,
    'draw: proved once, checked by the others': cost.prove + others * cost.check,
    'coding and hashing rows': cost.code,
    'sealing rows': rows * cost.seal,
    'opening rows': rows * cost.open,
    'orders: signed, verified by holders': (cost.sign + rows * cost.verify) / batches.order,
    'acks: signed': (rows * cost.sign) / batches.ack,
    'acks: verified by each delegate': (delegates * rows * cost.verify) / batches.ack,
    'vertices: three rounds': (3 * delegates * (cost.sign + others * cost.verify)) / batches.city,
  };
  return { totalUs: Object.values(parts).reduce((sum, each) => sum + each, 0), parts };
}

/** How often jobs do what, by the floor; the sender's own are done elsewhere. */
export function countsOf({ rows, delegates }: Sizes, batches: Batches): Operations {
  const others = delegates - 1;
  const vertices = (3 * delegates) / batches.city;
  return {
    sign: 1 / batches.order + rows / batches.ack + vertices,
    verify: delegates + rows / batches.order + (delegates * rows) / batches.ack + others * vertices,
    seal: rows,
    open: rows,
    prove: 1,
    check: others,
  };
}

export function pricesOf({ textBytes, k, rows }: Sizes) {
  const seed = bytes(32);
  const speech = { suite: 'ml-dsa-65', purpose: 'ack', network: utf8('bench') } as const;
  const message = bytes(256);
  const signature = sign({ ...speech, seed, bytes: message });
  const publicKey = verifyingKeyOf('ml-dsa-65', seed);
  const shape = shapeOf(k, textBytes);
  const piece = bytes(pieceBytes(shape));
  const sealingSeed = bytes(64);
  const binding: Binding = {
    role: 'holder',
    network: utf8('bench'),
    transaction: bytes(32),
    pieceRoot: bytes(32),
    recipient: utf8('holder'),
    fingerprint: bytes(32),
    index: 0,
    policyVersion: 1,
  };
  const suite = 'ml-kem-768';
  const sealing = { suite, publicKey: sealingKeyOf(suite, sealingSeed), binding } as const;
  const job = { ...sealing, entropy: bytes(32), text: piece };
  const capsule = sealCapsule(job)!;
  const vrf = { suite: 'ecvrf-edwards25519-tai', input: bytes(64) } as const;
  const proof = prove({ ...vrf, seed });
  const body = { key: bytes(32), nonce: bytes(12), associated: bytes(200), text: bytes(textBytes) };
  return {
    sign: price(() => sign({ ...speech, seed, bytes: message })),
    verify: price(() => verify({ ...speech, publicKey, bytes: message, signature })),
    seal: price(() => sealCapsule(job)),
    open: price(() => openCapsule({ suite, seed: sealingSeed, binding, capsule })),
    prove: price(() => prove({ ...vrf, seed })),
    check: price(() => outputOf({ ...vrf, publicKey: vrfKeyOf(seed), proof })),
    code: price(() => shard(shape, bytes(textBytes), rows)),
    body: price(() => sealBody(body)),
  };
}
