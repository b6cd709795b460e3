/**
 * The time of a city, as a delegate reckons it: its monotonic clock, led by its clock actor (clock.ts). Before that has
 * found it, the time of day of the machine.
 */
import { timeAt } from '#algorithms/clock/discipline.ts';
import type { Led } from '../clock.messages.ts';
import type { Moment } from '../effect.ts';
import { millis, type Millis } from '../ids.ts';

const US = 1_000;

export const timeOf = (led: Led | undefined, { now, wall }: Pick<Moment, 'now' | 'wall'>): Millis =>
  millis(Math.max(0, Math.floor(led === undefined ? wall : timeAt(led, now * US) / US)));
