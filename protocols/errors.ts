/**
 * The words that leave the system: whatever a person or a program outside is told when something is not
 * done. A word is stable: it is never given another meaning. Each has one sentence on what is the matter
 * and one on what to do.
 */
import type { ActDeclined } from './ledger.messages.ts';
import type { ReadReason } from './receiving.messages.ts';
import type { IngressReason } from './sending.messages.ts';

export const ERRORS = {
  MALFORMED: ['The transaction is not what it says it is.', 'Make it anew with the SDK.'],
  BAD_SIGNATURE: [
    'The signature is not that of the sender.',
    'Sign with the key that the header names.',
  ],
  TOO_LARGE: ['The text is longer than 16 KiB.', 'Send less, or in parts.'],
  EXPIRED: ['The transaction is past its own time.', 'Make it anew, with a later expiry.'],
  FROM_THE_FUTURE: [
    "The transaction's time lies ahead of the city's.",
    'Set the clock of this device.',
  ],
  WRONG_CITY: ['The transaction names another city.', 'Connect to that city, or name this one.'],
  WRONG_NETWORK: ['The transaction was made for another network.', 'Use the genesis of this one.'],
  SEQ_USED: [
    'Another transaction of this sender has this number.',
    'Number it anew, if it is another one; else it is done already.',
  ],
  RATE_LIMITED: ['This sender sends faster than it may.', 'Wait a second.'],
  BUSY: ['The city takes no more at this moment.', 'Try again in a moment.'],
  NOT_ENOUGH_HOLDERS: [
    'There are not enough nodes that are online and have room for it.',
    'Wait until there are; an operator sees who with `city-chain nodes`, and what is full with `light_fill`.',
  ],
  REJECTED: ['The city decided against it.', 'See its cause: another one of the same number won.'],
  NOT_DONE: [
    'It is kept, and what it asked for was refused: nothing changed.',
    'See why; then ask for it anew, with another transaction.',
  ],
  OUTCOME_UNKNOWN: [
    'No word of its outcome came in time; it may yet be kept.',
    'Ask for it later by its id, or send the same bytes again: that does no harm.',
  ],
  NOT_FOUND: ['The city does not know it.', 'See whether the id and the city are right.'],
  NOT_PROVED_YET: [
    'It has no place in the order that is sealed.',
    'Ask again in a moment: a city seals what it has done within a second.',
  ],
  NOTHING_TO_PROVE: [
    'It stands in the order, and did nothing there.',
    'What it is about had been decided before, or was not its to decide.',
  ],
  TOO_OLD: [
    'Since the genesis the city has been handed over more often than a proof may show.',
    'Follow the city from its genesis on, and ask it what it knows.',
  ],
  UNAVAILABLE: [
    'Fewer pieces of it are to be had now than it takes.',
    'Ask again in a moment; holders return, and the city repairs what is thin.',
  ],
  NOT_A_READER: [
    'It is not for the key that asked.',
    'Ask with a key of its sender, its receiver or a reader that it names.',
  ],
  NOT_YOURS: ['The key that signed has no say in this.', "Sign with its sender's or receiver's."],
  BAD_MANIFEST: [
    'Its pieces were made of something else than was sent; the city knows by whom.',
    'Send the text again.',
  ],
  ERASED: ['Its sender had it erased.', 'Nothing brings it back.'],
  STALE: ['The request was signed at another time than now.', 'Set the clock of this device.'],
  NOT_CONNECTED: [
    'There is no connection to a city.',
    'Start one with `city-chain up`, or give its address.',
  ],
  ABORTED: ['It was called off here.', 'What was accepted goes its way; ask for it by its id.'],
  CLOSED: ['The connection was closed.', 'Connect again.'],
} as const satisfies Readonly<Record<string, readonly [what: string, advice: string]>>;

export type ErrorWord = keyof typeof ERRORS;

/** What an application is thrown. */
export class CityError extends Error {
  override readonly name = 'CityError';
  readonly word: ErrorWord;
  readonly advice: string;
  /** When it may be worth another try, where that is known. */
  readonly retryMs: number | undefined;

  constructor(word: ErrorWord, more?: string, retryMs?: number) {
    const [what, advice] = ERRORS[word];
    super(more === undefined ? what : `${what} (${more})`);
    this.word = word;
    this.advice = advice;
    this.retryMs = retryMs;
  }
}

type Reason = IngressReason | ReadReason | ActDeclined['reason'];

const WORDS: Readonly<Record<Reason, ErrorWord>> = {
  malformed: 'MALFORMED',
  'bad-signature': 'BAD_SIGNATURE',
  expired: 'EXPIRED',
  'from-the-future': 'FROM_THE_FUTURE',
  'wrong-city': 'WRONG_CITY',
  'seq-used': 'SEQ_USED',
  'rate-limited': 'RATE_LIMITED',
  busy: 'BUSY',
  'no-capacity': 'NOT_ENOUGH_HOLDERS',
  stale: 'STALE',
  'not-a-reader': 'NOT_A_READER',
  unknown: 'NOT_FOUND',
  'bad-manifest': 'BAD_MANIFEST',
  erased: 'ERASED',
  'not-yours': 'NOT_YOURS',
  'other-places': 'REJECTED',
  'no-evidence': 'REJECTED',
};

export const wordOf = (reason: Reason): ErrorWord => WORDS[reason];
