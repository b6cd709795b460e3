/**
 * Accusations: evidence that convicts without a witness. Whoever found it may bring it; what it says follows
 * from it, the genesis and the committee of its epoch alone, so that it means the same on every node.
 *
 *   false-holding   a holder signed that it holds a row with another hash than the row has
 *   bad-manifest    pieces that all fit a manifest and are those of no payload, or of another one than the sender
 *                   signed: nobody can ever read it
 *   dag-equivocation  a delegate signed two vertices of one round
 *   double-vote    a delegate sealed two batches at one height
 *   level-fault    a delegate signed two things above its city, of which nobody honest signs both (level-evidence.ts)
 *
 * First `evidenceFault`, which hashes a little; then what is heavy, which belongs into a job: the signatures, and for a
 * manifest coding once (`isCodedLie`). `accusationFault` is both but for the signatures.
 */
import type { Piece, Shape } from '#algorithms/erasure/code.ts';
import { restore } from '#algorithms/erasure/shards.ts';
import { isIncluded } from '#algorithms/merkle/tree.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import { same } from '#lib/bytes.ts';
import type { Saying } from './act.ts';
import { onlyFirst, type CommitteeOf } from './committee.ts';
import { doubleVoteJobs } from './double-vote.ts';
import type { Genesis } from './genesis.ts';
import { levelFaultJobs } from './level-evidence.ts';
import { isKeyOf, listedKeyJobs } from './listed-key.ts';
import { shapeOfManifest } from './manifest.ts';
import { isOfManifest, type BadManifest } from './piece.ts';
import { isStated, statementVerifyJob, type FalseHolding } from './proof-of-holding.ts';
import type { Certified } from './sending.messages.ts';
import type { NodeAddress } from './subjects.ts';
import { isBodyOf, type Header } from './transaction.ts';
import { equivocationJobs } from './vertex-head.ts';

export type Accusation = Saying<'accuse'>['fault'];
/** What is known of the transaction in question. */
export type About = Pick<Certified, 'manifest' | 'cover'>;

/** Why an accusation shows nothing. */
export type AccusationFault =
  /** What was said is true, or was not said to hold it. */
  | 'no-lie'
  | 'not-stated'
  | 'not-of-root'
  | 'not-listed'
  | 'no-manifest'
  | 'not-of-manifest'
  | 'no-equivocation';

export function accusationFault(
  genesis: Genesis,
  accusation: Accusation,
  /** The transaction in question, as it was ordered. */
  about: About | undefined,
  committees: CommitteeOf = onlyFirst(genesis),
): AccusationFault | undefined {
  const fault = evidenceFault(genesis, accusation, about, committees);
  if (fault !== undefined) return fault;
  const coding = codingOf(accusation, about);
  return coding === undefined || isCodedLie(coding) ? undefined : 'no-lie';
}

/** What is wrong with it before anything heavy is done. */
export function evidenceFault(
  genesis: Genesis,
  accusation: Accusation,
  about: About | undefined,
  committees: CommitteeOf = onlyFirst(genesis),
): AccusationFault | undefined {
  switch (accusation.fault) {
    case 'false-holding':
      return holdingFault(genesis, accusation);
    case 'bad-manifest':
      return about === undefined ? 'no-manifest' : piecesFault(about, accusation);
    case 'dag-equivocation':
    case 'double-vote':
      return ofDelegateJobs(genesis, accusation, committees) === undefined
        ? 'no-equivocation'
        : undefined;
    case 'level-fault':
      return levelFaultJobs(genesis, accusation) === undefined ? 'no-equivocation' : undefined;
  }
}

/** What must all verify for an accusation without a fault to stand. */
export function accusationJobs(
  genesis: Genesis,
  accusation: Accusation,
  committees: CommitteeOf = onlyFirst(genesis),
): readonly VerifyJob[] {
  switch (accusation.fault) {
    case 'false-holding': {
      const { statement, signature, key } = accusation;
      const said = statementVerifyJob(genesis.network, statement, signature, key.key);
      return [said, ...listedKeyJobs(genesis, key)];
    }
    case 'bad-manifest':
      return [];
    case 'dag-equivocation':
    case 'double-vote':
      return ofDelegateJobs(genesis, accusation, committees) ?? [];
    case 'level-fault':
      return levelFaultJobs(genesis, accusation) ?? [];
  }
}

/** Whom it convicts; of a bad manifest nobody: it was signed by none, and its transaction is the loss. */
export function accusedOf(accusation: Accusation): NodeAddress | undefined {
  switch (accusation.fault) {
    case 'false-holding':
      return accusation.statement.holder;
    case 'bad-manifest':
      return undefined;
    case 'dag-equivocation':
    case 'double-vote':
    case 'level-fault':
      return accusation.delegate;
  }
}

function holdingFault(genesis: Genesis, said: FalseHolding): AccusationFault | undefined {
  const { answer, index, path, statement, pieceHash, piecePath, key } = said;
  const { row, rows, pieceRoot } = answer.asked;
  const isLie =
    answer.says === 'held' && answer.pieceHash !== undefined && !same(answer.pieceHash, pieceHash);
  if (!isLie) return 'no-lie';
  if (!isStated(statement, index, answer, path)) return 'not-stated';
  const head = { root: pieceRoot, count: rows };
  if (!isIncluded(head, row, pieceHash, piecePath)) return 'not-of-root';
  return isKeyOf(genesis, statement.holder, key) ? undefined : 'not-listed';
}

/** Fitting pieces of another length than the manifest's own shape has are as much of a lie. */
const LIES: ReadonlySet<string> = new Set(['not-coded', 'wrong-length']);

function piecesFault({ manifest }: About, { pieces }: BadManifest): AccusationFault | undefined {
  const { k } = manifest.terms;
  const isFit = new Set(pieces.map(({ row }) => row)).size === pieces.length && pieces.length >= k;
  const areIts = isFit && pieces.every((piece) => isOfManifest(manifest, piece));
  return areIts ? undefined : 'not-of-manifest';
}

/** What is to be coded to see whether a manifest is a lie: plain data for a job. */
export interface Coding {
  readonly shape: Shape;
  /** Of all rows, one after another. */
  readonly hashes: Uint8Array;
  readonly pieces: readonly Piece[];
  readonly header: Pick<Header, 'bodyHash' | 'bodyBytes'>;
}

export function codingOf(accusation: Accusation, about: About | undefined): Coding | undefined {
  if (accusation.fault !== 'bad-manifest' || about === undefined) return undefined;
  const { manifest, cover } = about;
  const { bodyHash, bodyBytes } = cover.header;
  return {
    shape: shapeOfManifest(manifest),
    hashes: manifest.pieceHashes,
    pieces: accusation.pieces.map(({ row, piece }) => ({ index: row, bytes: piece })),
    header: { bodyHash, bodyBytes },
  };
}

/** Whether such pieces are those of no payload, or of another one. */
export function isCodedLie({ shape, hashes, pieces, header }: Coding): boolean {
  const restored = restore(shape, hashes, pieces);
  return restored.ok ? !isBodyOf(header, restored.value) : LIES.has(restored.error);
}

/** The epoch of its city that it is about; none where it has only a time, or neither. */
export function epochOf(accusation: Accusation): number | undefined {
  switch (accusation.fault) {
    case 'dag-equivocation':
      return accusation.head.epoch;
    case 'double-vote':
      return accusation.vote.head.epoch;
    default:
      return undefined;
  }
}

/** Of a delegate of this city, in an epoch whose committee is known. */
function ofDelegateJobs(
  { network, place }: Genesis,
  said: Extract<Accusation, { fault: 'dag-equivocation' | 'double-vote' }>,
  committees: CommitteeOf,
): readonly VerifyJob[] | undefined {
  const head = said.fault === 'double-vote' ? said.vote.head : said.head;
  const committee = committees(head.epoch);
  if (committee === undefined || head.place !== place) return undefined;
  return said.fault === 'double-vote'
    ? doubleVoteJobs(network, committee, said)
    : equivocationJobs(network, committee.members, said);
}
