/** The heart of a light or an anchor (protocols/heart.ts): keeps its node on the node list. */
import { begin, invariants, step, type Heart, type HeartOptions } from '#protocols/heart.ts';
import {
  HEART_HEARS,
  HEART_SAYS,
  type HeartHears,
  type HeartSays,
} from '#protocols/presence.messages.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function heart(options: HeartOptions): AnyActor {
  const actor: Actor<Heart, HeartHears, HeartSays> = {
    address: address(options.self.node, 'heart'),
    listens: HEART_HEARS,
    speaks: HEART_SAYS,
    start: (at) => begin(options, at),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}
