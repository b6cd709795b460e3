/** What this delegate found in a span, as acts for the order: of the holders that it was an auditor of. */
import { auditOf, RECORDS_MAX, type AuditRecord } from '../act.ts';
import type { Moment } from '../effect.ts';
import { say } from './acts.ts';
import { reckonedBytes } from './rows.ts';
import { isAuditorOf } from './span.ts';
import type { Auditing, Round } from './state.ts';
import type { Effects } from './waits.ts';

export function report(state: Auditing, { span, tallies }: Round, at: Moment): Effects {
  const { genesis, node: self } = state.of.self;
  const records: AuditRecord[] = [];
  for (const [node, { sound, lacking, silent, false: wrong }] of tallies) {
    const holder = state.known.get(node);
    const isNothing = sound + lacking + silent + wrong === 0;
    if (holder === undefined || isNothing || !isAuditorOf(genesis, self, node, span.sinceMs))
      continue;
    const { role } = holder;
    const bytes = reckonedBytes(holder);
    records.push({ holder: node, role, sound, lacking, silent, false: wrong, bytes });
  }
  records.sort((a, b) => (a.holder < b.holder ? -1 : 1));
  const acts: Effects[] = [];
  for (let from = 0; from < records.length; from += RECORDS_MAX)
    acts.push(say(state, auditOf(span, records.slice(from, from + RECORDS_MAX)), at));
  return acts.flat();
}
