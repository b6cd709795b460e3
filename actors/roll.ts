/**
 * Reads the node list of a city for somebody who is no member of it: a replica (protocols/presence/replica.ts)
 * on a node that is there for this alone. It believes no delegate: a list counts when more than two thirds of
 * the stake have signed it. Where one delegate is silent, it turns to the next.
 */
import { wake, type Signal, type Step } from '#protocols/effect.ts';
import type { EligibleList } from '#protocols/eligibility.ts';
import type { Genesis } from '#protocols/genesis.ts';
import {
  FOLLOWER_HEARS,
  FOLLOWER_SAYS,
  type FollowerHears,
  type FollowerSays,
} from '#protocols/presence.messages.ts';
import * as replica from '#protocols/presence/replica.ts';
import { address, type Address, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

/** A delegate that is there answers within one look of the replica. */
const TURN_MS = 2 * replica.FOLLOW_MS;
const TURN = 'turn';

interface Reading {
  readonly copy: replica.Replica;
  turns: number;
}

export function roll(
  node: NodeAddress,
  genesis: Genesis,
  hear: (list: EligibleList) => void,
): AnyActor {
  const presenceOf = (turn: number): Address =>
    address(genesis.delegates[turn % genesis.delegates.length]!.node, 'presence');
  const start = (): Step<Reading, FollowerSays> => {
    const [copy, effects] = replica.begin({ genesis, presence: presenceOf(0) });
    return [{ copy, turns: 0 }, [...effects, wake(TURN, TURN_MS)]];
  };
  const turn = (state: Reading): Step<Reading, FollowerSays> => {
    replica.turnTo(state.copy, presenceOf(++state.turns));
    return [state, [wake(TURN, TURN_MS)]];
  };
  const actor: Actor<Reading, FollowerHears, FollowerSays> = {
    address: address(node, 'roll'),
    listens: FOLLOWER_HEARS,
    speaks: FOLLOWER_SAYS,
    start,
    receive: (state, input: FollowerHears | Signal, at) => {
      if (input.kind === 'wake' && input.id === TURN) return turn(state);
      const [, effects] = replica.step(state.copy, input, at);
      const list = replica.newest(state.copy);
      if (list !== undefined) hear(list);
      return [state, effects];
    },
  };
  return anyActor(actor);
}
