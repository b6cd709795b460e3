/**
 * How many pieces does an audit check in a second of one core?
 *
 * A challenge of 16 rows of transactions of 16 KB in the owner's numbers (10 of 42, pieces of 1.6 KB), under
 * ML-DSA-65. The auditor's side is all that it takes: of each row the manifest and the certificate as its ledger
 * reads them from the disk, when nothing of them is remembered; the answer read from its bytes; the signature, the
 * hashes. The holder's side: each piece against its path, the answers' tree, the signature, the bytes. Beside
 * them what cannot be saved: the bare signature and the bare hashes.
 */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { pieceHash } from '#algorithms/erasure/shards.ts';
import { pathOf, treeOf } from '#algorithms/merkle/tree.ts';
import { sign, verify, verifyingKeyOf } from '#algorithms/signature.ts';
import { isPieceOf } from '#algorithms/erasure/shards.ts';
import { DEFAULTS } from '#config/policy/read.ts';
import { assert } from '#lib/assert.ts';
import { concat, utf8 } from '#lib/bytes.ts';
import { check, type CheckInput } from '#protocols/audit/jobs.ts';
import { factsOf } from '#protocols/audit/facts.ts';
import { toBytes, whole } from '#protocols/codec.ts';
import { SOUND } from '#protocols/fate.ts';
import { AckCert } from '#protocols/holding.ts';
import { Proved } from '#protocols/holder.messages.ts';
import { Told } from '#protocols/ledger.messages.ts';
import { Manifest, rowsOf } from '#protocols/manifest.ts';
import { inForce, resolved } from '#protocols/policy.ts';
import {
  answerTree,
  CHALLENGED_MAX,
  statementSignJob,
  statementVerifyJob,
  type Answer,
  type ChallengedRow,
} from '#protocols/proof-of-holding.ts';
import { nodeAddress, place } from '#protocols/subjects.ts';
import { compare, type Bench, type Row } from './bench.ts';

const NETWORK = utf8('bench');
const CITY = place('asia.ishikawa.komatsu');
const [HOLDER, AUDITOR] = [nodeAddress(CITY, 'l1'), nodeAddress(CITY, 'd1')];
const PIECE_BYTES = 1_640;
const ROW = 7;
const SUITE = 'ml-dsa-65';
const SEED = new Uint8Array(32).fill(1);
const NONCE = new Uint8Array(16).fill(2);
const UNTIL = 2_000_000_000_000;

interface Kept {
  readonly manifest: Uint8Array;
  readonly cert: Uint8Array;
  readonly piece: Uint8Array;
  readonly path: Uint8Array;
  readonly asked: ChallengedRow;
  readonly hash: Uint8Array;
}

const bytesOf = (length: number, of: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + of * 7 + (i >> 8)) & 0xff);

function kept(of: number): Kept {
  const anchors = new Map([
    ['asia', 3],
    ['europe', 3],
  ]);
  const inputs = {
    at: 0,
    city: CITY,
    anchors,
    lights: 100,
    fullLights: 0,
    pLight: new Map(),
    tx: new Uint8Array(32),
  };
  const terms = resolved(inForce(1, DEFAULTS), inputs);
  const pieces = Array.from({ length: 44 }, (_, row) => bytesOf(PIECE_BYTES, of * 64 + row));
  const tree = treeOf(concat(...pieces.map(pieceHash)));
  const txId = bytesOf(32, of);
  const holders = pieces.map((_, row) => (row === ROW ? HOLDER : nodeAddress(CITY, `n${row}`)));
  const placement = {
    list: txId,
    prover: AUDITOR,
    proof: new Uint8Array(80),
    holders,
    spares: holders.slice(0, 10),
  };
  const manifest = {
    version: 1,
    txId,
    payloadBytes: 10 * PIECE_BYTES,
    pieceHashes: tree.levels[0]!,
    placement,
    terms,
    lightUntil: UNTIL,
    anchorUntil: UNTIL,
  };
  const acks = pieces
    .slice(0, 28)
    .map((_, row) => ({ row, batch: txId, leaf: 0, path: new Uint8Array(128) }));
  return {
    manifest: toBytes(Manifest, manifest),
    cert: toBytes(AckCert, { txId, manifestHash: txId, acks }),
    piece: pieces[ROW]!,
    path: pathOf(tree, ROW),
    asked: { txId, row: ROW, rows: rowsOf(manifest), pieceRoot: tree.root },
    hash: pieceHash(pieces[ROW]!),
  };
}

/** As its ledger reads it, and what an audit takes from it. */
function facts({ manifest: bytes, cert: certBytes }: Kept): void {
  const [manifest, cert] = [whole(Manifest, bytes), whole(AckCert, certBytes)];
  const { txId } = manifest;
  const nothing = { cause: undefined, cover: undefined, proof: undefined, quorum: undefined };
  const told = Told.of({
    txId,
    known: 'ordered',
    state: 'COMMITTED',
    ...nothing,
    manifest,
    cert,
    expiresAt: UNTIL,
    fate: SOUND,
  });
  assert(factsOf(told) !== undefined, 'somebody owes it');
}

function answer(all: readonly Kept[]): Uint8Array {
  const answers = all.map(({ asked, piece, path }): Answer => {
    const head = { root: asked.pieceRoot, count: asked.rows };
    assert(isPieceOf(head, { index: ROW, bytes: piece }, path), 'it is the piece');
    return { asked, says: 'held', pieceHash: pieceHash(piece) };
  });
  const { root, count } = answerTree(answers);
  const at = stampBytes({ wallMs: 1, count: 0 });
  const statement = { holder: HOLDER, auditor: AUDITOR, nonce: NONCE, at, root, count };
  const signature = sign(statementSignJob(NETWORK, statement, { suite: SUITE, seed: SEED }));
  const pieces = all.map(({ piece }) => ({ row: ROW, piece }));
  return toBytes(Proved.body, { statement, signature, answers, pieces });
}

const times = (work: () => void) => (count: number) => {
  for (let i = 0; i < count; i++) work();
};

function run(): Promise<readonly Row[]> {
  const all = Array.from({ length: CHALLENGED_MAX }, (_, i) => kept(i));
  const bytes = answer(all);
  const key = { suite: SUITE, key: verifyingKeyOf(SUITE, SEED) } as const;
  const asked = {
    network: NETWORK,
    holder: HOLDER,
    auditor: AUDITOR,
    nonce: NONCE,
    key,
    takesOld: false,
  };
  const [wanted, hashes] = [all.map((each) => each.asked), all.map(({ hash }) => hash)];
  const checked = (from: Uint8Array): ReturnType<typeof check> => {
    const input: CheckInput = { ...asked, wanted, hashes, proved: whole(Proved.body, from) };
    return check(input);
  };
  assert(checked(bytes)?.every((finding) => finding === 'held') === true, 'all is there');
  const { statement, signature } = whole(Proved.body, bytes);
  const micros = compare(
    {
      name: 'auditor, nothing remembered',
      run: times(() => {
        for (const each of all) facts(each);
        checked(bytes);
      }),
    },
    { name: 'auditor, manifests remembered', run: times(() => checked(bytes)) },
    { name: 'holder', run: times(() => answer(all)) },
    {
      name: 'floor: verifying and hashing',
      run: times(() => {
        verify(statementVerifyJob(NETWORK, statement, signature, key));
        for (const { piece } of all) pieceHash(piece);
      }),
    },
    {
      name: 'floor: signing and hashing',
      run: times(() => {
        sign(statementSignJob(NETWORK, statement, { suite: SUITE, seed: SEED }));
        for (const { piece } of all) pieceHash(piece);
      }),
    },
  );
  const rate = (name: string): number => (CHALLENGED_MAX * 1_000_000) / micros.get(name)!;
  const row = (name: string, floor: string): Row => ({
    name,
    value: Math.round(rate(name)),
    unit: 'pieces a CPU second',
    against: floor,
    ratio: micros.get(name)! / micros.get(floor)!,
    goal: '>= 1000',
  });
  return Promise.resolve([
    row('auditor, nothing remembered', 'floor: verifying and hashing'),
    row('auditor, manifests remembered', 'floor: verifying and hashing'),
    row('holder', 'floor: signing and hashing'),
  ]);
}

export const bench: Bench = {
  name: 'audit',
  question: 'how many pieces does an audit check in a second of one core?',
  run,
};
