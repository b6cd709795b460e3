/**
 * Messages of the clocks of a city (clock/clock.ts). Each delegate has one `clock` actor.
 *
 * | kind         | from          | to       | meaning                                                          |
 * | ------------ | ------------- | -------- | ---------------------------------------------------------------- |
 * | `clock.ask`  | clock         | a clock  | what time is it? Answered with `clock.told`                      |
 * | `clock.led`  | clock         | own city | how the time of the city is reckoned here, from now on           |
 *
 * An answer has one time where RFC 5905 has two, received and answered: a step answers at once.
 */
import { catalogue, count, flag, message, optional, type Infer } from './codec.ts';
import { unixMs } from './terms.ts';

const microseconds = count(Number.MAX_SAFE_INTEGER);

export const AskTime = message('clock.ask', {});
/** The clock of the machine as it is, not as it is led; and how far it may be from what the others call time. */
export const ToldTime = message('clock.told', {
  wallMs: unixMs,
  uncertaintyUs: optional(microseconds),
});

/** A clock that is led (algorithms/clock/discipline.ts), and whether this delegate names nothing for now. */
export const Led = message('clock.led', {
  offsetUs: microseconds,
  targetUs: microseconds,
  sinceUs: microseconds,
  everyUs: count(1_000_000),
  stepsAside: flag,
});

export type AskTime = Infer<typeof AskTime>;
export type ToldTime = Infer<typeof ToldTime>;
export type Led = Infer<typeof Led>;

export const CLOCK_HEARS = catalogue(AskTime, ToldTime);
export const CLOCK_SAYS = catalogue(AskTime, ToldTime, Led);
export type ClockHears = AskTime | ToldTime;
export type ClockSays = AskTime | ToldTime | Led;
