/**
 * The mirror (protocols/mirror/): an actor on a node of its own, which writes through whoever has a sink. What it
 * wants written goes to `want`, outside the step's own effects, because a data base is no actor.
 */
import { catalogue } from '#protocols/codec.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { AskSince, AskTx, HappenedSince, Told } from '#protocols/ledger.messages.ts';
import { Written } from '#protocols/mirror.messages.ts';
import {
  begin,
  invariants,
  step,
  type Mirror,
  type MirrorHears,
  type MirrorSays,
  type Wanted,
} from '#protocols/mirror/mirror.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function mirror(
  node: NodeAddress,
  genesis: Genesis,
  cursor: number,
  want: (wanted: Wanted) => void,
): AnyActor {
  const actor: Actor<Mirror, MirrorHears, MirrorSays> = {
    address: address(node, 'mirror'),
    listens: catalogue(HappenedSince, Told, Written),
    speaks: catalogue(AskSince, AskTx),
    start: (at) => begin(genesis, cursor, at),
    receive: (state, input, at) => {
      const did = step(state, input, at);
      for (const wanted of state.wanted.splice(0)) want(wanted);
      return did;
    },
    invariants,
  };
  return anyActor(actor);
}
