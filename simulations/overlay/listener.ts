/**
 * The listener of a node: finds fit whatever begins with a one, and notes what it was told.
 */
import { catalogue, type Infer } from '#protocols/codec.ts';
import { note, NOTHING, reply } from '#protocols/effect.ts';
import { hex } from '#lib/bytes.ts';
import { Heard, Judged } from '#protocols/overlay.messages.ts';
import { address, nodeToken, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type AnyActor } from '#runtime/actor.ts';

export const LISTENER = 'listener';
export const FIT = 1;

const HEARS = catalogue(Heard);
const SAYS = catalogue(Judged);

export const listener = (node: NodeAddress): AnyActor =>
  anyActor<null, Infer<typeof HEARS>, Infer<typeof SAYS>>({
    address: address(node, LISTENER),
    listens: HEARS,
    speaks: SAYS,
    start: () => [null, NOTHING],
    receive: (_, input, at) => {
      if (input.kind !== 'overlay.heard') return [null, NOTHING];
      const { id, payload } = input;
      const told = note(`overlay.${nodeToken(node)}`, { node, id: hex(id) });
      return [
        null,
        [told, ...reply(at, Judged.of({ id, verdict: payload[0] === FIT ? 'fit' : 'unfit' }))],
      ];
    },
  });
