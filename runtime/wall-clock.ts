/** The real clock and the real turns of the event loop. */
import { millis } from '#protocols/ids.ts';
import type { Clock, Scheduler } from './ports.ts';

/** Node's longest timer; whoever waits longer is asked to wait again. */
const TIMER_MS_MAX = 0x7fff_ffff;

/** Whole milliseconds: enough for every deadline, and integers order exactly. */
export const wallClock: Clock = {
  now: () => millis(Math.floor(performance.now())),
  wall: () => millis(Date.now()),
  after: (inMs, then) => {
    const timer = setTimeout(then, Math.min(Math.max(0, inMs), TIMER_MS_MAX));
    return () => clearTimeout(timer);
  },
  fine: () => performance.now(),
};

/** After whatever input and output is ready. */
export const eventLoop: Scheduler = {
  soon: (turn) => {
    setImmediate(turn);
  },
  onReturn: queueMicrotask,
};

/** When all that runs now has returned, and before anything else does: what was said goes out together. */
export const endOfTurn: Scheduler = { soon: queueMicrotask };
