/** Acts as the ledger orders them, for tests of what follows from them; their signatures were checked before. */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { DEFAULTS } from '#config/policy/read.ts';
import { auditOf, type AuditRecord, type Says } from '#protocols/act.ts';
import { isAuditorOf } from '#protocols/audit/span.ts';
import type { OrderedAct, Rules } from '#protocols/audit/accounts.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { cityOf, KOMATSU, member } from '../sample.ts';

export const CITY = cityOf(4);
export const { genesis: GENESIS } = CITY;
export const MINUTE = 60_000;
export const RULES: Rules = DEFAULTS;
export const light = (i: number): NodeAddress => member(`l${i}`).node;

export const recordOf = (holder: NodeAddress, more: Partial<AuditRecord> = {}): AuditRecord => ({
  holder,
  role: 'light',
  sound: 16,
  lacking: 0,
  silent: 0,
  false: 0,
  bytes: 100_000_000,
  ...more,
});

/** By the delegate of that place. */
export function acted(number: number, atMs: number, by: number, what: Says): OrderedAct {
  const act = {
    version: 1,
    place: KOMATSU,
    about: undefined,
    at: stampBytes({ wallMs: 0, count: 0 }),
    what,
  };
  const { signing: key } = GENESIS.delegates[by]!;
  return { number, atMs, signed: { act, key, signature: new Uint8Array(64) } };
}

/** The place of a delegate that audits a holder in a span. */
export const auditedBy = (holder: NodeAddress, sinceMs: number): number =>
  GENESIS.delegates.findIndex(({ node }) => isAuditorOf(GENESIS, node, holder, sinceMs));

export const audited = (
  number: number,
  by: number,
  sinceMs: number,
  records: readonly AuditRecord[],
  atMs = sinceMs + MINUTE,
): OrderedAct => acted(number, atMs, by, auditOf({ sinceMs, untilMs: sinceMs + MINUTE }, records));
