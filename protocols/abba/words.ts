/**
 * What the members of one binary agreement say to each other (abba.ts).
 *
 *   bval   round, value     I propose this value, or so many do that somebody honest does
 *   aux    round, value     this is the first value that I accept; one of a member and round
 *   conf   round, values    of these values are the AUX that I have counted; one of a member and round
 *   share  round, shares    my shares of the coin of this round, in the order of my seats
 *   term   round, value     I have decided in this round: take it for my BVAL, AUX and CONF from there on
 *
 * A set of values is a number: the sum of 1 for {0} and 2 for {1}.
 */
import { bytes, count, either, list, Malformed, record, type Codec, type Infer } from '../codec.ts';

export type Value = 0 | 1;
export const VALUES = [0, 1] as const;
/** 1 is {0}, 2 is {1}, 3 is both. */
export type Values = 1 | 2 | 3;
export const only = (value: Value): Values => (value === 0 ? 1 : 2);
export const has = (values: Values, value: Value): boolean => (values & only(value)) !== 0;
/** Whether the first set is within the second one; nothing but the empty set is within the empty one. */
export const isWithin = (values: Values, within: number): boolean => (values & ~within) === 0;

/** No honest member says anything of a later round. */
export const ROUND_MAX = 1_000_000;
export const SHARE_BYTES = 48;
/** Shares of one member: its part of at most this many seats. */
export const SEATS_MAX = 1_024;

const round = count(ROUND_MAX);
const value = count(1) as unknown as Codec<Value>;
const values: Codec<Values> = {
  shape: 'integer 1..3',
  write: (writer, of) => count(3).write(writer, of),
  read: (reader) => {
    const of = count(3).read(reader);
    if (of === 0) throw new Malformed('range', 'no value at all');
    return of as Values;
  },
  check: (of) => (of === 1 || of === 2 || of === 3 ? undefined : 'expected 1..3'),
};

export const Word = either('say', {
  bval: record({ round, value }),
  aux: record({ round, value }),
  conf: record({ round, values }),
  share: record({ round, shares: list(bytes(SHARE_BYTES), SEATS_MAX) }),
  term: record({ round, value }),
});
export type Word = Infer<typeof Word>;
