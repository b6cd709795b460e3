/** What members of a level tell of evidence, to whoever asks: as much as fits into a message, and where to go on. */
import { toBytes } from './codec.ts';
import { Accusations, ACCUSATIONS_MAX } from './level.messages.ts';
import { LevelFault } from './level-evidence.ts';

/** Beyond the first one. */
const PAGE_BYTES_MAX = 256 * 1024;

/** Of all in their order, from there on; from the beginning where there are not so many. */
export function accusationsFrom(all: readonly LevelFault[], from: number): Accusations {
  const first = from < all.length ? from : 0;
  let [end, bytes] = [first, 0];
  for (const each of all.slice(first, first + ACCUSATIONS_MAX)) {
    bytes += toBytes(LevelFault, each).length;
    if (end > first && bytes > PAGE_BYTES_MAX) break;
    end++;
  }
  return Accusations.of({ all: all.slice(first, end), next: end < all.length ? end : 0 });
}
