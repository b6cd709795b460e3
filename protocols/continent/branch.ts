/** What may follow on a branch: of each municipality the next numbers, of what is here. */
import { hex, same } from '#lib/bytes.ts';
import { REFS_MAX, type Ref } from '../continent.messages.ts';
import { blockId, type Block } from '../jolteon/block.ts';
import type { Judge } from '../jolteon/jolteon.ts';
import { blockOf, pathTo } from '../jolteon/tree.ts';
import { batchDigest } from '../municipality-batch.ts';
import { keyOf, type DelegateState } from './state.ts';

/** The last number of each municipality on the branch up to a block; nothing when some of the branch is not here. */
function orderedAt(state: DelegateState, parent: Uint8Array): Map<string, number> | undefined {
  const { tree } = state.jolteon;
  const ordered = new Map(state.ordered);
  if (same(parent, tree.tip.id)) return ordered;
  const known = blockOf(tree, parent);
  const path = known === undefined ? 'missing' : pathTo(tree, known);
  if (typeof path === 'string') return undefined;
  for (const { id } of path) {
    const refs = state.bodies.get(hex(id));
    if (refs === undefined) return undefined;
    for (const ref of refs) ordered.set(ref.name, ref.id);
  }
  return ordered;
}

/** What may follow on a branch: of each municipality the next numbers that are here. */
export function nextOn(state: DelegateState, parent: Uint8Array): Ref[] {
  const ordered = orderedAt(state, parent);
  if (ordered === undefined) return [];
  const found: Ref[] = [];
  for (const { name } of state.self.continent.municipalities) {
    for (let id = (ordered.get(name) ?? 0) + 1; found.length < REFS_MAX; id++) {
      const sealed = state.waiting.get(keyOf({ name, id }));
      if (sealed === undefined) break;
      found.push({ name, id, batch: batchDigest(sealed.batch) });
    }
  }
  return found;
}

/** What a block carries must be here, and be next on its branch. */
export const judge =
  (state: DelegateState): Judge =>
  ({ head }: Block) => {
    const refs = state.bodies.get(hex(blockId(head)));
    if (refs === undefined) return 'wait';
    const ordered = orderedAt(state, head.parent);
    if (ordered === undefined) return refs.length === 0 ? 'fit' : 'wait';
    let isHere = true;
    for (const { name, id, batch } of refs) {
      if (id !== (ordered.get(name) ?? 0) + 1) return 'unfit';
      ordered.set(name, id);
      const sealed = state.waiting.get(keyOf({ name, id }));
      if (sealed === undefined) isHere = false;
      else if (!same(batchDigest(sealed.batch), batch)) return 'unfit';
    }
    return isHere ? 'fit' : 'wait';
  };
