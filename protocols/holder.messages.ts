/**
 * What a holder says of all that it holds, to whoever locates pieces, and to its node's heart.
 *
 * | kind              | from                | to     | answer          |
 * | ----------------- | ------------------- | ------ | --------------- |
 * | `holder.describe` | whoever locates     | holder | `holder.filter` |
 * | `heart.room`      | holder              | heart  |                 |
 *
 * A filter (algorithms/filter/cuckoo.ts) over the ids of the transactions of which something is held, in
 * parts that a wire carries. It is a hint: "no" is certain for what was held when it was written, "yes" is
 * not. Ask for part 0 of version 0; then for the other parts of the version that came. Who asks for a
 * version that is gone gets part 0 of the one there is.
 */
import { KEY_BYTES } from '#algorithms/filter/filter-key.ts';
import { bytes, catalogue, count, message, union, type Infer } from './codec.ts';
import { HeartRoom } from './presence.messages.ts';
import { HOLDER_HEARS as PIECES_HEARD, HOLDER_SAYS as PIECES_SAID } from './sending.messages.ts';

export const FILTER_PART_BYTES = 64 * 1024;
/** 2^22 buckets of four slots of 12 bits. */
export const FILTER_PARTS_MAX = 385;

const version = count(Number.MAX_SAFE_INTEGER);
const part = count(FILTER_PARTS_MAX - 1);

export const DescribeHolder = message('holder.describe', { version, part });
export const HolderFilter = message('holder.filter', {
  version,
  /** Asks this filter, and no other holder's. */
  key: bytes(KEY_BYTES),
  part,
  parts: count(FILTER_PARTS_MAX),
  bytes: bytes(0, FILTER_PART_BYTES),
});
export type DescribeHolder = Infer<typeof DescribeHolder>;
export type HolderFilter = Infer<typeof HolderFilter>;

export const HOLDER_HEARS = union(PIECES_HEARD, catalogue(DescribeHolder));
export const HOLDER_SAYS = union(PIECES_SAID, catalogue(HolderFilter, HeartRoom));
export type HolderHears = Infer<typeof HOLDER_HEARS>;
export type HolderSays = Infer<typeof HOLDER_SAYS>;
