/** Accusations: what convicts, and how whoever would like to convict somebody is refused. */
import { describe, expect, it } from 'vitest';
import { shard } from '#algorithms/erasure/shards.ts';
import { pieceBytes } from '#algorithms/erasure/code.ts';
import { pieceHash } from '#algorithms/erasure/shards.ts';
import { pathOf, treeOf } from '#algorithms/merkle/tree.ts';
import { sign, verifyMany } from '#algorithms/signature.ts';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { concat } from '#lib/bytes.ts';
import { cityBatch, headDigest, NONE, type CityHead } from '#protocols/city-batch.ts';
import { vertexSignJob, type VertexHead } from '#protocols/vertex-head.ts';
import {
  accusationFault,
  accusationJobs,
  accusedOf,
  type Accusation,
  type AccusationFault,
} from '#protocols/accusation.ts';
import { toBytes, whole } from '#protocols/codec.ts';
import { pieceTreeOf, rowsOf, shapeOfManifest, type Manifest } from '#protocols/manifest.ts';
import {
  answerTree,
  FalseHolding,
  statementSignJob,
  type Answer,
} from '#protocols/proof-of-holding.ts';
import {
  DELEGATES,
  GENESIS,
  LIGHTS,
  NETWORK,
  sealed,
  selfOf,
  type Sealed,
} from './holding/kept-city.ts';
import { listedIn } from './listed.ts';
import { WALL } from './moments.ts';

type Lie = Extract<Accusation, { fault: 'false-holding' }>;

const [tx] = sealed(1) as [Sealed];
const liar = LIGHTS[0]!;
const tree = pieceTreeOf(tx.manifest);

/** What a light would have signed that holds row 0 in another form. */
function lie(more: Partial<Answer> = {}): Lie {
  const asked = {
    txId: tx.manifest.txId,
    row: 0,
    rows: rowsOf(tx.manifest),
    pieceRoot: tree.root,
  };
  const answer: Answer = { asked, says: 'held', pieceHash: pieceHash(Uint8Array.of(1)), ...more };
  const stated = answerTree([answer]);
  const statement = {
    holder: liar,
    auditor: DELEGATES[0],
    nonce: new Uint8Array(16),
    at: stampBytes({ wallMs: WALL, count: 0 }),
    root: stated.root,
    count: 1,
  };
  return {
    fault: 'false-holding',
    answer,
    index: 0,
    path: pathOf(stated, 0),
    statement,
    signature: sign(statementSignJob(NETWORK, statement, selfOf(liar).secrets.signing)),
    pieceHash: pieceHash(tx.pieces[0]!),
    piecePath: pathOf(tree, 0),
    key: listedIn(GENESIS, liar),
  };
}

const faultOf = (accusation: Accusation, manifest?: Manifest): AccusationFault | undefined =>
  accusationFault(GENESIS, accusation, manifest && { manifest, cover: tx.cover });
const stands = (accusation: Accusation, manifest?: Manifest): boolean =>
  faultOf(accusation, manifest) === undefined &&
  verifyMany(accusationJobs(GENESIS, accusation)).every((isTrue) => isTrue);

describe('a holder that signed another hash than the row has', () => {
  it('is convicted by what it signed and the genesis alone', () => {
    const said = lie();
    expect(stands(said)).toBe(true);
    expect(accusedOf(said)).toBe(liar);
    const { fault: _, ...evidence } = said;
    expect(whole(FalseHolding, toBytes(FalseHolding, evidence))).toStrictEqual(evidence);
  });

  it('is not convicted of what is true, or of what it admits', () => {
    expect(faultOf(lie({ pieceHash: pieceHash(tx.pieces[0]!) }))).toBe('no-lie');
    expect(faultOf(lie({ says: 'nothing' }))).toBe('no-lie');
    expect(faultOf(lie({ pieceHash: undefined }))).toBe('no-lie');
  });

  it('is not convicted of what it did not say', () => {
    const said = lie();
    const other = { ...said.answer, pieceHash: pieceHash(Uint8Array.of(2)) };
    expect(faultOf({ ...said, answer: other })).toBe('not-stated');
    expect(faultOf({ ...said, pieceHash: pieceHash(Uint8Array.of(3)) })).toBe('not-of-root');
    expect(
      stands({ ...said, statement: { ...said.statement, nonce: new Uint8Array(16).fill(1) } }),
    ).toBe(false);
  });

  it('is not convicted with the key of another, nor by a list that nobody signed', () => {
    const said = lie();
    const { key } = said;
    expect(faultOf({ ...said, key: listedIn(GENESIS, LIGHTS[1]!) })).toBe('not-listed');
    expect(faultOf({ ...said, key: { ...key, key: listedIn(GENESIS, LIGHTS[1]!).key } })).toBe(
      'not-listed',
    );
    expect(faultOf({ ...said, key: { ...key, index: 1 } })).toBe('not-listed');
    const few = { ...key.frozen, endorsements: key.frozen.endorsements.slice(1) };
    expect(faultOf({ ...said, key: { ...key, frozen: few } })).toBe('not-listed');
    const [first, ...rest] = key.frozen.endorsements;
    const forged = [{ ...first!, signature: new Uint8Array(64) }, ...rest];
    expect(
      stands({ ...said, key: { ...key, frozen: { ...key.frozen, endorsements: forged } } }),
    ).toBe(false);
  });
});

const shown = (pieces: readonly Uint8Array[], rows: readonly number[]): Accusation => ({
  fault: 'bad-manifest',
  pieces: rows.map((row) => ({ row, piece: pieces[row]! })),
});
/** The first rows of one payload, the others of another one. */
function mixed(): readonly [Manifest, Uint8Array[]] {
  const shape = shapeOfManifest(tx.manifest);
  const body = new Uint8Array(tx.manifest.payloadBytes).fill(9);
  const { block } = shard(shape, body, rowsOf(tx.manifest));
  const size = pieceBytes(shape);
  const pieces = tx.pieces.map((piece, row) =>
    row < 2 ? piece : block.slice(row * size, (row + 1) * size),
  );
  const pieceHashes = treeOf(concat(...pieces.map(pieceHash))).levels[0]!;
  return [{ ...tx.manifest, pieceHashes }, pieces];
}

describe('a manifest', () => {
  it('whose pieces are those of no payload is a lie; of its transaction, not of a node', () => {
    const [manifest, pieces] = mixed();
    expect(stands(shown(pieces, [1, 2, 3]), manifest)).toBe(true);
    expect(accusedOf(shown(pieces, [1, 2, 3]))).toBeUndefined();
  });

  it('whose pieces make another body than its sender signed is one', () => {
    const [, other] = sealed(2) as [Sealed, Sealed];
    const manifest = { ...other.manifest, txId: tx.manifest.txId };
    expect(stands(shown(other.pieces, [0, 1, 2]), manifest)).toBe(true);
  });

  it('that is a code is none, and neither is one that was not seen, or pieces of another', () => {
    expect(faultOf(shown(tx.pieces, [0, 4, 6]), tx.manifest)).toBe('no-lie');
    const [manifest, pieces] = mixed();
    expect(faultOf(shown(pieces, [1, 2, 3]))).toBe('no-manifest');
    expect(faultOf(shown(pieces, [1, 2, 3]), tx.manifest)).toBe('not-of-manifest');
    expect(faultOf(shown(pieces, [1, 2]), manifest)).toBe('not-of-manifest');
    expect(faultOf(shown(pieces, [1, 1, 2]), manifest)).toBe('not-of-manifest');
  });
});

const SEALED = {
  place: GENESIS.place,
  epoch: 0,
  prev: NONE,
  proposer: DELEGATES[0],
  round: 3,
  at: new Uint8Array(8),
} as const;

const batchOf = (height: number, stateRoot: Uint8Array): CityHead =>
  cityBatch({ ...SEALED, height, stateRoot }, [], undefined).head;

describe('a delegate', () => {
  const head = { place: GENESIS.place, epoch: 0, author: 0, round: 1, content: NONE };
  const other = { ...head, sealed: NONE };
  const signatures = { signature: new Uint8Array(64), otherSignature: new Uint8Array(64) };
  const said = { delegate: DELEGATES[0], head: { ...head, sealed: undefined }, ...signatures };
  const accusing = (against: VertexHead, delegate = said.delegate) =>
    ({ fault: 'dag-equivocation', ...said, delegate, other: against }) as const;

  it('is convicted by two vertices of one round that it has signed, and by nothing less', () => {
    expect(faultOf(accusing(other))).toBeUndefined();
    expect(accusedOf(accusing(other))).toBe(DELEGATES[0]);
    expect(stands(accusing(other))).toBe(false);
    const { signing } = selfOf(DELEGATES[0]).secrets;
    const signed = (of: VertexHead) => sign(vertexSignJob(NETWORK, of, signing));
    const both = { signature: signed(said.head), otherSignature: signed(other) };
    expect(stands({ ...accusing(other), ...both })).toBe(true);
  });

  it('is convicted by two batches of one height that it has sealed, and by nothing less', () => {
    const { signing } = selfOf(DELEGATES[0]).secrets;
    const voteOf = (batch: CityHead, round: number, epoch = 0) => {
      const vote = { ...head, epoch, round, sealed: headDigest(batch) };
      return { head: vote, signature: sign(vertexSignJob(NETWORK, vote, signing)), batch };
    };
    const [a, b] = [batchOf(7, NONE), batchOf(7, headDigest(batchOf(1, NONE)))];
    const voted = (vote = voteOf(a, 4), against = voteOf(b, 9)) =>
      ({ fault: 'double-vote', delegate: DELEGATES[0], vote, other: against }) as const;
    expect(stands(voted())).toBe(true);
    expect(accusedOf(voted())).toBe(DELEGATES[0]);
    const next = batchOf(8, NONE);
    for (const no of [
      voted(voteOf(a, 4), voteOf(a, 5)),
      voted(voteOf(a, 4), voteOf(next, 9)),
      voted(voteOf(a, 4), { ...voteOf(b, 9), batch: a }),
      voted(voteOf(a, 4, 1), voteOf(b, 9, 1)),
      { ...voted(), delegate: DELEGATES[1] },
    ])
      expect(faultOf(no)).toBe('no-equivocation');
  });

  it('is not convicted by one vertex twice, or by those of two rounds, epochs, cities or authors', () => {
    const no = 'no-equivocation';
    expect(faultOf(accusing(said.head))).toBe(no);
    for (const change of [
      { round: 2 },
      { epoch: 1 },
      { author: 1 },
      { place: 'asia.tokyo.chiyoda' },
    ])
      expect(faultOf(accusing({ ...other, ...change } as VertexHead)), Object.keys(change)[0]).toBe(
        no,
      );
    expect(faultOf(accusing(other, DELEGATES[1]))).toBe(no);
  });
});
