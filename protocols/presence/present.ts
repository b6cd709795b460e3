/** Who is on a list, by name, with its weight: looked at for every read and every audit, and made once for each list. */
import type { EligibleList } from '../eligibility.ts';
import type { NodeAddress } from '../subjects.ts';

const KNOWN = new WeakMap<EligibleList, ReadonlyMap<NodeAddress, number>>();

export function weightsIn(list: EligibleList): ReadonlyMap<NodeAddress, number> {
  const known = KNOWN.get(list);
  if (known !== undefined) return known;
  const weights = new Map(list.nodes.map(({ node, weight }) => [node, weight]));
  KNOWN.set(list, weights);
  return weights;
}
