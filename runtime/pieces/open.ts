/**
 * Opening a piece store: from its files to its index.
 *
 *   names --> hints, in the order of the segments --> index
 *               '-- no good hint: the segment is read, and written anew before anything else
 *
 * A segment without a good hint was open when its process ended. Its records may be in the page cache
 * only, and after a failed sync another sync of the same file would lie; so they are copied to a new
 * file, synced there, and the old one is unlinked. Nothing is ever truncated on the way.
 *
 * A kill in the middle of that leaves a copy that may be in the page cache only, beside what it was made
 * from. Where neither has a hint the original counts, and the copies, which are the newer, go first: or
 * the original would be unlinked for the sake of a copy that a power cut takes.
 */
import { text, unhex } from '#lib/bytes.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import { halfSipHash } from '#algorithms/half-siphash.ts';
import type { Entropy } from '#protocols/effect.ts';
import type { FileSize } from '../ports.ts';
import { readHint } from './hint.ts';
import { Losses } from './losses.ts';
import { flagsIn, lengthIn, packed, PieceIndex } from './piece-index.ts';
import { Pieces, type PieceLimits, type PiecePorts } from './pieces.ts';
import type { PieceReport } from './reclaim.ts';
import { keyOf, Seal, TOMBSTONE } from './record.ts';
import { scan } from './scan.ts';
import { hintName, secondsOf, SegmentLog, segmentName, type Segment } from './segment-log.ts';

export interface PieceOptions {
  /** Of all files together; what there was when it had more stays until it is dropped. */
  readonly bytesMax: number;
  readonly report?: (event: PieceReport) => void;
}

const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;
const SEGMENT_BYTES_MIN = 64 * 1024;
const SEGMENTS_MIN = 8;
/** Short segments that a store may have, from processes that ended early, before they are merged. */
const SHORT_SEGMENTS_MAX = 8;
const NAME = /^(\d{10})-([0-9a-f]{16})\.v(\d+)\.(seg|hint)$/;

/** A fraction of the store, so that giving one up costs little, and its reserve too. */
export const segmentBytesFor = (bytesMax: number): number =>
  Math.min(SEGMENT_BYTES_MAX, Math.max(SEGMENT_BYTES_MIN, Math.floor(bytesMax / 128)));

export function openPieces(
  ports: PiecePorts & { readonly entropy: Entropy },
  { bytesMax, report = () => undefined }: PieceOptions,
  then: (opened: Result<Pieces>) => void,
): void {
  const segmentBytes = segmentBytesFor(bytesMax);
  if (bytesMax < SEGMENTS_MIN * segmentBytes) {
    const least = SEGMENTS_MIN * segmentBytes;
    return ports.scheduler.soon(() =>
      then(fail(`a piece store has at least ${least} bytes, not ${bytesMax}`)),
    );
  }
  ports.disk.list((listed) => {
    if (!listed.ok) return then(fail(listed.error.detail));
    const files = filesOf(listed.value);
    if (!files.ok) return then(files);
    const salt = files.value.salt ?? ports.entropy.bytes(8);
    const log = new SegmentLog(ports.disk, salt, new Seal(salt), segmentBytes);
    const index = new PieceIndex();
    const losses = new Losses(report);
    const opening = new Opening(ports, log, index, salt, files.value, losses);
    opening.run((loaded) => {
      if (!loaded.ok) return then(loaded);
      const limits: PieceLimits = { bytesMax, segmentBytes };
      const pieces = new Pieces(ports, limits, index, log, losses);
      const short = log.rows.filter((each) => each !== undefined && 4 * each.cost < segmentBytes);
      const anew = new Set(loaded.value.toReversed());
      if (short.length > SHORT_SEGMENTS_MAX) for (const each of short) anew.add(each!);
      pieces.settle([...anew], (settled) => then(settled.ok ? ok(pieces) : settled));
    });
  });
}

interface Found {
  readonly id: number;
  readonly bytes: number;
  /** Zero where there is no hint. */
  readonly hintBytes: number;
}

interface Files {
  readonly salt: Uint8Array | undefined;
  readonly segments: readonly Found[];
  /** Names of hints whose segment is gone. */
  readonly strays: readonly string[];
}

/** What the names say. Files with other names are somebody else's. */
function filesOf(listed: readonly FileSize[]): Result<Files> {
  const sizes = new Map(listed.map(({ name, bytes }) => [name, bytes]));
  const named = listed.flatMap(({ name }) => {
    const match = NAME.exec(name);
    if (match === null) return [];
    const [, id, salt, version, kind] = match as unknown as [
      string,
      string,
      string,
      string,
      string,
    ];
    return [{ name, id: Number(id), salt, version, kind }];
  });
  const unknown = named.find(({ version }) => version !== '1');
  if (unknown !== undefined)
    return fail(`${unknown.name}: written by another version: expected v1`);
  const salts = new Set(named.map(({ salt }) => salt));
  if (salts.size > 1) return fail(`files of ${salts.size} stores in one directory: expected one`);
  const [hexed] = salts;
  const salt = hexed === undefined ? undefined : unhex(hexed);
  const segments = named
    .filter(({ kind }) => kind === 'seg')
    .map(({ id, name }) => ({
      id,
      bytes: sizes.get(name)!,
      hintBytes: sizes.get(hintName(id, salt!)) ?? 0,
    }));
  const strays = named
    .filter(({ id, kind }) => kind === 'hint' && !sizes.has(segmentName(id, salt!)))
    .map(({ name }) => name);
  return ok({ salt, segments: segments.toSorted((a, b) => a.id - b.id), strays });
}

/** Fills the index, segment by segment in the order in which they were written. */
class Opening {
  readonly #ports: PiecePorts;
  readonly #log: SegmentLog;
  readonly #index: PieceIndex;
  readonly #salt: Uint8Array;
  readonly #files: Files;
  readonly #losses: Losses;
  readonly #unsealed: Segment[] = [];
  readonly #hash = new Uint32Array(2);

  constructor(
    ports: PiecePorts,
    log: SegmentLog,
    index: PieceIndex,
    salt: Uint8Array,
    files: Files,
    losses: Losses,
  ) {
    this.#ports = ports;
    this.#log = log;
    this.#index = index;
    this.#salt = salt;
    this.#files = files;
    this.#losses = losses;
  }

  /** Calls back with the segments that have to be written anew. */
  run(then: (loaded: Result<readonly Segment[]>) => void): void {
    this.#removeStrays(0, (removed) => {
      if (removed.ok) this.#load(0, then);
      else then(removed);
    });
  }

  #removeStrays(i: number, then: (removed: Result<undefined>) => void): void {
    const name = this.#files.strays[i];
    if (name === undefined) return then(ok(undefined));
    this.#ports.disk.unlink(name, (unlinked) => {
      if (unlinked.ok) this.#removeStrays(i + 1, then);
      else then(fail(unlinked.error.detail));
    });
  }

  #load(i: number, then: (loaded: Result<readonly Segment[]>) => void): void {
    const found = this.#files.segments[i];
    if (found === undefined) return then(ok(this.#unsealed));
    const segment = this.#log.found(found.id, found.bytes, found.hintBytes);
    const next = (loaded: Result<undefined>): void => {
      if (loaded.ok) this.#load(i + 1, then);
      else then(loaded);
    };
    if (found.hintBytes === 0) return this.#loadRecords(segment, next);
    const name = hintName(found.id, this.#salt);
    this.#ports.disk.read(name, 0, found.hintBytes, (read) => {
      const words = read.ok
        ? readHint(read.value, this.#log.seal, found.id, found.bytes)
        : undefined;
      if (words === undefined) return this.#loadRecords(segment, next);
      this.#loadHint(segment, words);
      next(ok(undefined));
    });
  }

  #loadHint({ row }: Segment, words: Uint32Array): void {
    let at = 0;
    for (let i = 0; i < words.length; i += 4) {
      const word = words[i + 2]!;
      this.#index.set(words[i]!, words[i + 1]!, row, at, word, words[i + 3]!);
      at += lengthIn(word);
    }
  }

  #loadRecords(segment: Segment, then: (loaded: Result<undefined>) => void): void {
    this.#unsealed.push(segment);
    const { id, row } = segment;
    this.#ports.disk.read(this.#log.nameOf(segment), 0, segment.bytes, (read) => {
      if (!read.ok) return then(fail(read.error.detail));
      const { seal } = this.#log;
      const { whole, damaged, torn } = scan(read.value, seal, id);
      for (const { at, head } of whole) {
        const key = keyOf(read.value, at, head);
        halfSipHash(seal.hashKey, key, key.length, this.#hash);
        const word = packed(head.flags, head.length);
        const [lo, hi] = [this.#hash[0]!, this.#hash[1]!];
        const expirySec = secondsOf(head.expiresAt);
        if (!this.#isCopy(lo, hi, row, word, expirySec)) {
          this.#index.set(lo, hi, row, at, word, expirySec);
        }
      }
      for (const { at, key } of damaged) {
        this.#losses.report({ kind: 'damaged', key: key && text(key), segment: id, at });
      }
      if (torn !== undefined) {
        this.#losses.report({ kind: 'torn', segment: id, at: torn.at, bytes: torn.bytes });
      }
      then(ok(undefined));
    });
  }

  /** What an earlier segment without a hint has as well: of one key and expiry there is one value. */
  #isCopy(lo: number, hi: number, row: number, word: number, expirySec: number): boolean {
    const slot = this.#index.find(lo, hi);
    if (slot < 0) return false;
    const known = this.#index.row(slot);
    const isUnsealed = known !== row && this.#unsealed.some((segment) => segment.row === known);
    const isAlike =
      this.#index.length(slot) === lengthIn(word) &&
      this.#index.expirySec(slot) === expirySec &&
      ((this.#index.flags(slot) ^ flagsIn(word)) & TOMBSTONE) === 0;
    return isUnsealed && isAlike;
  }
}
