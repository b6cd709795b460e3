/**
 * Proving: a holder answers an audit. The rows are read as for anybody who reads them, one signature covers all
 * answers of a challenge.
 *
 *   holder.prove --(fetch each row)--> found, nothing, damaged --(hash)--> answers --(sign, a job)--> holder.proved
 *
 * Safety: it says of a row only what its own path shows under the root that was asked for; so nothing that it
 * signs is ever evidence against it. What it has not it admits, and what the disk gave back damaged as well.
 * Bounds: challenges of delegates alone, so many at a time; beyond that they are dropped and asked again.
 */
import { stampBytes, WALL_MS_MAX } from '#algorithms/clock/hlc.ts';
import { pieceHash } from '#algorithms/erasure/shards.ts';
import { isIncluded } from '#algorithms/merkle/tree.ts';
import {
  compute,
  NOTHING,
  peek,
  reply,
  type Effect,
  type Moment,
  type PieceFound,
  type Plain,
} from '../effect.ts';
import { Proved, type Prove } from '../holder.messages.ts';
import type { ShownPiece } from '../piece.ts';
import {
  answerTree,
  statementSignJob,
  type Answer,
  type ChallengedRow,
  type Statement,
} from '../proof-of-holding.ts';
import { nameOf, nodeOf, type NodeAddress } from '../subjects.ts';
import { same } from '#lib/bytes.ts';
import { pieceKey, readHeld } from './held-piece.ts';
import { mayHave } from './inventory.ts';
import type { Holder, Holding } from './state.ts';

/** Challenges at a time: of 26 KB each in the owner's numbers. */
const PROVING_MAX = 64;
const ID = 'prove:';

interface Shown {
  readonly answer: Answer;
  readonly piece: ShownPiece | undefined;
}

interface Challenge {
  readonly asked: Prove;
  readonly auditor: NodeAddress;
  readonly to: Pick<Moment, 'from' | 'ticket'>;
  readonly shown: Shown[];
  left: number;
  statement: Statement | undefined;
}

export interface Proving {
  begun: number;
  readonly underWay: Map<string, Challenge>;
}

export const noProofs = (): Proving => ({ begun: 0, underWay: new Map() });
export const isProving = (id: string): boolean => id.startsWith(ID);

type Did = readonly Effect<Proved>[];

export function prove(holding: Holding, asked: Prove, at: Moment): Did {
  const { holder, inventory, proving } = holding;
  const auditor = auditorOf(holder, at);
  if (auditor === undefined || proving.underWay.size >= PROVING_MAX) return NOTHING;
  const id = `${ID}${++proving.begun}`;
  const shown = asked.wanted.map((row) => ({ answer: lacking(row, 'nothing'), piece: undefined }));
  const to = { from: at.from, ticket: at.ticket };
  const challenge = { asked, auditor, to, shown, left: 0, statement: undefined };
  proving.underWay.set(id, challenge);
  const reads = asked.wanted.flatMap(({ txId, row }, i) =>
    mayHave(inventory, txId) ? [peek(`${id}/${i}`, pieceKey(holder.role, txId, row))] : [],
  );
  challenge.left = reads.length;
  return reads.length === 0 ? sign(holding, id, challenge, at) : reads;
}

/** Delegates audit: a signature is too dear for whoever asks. */
function auditorOf({ genesis }: Holder, { from }: Moment): NodeAddress | undefined {
  if (from === undefined || nameOf(from) !== 'audit') return undefined;
  return genesis.delegates.find(({ node }) => node === nodeOf(from))?.node;
}

/** One row was read. */
export function read(holding: Holding, of: string, found: PieceFound, at: Moment): Did {
  const [id, i] = of.split('/') as [string, string];
  const challenge = holding.proving.underWay.get(id);
  if (challenge === undefined) return NOTHING;
  challenge.shown[Number(i)] = shownOf(challenge.asked.wanted[Number(i)]!, found);
  return --challenge.left === 0 ? sign(holding, id, challenge, at) : NOTHING;
}

function shownOf(asked: ChallengedRow, there: PieceFound): Shown {
  if (there.found !== 'piece') return { answer: lacking(asked, there.found), piece: undefined };
  const held = readHeld(there.value);
  if (held === undefined) return { answer: lacking(asked, 'damaged'), piece: undefined };
  const { row, rows, pieceRoot, path, piece } = held;
  const isIt = row === asked.row && rows === asked.rows && same(pieceRoot, asked.pieceRoot);
  if (!isIt) return { answer: lacking(asked, 'nothing'), piece: undefined };
  const hash = pieceHash(piece);
  if (!isIncluded({ root: pieceRoot, count: rows }, row, hash, path))
    return { answer: lacking(asked, 'damaged'), piece: undefined };
  return { answer: { asked, says: 'held', pieceHash: hash }, piece: { row, piece } };
}

const lacking = (asked: ChallengedRow, says: 'nothing' | 'damaged'): Answer => ({
  asked,
  says,
  pieceHash: undefined,
});

function sign({ holder }: Holding, id: string, challenge: Challenge, { wall }: Moment): Did {
  const { asked, auditor, shown } = challenge;
  const statement: Statement = {
    holder: holder.node,
    auditor,
    nonce: asked.nonce,
    at: stampBytes({ wallMs: Math.min(WALL_MS_MAX, Math.max(0, Math.floor(wall))), count: 0 }),
    root: answerTree(shown.map(({ answer }) => answer)).root,
    count: shown.length,
  };
  challenge.statement = statement;
  const job = statementSignJob(holder.genesis.network, statement, holder.secrets.signing);
  return [compute(id, 'hold.prove', job as unknown as Plain)];
}

export function proved({ proving }: Holding, id: string, output: Plain): Did {
  const challenge = proving.underWay.get(id);
  proving.underWay.delete(id);
  if (challenge?.statement === undefined) return NOTHING;
  const { statement, shown, to } = challenge;
  const signature = output as Uint8Array;
  const pieces = shown.flatMap(({ piece }) => (piece === undefined ? [] : [piece]));
  const answers = shown.map(({ answer }) => answer);
  return reply(to, Proved.of({ statement, signature, answers, pieces }));
}

/** The signer failed: the auditor asks again. */
export function unproved({ proving }: Holding, id: string): Did {
  proving.underWay.delete(id);
  return NOTHING;
}
