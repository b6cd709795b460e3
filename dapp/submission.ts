/**
 * One transaction on its way, as its sender sees it: a stream of progress, and promises of states.
 */
import { nameText } from '#algorithms/identity.ts';
import type { Until } from '#protocols/client.messages.ts';
import type { Told } from '#protocols/client/client.ts';
import { placeOf as placeOfRoot, type RootWord } from '#protocols/client/roots.ts';
import type { Word } from '#protocols/client/word.ts';
import { ROOTS, type Root } from '#protocols/rooting.messages.ts';
import { CityError, wordOf } from '#protocols/errors.ts';
import { stream, type Stream } from './stream.ts';

/** How far a transaction is followed: in its city, or to where its city is rooted. */
export type Goal = Until | Root;
export const isRoot = (goal: Goal | Progress['state']): goal is Root =>
  (ROOTS as readonly string[]).includes(goal);

export interface Progress {
  /** `accepted` is durable at one delegate; then the states of the lifecycle; then how far above its city it has come. */
  readonly state: 'accepted' | Word['state'] | Root;
  /** Acks so far, how many the rule wants, and how many pieces there are. */
  readonly acks: number;
  readonly needed: number;
  readonly rows: number;
  /** Where it stands in the city's order, once it is committed. */
  readonly height: number | undefined;
  /** Committed with an op: `done`, or why that changed nothing. */
  readonly effect?: Word['effect'];
}

const BEFORE: Progress = { state: 'accepted', acks: 0, needed: 0, rows: 0, height: undefined };
const PLACES = { accepted: 0, FRESH: 0, REPAIR_REQ: 0, LOST: 0, POH_ACK: 1, COMMITTED: 2 } as const;
const FIRST_ROOT = PLACES.COMMITTED + 1;
const STEPS_MAX = 1_024;

export class Submission implements AsyncIterable<Progress> {
  /** As text: 52 letters and digits. */
  readonly txId: string;
  readonly #steps: Stream<Progress>;
  readonly #wanted: { readonly place: number; readonly met: PromiseWithResolvers<Progress> }[] = [];
  #last: Progress | undefined;
  #failure: CityError | undefined;

  constructor(txId: Uint8Array, left: () => void) {
    this.txId = nameText(txId);
    this.#steps = stream({ max: STEPS_MAX, lost: () => this.#last ?? BEFORE }, left);
  }

  /** The progress that met a state, or more than it. Rejects with a `CityError` if that will not be. */
  until(state: Goal): Promise<Progress> {
    const place = placeOfGoal(state);
    const met = Promise.withResolvers<Progress>();
    if (this.#last !== undefined && placeOf(this.#last) >= place) met.resolve(this.#last);
    else if (this.#failure !== undefined) met.reject(this.#failure);
    else this.#wanted.push({ place, met });
    return met.promise;
  }

  [Symbol.asyncIterator](): AsyncIterator<Progress> {
    return this.#steps[Symbol.asyncIterator]();
  }

  /** For the client that made it. True when it was the last word. */
  hear(
    told: Exclude<Told, { what: 'city' | 'found' | 'object' | 'read' | 'act' | 'rooted' }>,
    until: Goal,
  ): boolean {
    switch (told.what) {
      case 'accepted':
        return this.#step(BEFORE, until);
      case 'progress': {
        const { state, acks, needed, rows, height, reason, effect } = told.word;
        if (state === 'REJECTED' && reason !== undefined)
          return this.fail(new CityError(wordOf(reason)));
        if (state === 'REJECTED' || state === 'EXPIRED') return this.fail(new CityError(state));
        const asked = effect === undefined ? {} : { effect };
        return this.#step({ state, acks, needed, rows, height, ...asked }, until);
      }
      case 'refused':
        return this.fail(new CityError(wordOf(told.reason)));
      case 'unknown':
        return this.fail(unknown(told.word));
    }
  }

  /** How far above its city it has come, after it was committed. True when it was the last word. */
  hearRoot({ told, isLast }: RootWord, until: Root): boolean {
    const root = told?.root;
    const before = this.#last ?? BEFORE;
    // Several steps may have been taken since somebody was asked.
    for (const state of ROOTS.slice(0, placeOfRoot(root) + 1))
      if (FIRST_ROOT + placeOfRoot(state) > placeOf(before))
        this.#step({ ...before, state }, until);
    if (!isLast) return false;
    if (placeOfRoot(root) >= placeOfRoot(until)) return true;
    return this.fail(new CityError('OUTCOME_UNKNOWN', `last: ${(this.#last ?? BEFORE).state}`));
  }

  fail(error: CityError): true {
    this.#failure ??= error;
    for (const { met } of this.#wanted.splice(0)) met.reject(error);
    this.#steps.end(error);
    return true;
  }

  #step(progress: Progress, until: Goal): boolean {
    this.#last = progress;
    this.#steps.push(progress);
    const reached = placeOf(progress);
    for (const wanted of this.#wanted.splice(0)) {
      if (reached >= wanted.place) wanted.met.resolve(progress);
      else this.#wanted.push(wanted);
    }
    const isLast = reached >= placeOfGoal(until);
    if (isLast) this.#steps.end();
    return isLast;
  }
}

/** Where a reason was given meanwhile, such as that nobody has room, it is what whoever waited is told. */
const unknown = (word: Word | undefined): CityError =>
  word?.reason === undefined
    ? new CityError('OUTCOME_UNKNOWN', word && `last: ${word.state}`)
    : new CityError(wordOf(word.reason), 'it may yet be kept');

const placeOfGoal = (goal: Goal): number =>
  isRoot(goal) ? FIRST_ROOT + placeOfRoot(goal) : PLACES[goal];

const placeOf = ({ state }: Progress): number => {
  if (state === 'REJECTED' || state === 'EXPIRED') return -1;
  return isRoot(state) ? placeOfGoal(state) : PLACES[state];
};
