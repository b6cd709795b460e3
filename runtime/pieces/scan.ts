/**
 * Reading a segment that has no good hint: what is whole in it, and what is not.
 *
 * Damage is not all alike. A group of records is written only after the group before it was synced, and
 * its first record says so; hence damage before the last such record is a loss, and damage behind it
 * may be what a power cut left of a write that nobody was promised.
 */
import { FIRST, keyOf, readHead, valueOf, viewOf, type Head, type Seal } from './record.ts';

export interface Whole {
  readonly at: number;
  readonly head: Head;
}

export interface Damage {
  readonly at: number;
  readonly bytes: number;
  /** Where the head is whole, and only the value is not. */
  readonly key: Uint8Array | undefined;
}

export interface Scanned {
  readonly whole: readonly Whole[];
  readonly damaged: readonly Damage[];
  /** The tail that a power cut may have left, where there is damage in it. */
  readonly torn: Damage | undefined;
}

export function scan(bytes: Uint8Array, seal: Seal, segment: number): Scanned {
  const view = viewOf(bytes);
  const seed = seal.seed(segment);
  const whole: Whole[] = [];
  const damage: Damage[] = [];
  let promised = 0;
  for (let at = 0; at < bytes.length;) {
    const head = readHead(bytes, view, at, seal, seed, at);
    if (head === undefined) {
      const next = nextHead(bytes, view, at + 1, seal, seed, 0);
      damage.push({ at, bytes: next - at, key: undefined });
      at = next;
      continue;
    }
    if ((head.flags & FIRST) !== 0) promised = at;
    if (valueOf(bytes, at, head, seed) !== undefined) whole.push({ at, head });
    else {
      const left = Math.min(head.length, bytes.length - at);
      damage.push({ at, bytes: left, key: keyOf(bytes, at, head).slice() });
    }
    at += head.length;
  }
  const tail = damage.find(({ at }) => at >= promised);
  return {
    whole,
    damaged: damage.filter(({ at }) => at < promised),
    torn: tail && { at: tail.at, bytes: bytes.length - tail.at, key: undefined },
  };
}

/** Where the next whole head is, or the end, in bytes that begin at `place` of their segment. */
export function nextHead(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  seal: Seal,
  seed: number,
  place: number,
): number {
  const first = seal.mark & 0xff;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (readHead(bytes, view, at, seal, seed, place + at) !== undefined) return at;
  }
  return bytes.length;
}
