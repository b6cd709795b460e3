/**
 * What the segments of one node's piece store hold, read as bytes by the format alone: no index, no hint, no
 * lock. Later records of a key replace earlier ones, a tombstone ends it.
 */
import { text, unhex } from '#lib/bytes.ts';
import { readHeld, type HeldPiece } from '#protocols/hold/held-piece.ts';
import { keyOf, Seal, TOMBSTONE, valueOf } from '#runtime/pieces/record.ts';
import { scan } from '#runtime/pieces/scan.ts';

export interface SegmentFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface NodePieces {
  /** By their keys: held-piece.ts. */
  readonly held: ReadonlyMap<string, HeldPiece>;
  /** Records that were promised, and are not what was written. */
  readonly damaged: number;
}

const SEGMENT = /^(\d{10})-([0-9a-f]{16})\.v1\.seg$/;

export function piecesIn(files: readonly SegmentFile[]): NodePieces {
  const held = new Map<string, HeldPiece>();
  let damaged = 0;
  for (const { name, bytes } of files.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const [, id, salt] = SEGMENT.exec(name) ?? [];
    if (id === undefined) continue;
    const seal = new Seal(unhex(salt!)!);
    const found = scan(bytes, seal, Number(id));
    damaged += found.damaged.length;
    for (const { at, head } of found.whole) {
      const key = text(keyOf(bytes, at, head));
      const piece =
        (head.flags & TOMBSTONE) === 0
          ? readHeld(valueOf(bytes, at, head, seal.seed(Number(id)))!)
          : undefined;
      if (piece === undefined) held.delete(key);
      else held.set(key, piece);
    }
  }
  return { held, damaged };
}

/** Where a bit may be flipped so that exactly one whole piece, with such a key, is damaged; `below` draws. */
export function flipIn(
  { name, bytes }: SegmentFile,
  isIt: (key: string) => boolean,
  below: (bound: number) => number,
): number | undefined {
  const [, id, salt] = SEGMENT.exec(name) ?? [];
  if (id === undefined) return undefined;
  const { whole } = scan(bytes, new Seal(unhex(salt!)!), Number(id));
  const pieces = whole.filter(
    ({ at, head }) => (head.flags & TOMBSTONE) === 0 && isIt(text(keyOf(bytes, at, head))),
  );
  const chosen = pieces[pieces.length === 0 ? 0 : below(pieces.length)];
  if (chosen === undefined) return undefined;
  const { at, head } = chosen;
  return at + head.length - 1 - below(head.valueLength);
}
