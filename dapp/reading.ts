/**
 * One transaction on its way back, as its reader sees it: a stream of steps, and the promise of the text.
 *
 *   const reading = city.get(id, { keys });
 *   for await (const { phase, have, need } of reading) console.log(phase, `${have}/${need}`);
 *   const { text } = await reading.done;
 */
import { text as textOf } from '#lib/bytes.ts';
import type { ReadWord } from '#protocols/client/reads.ts';
import { CityError, wordOf } from '#protocols/errors.ts';
import type { Given, ReadProgress } from '#protocols/receiving.messages.ts';
import type { Cover } from '#protocols/transaction.ts';
import { stream, type Stream } from './stream.ts';

export type ReadStep = Pick<ReadProgress, 'phase' | 'have' | 'need' | 'asked' | 'state'>;

/** What came back, opened on this device. */
export interface Read {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly state: Given['state'];
  readonly cover: Cover;
}

const BEFORE: ReadStep = { phase: 'locating', have: 0, need: 0, asked: 0, state: undefined };
const STEPS_MAX = 1_024;

export class Reading implements AsyncIterable<ReadStep> {
  /** As text: 52 letters and digits. */
  readonly txId: string;
  readonly #steps: Stream<ReadStep>;
  readonly #done = Promise.withResolvers<Read>();
  #last = BEFORE;

  constructor(txId: string, left: () => void) {
    this.txId = txId;
    this.#steps = stream({ max: STEPS_MAX, lost: () => this.#last }, left);
    // Whoever only iterates hears of a failure there.
    this.#done.promise.catch(() => undefined);
  }

  /** Rejects with a `CityError`: `UNAVAILABLE` with `retryMs`, or why it cannot be read at all. */
  get done(): Promise<Read> {
    return this.#done.promise;
  }

  [Symbol.asyncIterator](): AsyncIterator<ReadStep> {
    return this.#steps[Symbol.asyncIterator]();
  }

  /** For the client that made it. */
  step(step: ReadStep): void {
    this.#last = step;
    this.#steps.push(step);
  }

  give(bytes: Uint8Array, { state, cover }: Given): void {
    this.#done.resolve({ text: textOf(bytes), bytes, state, cover });
    this.#steps.end();
  }

  fail(error: CityError): void {
    this.#done.reject(error);
    this.#steps.end(error);
  }
}

/** Why a read came to nothing. */
export function failureOf(word: Exclude<ReadWord, ReadProgress | Given>): CityError {
  if (word.kind === 'receive.refused') return new CityError(wordOf(word.reason));
  if (word.kind !== 'receive.unavailable') return new CityError('MALFORMED');
  const { have, need, retryMs } = word;
  const more = need === 0 ? 'too few delegates answer' : `${have} of ${need}`;
  return new CityError('UNAVAILABLE', more, retryMs);
}
