/** Of a new list the overlay of this node is told of some anchors, drawn: whom it may turn to (protocols/overlay/). */
import { send, type Effect, type Moment } from '../effect.ts';
import type { EligibleList } from '../eligibility.ts';
import { Seeds, SEEDS_MAX } from '../overlay.messages.ts';
import { drawn, overlayOf } from '../overlay/state.ts';
import type { NodeAddress } from '../subjects.ts';

export function seeds(
  node: NodeAddress,
  { nodes }: EligibleList,
  { entropy }: Moment,
): Effect<ReturnType<typeof Seeds.of>>[] {
  const anchors = nodes.filter(({ role }) => role === 'anchor').map((each) => each.node);
  return [send(overlayOf(node), Seeds.of({ nodes: drawn(anchors, SEEDS_MAX, entropy) }))];
}
