/**
 * What one node hears of another is a part, in order, of what the other said: nothing twice, nothing
 * late, nothing that was not said. Checked for all traffic between nodes, where it leaves the engine
 * and where it enters it again, so that whatever lies between must keep the promise.
 *
 * Two lanes for each pair: what is sent once, and what is repeated until it is received; each keeps an
 * order of its own. What anybody of a role may take has many receivers, and no order; and that
 * nobody is there is not always the other's word.
 */
import type { Envelope } from '#protocols/envelope.ts';
import { isAny, nodeOf } from '#protocols/subjects.ts';
import { fingerprint } from '../fingerprint.ts';
import type { Checker, World } from '../world.ts';

/** What was said and not yet heard, nor passed over. */
interface Lane {
  readonly said: number[];
  /** Where the first of it is: cheaper than shifting. */
  first: number;
}

export function orderChecker(world: World): Checker {
  const lanes = new Map<string, Lane>();
  const laneOf = (name: string): Lane => {
    let lane = lanes.get(name);
    if (lane === undefined) lanes.set(name, (lane = { said: [], first: 0 }));
    return lane;
  };
  return {
    sent: (envelope, _, isReliable) => {
      if (isUnordered(envelope)) return;
      laneOf(nameOf(envelope, isReliable || isAboutALife(envelope))).said.push(printOf(envelope));
    },
    received: (envelope) => {
      if (isUnordered(envelope)) return;
      const print = printOf(envelope);
      const isHeard = [false, true].some((isReliable) =>
        hear(laneOf(nameOf(envelope, isReliable)), print),
      );
      world.claim(isHeard, () => `in order, and once: ${textOf(envelope)}`);
    },
  };
}

const nameOf = ({ from, to }: Envelope, isReliable: boolean): string =>
  `${nodeOf(from)} ${nodeOf(to)} ${isReliable}`;

/** A refusal and an end may also be the word of the own link, that nobody is there. */
const isUnordered = ({ to, form }: Envelope): boolean =>
  isAny(to) || form === 'refusal' || form === 'ended';

/** Watches are repeated, whoever sends them. */
const isAboutALife = ({ form }: Envelope): boolean => form === 'watch' || form === 'unwatch';

/** The next of what was said that is the same: whatever lies before it was lost. */
function hear(lane: Lane, print: number): boolean {
  const at = lane.said.indexOf(print, lane.first);
  if (at < 0) return false;
  lane.first = at + 1;
  if (lane.first < 256) return true;
  lane.said.splice(0, lane.first);
  lane.first = 0;
  return true;
}

/** A link takes the number off an answer that came too late; it is the same answer all the same. */
function printOf(envelope: Envelope): number {
  const { form, to, from } = envelope;
  const number = form === 'ask' ? envelope.number : 0;
  const kind = 'kind' in envelope ? envelope.kind : '';
  const body = 'body' in envelope ? envelope.body : '';
  return fingerprint([form, to, from, number, kind, body]);
}

const textOf = (envelope: Envelope): string =>
  `${envelope.form} ${'kind' in envelope ? envelope.kind : ''} from ${envelope.from} to ${envelope.to}`;
