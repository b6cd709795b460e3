/** A follower: verifies a chain from its genesis on, and tells what it has seen. All decisions are in protocols/follow/. */
import type { Signal } from '#protocols/effect.ts';
import { begin, step, type Following, type FollowSelf } from '#protocols/follow/follow.ts';
import {
  LEVEL_ANSWERS,
  LEVEL_ASKED,
  type LevelAnswers,
  type LevelAsked,
} from '#protocols/level.messages.ts';
import type { Address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

/** `saw` is told after each step: what is fresh, and the fork that ended it. */
export function follower(
  at: Address,
  self: FollowSelf,
  saw: (following: Following) => void,
): AnyActor {
  const actor: Actor<Following, LevelAnswers, LevelAsked> = {
    address: at,
    listens: LEVEL_ANSWERS,
    speaks: LEVEL_ASKED,
    start: () => begin(self),
    receive: (following, input) => {
      const [next, effects] = step(following, input as Signal);
      saw(next);
      return [next, effects];
    },
  };
  return anyActor(actor);
}
