/** The clock of a delegate (protocols/clock/clock.ts): leads the time of its city by the clocks of all delegates. */
import {
  CLOCK_HEARS,
  CLOCK_SAYS,
  type ClockHears,
  type ClockSays,
} from '#protocols/clock.messages.ts';
import { begin, step, type Clock } from '#protocols/clock/clock.ts';
import { genesisCommittee } from '#protocols/committee.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function clock(self: Self): AnyActor {
  const actor: Actor<Clock, ClockHears, ClockSays> = {
    address: address(self.node, 'clock'),
    listens: CLOCK_HEARS,
    speaks: CLOCK_SAYS,
    start: () => begin(self, genesisCommittee(self.genesis)),
    receive: step,
  };
  return anyActor(actor);
}
