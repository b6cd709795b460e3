/**
 * The operators' side of a process, over the wire, in JSON:
 *
 *   cc1.sys.look                 every process answers with what it hosts and how that fares
 *   cc1.sys.<process>.do         { who, did: 'stop' | 'kill', to: <address> }; answered { done } or { refused }
 *                                { who, did: 'gone' | 'back', to: <node> }: it does not come back, or it does; answered
 *                                with who has noted that, durably
 *
 * Brokers keep `cc1.sys.>` for operators. Each deed is in the audit log before it is done; what is
 * malformed is answered with the reason and changes nothing.
 */
import { fail, ok, type Result } from '#lib/result.ts';
import { text, utf8 } from '#lib/bytes.ts';
import type { Json } from '#protocols/effect.ts';
import {
  isAddress,
  isNodeAddress,
  isSubject,
  type Address,
  type Filter,
  type NodeAddress,
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
  /** Tells whoever minds, here, that a node does not come back, or does; `then` hears who has noted it. */
  readonly part?: (
    node: NodeAddress,
    isBack: boolean,
    then: (noted: readonly NodeAddress[]) => void,
  ) => void;
}

type Deed = { readonly who: string } & (
  | { readonly did: 'stop' | 'kill'; readonly to: Address }
  | { readonly did: 'gone' | 'back'; readonly to: NodeAddress }
);

/** Answers operators until the result is called. */
export function answerOperators(operated: Operated): () => void {
  const { wire, process } = operated;
  const leave = [
    wire.listen(LOOK as string as Filter, (arrival) => replyLook(operated, arrival)),
    wire.listen(doSubject(process) as string as Filter, (arrival) =>
      act(operated, arrival.bytes, (answer) => reply(wire, arrival, answer)),
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

function act(operated: Operated, bytes: Uint8Array, answer: (of: Json) => void): void {
  const deed = readDeed(bytes);
  if (!deed.ok) return answer({ refused: deed.error });
  try {
    operated.audit.write({ ...deed.value });
  } catch (error) {
    return answer({ refused: `the audit log cannot be written: ${messageOf(error)}` });
  }
  carryOut(operated, deed.value, answer);
}

function carryOut({ system, part }: Operated, deed: Deed, answer: (of: Json) => void): void {
  const done = `${deed.did} ${deed.to}`;
  if (!isAboutNode(deed))
    return answer(
      system.stop(deed.to, deed.did) ? { done } : { refused: 'there is no such actor' },
    );
  if (part === undefined) return answer({ refused: 'nobody here minds who is gone' });
  part(deed.to, deed.did === 'back', (noted) => answer({ done, noted }));
}

const isAboutNode = (deed: Deed): deed is Extract<Deed, { readonly did: 'gone' | 'back' }> =>
  deed.did === 'gone' || deed.did === 'back';

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
  if (did === 'gone' || did === 'back') {
    const isNode = typeof to === 'string' && isNodeAddress(to);
    return isNode ? ok({ who, did, to }) : fail('to is not a node');
  }
  if (did !== 'stop' && did !== 'kill') return fail("did is not 'stop', 'kill', 'gone' or 'back'");
  if (typeof to !== 'string' || !isAddress(to)) return fail('to is not an address');
  return ok({ who, did, to });
}
