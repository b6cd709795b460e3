/** What the delegates of this process say of the policy, for its metrics. */
import { AskPolicy, type PolicyStatus } from '#protocols/policy.messages.ts';
import { address, placeOf, type NodeAddress } from '#protocols/subjects.ts';
import type { PolicyLook, PolicySeen } from '#runtime/seen/policy-metrics.ts';
import type { System } from '#runtime/system.ts';

/** Whoever scrapes waits for this, and its own patience is seconds. */
const WITHIN_MS = 500;

export const lookAtPolicy =
  (system: Pick<System, 'ask'>, delegates: readonly NodeAddress[]): PolicyLook =>
  async () => {
    const all = await Promise.all(delegates.map((node) => statusOf(system, node)));
    return all.flatMap((status) => (status === undefined ? [] : [seenOf(status)]));
  };

const statusOf = (
  system: Pick<System, 'ask'>,
  node: NodeAddress,
): Promise<PolicyStatus | undefined> =>
  new Promise((resolve) => {
    system.ask(address(node, 'policy'), AskPolicy.of({}), WITHIN_MS, (outcome) => {
      const isSaid = outcome.kind === 'answered' && outcome.message.kind === 'policy.status';
      resolve(isSaid ? (outcome.message as PolicyStatus) : undefined);
    });
  });

/** A delegate stands in its own city. */
const seenOf = ({ node, version, wish, refused, isStrained }: PolicyStatus): PolicySeen => ({
  city: placeOf(node),
  version,
  isStrained,
  isWished: wish !== undefined,
  isRefused: refused !== undefined,
});
