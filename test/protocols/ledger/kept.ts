/**
 * A city whose delegates keep: real policy, frozen list, draws, acks and signatures (of the quick suite), so that a
 * certificate stands before a ledger exactly as it would in production. Everything follows from names.
 */
import { sign, type SignJob } from '#algorithms/signature.ts';
import { outputOf, prove } from '#algorithms/vrf.ts';
import { treeOf, pathOf } from '#algorithms/merkle/tree.ts';
import { readPolicy } from '#config/policy/read.ts';
import type { Policy } from '#config/policy.ts';
import { endorseJob, type EligibleList } from '#protocols/eligibility.ts';
import { FIRST_EPOCH } from '#protocols/genesis.ts';
import {
  ackLeafOf,
  batchDigest,
  batchSignJob,
  certDigest,
  type Ack,
  type Batch,
} from '#protocols/holding.ts';
import { manifestHashOf, placedRows, type Manifest } from '#protocols/manifest.ts';
import { checkJobOf, drawnFrom, drawPlacement, proveJob } from '#protocols/placement.ts';
import { inForce, type Resolved } from '#protocols/policy.ts';
import { listedOf, rollOf, type Roll } from '#protocols/presence/roll.ts';
import { provers } from '#protocols/provers.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import type { Core } from '#protocols/transaction.ts';
import type { Certified, Offer } from '#protocols/sending.messages.ts';
import { termsOf } from '#protocols/terms-of.ts';
import type { Infer } from '#protocols/codec.ts';
import {
  cityOf,
  holders,
  KOMATSU,
  listOf,
  manifestOf,
  NETWORK,
  txOf,
  type Listed,
  type Member,
  type SampleCity,
} from '../sample.ts';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { WALL } from '../moments.ts';

/** Few pieces: each costs a signature. */
export const POLICY: Policy = smallPolicy();
export const CITY: SampleCity = cityOf(4);
export const PEOPLE: readonly Listed[] = holders(45);
const BY_NAME = new Map(PEOPLE.map(({ who }) => [who.node, who]));

function smallPolicy(): Policy {
  const text =
    'pieces: { k: 3, light_unique: 6, anchor_total: 4 }\nack_rule: { margin: 3 }\nrepair: { start_at: 6, urgent_at: 4, online_floor: 5 }';
  const read = readPolicy(text, 'policy.yaml');
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value.policy;
}

/** The frozen list that everybody places by, endorsed by all delegates. */
export const ROLL: Roll = rollOfPeople();
export const LIST: EligibleList = ROLL.list;

function rollOfPeople(): Roll {
  const { head, digest } = listOf(PEOPLE);
  const endorsements = CITY.delegates.map(({ secrets }, delegate) => ({
    delegate,
    signature: sign(endorseJob(NETWORK, digest, secrets.signing)),
  }));
  const members = PEOPLE.toSorted((a, b) => (a.as.node < b.as.node ? -1 : 1)).map(({ who, as }) =>
    listedOf({ eligible: as, sealing: who.sealing, signing: who.signing })!,
  );
  return rollOf({ head, endorsements }, members)!;
}

export type AnyCertified = Infer<typeof Certified>;
export interface Made {
  readonly certified: AnyCertified;
  readonly batches: readonly Batch[];
  readonly txId: Uint8Array;
  readonly cert: Uint8Array;
}

export interface Wish {
  readonly seq?: number;
  readonly sender?: Member;
  /** What it asks of objects, of whom. */
  readonly asks?: Pick<Core, 'receiver' | 'op'> & Partial<Pick<Core, 'to' | 'objects'>>;
  readonly expiresAt?: number;
  readonly createdMs?: number;
  /** Who of those that may draws. */
  readonly prover?: number;
  /** Which rows acknowledge: the first 30 and some anchors as a rule. */
  readonly rows?: readonly number[];
  readonly terms?: (of: Resolved) => Resolved;
  readonly manifest?: (of: Manifest) => Manifest;
  /** The row of a light that its first spare has. */
  readonly spared?: number;
  /** What becomes of a signature of an ack batch. */
  readonly signature?: (of: Uint8Array) => Uint8Array;
}

type Signed = ReturnType<typeof txOf>;
const signed = new Map<string, Signed>();

/** One transaction for one name and wish, also where the KEM in force draws entropy of its own. */
function signedAs(text: string, wish: Wish): Signed {
  const { seq = 1, expiresAt = WALL + 3_600_000, createdMs = WALL, sender } = wish;
  const { asks = {} } = wish;
  const name = [text, seq, expiresAt, createdMs, sender?.node, ...Object.values(asks)].join(' ');
  const createdAt = stampBytes({ wallMs: createdMs, count: 0 });
  const found = signed.get(name) ?? txOf(text, { seq, expiresAt, createdAt, ...asks }, sender);
  signed.set(name, found);
  return found;
}

/** A transaction with its certificate, as S1 to S5 make them. */
export function made(text: string, wish: Wish = {}): Made {
  const { tx, txId } = signedAs(text, wish);
  const terms = (wish.terms ?? ((of) => of))(termsOf(inForce(1, POLICY))(LIST, txId));
  const prover = provers(CITY.genesis, txId)[wish.prover ?? 0]!;
  const drawer = CITY.delegates.find(({ node }) => node === prover.node)!;
  const proof = prove(proveJob(drawer.secrets.vrf, drawnFrom(NETWORK, txId, LIST.digest)));
  const output = outputOf(checkJobOf(NETWORK, txId, { list: LIST.digest, proof }, prover))!;
  const drawn = drawPlacement({ list: LIST, terms, from: KOMATSU, output });
  if (!drawn.ok) throw new Error(drawn.error);
  const placement = { list: LIST.digest, prover: prover.node, proof, ...drawn.value };
  const made = manifestOf(tx, placement, terms).manifest;
  const manifest = (wish.manifest ?? ((of) => of))(made);
  return certify(tx.cover, manifest, wish);
}

/** All but one light. */
const enoughRows = (manifest: Manifest): number[] =>
  Array.from({ length: placedRows(manifest) }, (_, row) => row).filter((row) => row >= 1);

function certify(cover: AnyCertified['cover'], manifest: Manifest, wish: Wish): Made {
  const rows = wish.rows ?? enoughRows(manifest);
  const { holders, spares } = manifest.placement;
  const given = rows.map((row) =>
    ackOf(manifest, row, row === wish.spared ? spares[0]! : holders[row]!, wish.signature),
  );
  const acks = given.map(({ ack }) => ack);
  const cert = { txId: manifest.txId, manifestHash: manifestHashOf(manifest), acks };
  const certified = { cover, manifest, cert };
  const batches = given.map(({ batch }) => batch);
  return { certified, batches, txId: manifest.txId, cert: certDigest(cert) };
}

/** A batch of one, by whoever has the row. */
function ackOf(
  manifest: Manifest,
  row: number,
  by: NodeAddress,
  spoil: Wish['signature'] = (of) => of,
): { ack: Ack; batch: Batch } {
  const holder = BY_NAME.get(by)!;
  const tree = treeOf(ackLeafOf(manifest, row));
  const at = stampBytes({ wallMs: WALL, count: row });
  const head = { signer: holder.node, epoch: FIRST_EPOCH, at, root: tree.root, count: 1 };
  const job: SignJob = batchSignJob('ack', NETWORK, head, holder.secrets.signing);
  const batch = { head, signature: spoil(sign(job)) };
  return { batch, ack: { row, batch: batchDigest(batch), leaf: 0, path: pathOf(tree, 0) } };
}

export const offerOf = (...all: readonly Made[]): Offer => ({
  kind: 'ledger.offer',
  certified: all.map(({ certified }) => certified),
  batches: all.flatMap(({ batches }) => batches),
});
