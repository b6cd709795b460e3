/**
 * What `up` itself says when operators look: its processes, as the machine that supervises them sees
 * them, in the form in which processes show their actors.
 */
import { utf8 } from '#lib/bytes.ts';
import type { Reason } from '#protocols/effect.ts';
import { isSubject, type Filter } from '#protocols/subjects.ts';
import { LOOK } from '#runtime/operator.ts';
import type { Wire } from '#runtime/ports.ts';
import type { Report } from '#supervision/machine/state.ts';
import type { Processes } from '#supervision/processes.ts';
import type { Look, Sighted } from './sights.ts';

export interface Overseen {
  readonly wire: Wire;
  readonly processes: Processes;
  /** Why each process ended last, as reported. */
  readonly lastReasons: ReadonlyMap<string, Reason>;
  readonly bus: string;
  readonly startedAt: number;
  readonly now: () => number;
}

/** Answers until the result is called. */
export function answerLooks(overseen: Overseen): () => void {
  const { wire } = overseen;
  return wire.listen(LOOK as string as Filter, ({ reply }) => {
    if (reply === undefined || !isSubject(reply)) return;
    wire.send(reply, utf8(JSON.stringify(look(overseen))));
  });
}

function look({ processes, lastReasons, bus, startedAt, now }: Overseen): Look {
  const sights = processes.look().map(({ id, state, incarnation, pid }): Sighted => {
    const reason = lastReasons.get(id);
    return {
      address: pid === undefined ? id : `${id} (pid ${pid})`,
      parent: null,
      phase: state === 'running' && pid === undefined ? 'starting' : state,
      incarnation,
      waiting: 0,
      restarts: Math.max(0, incarnation - 1),
      lastReason: reason === undefined ? null : wordsOf(reason),
    };
  });
  const uptimeMs = now() - startedAt;
  return { process: 'up', pid: process.pid, bus, uptimeMs, actors: 0, sights };
}

export const wordsOf = ({ how, detail }: Reason): string =>
  detail === undefined ? how : `${how}: ${detail}`;

/** A report of the supervising machine, as a line for a person. */
export function lineOf(report: Report): string {
  const { what, ...rest } = report;
  const { id, reason } = rest as { readonly id?: string; readonly reason?: Reason };
  const who = id === undefined ? '' : `${id} `;
  return `${who}${what.replaceAll('-', ' ')}${reason === undefined ? '' : `: ${wordsOf(reason)}`}`;
}
