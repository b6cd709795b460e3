/**
 * Samples: a genesis, frozen lists, terms, transactions and manifests as the real ones are, for tests of
 * whoever sends, holds, checks or orders them. Keys, places and lists follow from names, so a test that fails
 * fails again; a transaction does not where the native KEM draws its own entropy. Real cryptography, in
 * its cheapest suites; each key is made once a process.
 */
import { WEIGHT_MAX } from '#algorithms/rendezvous/membership.ts';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { domain, hash, HASH_BYTES } from '#algorithms/hash/hash.ts';
import { sealingKeyOf, KEM_SUITES } from '#algorithms/kem.ts';
import { verifyingKeyOf } from '#algorithms/signature.ts';
import { shapeOf } from '#algorithms/erasure/code.ts';
import { shard } from '#algorithms/erasure/shards.ts';
import { vrfKeyOf } from '#algorithms/vrf.ts';
import { lru } from '#lib/lru.ts';
import { NO_PROBE } from '#lib/probe.ts';
import { concat, utf8 } from '#lib/bytes.ts';
import { compose, composeEntropy, type Draft } from '#protocols/compose.ts';
import {
  eligibleDigest,
  eligibleHead,
  type Eligible,
  type EligibleList,
  type Freeze,
  type HolderRole,
} from '#protocols/eligibility.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { heldTimes, type Manifest, type Placement } from '#protocols/manifest.ts';
import { piecesOf, type Resolved } from '#protocols/policy.ts';
import type { NodeSecrets, Self } from '#protocols/self.ts';
import { nodeAddress, place, type NodeAddress, type Place } from '#protocols/subjects.ts';
import type { SealingKey, VerifyingKey } from '#protocols/terms.ts';
import { fingerprintOf, readerFingerprintOf, txIdOf, type Tx } from '#protocols/transaction.ts';
import { WALL } from './moments.ts';

export const NETWORK = utf8('test');
export const KOMATSU = place('asia.ishikawa.komatsu');
export const KANAZAWA = place('asia.ishikawa.kanazawa');
export const TOKYO = place('asia.tokyo.shinjuku');
export const PARIS = place('europe.france.paris');

const SAMPLE = domain('sample');

/** Bytes that follow from a name. */
export function bytesOf(name: string, length: number = HASH_BYTES): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let i = 0; i * HASH_BYTES < length; i++) parts.push(hash(SAMPLE, utf8(`${name} ${i}`)));
  return concat(...parts).slice(0, length);
}

/** Somebody with keys: a delegate, a holder, a sender, a reader. */
export interface Member {
  readonly node: NodeAddress;
  readonly secrets: NodeSecrets;
  readonly signing: VerifyingKey;
  readonly sealing: SealingKey;
}

const SIGNATURE = 'ed25519';
const KEM = 'ml-kem-768';
const members = lru<string, Member>(4_096);

/** The same each time: keys follow from the name. */
export function member(name: string, at: Place = KOMATSU): Member {
  const node = nodeAddress(at, name);
  const known = members.get(node);
  if (known !== undefined) return known;
  const signing = { suite: SIGNATURE, seed: bytesOf(`signing ${node}`) } as const;
  const sealing = {
    suite: KEM,
    seed: bytesOf(`sealing ${node}`, KEM_SUITES[KEM].seedBytes),
  } as const;
  const made = {
    node,
    secrets: { signing, sealing, vrf: bytesOf(`vrf ${node}`) },
    signing: { suite: SIGNATURE, key: verifyingKeyOf(SIGNATURE, signing.seed) },
    sealing: { suite: KEM, key: sealingKeyOf(KEM, sealing.seed) },
  } as const;
  members.put(node, made);
  return made;
}

export const selfOf = (
  genesis: Genesis,
  { node, secrets }: Member,
  more?: Partial<Self>,
): Self => ({
  genesis,
  node,
  secrets,
  probe: NO_PROBE,
  ...more,
});

export interface SampleCity {
  readonly genesis: Genesis;
  readonly delegates: readonly Member[];
  readonly grantor: Member;
}

/** A city with so many delegates of equal stake. */
export function cityOf(delegates = 4): SampleCity {
  const named = Array.from({ length: delegates }, (_, i) => member(`d${i + 1}`));
  const standing = named.toSorted((a, b) => (a.node < b.node ? -1 : 1));
  const grantor = member('grantor');
  const genesis = {
    version: 1,
    network: NETWORK,
    place: KOMATSU,
    delegates: standing.map(({ node, signing, secrets }) => ({
      node,
      stake: 100n,
      signing,
      vrf: vrfKeyOf(secrets.vrf),
    })),
    grantor: grantor.signing,
  };
  return { genesis, delegates: standing, grantor };
}

/** One that may hold pieces: with keys of its own, on a device and of an operator of its own. */
export function eligible(
  { node, sealing, signing }: Member,
  role: HolderRole,
  more: Partial<Eligible> = {},
): Eligible {
  return {
    node,
    role,
    operator: bytesOf(`operator ${node}`),
    device: bytesOf(`device ${node}`),
    weight: WEIGHT_MAX / 2,
    fingerprint: readerFingerprintOf(sealing),
    signer: fingerprintOf(signing),
    ...more,
  };
}

export interface Listed {
  readonly who: Member;
  readonly as: Eligible;
}

/** So many lights of a city, with these names. */
export const lightsOf = (count: number, at: Place = KOMATSU, name = 'l'): Listed[] =>
  listed(count, at, name, 'light');
export const anchorsOf = (count: number, at: Place = KOMATSU, name = 'a'): Listed[] =>
  listed(count, at, name, 'anchor');

function listed(count: number, at: Place, name: string, role: HolderRole): Listed[] {
  return Array.from({ length: count }, (_, i) => {
    const who = member(`${name}${i + 1}`, at);
    return { who, as: eligible(who, role) };
  });
}

/** What nearly every test wants: lights in the city, three anchors on each of two continents. */
export const holders = (lights = 45): Listed[] => [
  ...lightsOf(lights),
  ...anchorsOf(3, KOMATSU),
  ...anchorsOf(3, PARIS),
];

/** A frozen list of these, in whatever order they come. */
export function listOf(all: readonly Listed[], freeze: Partial<Freeze> = {}): EligibleList {
  const standing = all.toSorted((a, b) => (a.as.node < b.as.node ? -1 : 1));
  const nodes = standing.map(({ as }) => as);
  const by = member('d1').node;
  const first = { place: KOMATSU, number: 1, at: WALL, by, follows: undefined, lights: [] };
  const head = eligibleHead({ ...first, ...freeze }, nodes);
  const keys = standing.map(({ who }) => who.sealing);
  const signers = standing.map(({ who }) => who.signing);
  return { head, digest: eligibleDigest(head), nodes, keys, signers };
}

/** The owner's numbers: 10 of 42, 30 lights, 12 anchor pieces on two continents, 25 acks. */
export const termsOf = (more: Partial<Resolved> = {}): Resolved => ({
  version: 1,
  digest: bytesOf('policy'),
  k: 10,
  lights: 30,
  perOperator: 3,
  events: [],
  continents: [
    { continent: 'asia', anchors: 3, pieces: 6 },
    { continent: 'europe', anchors: 3, pieces: 6 },
  ],
  ackNeeded: 25,
  ackLocalPermille: 666,
  ackAnchors: 2,
  ackDeadlineMs: 300,
  escalatePieces: 2,
  lightTtlMs: 180 * 86_400_000,
  anchorTtlMs: 0,
  stripeBytes: 65_536,
  signatureSuite: SIGNATURE,
  kemSuite: KEM,
  repairAt: 26,
  urgentAt: 16,
  anchorPiecesLow: 9,
  onlineFloor: 12,
  features: ['audits_enabled'],
  fired: [],
  ...more,
});

export const draftOf = (more: Partial<Draft> = {}): Draft => ({
  receiver: undefined,
  from: KOMATSU,
  to: KOMATSU,
  seq: 1,
  createdAt: stampBytes({ wallMs: WALL, count: 0 }),
  expiresAt: WALL + 365 * 86_400_000,
  completes: 'on-commit',
  op: new Uint8Array(),
  objects: [],
  ...more,
});

/** A signed transaction of a sender, who can read it, as can the reader. */
export function txOf(
  text = 'tamago wo hitotsu',
  draft: Partial<Draft> = {},
  sender: Member = member('sender'),
  reader: Member = member('reader'),
): { readonly tx: Tx; readonly txId: Uint8Array } {
  const readers = [sender.sealing, reader.sealing];
  const made = compose({
    network: NETWORK,
    draft: draftOf(draft),
    text: utf8(text),
    readers,
    signing: sender.secrets.signing,
    entropy: bytesOf(`entropy ${text} ${draft.seq ?? 1}`, composeEntropy(readers)),
  });
  if (!made.ok) throw new Error(made.error);
  return { tx: made.value, txId: txIdOf(made.value.cover.header) };
}

/** A placement that deals rows out in the order of the names: not one that anybody drew. */
export function placementOf(list: EligibleList, terms: Resolved, prover: NodeAddress): Placement {
  const named = (role: HolderRole): NodeAddress[] =>
    list.nodes.filter((node) => node.role === role).map(({ node }) => node);
  const lights = named('light');
  const anchors = named('anchor');
  const anchored = terms.continents.flatMap(({ continent, pieces }) => {
    const own = anchors.filter((node) => node.startsWith(`${continent}.`));
    return Array.from({ length: pieces }, (_, i) => own[i % own.length]!);
  });
  const more = Array.from({ length: terms.escalatePieces }, (_, i) => anchors[i]!);
  return {
    list: list.digest,
    prover,
    proof: new Uint8Array(80),
    holders: [...lights.slice(0, terms.lights), ...anchored, ...more],
    spares: lights.slice(terms.lights, terms.lights + 10),
  };
}

/** A manifest of a transaction, really coded, and all of its rows, one after another. */
export function manifestOf(
  { cover, body }: Tx,
  placement: Placement,
  terms: Resolved = termsOf(),
): { readonly manifest: Manifest; readonly block: Uint8Array } {
  const rows = piecesOf(terms) + terms.escalatePieces;
  const { block, tree } = shard(shapeOf(terms.k, body.length, terms.stripeBytes), body, rows);
  const manifest = {
    version: 1,
    txId: txIdOf(cover.header),
    payloadBytes: body.length,
    pieceHashes: tree.levels[0]!,
    placement,
    terms,
    ...heldTimes(cover.header.core, terms),
  };
  return { manifest, block };
}
