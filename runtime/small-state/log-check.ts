/**
 * Whether the log beside a database was damaged, and not merely cut short.
 *
 * SQLite ends its log at the first frame whose checksum is wrong: right for the tail that a power cut
 * leaves, and a silent loss of everything behind it when an earlier frame has rotted. The two can be
 * told apart, because the first frame of a commit is written only after the commit before it was
 * synced: a broken frame, then the end of a commit, then another frame is damage.
 *
 *   | header 32 | frame: page, size after commit or 0, salt, salt, checksum, checksum (24) + page | ...
 *
 * See "WAL File Format" (https://www.sqlite.org/fileformat2.html, section 4). Frames of earlier rounds
 * of the log have other salts.
 */

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;
const PAGE_BYTES_MIN = 512;
const PAGE_BYTES_MAX = 65_536;

export function isLogDamaged(log: Uint8Array): boolean {
  if (log.length < HEADER_BYTES + FRAME_HEADER_BYTES) return false;
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const pageBytes = view.getUint32(8);
  const isBigEndian = (view.getUint32(0) & 1) === 1;
  const isReadable =
    view.getUint32(0) >>> 1 === MAGIC >>> 1 &&
    pageBytes >= PAGE_BYTES_MIN &&
    pageBytes <= PAGE_BYTES_MAX;
  // A header is synced before its first frame.
  if (!isReadable) return true;
  let sums = checksum(view, 0, 24, [0, 0], !isBigEndian);
  if (!isAt(view, 24, sums)) return true;
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  let [isBroken, hasEnded] = [false, false];
  for (let at = HEADER_BYTES; at + frameBytes <= log.length; at += frameBytes) {
    const isOfThisRound =
      view.getUint32(at + 8) === view.getUint32(16) &&
      view.getUint32(at + 12) === view.getUint32(20);
    if (!isBroken) {
      sums = checksum(view, at, 8, sums, !isBigEndian);
      sums = checksum(view, at + FRAME_HEADER_BYTES, pageBytes, sums, !isBigEndian);
      isBroken = !isOfThisRound || !isAt(view, at + 16, sums);
    } else if (isOfThisRound && hasEnded) return true;
    if (isBroken && isOfThisRound && view.getUint32(at + 4) !== 0) hasEnded = true;
  }
  return false;
}

type Sums = readonly [number, number];

function checksum(view: DataView, from: number, length: number, sums: Sums, little: boolean): Sums {
  let [a, b] = sums;
  for (let at = from; at < from + length; at += 8) {
    a = (a + view.getUint32(at, little) + b) >>> 0;
    b = (b + view.getUint32(at + 4, little) + a) >>> 0;
  }
  return [a, b];
}

/** Checksums are stored in big-endian order, whatever they were computed in. */
const isAt = (view: DataView, at: number, [a, b]: Sums): boolean =>
  view.getUint32(at) === a && view.getUint32(at + 4) === b;
