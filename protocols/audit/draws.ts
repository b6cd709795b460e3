/**
 * What is asked of a holder: rows that nobody could foresee. The delegate draws by a VRF over the newest batch and
 * the span, so that neither it nor a holder chose; a page of what the ledger lists for the holder, transactions of
 * that page, and of each one row that it owes.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import type { ProveJob } from '#algorithms/vrf.ts';
import { concat } from '#lib/bytes.ts';
import { proveJob } from '../placement.ts';
import type { Self } from '../self.ts';
import type { Round } from './state.ts';
import type { Span } from './span.ts';

const SEED = domain('audit seed');
const DRAW = domain('audit draw');

const numberBytes = (value: number): Uint8Array => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(value));
  return new Uint8Array(view.buffer);
};

/** What the seed of a span is drawn from. */
export const seedJob = (
  { secrets, genesis }: Self,
  { sinceMs }: Span,
  newest: Uint8Array,
): ProveJob =>
  proveJob(secrets.vrf, hash(SEED, concat(newest, numberBytes(sinceMs), genesis.network)));

/** The next number below a bound. */
export function below(round: Round, bound: number): number {
  const bytes = hash(DRAW, concat(round.seed!, numberBytes(round.drawn++)));
  // 2^48 is so far above any bound that what is left over does not show.
  const [high, low] = [
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(0),
    bytes[4]! * 256 + bytes[5]!,
  ];
  return (high * 65_536 + low) % bound;
}

/** So many of them, in an order that was drawn. */
export function some<T>(round: Round, all: readonly T[], count: number): T[] {
  const left = [...all];
  const taken: T[] = [];
  while (taken.length < count && left.length > 0)
    taken.push(...left.splice(below(round, left.length), 1));
  return taken;
}
