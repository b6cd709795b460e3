/**
 * The operators' side of a process, over the wire, in JSON:
 *
 *   cc1.sys.look                 every process answers with what it hosts and how that fares
 *   cc1.sys.<process>.do         { who, did: 'stop' | 'kill', to: <address> }; answered { done } or { refused }
 *
 * Brokers keep `cc1.sys.>` for operators. Each deed is in the audit log before it is done; what is
 * malformed is answered with the reason and changes nothing.
 */
import { fail, ok, type Result } from '#lib/result.ts';
import { text, utf8 } from '#lib/bytes.ts';
import type { Json } from '#protocols/effect.ts';
import {
  isAddress,
  isSubject,
  type Address,
  type Filter,
  type Subject,
} from '#protocols/subjects.ts';
import { messageOf } from './harmless.ts';
import type { Arrival, Wire } from './ports.ts';
import type { AuditLog } from './seen/audit-log.ts';
import type { Sight, System } from './system.ts';

export const LOOK = 'cc1.sys.look' as Subject;
export const doSubject = (process: string): Subject => `cc1.sys.${process}.do` as Subject;

const REQUEST_BYTES_MAX = 4 * 1024;
const WHO = /^[\w.@-]{1,64}$/;
/** Actors in one answer; of more, those with the most to tell. */
const SIGHTS_MAX = 2_000;

export interface Operated {
  readonly process: string;
  readonly wire: Wire;
  readonly system: System;
  readonly audit: AuditLog;
  /** What else there is to say of the process: its ports, its bus. */
  readonly describe: () => Readonly<Record<string, Json>>;
}

interface Deed {
  readonly who: string;
  readonly did: 'stop' | 'kill';
  readonly to: Address;
}

/** Answers operators until the result is called. */
export function answerOperators(operated: Operated): () => void {
  const { wire, process } = operated;
  const leave = [
    wire.listen(LOOK as string as Filter, (arrival) => replyLook(operated, arrival)),
    wire.listen(doSubject(process) as string as Filter, (arrival) =>
      reply(wire, arrival, act(operated, arrival)),
    ),
  ];
  return () => {
    for (const each of leave) each();
  };
}

function reply(wire: Wire, arrival: Arrival, answer: Json): void {
  const to = arrival.reply;
  if (to === undefined || !isSubject(to)) return;
  wire.send(to, utf8(JSON.stringify(answer)));
}

/** As many sights as one message carries: an answer that is too large would be no answer at all. */
function replyLook(operated: Operated, arrival: Arrival): void {
  const { wire } = operated;
  for (let shown = SIGHTS_MAX; shown > 0; shown >>= 1) {
    const answer = look(operated, shown);
    if (utf8(JSON.stringify(answer)).length <= wire.bytesMax) return reply(wire, arrival, answer);
  }
}

function look({ process, system, describe }: Operated, max: number): Json {
  const sights = system.look();
  const shown = sights.length <= max ? sights : sights.toSorted(byNeed).slice(0, max);
  return { process, ...describe(), actors: sights.length, sights: shown.map(toJson) };
}

const byNeed = (a: Sight, b: Sight): number => b.waiting - a.waiting || b.restarts - a.restarts;

const toJson = (sight: Sight): Json => ({
  address: sight.address,
  parent: sight.parent ?? null,
  phase: sight.phase,
  incarnation: sight.incarnation,
  waiting: sight.waiting,
  restarts: sight.restarts,
  lastReason: sight.lastReason === undefined ? null : reasonOf(sight.lastReason),
});

const reasonOf = ({ how, detail }: NonNullable<Sight['lastReason']>): string =>
  detail === undefined ? how : `${how}: ${detail.slice(0, 200)}`;

function act({ system, audit }: Operated, arrival: Arrival): Json {
  const deed = readDeed(arrival.bytes);
  if (!deed.ok) return { refused: deed.error };
  const { who, did, to } = deed.value;
  try {
    audit.write({ who, did, to });
  } catch (error) {
    return { refused: `the audit log cannot be written: ${messageOf(error)}` };
  }
  return system.stop(to, did) ? { done: `${did} ${to}` } : { refused: 'there is no such actor' };
}

function readDeed(bytes: Uint8Array): Result<Deed> {
  if (bytes.length > REQUEST_BYTES_MAX) return fail('the request is too long');
  let request: unknown;
  try {
    request = JSON.parse(text(bytes));
  } catch {
    return fail('the request is not JSON');
  }
  if (typeof request !== 'object' || request === null) return fail('the request is not an object');
  const { who, did, to } = request as Readonly<Record<string, unknown>>;
  if (typeof who !== 'string' || !WHO.test(who)) return fail('who is not a name');
  if (did !== 'stop' && did !== 'kill') return fail("did is neither 'stop' nor 'kill'");
  if (typeof to !== 'string' || !isAddress(to)) return fail('to is not an address');
  return ok({ who, did, to });
}
