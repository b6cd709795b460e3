/**
 * What do the suites cost over bare `node:crypto` calls with key objects at hand, and what does a
 * batch of 64 acks cost its holder and its verifiers? Then the fast backends against the portable
 * ones, 42 holders' capsules of a 16 KB transaction, and a VRF draw.
 *
 * A batch: SHA-256 leaves of H(transaction | index | piece hash | expiry), their Merkle tree, its root
 * signed once with ML-DSA-65; a verifier checks the signature once and each ack's path.
 */
import {
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  decapsulate as bareDecapsulate,
  encapsulate as bareEncapsulate,
  hash,
  sign as bareSign,
  verify as bareVerify,
} from 'node:crypto';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { AUTHENTICATED } from '#algorithms/crypto/authenticated.ts';
import {
  decapsulate,
  encapsulate,
  KEM_SUITES,
  type KemSuite,
  sealingKeyOf,
} from '#algorithms/kem.ts';
import { type Binding, openCapsules, sealCapsules } from '#algorithms/seal.ts';
import {
  frame,
  sign,
  type SignatureSuite,
  type Speech,
  verify,
  verifyingKeyOf,
} from '#algorithms/signature.ts';
import { outputOf, prove, vrfKeyOf } from '#algorithms/vrf.ts';
import { assert } from '#lib/assert.ts';
import { concat, hex, same, utf8 } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { type Bench, compare, type Row } from './bench.ts';

const BATCH = 64;
const HOLDERS = 42;
const PIECE_BYTES = 1_656; // A tenth of 16 KB, and the capsule's own body overhead.
const filled = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);
const network = utf8('bench');
const bytes = filled(200, 1);

interface Work {
  readonly name: string;
  readonly run: () => unknown;
}

const repeated = ({ name, run }: Work) => ({
  name,
  run: (count: number) => {
    for (let i = 0; i < count; i++) run();
  },
});

/** Ours, and how many times the other's time it takes. */
function over(ours: Work, other: Work, goal: string): Row {
  const micros = compare(repeated(ours), repeated(other));
  const [value, against] = [micros.get(ours.name)!, micros.get(other.name)!];
  return {
    name: ours.name,
    value: round(value),
    unit: 'us',
    against: `${other.name}: ${round(against)} us`,
    ratio: value / against,
    goal,
  };
}

/** The fast backend, and how many times faster it is than the portable one. */
function faster(primitive: string, name: string, run: () => unknown, units = 1): Row {
  const fast = backendsOf(primitive)[0]!;
  const on = (backend: string): Work => ({ name: backend, run });
  const micros = compare(
    ...[fast, 'portable'].map((backend) => {
      const { name, run } = repeated(on(backend));
      return {
        name,
        run: (count: number) => {
          choose(primitive, backend);
          run(count);
        },
      };
    }),
  );
  choose(primitive, 'auto');
  const [value, against] = [micros.get(fast)! / units, micros.get('portable')! / units];
  return {
    name: `${name} (${fast})`,
    value: round(value),
    unit: 'us',
    against: `portable: ${round(against)} us`,
    ratio: against / value,
  };
}

const round = (micros: number): number => Math.round(micros * 10) / 10;

const der = (head: string, raw: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(head, 'hex'), raw]);

/** The key object of a raw public key, imported once: what a bare caller would keep. */
function bareKeys(head: { spki: string; pkcs8: string }, seed: Uint8Array, publicKey: Uint8Array) {
  return {
    secret: createPrivateKey({ key: der(head.pkcs8, seed), format: 'der', type: 'pkcs8' }),
    open: createPublicKey({ key: der(head.spki, publicKey), format: 'der', type: 'spki' }),
  };
}

const DER: Readonly<
  Record<'ml-dsa-65' | 'ed25519' | 'ml-kem-768', { spki: string; pkcs8: string }>
> = {
  'ml-dsa-65': {
    spki: '308207b2300b0609608648016503040312038207a100',
    pkcs8: '3034020100300b060960864801650304031204228020',
  },
  ed25519: { spki: '302a300506032b6570032100', pkcs8: '302e020100300506032b657004220420' },
  'ml-kem-768': {
    spki: '308204b2300b0609608648016503040402038204a100',
    pkcs8: '3054020100300b060960864801650304040204428040',
  },
};

function signatureRows(suite: 'ml-dsa-65' | 'ed25519'): Row[] {
  const seed = filled(32, 2);
  const how: Speech = { suite, purpose: 'ack', network };
  const publicKey = verifyingKeyOf(suite, seed);
  const { secret, open } = bareKeys(DER[suite], seed, publicKey);
  const framed = frame(how, bytes);
  const job = { ...how, seed, bytes };
  const signature = sign(job);
  const check = { ...how, publicKey, bytes, signature };
  assert(verify(check) && bareVerify(null, framed, open, signature), 'both verify');
  assert(verify({ ...check, signature: bareSign(null, framed, secret) }), 'a bare one verifies');
  const bare = 'bare node:crypto';
  return [
    over(
      { name: `${suite} sign`, run: () => sign(job) },
      { name: bare, run: () => bareSign(null, framed, secret) },
      '<= 1.1x',
    ),
    over(
      { name: `${suite} verify`, run: () => verify(check) },
      { name: bare, run: () => bareVerify(null, framed, open, signature) },
      '<= 1.1x',
    ),
  ];
}

function kemRows(): Row[] {
  const suite = 'ml-kem-768';
  const seed = filled(64, 3);
  const publicKey = sealingKeyOf(suite, seed);
  const { secret, open } = bareKeys(DER[suite], seed, publicKey);
  const made = { suite, publicKey, entropy: filled(32, 4) } as const;
  const { ciphertext, secret: shared } = encapsulate(made)!;
  assert(same(decapsulate({ suite, seed, ciphertext })!, shared), 'opens');
  assert(same(bareDecapsulate(secret, ciphertext), shared), 'opens in the bare call');
  const bare = 'bare node:crypto';
  return [
    over(
      { name: `${suite} encapsulate`, run: () => encapsulate(made) },
      { name: bare, run: () => bareEncapsulate(open) },
      '<= 1.1x',
    ),
    over(
      { name: `${suite} decapsulate`, run: () => decapsulate({ suite, seed, ciphertext }) },
      { name: bare, run: () => bareDecapsulate(secret, ciphertext) },
      '<= 1.1x',
    ),
  ];
}

function cipherRow(): Row {
  const [key, nonce, associated, text] = [
    filled(32, 5),
    filled(12, 6),
    filled(80, 7),
    filled(16_384, 8),
  ];
  const bareSeal = () => {
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
    cipher.setAAD(associated);
    const parts = [cipher.update(text), cipher.final(), cipher.getAuthTag()];
    return Buffer.concat(parts);
  };
  const ours = () => AUTHENTICATED.use().seal(key, nonce, associated, text);
  assert(hex(ours()) === hex(bareSeal()), 'the same bytes');
  return over(
    { name: 'aes-256-gcm seal 16 KB', run: ours },
    { name: 'bare node:crypto', run: bareSeal },
    '<= 1.1x',
  );
}

interface Ack {
  readonly leaf: Uint8Array;
  readonly path: readonly Uint8Array[];
}

const leafOf = (i: number): Uint8Array =>
  hash(
    'sha256',
    concat(Uint8Array.of(0), filled(32, i), Uint8Array.of(0, i), filled(40, i)),
    'buffer',
  );
const nodeOf = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  hash('sha256', concat(Uint8Array.of(1), left, right), 'buffer');

/** The levels of a full binary tree, leaves first. */
function levelsOf(leaves: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  if (leaves.length === 1) return [leaves];
  const above = Array.from({ length: leaves.length / 2 }, (_, i) =>
    nodeOf(leaves[2 * i]!, leaves[2 * i + 1]!),
  );
  return [leaves, ...levelsOf(above)];
}

function rootFrom({ path }: Ack, index: number): Uint8Array {
  let node = leafOf(index);
  for (const [level, sibling] of path.entries()) {
    node = (index >> level) & 1 ? nodeOf(sibling, node) : nodeOf(node, sibling);
  }
  return node;
}

function batchRows(): Row[] {
  const suite: SignatureSuite = 'ml-dsa-65';
  const how: Speech = { suite, purpose: 'ack', network };
  const seed = filled(32, 9);
  const publicKey = verifyingKeyOf(suite, seed);
  const make = () => {
    const levels = levelsOf(Array.from({ length: BATCH }, (_, i) => leafOf(i)));
    const root = levels.at(-1)![0]!;
    const acks = levels[0]!.map((leaf, i) => ({
      leaf,
      path: levels.slice(0, -1).map((level, height) => level[(i >> height) ^ 1]!),
    }));
    return { root, acks, signature: sign({ ...how, seed, bytes: root }) };
  };
  const { root, acks, signature } = make();
  const check = () =>
    verify({ ...how, publicKey, bytes: root, signature }) &&
    acks.every((ack, i) => same(rootFrom(ack, i), root));
  assert(check(), 'the batch verifies');
  assert(!same(rootFrom(acks[0]!, 1), root), 'a path is of one place');
  const micros = compare(
    repeated({ name: 'sign', run: make }),
    repeated({ name: 'verify', run: check }),
    repeated({ name: 'one', run: () => sign({ ...how, seed, bytes: root }) }),
  );
  const [signed, verified] = ['sign', 'verify'].map((name) => micros.get(name)! / BATCH);
  return [
    {
      name: 'an ack signed, in a batch of 64',
      value: round(signed!),
      unit: 'us',
      against: `one by one: ${round(micros.get('one')!)} us`,
      ratio: micros.get('one')! / signed!,
      goal: '<= 40 us',
    },
    {
      name: 'an ack verified, in a batch of 64',
      value: round(verified!),
      unit: 'us',
      goal: '<= 30 us',
    },
  ];
}

function capsuleRows(suite: KemSuite): Row[] {
  const { seedBytes, entropyBytes } = KEM_SUITES[suite];
  const binding: Binding = {
    role: 'holder',
    network,
    transaction: filled(32, 1),
    pieceRoot: filled(32, 2),
    recipient: utf8('n1'),
    fingerprint: filled(32, 3),
    index: 0,
    policyVersion: 1,
  };
  const jobs = Array.from({ length: HOLDERS }, (_, index) => ({
    suite,
    publicKey: sealingKeyOf(suite, filled(seedBytes, index)),
    binding: Object.assign({}, binding, { index }),
    entropy: filled(entropyBytes, index),
    text: filled(PIECE_BYTES, index),
  }));
  const capsules = sealCapsules(jobs);
  const opening = jobs.map(({ binding }, index) => ({
    suite,
    seed: filled(seedBytes, index),
    binding,
    capsule: capsules[index]!,
  }));
  const opened = openCapsules(opening);
  assert(
    opened.every((one, i) => one.ok && same(one.value, jobs[i]!.text)),
    'all open',
  );
  const row = (name: string, run: () => unknown) => faster(suite, name, run, HOLDERS);
  return [
    row(`seal a piece to its holder, ${suite}`, () => sealCapsules(jobs)),
    row(`open a piece, ${suite}`, () => openCapsules(opening)),
  ];
}

function vrfRows(): Row[] {
  const suite = 'ecvrf-edwards25519-tai';
  const seed = filled(32, 10);
  const publicKey = vrfKeyOf(seed);
  const proof = prove({ suite, seed, input: bytes });
  const check = { suite, publicKey, input: bytes, proof } as const;
  assert(outputOf(check) !== undefined, 'the proof proves');
  return [
    faster('ecvrf', 'ecvrf prove', () => prove({ suite, seed, input: bytes })),
    faster('ecvrf', 'ecvrf verify', () => outputOf(check)),
  ];
}

export const bench: Bench = {
  name: 'crypto',
  question: 'What do the suites cost over bare node:crypto, and a batch of acks to a holder?',
  run: async () => {
    await offerBackends();
    return [
      ...signatureRows('ml-dsa-65'),
      ...signatureRows('ed25519'),
      ...kemRows(),
      cipherRow(),
      ...batchRows(),
      ...capsuleRows('ml-kem-768'),
      ...vrfRows(),
    ];
  },
};
