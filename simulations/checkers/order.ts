/**
 * What one actor hears of an actor of another node is a part, in order, of what that one said: nothing
 * twice, nothing late, nothing that was not said. Checked for all traffic between nodes, where it
 * leaves the engine and where it enters it again, so that whatever lies between must keep the promise.
 *
 * Two lanes for each pair: what is sent once, and what is repeated until it is received; each keeps an
 * order of its own. What anybody of a role may take has many receivers, and no order; and that
 * nobody is there is not always the other's word.
 */
import type { Envelope } from '#protocols/envelope.ts';
import { isAny, type Address } from '#protocols/subjects.ts';
import type { Checker, World } from '../world.ts';
import type { Prints } from './print.ts';

/** What was said and not yet heard, nor passed over. */
interface Lane {
  readonly said: number[];
  /** Where the first of it is: cheaper than shifting. */
  first: number;
}

interface Lanes {
  readonly plain: Lane;
  readonly repeated: Lane;
}

const emptyLane = (): Lane => ({ said: [], first: 0 });

export function orderChecker(world: World, prints: Prints): Checker {
  // A link takes the number off an answer that came too late; it is the same answer all the same.
  const printOf = (envelope: Envelope): number =>
    envelope.form === 'ask' ? prints.numbered(envelope) : prints.of(envelope);
  const lanes = new Map<Address, Map<Address, Lanes>>();
  const between = ({ from, to }: Envelope): Lanes => {
    let row = lanes.get(from);
    if (row === undefined) lanes.set(from, (row = new Map()));
    let both = row.get(to);
    if (both === undefined) row.set(to, (both = { plain: emptyLane(), repeated: emptyLane() }));
    return both;
  };
  return {
    sent: (envelope, _, isReliable) => {
      if (isUnordered(envelope)) return;
      const { plain, repeated } = between(envelope);
      const lane = isReliable || isAboutALife(envelope) ? repeated : plain;
      lane.said.push(printOf(envelope));
    },
    received: (envelope) => {
      if (isUnordered(envelope)) return;
      const { plain, repeated } = between(envelope);
      const print = printOf(envelope);
      const isHeard = hear(plain, print) || hear(repeated, print);
      world.claim(isHeard, () => `in order, and once: ${textOf(envelope)}`);
    },
  };
}

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

const textOf = (envelope: Envelope): string =>
  `${envelope.form} ${'kind' in envelope ? envelope.kind : ''} from ${envelope.from} to ${envelope.to}`;
