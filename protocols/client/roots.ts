/**
 * How far above its city a batch has come, for an application that waits for it: any delegate of the city is asked, again
 * and again, and each step further is told once.
 *
 * Bound: `ROOTS_MAX` at once; beyond that an application is told at once that nothing is known.
 */
import type { FollowRoot } from '../client.messages.ts';
import { ask, wake, type Effect, type Moment } from '../effect.ts';
import { AskRoot, ROOTS, type Root, type RootTold } from '../rooting.messages.ts';
import { anyOf, type Place } from '../subjects.ts';

const ROOTS_MAX = 4_096;
const ROOT = 'root/';
const AGAIN_MS = 250;
const WITHIN_MS = 1_500;

interface Followed {
  readonly follow: FollowRoot;
  readonly endsAt: number;
  told: RootTold | undefined;
}

export type Roots = Map<string, Followed>;
export const noRoots = (): Roots => new Map();
export const isOfRoots = (id: string): boolean => id.startsWith(ROOT);

/** `isLast`: it is where it was wanted, or its time is over. */
export interface RootWord {
  readonly number: number;
  readonly told: RootTold | undefined;
  readonly isLast: boolean;
}
type Tell = (word: RootWord) => void;
type Effects = readonly Effect<AskRoot>[];

export const placeOf = (root: Root | undefined): number =>
  root === undefined ? -1 : ROOTS.indexOf(root);

export function follow(
  roots: Roots,
  city: Place,
  asked: FollowRoot,
  at: Moment,
  tell: Tell,
): Effects {
  const { number, withinMs } = asked;
  const id = ROOT + String(number);
  if (roots.size >= ROOTS_MAX) {
    tell({ number, told: undefined, isLast: true });
    return [];
  }
  roots.set(id, { follow: asked, endsAt: at.now + withinMs, told: undefined });
  return question(city, id, asked);
}

const question = (city: Place, id: string, { height }: FollowRoot): Effects => [
  ask(id, anyOf(city, 'rooting'), AskRoot.of({ height }), WITHIN_MS),
];

/** Answered, or not. */
export function judged(
  roots: Roots,
  id: string,
  answer: RootTold | undefined,
  { now }: Moment,
  tell: Tell,
): Effects {
  const followed = roots.get(id);
  if (followed === undefined) return [];
  const { number, until } = followed.follow;
  const isFurther = placeOf(answer?.root) > placeOf(followed.told?.root);
  if (isFurther) followed.told = answer;
  const isThere =
    answer !== undefined && (until === undefined || placeOf(followed.told?.root) >= placeOf(until));
  const isLast = isThere || now >= followed.endsAt;
  if (isFurther || isLast) tell({ number, told: followed.told, isLast });
  if (!isLast) return [wake(id, AGAIN_MS)];
  roots.delete(id);
  return [];
}

export function again(roots: Roots, city: Place, id: string): Effects {
  const followed = roots.get(id);
  return followed === undefined ? [] : question(city, id, followed.follow);
}
