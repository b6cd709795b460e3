/** What a delegate may say of its audits, and how far it has come with it. */
import { describe, expect, it } from 'vitest';
import { auditOf, type Saying } from '#protocols/act.ts';
import { auditFault, reported, type AuditFault } from '#protocols/audit/said.ts';
import { GENESIS, light, MINUTE, recordOf } from './acts.ts';

const BY = GENESIS.delegates[0]!.node;
const said = ({
  sinceMs = 0,
  untilMs = MINUTE,
  records = [recordOf(light(1)), recordOf(light(2))],
}: Partial<Saying<'audit'>> = {}): Saying<'audit'> => auditOf({ sinceMs, untilMs }, records);
const fault = (more: Partial<Saying<'audit'>>, atMs = MINUTE, by = BY): AuditFault | undefined =>
  auditFault(GENESIS, said(more), by, atMs);

describe('what a delegate says of its audits', () => {
  it('is about a span that is over, and not long ago', () => {
    expect(fault({})).toBeUndefined();
    expect(fault({ untilMs: 0 })).toBe('no-span');
    expect(fault({}, 30_000)).toBe('too-early');
    expect(fault({}, 30 * 86_400_000)).toBe('too-late');
  });

  it('is by a delegate', () => {
    expect(fault({}, MINUTE, light(1))).toBe('no-delegate');
  });

  it('goes on where it ended, in the same span or a later one', () => {
    const first = reported(undefined, said())!;
    expect(first).toEqual({ sinceMs: 0, last: light(2) });
    expect(reported(first, said())).toBeUndefined();
    expect(reported(first, said({ records: [recordOf(light(2))] }))).toBeUndefined();
    expect(reported(first, said({ records: [recordOf(light(3))] }))?.last).toBe(light(3));
    const later = reported(first, said({ sinceMs: MINUTE, untilMs: 2 * MINUTE }))!;
    expect(later.sinceMs).toBe(MINUTE);
    expect(reported(later, said({ records: [recordOf(light(4))] }))).toBeUndefined();
  });
});
