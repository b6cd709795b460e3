/**
 * Reading a piece: one read of its record, all of it verified. What is returned is what was put; whatever
 * else the disk says is damage, and is reported once.
 *
 * A piece may be moved while it is read: it is then read again where it is.
 */
import { same, text } from '#lib/bytes.ts';
import type { PieceFound } from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import type { Disk } from '../ports.ts';
import type { PieceIndex } from './piece-index.ts';
import type { PieceReport } from './reclaim.ts';
import { keyOf, readHead, TOMBSTONE, valueOf, viewOf } from './record.ts';
import type { Segment, SegmentLog } from './segment-log.ts';

export const NOTHING: PieceFound = { found: 'nothing' };
const DAMAGED: PieceFound = { found: 'damaged' };

export class Reading {
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

  /** Where the piece of a key is in the index, or -1. */
  slot(lo: number, hi: number): number {
    const slot = this.#index.find(lo, hi);
    return slot >= 0 && (this.#index.flags(slot) & TOMBSTONE) === 0 ? slot : -1;
  }

  read(
    key: Uint8Array,
    lo: number,
    hi: number,
    slot: number,
    then: (found: PieceFound) => void,
  ): void {
    const segment = this.#log.rows[this.#index.row(slot)]!;
    const at = this.#index.at(slot);
    const length = this.#index.length(slot);
    this.#disk.read(this.#log.nameOf(segment), at, length, (found) => {
      const verified = found.ok ? this.#verified(key, segment, at, found.value) : DAMAGED;
      if (verified.found !== 'damaged') return then(verified);
      const now = this.slot(lo, hi);
      if (now < 0) return then(NOTHING);
      const isThere =
        this.#log.rows[this.#index.row(now)] === segment && this.#index.at(now) === at;
      // It moved while it was read.
      if (!isThere) return this.read(key, lo, hi, now, then);
      if (!found.ok && found.error.code !== 'EIO') return then(DAMAGED);
      this.#index.remove(now);
      this.#report({ kind: 'damaged', key: text(key), segment: segment.id, at });
      then(DAMAGED);
    });
  }

  #verified(key: Uint8Array, segment: Segment, at: number, bytes: Uint8Array): PieceFound {
    const { seal } = this.#log;
    const seed = seal.seed(segment.id);
    const head = readHead(bytes, viewOf(bytes), 0, seal, seed, at);
    if (head === undefined) return DAMAGED;
    if (!same(keyOf(bytes, 0, head), key)) return NOTHING;
    const value = valueOf(bytes, 0, head, seed);
    if (value === undefined) return DAMAGED;
    return { found: 'piece', value, expiresAt: millis(head.expiresAt) };
  }
}
