/**
 * A memo from key bytes to what a library makes of them: importing or expanding a key costs
 * as much as using it. Entries are found by the SHA-256 of the bytes, so that no secret stays behind as
 * text, and a peer cannot make two keys collide.
 */
import { lru } from '#lib/lru.ts';

/** `made` from the bytes once, then from memory. What `make` throws is not remembered. */
export function memo<T>(
  entriesMax: number,
  digest: (bytes: Uint8Array) => string,
  make: (bytes: Uint8Array) => T,
  dropped?: (made: T) => void,
): (bytes: Uint8Array) => T {
  const entries = lru<string, T>(entriesMax, dropped);
  return (bytes) => {
    const name = digest(bytes);
    const known = entries.get(name);
    if (known !== undefined) return known;
    const made = make(bytes);
    entries.put(name, made);
    return made;
  };
}
