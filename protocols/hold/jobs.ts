/**
 * Jobs of those who hold and of those who check that they do: what is too heavy for a step.
 *
 * | job            | does                                                     | asked by            |
 * | -------------- | -------------------------------------------------------- | ------------------- |
 * | `hold.open`    | verifies orders, opens capsules, checks the pieces       | holder              |
 * | `hold.prove`   | signs the answers of an audit                            | holder              |
 * | `hold.sign`    | signs a wish (protocols/leaving.ts)                      | holder              |
 * | `batch.verify` | verifies signatures of batches                           | S4, ledger, readers |
 */
import { isPieceOf } from '#algorithms/erasure/shards.ts';
import { openCapsule, type OpenJob } from '#algorithms/seal.ts';
import { sign, verify, verifyMany, type SignJob, type VerifyJob } from '#algorithms/signature.ts';
import type { Plain } from '../effect.ts';

export interface ToOpen {
  /** Of its order among those to be verified; absent when that was verified before. */
  readonly order: number | undefined;
  /** Absent when the piece is held already. */
  readonly open: OpenJob | undefined;
  readonly row: number;
  readonly rows: number;
  readonly pieceRoot: Uint8Array;
  readonly path: Uint8Array;
}

export interface OpenInput {
  readonly orders: readonly VerifyJob[];
  readonly pieces: readonly ToOpen[];
}

/** The piece, nothing where it is held already, or why it is refused. */
export type Opened = Uint8Array | undefined | 'not-assigned' | 'bad-seal' | 'malformed';

export interface OpenOutput {
  readonly orders: readonly boolean[];
  readonly pieces: readonly Opened[];
}

function openPieces({ orders, pieces }: OpenInput): OpenOutput {
  const stand = orders.map(verify);
  return { orders: stand, pieces: pieces.map((piece) => openPiece(piece, stand)) };
}

function openPiece(piece: ToOpen, stand: readonly boolean[]): Opened {
  const { order, open, row, rows, pieceRoot, path } = piece;
  if (order !== undefined && stand[order] !== true) return 'not-assigned';
  if (open === undefined) return undefined;
  const opened = openCapsule(open);
  if (!opened.ok) return 'bad-seal';
  const bytes = opened.value;
  const isPiece = isPieceOf({ root: pieceRoot, count: rows }, { index: row, bytes }, path);
  return isPiece ? bytes : 'malformed';
}

type Job = (input: Plain) => Plain;
/** What comes out of a step goes into a job as it is: the pool's types know only that it is plain. */
const job = <I, O>(run: (input: I) => O): Job => run as unknown as Job;

export const HOLD_JOBS: Readonly<Record<string, Job>> = {
  'hold.open': job(openPieces),
  'hold.prove': job((input: SignJob) => sign(input)),
  'hold.sign': job((input: SignJob) => sign(input)),
  'batch.verify': job((input: readonly VerifyJob[]) => verifyMany(input)),
};
