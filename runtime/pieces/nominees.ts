/**
 * Nominees: what a store that has no room would rather be rid of, by name.
 *
 *   poorest segment (victim.ts) --> its cold live pieces, what expires soonest first --> keys, from their records
 *                                      '-- there are none: what was read of late loses its second chance
 *
 * The index has no keys, so each is read from the disk: a read of some hundred bytes for each of a few. Nothing
 * is changed but heat. The caller lets nothing else happen meanwhile, so no segment goes away.
 */
import { text } from '#lib/bytes.ts';
import type { PieceEntry } from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import type { Disk } from '../ports.ts';
import { HOT, type PieceIndex } from './piece-index.ts';
import { HEAD_BYTES, KEY_BYTES_MAX, keyOf, readHead, TOMBSTONE, viewOf } from './record.ts';
import type { Segment, SegmentLog } from './segment-log.ts';
import { choosePoorest } from './victim.ts';

/** So many are named at a time: what a holder can find other holders for in a minute or so. */
export const NOMINEES_MAX = 256;
const HEAD_BYTES_MAX = HEAD_BYTES + KEY_BYTES_MAX;

interface Nominee {
  readonly at: number;
  readonly expirySec: number;
}

export class Nominees {
  readonly #disk: Disk;
  readonly #index: PieceIndex;
  readonly #log: SegmentLog;
  readonly #segmentBytes: number;

  constructor(disk: Disk, index: PieceIndex, log: SegmentLog, segmentBytes: number) {
    this.#disk = disk;
    this.#index = index;
    this.#log = log;
    this.#segmentBytes = segmentBytes;
  }

  name(lapsedSec: number, then: (pieces: readonly PieceEntry[]) => void): void {
    const { resting } = this.#log;
    const segment = choosePoorest(this.#index, resting, lapsedSec, this.#segmentBytes);
    if (segment === undefined) return then([]);
    this.#read(segment, this.#coldIn(segment, lapsedSec), [], then);
  }

  #coldIn(segment: Segment, lapsedSec: number): readonly Nominee[] {
    const index = this.#index;
    const cold: Nominee[] = [];
    const hot: number[] = [];
    index.each((slot) => {
      const flags = index.flags(slot);
      const expirySec = index.expirySec(slot);
      const isLive = (flags & TOMBSTONE) === 0 && expirySec > lapsedSec;
      if (index.row(slot) !== segment.row || !isLive) return;
      if ((flags & HOT) !== 0) hot.push(slot);
      else cold.push({ at: index.at(slot), expirySec });
    });
    if (cold.length === 0) for (const slot of hot) index.cool(slot);
    return cold.toSorted((a, b) => a.expirySec - b.expirySec || a.at - b.at).slice(0, NOMINEES_MAX);
  }

  #read(
    segment: Segment,
    [first, ...rest]: readonly Nominee[],
    named: readonly PieceEntry[],
    then: (pieces: readonly PieceEntry[]) => void,
  ): void {
    if (first === undefined) return then(named);
    const { at } = first;
    const length = Math.min(HEAD_BYTES_MAX, segment.bytes - at);
    this.#disk.read(this.#log.nameOf(segment), at, length, (read) => {
      const entry = read.ok ? this.#entryOf(segment, at, read.value) : undefined;
      this.#read(segment, rest, entry === undefined ? named : [...named, entry], then);
    });
  }

  /** Nothing for a head that is damaged: whoever reads that piece will hear so. */
  #entryOf({ id }: Segment, at: number, bytes: Uint8Array): PieceEntry | undefined {
    const { seal } = this.#log;
    const head = readHead(bytes, viewOf(bytes), 0, seal, seal.seed(id), at);
    if (head === undefined) return undefined;
    const { valueLength, expiresAt } = head;
    return { key: text(keyOf(bytes, 0, head)), bytes: valueLength, expiresAt: millis(expiresAt) };
  }
}
