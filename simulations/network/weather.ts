/**
 * Weather: how the network treats messages that it does carry. NATS over TCP neither loses nor repeats
 * at rest; around reconnections it does all of this, and so does the simulated one at any time.
 */
import { NEVER, type Ratio, type Span } from '../chance.ts';

export interface Weather {
  readonly loss: Ratio;
  /** A copy comes a second time, up to 100 ms later. */
  readonly duplication: Ratio;
  /** A message is overtaken by those sent up to 50 ms after it. */
  readonly reordering: Ratio;
  /** Added to every message; order is kept. */
  readonly jitterUs: Span;
  /** How often a message, and all behind it, is held up for `delayMs`. */
  readonly delayed: Ratio;
  readonly delayMs: Span;
}

export const CALM_WEATHER: Weather = {
  loss: NEVER,
  duplication: NEVER,
  reordering: NEVER,
  jitterUs: [0, 200],
  delayed: NEVER,
  delayMs: [0, 0],
};
