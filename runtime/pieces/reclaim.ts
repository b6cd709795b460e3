/**
 * Giving up a segment: what is alive is written anew at the end of the log, then the file is unlinked.
 * This is how room is made, how dead space is won back, and how the segment that a crash left open is
 * recovered: one way, always tried.
 *
 *   read it --> write what is alive (groups, each synced) --> forget the rest --> unlink
 *
 * A crash anywhere on the way leaves every piece in one place at least. Each record is verified on its
 * way; one that is damaged is reported, and is gone with its segment.
 */
import { text } from '#lib/bytes.ts';
import type { Disk } from '../ports.ts';
import { packed, type PieceIndex } from './piece-index.ts';
import {
  keyOf,
  readHead,
  recordBytes,
  SHADOWS,
  TOMBSTONE,
  tombstone,
  valueOf,
  viewOf,
  type Draft,
} from './record.ts';
import {
  draftCost,
  GROUP_BYTES_MAX,
  LOGGED,
  secondsOf,
  type Logged,
  type Segment,
  type SegmentLog,
} from './segment-log.ts';

/** What happens inside a store, for whoever counts or repairs. */
export type PieceReport =
  /** A piece is lost. Its key is known unless the damage is in the record's head. */
  | {
      readonly kind: 'damaged';
      readonly key: string | undefined;
      readonly segment: number;
      readonly at: number;
    }
  /** A tail that a power cut left, of writes that nobody was promised. */
  | { readonly kind: 'torn'; readonly segment: number; readonly at: number; readonly bytes: number }
  | {
      readonly kind: 'reclaimed';
      readonly segment: number;
      /** Live pieces that moved, and expired ones that are no more. */
      readonly moved: number;
      readonly expired: number;
    }
  /** Nothing is written any more. */
  | { readonly kind: 'failed'; readonly error: string };

/** A record that leaves its segment, as itself or as a tombstone. */
interface Move {
  readonly lo: number;
  readonly hi: number;
  readonly at: number;
  readonly asTombstone: boolean;
}

interface Moves {
  readonly moves: readonly Move[];
  readonly moved: number;
  readonly expired: number;
}

export class Reclaim {
  readonly #disk: Disk;
  readonly #index: PieceIndex;
  readonly #log: SegmentLog;
  readonly #report: (event: PieceReport) => void;

  constructor(
    disk: Disk,
    index: PieceIndex,
    log: SegmentLog,
    report: (event: PieceReport) => void,
  ) {
    this.#disk = disk;
    this.#index = index;
    this.#log = log;
    this.#report = report;
  }

  run(segment: Segment, lapsedSec: number, then: (outcome: Logged) => void): void {
    const { moves, ...counts } = this.#plan(segment, lapsedSec);
    this.#move(segment, moves, (outcome) => {
      if (!outcome.ok) return then(outcome);
      this.#index.removeRow(segment.row);
      this.#report({ kind: 'reclaimed', segment: segment.id, ...counts });
      this.#log.remove(segment, then);
    });
  }

  #plan(segment: Segment, lapsedSec: number): Moves {
    const index = this.#index;
    const isOldest = this.#log.isOldest(segment);
    const moves: Move[] = [];
    let [moved, expired] = [0, 0];
    index.each((slot) => {
      if (index.row(slot) !== segment.row) return;
      const flags = index.flags(slot);
      const isPiece = (flags & TOMBSTONE) === 0;
      const isLive = isPiece && index.expirySec(slot) > lapsedSec;
      if (isLive) moved++;
      else if (isPiece) expired++;
      const asTombstone = !isLive && (flags & SHADOWS) !== 0 && !isOldest;
      if (!isLive && !asTombstone) return;
      const [lo, hi, at] = [index.lo(slot), index.hi(slot), index.at(slot)];
      moves.push({ lo, hi, at, asTombstone });
    });
    // In the order of the file, so that what was written together stays together.
    return { moves: moves.toSorted((a, b) => a.at - b.at), moved, expired };
  }

  #move(segment: Segment, moves: readonly Move[], then: (outcome: Logged) => void): void {
    if (moves.length === 0) return then(LOGGED);
    this.#disk.read(this.#log.nameOf(segment), 0, segment.bytes, (found) => {
      if (!found.ok) return then({ ok: false, why: 'failed', error: found.error.detail });
      const whole = moves.flatMap((move) => {
        const draft = this.#draft(segment, found.value, move);
        return draft === undefined ? [] : [{ move, draft }];
      });
      this.#write(segment, whole, 0, then);
    });
  }

  #draft(
    segment: Segment,
    bytes: Uint8Array,
    { lo, hi, at, asTombstone }: Move,
  ): Draft | undefined {
    const { seal } = this.#log;
    const seed = seal.seed(segment.id);
    const head = readHead(bytes, viewOf(bytes), at, seal, seed, at);
    const key = head && keyOf(bytes, at, head);
    if (key !== undefined && asTombstone) return tombstone(key, lo, hi);
    const value = head && valueOf(bytes, at, head, seed);
    if (head === undefined || key === undefined || value === undefined) {
      const name = key && text(key);
      this.#report({ kind: 'damaged', key: name, segment: segment.id, at });
      return undefined;
    }
    return { key, lo, hi, value, expiresAt: head.expiresAt, flags: head.flags & SHADOWS };
  }

  #write(
    segment: Segment,
    moves: readonly { readonly move: Move; readonly draft: Draft }[],
    from: number,
    then: (outcome: Logged) => void,
  ): void {
    if (from === moves.length) return then(LOGGED);
    const group: typeof moves = moves.slice(from, from + this.#fitting(moves, from));
    if (group.length === 0) {
      return this.#log.roll((outcome) => {
        if (outcome.ok) this.#write(segment, moves, from, then);
        else then(outcome);
      });
    }
    const drafts = group.map(({ draft }) => draft);
    this.#log.append(drafts, (outcome, places) => {
      if (!outcome.ok) return then(outcome);
      for (const [i, { move, draft }] of group.entries()) {
        this.#moved(move, draft, places[i]!);
      }
      this.#write(segment, moves, from + group.length, then);
    });
  }

  #fitting(moves: readonly { readonly draft: Draft }[], from: number): number {
    let [cost, bytes, count] = [0, 0, 0];
    for (let i = from; i < moves.length; i++, count++) {
      const { draft } = moves[i]!;
      cost += draftCost(draft);
      bytes += recordBytes(draft.key.length, draft.value.length);
      if (cost > this.#log.room || (count > 0 && bytes > GROUP_BYTES_MAX)) break;
    }
    return count;
  }

  /** The index follows, unless a reader found meanwhile that the piece is damaged. */
  #moved({ lo, hi }: Move, draft: Draft, place: number): void {
    if (this.#index.find(lo, hi) < 0) return;
    const { key, value, expiresAt, flags } = draft;
    const word = packed(flags, recordBytes(key.length, value.length));
    this.#index.set(lo, hi, this.#log.active!.row, place, word, secondsOf(expiresAt));
  }
}
