/**
 * One gathering: pieces of one transaction, and who is asked for them.
 *
 *   unasked --> asked --(gave | lacked | damaged | wrong | busy | silent)
 *                 '--(late: nobody waits for it any more)--> may answer all the same
 *
 * One rule says when somebody else is asked: as long as there are more to ask, k + 4 rows are here or freshly asked
 * for, and one more for each that was no help. So k + 4 are asked at once; whoever lacks its piece, lies or is gone
 * is replaced at once, and whoever is late when it is late, twice: where some are bad, others will be, and a second
 * crossing is to be the last. A holder is asked once for all of its rows.
 *
 * Safety: a piece is here only if it is the manifest's.
 */
import { isOfManifest, type ShownPiece } from '../piece.ts';
import type { GavePieces } from '../holder.messages.ts';
import type { Manifest } from '../manifest.ts';
import type { Candidate, Errand } from '../receiving.messages.ts';
import type { KeepingPlant } from '../self.ts';
import type { NodeAddress } from '../subjects.ts';

/** Rows that are asked for beyond what it takes. */
export const SPARE_ROWS = 4;

export type Did =
  | 'unasked'
  | 'asked'
  | 'late'
  | 'gave'
  | 'lacked'
  | 'damaged'
  | 'wrong'
  | 'busy'
  | 'silent';

/** Somebody who may have rows of it. */
export interface Target {
  readonly holder: NodeAddress;
  /** None: a spare, which is asked for whatever it has. */
  readonly rows: readonly number[];
  isOnline: boolean;
  did: Did;
  askedAt: number;
  tookMs: number;
  /** Rows that it showed and that are the manifest's. */
  readonly shown: Set<number>;
  /** What whoever audits was told of it. */
  doubted: Did | undefined;
}

export interface Gathering {
  readonly number: number;
  readonly errand: Errand;
  readonly manifest: Manifest;
  /** The best first. */
  readonly targets: Target[];
  readonly pieces: Map<number, ShownPiece>;
  /** When it was last told how far it is. */
  movedAt: number;
  /** Somebody was late or had nothing more: it waits for whoever comes back. */
  isWaiting: boolean;
}

export const gatheringOf = (number: number, errand: Errand, manifest: Manifest): Gathering => ({
  number,
  errand,
  manifest,
  targets: [],
  pieces: new Map(),
  movedAt: -Infinity,
  isWaiting: false,
});

/** Those that are known stay as they are; others come behind them. */
export function addCandidates({ targets }: Gathering, candidates: readonly Candidate[]): void {
  for (const [holder, of] of Map.groupBy(candidates, (candidate) => candidate.holder)) {
    const rows = of.flatMap(({ row }) => (row === undefined ? [] : [row]));
    const { isOnline } = of[0]!;
    const known = targets.find((target) => target.holder === holder && covers(target, rows));
    if (known !== undefined) known.isOnline = isOnline;
    else targets.push(targetOf(holder, rows, isOnline));
  }
}

const covers = (target: Target, rows: readonly number[]): boolean =>
  rows.every((row) => target.rows.includes(row));

const targetOf = (holder: NodeAddress, rows: readonly number[], isOnline: boolean): Target => ({
  holder,
  rows,
  isOnline,
  did: 'unasked',
  askedAt: 0,
  tookMs: 0,
  shown: new Set(),
  doubted: undefined,
});

export const need = ({ manifest }: Gathering): number => manifest.terms.k;
export const isEnough = (gathering: Gathering): boolean => gathering.pieces.size >= need(gathering);

/** Rows that an answer in time may yet bring. */
function fresh({ targets, pieces }: Gathering): number {
  let rows = 0;
  for (const target of targets) {
    if (target.did !== 'asked') continue;
    rows += Math.max(1, target.rows.filter((row) => !pieces.has(row)).length);
  }
  return rows;
}

/** Rows of whoever was asked and is no help, at most as many as it takes. */
function failed(gathering: Gathering): number {
  const all = gathering.targets.filter(({ did }) => FAILED.has(did));
  const rows = all.reduce((sum, target) => sum + Math.max(1, target.rows.length), 0);
  return Math.min(need(gathering), rows);
}
const FAILED: ReadonlySet<Did> = new Set(['late', 'silent', 'wrong', 'damaged', 'lacked', 'busy']);

/** Rows that were asked for and have not come. */
export const asked = (gathering: Gathering): number => Math.min(255, fresh(gathering));

/** Whom to ask now. A look at everybody asks everybody. */
export function* nextToAsk(gathering: Gathering): Generator<Target> {
  const { targets, pieces, errand } = gathering;
  const wanted = need(gathering) + SPARE_ROWS + failed(gathering);
  for (const target of targets) {
    if (target.did !== 'unasked') continue;
    if (errand.want !== 'map' && pieces.size + fresh(gathering) >= wanted) return;
    yield target;
  }
}

/** Nobody is left to ask, and nobody is waited for. */
export const isExhausted = ({ targets }: Gathering): boolean =>
  targets.every(({ did }) => did !== 'unasked' && did !== 'asked');

/** Nothing will come any more: not even late. */
export const isAnswered = ({ targets }: Gathering): boolean =>
  targets.every(({ did }) => did !== 'unasked' && did !== 'asked' && did !== 'late');

/** Whoever did not give all it may have is asked once more; a liar is not. */
export function forgive({ targets }: Gathering): void {
  for (const target of targets) {
    if (AGAIN.has(target.did)) target.did = 'unasked';
  }
}
const AGAIN: ReadonlySet<Did> = new Set(['lacked', 'damaged', 'busy', 'silent']);

/** What somebody gave: its pieces are taken in, as far as they are the manifest's. */
export function takeIn(
  { manifest, pieces }: Gathering,
  target: Target,
  gave: GavePieces,
  plant: KeepingPlant | undefined,
): void {
  const isRight = (piece: ShownPiece): boolean =>
    plant === 'decode-before-verify' || isOfManifest(manifest, piece);
  let isWrong = false;
  for (const piece of gave.pieces) {
    if (!isRight(piece)) isWrong = true;
    else if (target.rows.length === 0 || target.rows.includes(piece.row)) {
      target.shown.add(piece.row);
      if (!pieces.has(piece.row)) pieces.set(piece.row, piece);
    }
  }
  target.did = isWrong ? 'wrong' : outcome(target, gave);
}

function outcome({ rows, shown }: Target, { because }: GavePieces): Did {
  const isWhole = rows.length === 0 ? shown.size > 0 : rows.every((row) => shown.has(row));
  return isWhole ? 'gave' : (because ?? 'lacked');
}

/** The pieces to restore it from: of low rows, which are the payload itself where they are there. */
export function chosen(gathering: Gathering): ShownPiece[] {
  const pieces = [...gathering.pieces.values()].toSorted((a, b) => a.row - b.row);
  return pieces.slice(0, need(gathering));
}
