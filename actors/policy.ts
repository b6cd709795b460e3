/**
 * The policy of a delegate (protocols/policy-change.ts): carries its operator's edits to the city, and tells
 * whoever resolves on its node what is in force.
 */
import type { Policy } from '#config/policy.ts';
import { begin, step, type Changing } from '#protocols/policy-change.ts';
import {
  POLICY_HEARS,
  POLICY_SAYS,
  type PolicyHears,
  type PolicySays,
} from '#protocols/policy.messages.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

/** `first`: what holds before any change, the same on every delegate. `followers`: roles on this node. */
export function policy(self: Self, first: Policy, followers: readonly string[] = []): AnyActor {
  const of = { self, first, followers: followers.map((role) => address(self.node, role)) };
  const actor: Actor<Changing, PolicyHears, PolicySays> = {
    address: address(self.node, 'policy'),
    listens: POLICY_HEARS,
    speaks: POLICY_SAYS,
    keeps: true,
    anyone: true,
    start: (_, kept) => begin(of, kept),
    receive: step,
  };
  return anyActor(actor);
}
