/** A clerk: one of those of a city who may answer, whoever is asked. Some questions are forgotten. */
import type { Probe } from '#lib/probe.ts';
import type { Infer } from '#protocols/codec.ts';
import { NOTHING, reply } from '#protocols/effect.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type AnyActor } from '#runtime/actor.ts';
import { Answer, CLERK_HEARS, CLERK_SAYS, clerkOf } from './words.ts';

export const clerk = (node: NodeAddress, probe: Probe): AnyActor =>
  anyActor<null, Infer<typeof CLERK_HEARS>, Infer<typeof CLERK_SAYS>>({
    address: clerkOf(node),
    listens: CLERK_HEARS,
    speaks: CLERK_SAYS,
    anyone: true,
    start: () => [null, NOTHING],
    receive: (_, input, at) => {
      if (!('n' in input) || probe.buggify('vigil: a clerk forgets to answer'))
        return [null, NOTHING];
      return [null, reply(at, Answer.of({ n: input.n + 1 }))];
    },
  });
