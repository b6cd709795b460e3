/** R1 of a delegate (protocols/receiving/receive.ts): where readers come to. */
import {
  RECEIVE_HEARS,
  RECEIVE_SAYS,
  type ReceiveHears,
  type ReceiveSays,
} from '#protocols/receiving.messages.ts';
import { begin, invariants, step } from '#protocols/receiving/receive.ts';
import type { Readings } from '#protocols/receiving/readings.ts';
import { catalogue, union } from '#protocols/codec.ts';
import type { Self } from '#protocols/self.ts';
import { Saw } from '#protocols/slo.messages.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

const SAYS = union(RECEIVE_SAYS, catalogue(Saw));

export function receive(self: Self): AnyActor {
  const actor: Actor<Readings, ReceiveHears, ReceiveSays | Saw> = {
    address: address(self.node, 'receive'),
    listens: RECEIVE_HEARS,
    speaks: SAYS,
    start: () => begin(self),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}
