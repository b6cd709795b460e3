/**
 * Whether an act of audits may mean something, as far as that follows from itself and the moment of its batch.
 *
 * What a delegate found in a span may take several acts; each goes on where the one before ended, by holder. So
 * it says something of a holder and a span once, and has no more than that to say. Nothing of it is in the records:
 * it is the same where they were let go.
 */
import type { Saying } from '../act.ts';
import { record, type Infer } from '../codec.ts';
import type { Genesis } from '../genesis.ts';
import type { NodeAddress } from '../subjects.ts';
import { nodeName, unixMs } from '../terms.ts';

/** Clocks of delegates may be apart by so much. */
const AHEAD_MS_MAX = 10_000;
/** A span is settled long before. */
const LATE_MS_MAX = 2 * 86_400_000;

export type AuditFault = 'no-delegate' | 'no-span' | 'too-early' | 'too-late';

export function auditFault(
  { delegates }: Genesis,
  { sinceMs, untilMs }: Saying<'audit'>,
  by: NodeAddress,
  atMs: number,
): AuditFault | undefined {
  if (!delegates.some(({ node }) => node === by)) return 'no-delegate';
  if (untilMs <= sinceMs) return 'no-span';
  if (untilMs > atMs + AHEAD_MS_MAX) return 'too-early';
  return untilMs < atMs - LATE_MS_MAX ? 'too-late' : undefined;
}

/** How far a delegate has come: the span, and the last holder of it. */
export const Reported = record({ sinceMs: unixMs, last: nodeName });
export type Reported = Infer<typeof Reported>;

/** How far it is then; `undefined` where it does not go on from there. For an act without a fault. */
export function reported(
  before: Reported | undefined,
  { sinceMs, first, last }: Saying<'audit'>,
): Reported | undefined {
  const isLater = before === undefined || sinceMs > before.sinceMs;
  const goesOn = sinceMs === before?.sinceMs && first > before.last;
  return isLater || goesOn ? { sinceMs, last } : undefined;
}
