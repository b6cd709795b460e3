/** Acts as their authors sign them, about transactions that are kept.ts's. */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { outputOf } from '#algorithms/vrf.ts';
import { sign } from '#algorithms/signature.ts';
import { ackLeaf } from '#algorithms/identity.ts';
import { HASH_BYTES } from '#algorithms/hash/hash.ts';
import { pathOf, treeOf } from '#algorithms/merkle/tree.ts';
import { actSignJob, type Saying, type Says, type SignedAct } from '#protocols/act.ts';
import { NONE } from '#protocols/city-batch.ts';
import { placesOf, SOUND } from '#protocols/fate.ts';
import { checkJobOf } from '#protocols/placement.ts';
import { promisedUntil, type Renewing } from '#protocols/repair/placing.ts';
import { FIRST_EPOCH } from '#protocols/genesis.ts';
import { batchDigest, batchSignJob } from '#protocols/holding.ts';
import { vertexSignJob, type VertexHead } from '#protocols/vertex-head.ts';
import { member, NETWORK, type Member } from '../sample.ts';
import { WALL } from '../moments.ts';
import { CITY, LIST, type Made } from './kept.ts';

export const sender = member('sender');

export function said(by: Member, about: Made | undefined, what: Says, atMs = WALL): SignedAct {
  const act = {
    version: 1,
    place: CITY.genesis.place,
    about: about?.txId,
    at: stampBytes({ wallMs: atMs, count: 0 }),
    what,
  };
  return { act, key: by.signing, signature: sign(actSignJob(NETWORK, act, by.secrets.signing)) };
}

/** How the rows of a transaction are drawn in a round, while nothing was renewed. */
export function renewing({ certified }: Made, round: number): Renewing {
  const { manifest, cover } = certified;
  const { txId, placement } = manifest;
  const prover = CITY.genesis.delegates.find(({ node }) => node === placement.prover)!;
  const output = outputOf(checkJobOf(NETWORK, txId, placement, prover))!;
  const { expiresAt, from } = cover.header.core;
  const places = placesOf(manifest, SOUND);
  return { manifest, list: LIST, from, output, round, places, expiresAt };
}

/** These rows are held anew by these, who say so. */
export function renewal(
  made: Made,
  round: number,
  rows: readonly number[],
  by: readonly Member[],
): Saying<'repair-ack'> {
  const { txId, pieceHashes } = made.certified.manifest;
  const until = promisedUntil(renewing(made, round), rows[0]!);
  const given = rows.map((row, i) => {
    const hashed = pieceHashes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES);
    const tree = treeOf(ackLeaf(txId, row, hashed, until));
    const { node, secrets } = by[i]!;
    const at = stampBytes({ wallMs: WALL, count: row });
    const head = { signer: node, epoch: FIRST_EPOCH, at, root: tree.root, count: 1 };
    const batch = { head, signature: sign(batchSignJob('ack', NETWORK, head, secrets.signing)) };
    return { batch, ack: { row, batch: batchDigest(batch), leaf: 0, path: pathOf(tree, 0) } };
  });
  const holders = by.map(({ node }) => node);
  return {
    says: 'repair-ack',
    renewal: { round, list: LIST.digest, rows, holders, until: rows.map(() => until) },
    acks: given.map(({ ack }) => ack),
    batches: given.map(({ batch }) => batch),
  };
}

/** Evidence against a delegate: two vertices of one round. */
export function spokenTwice(by: Member, epoch = 0): Saying<'accuse'>['fault'] {
  const headOf = (sealed: Uint8Array | undefined): VertexHead => ({
    place: CITY.genesis.place,
    epoch,
    author: CITY.delegates.findIndex(({ node }) => node === by.node),
    round: 7,
    content: NONE,
    sealed,
  });
  const [head, other] = [headOf(NONE), headOf(undefined)];
  const signed = (said: VertexHead): Uint8Array =>
    sign(vertexSignJob(NETWORK, said, by.secrets.signing));
  return {
    fault: 'dag-equivocation',
    delegate: by.node,
    head,
    signature: signed(head),
    other,
    otherSignature: signed(other),
  };
}
