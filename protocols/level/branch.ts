/** What may follow on a branch: of each of those below the next numbers, of what is here. */
import { hex, same } from '#lib/bytes.ts';
import { blockId, type Block } from '../jolteon/block.ts';
import type { Judge } from '../jolteon/jolteon.ts';
import { blockOf, pathTo } from '../jolteon/tree.ts';
import { refOf } from './below.ts';
import { REFS_MAX, type Ref } from './payload.ts';
import { keyOf, WAITING_MAX, type DelegateState } from './state.ts';

/** The last number of each of those below on the branch up to a block; nothing when some of it is not here. */
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

/** The next numbers that are here, of each in turn as many as there are. */
export function nextOn(state: DelegateState, parent: Uint8Array): Ref[] {
  const ordered = orderedAt(state, parent);
  if (ordered === undefined) return [];
  const found: Ref[] = [];
  for (const { name } of inTurn(state)) {
    for (let id = (ordered.get(name) ?? 0) + 1; found.length < REFS_MAX; id++) {
      const item = state.waiting.get(keyOf({ name, id }));
      if (item !== undefined) found.push(refOf(item)!);
      else if (!maySkip(state) || id > (ordered.get(name) ?? 0) + WAITING_MAX) break;
    }
  }
  return found;
}

const maySkip = ({ self: { plant } }: DelegateState): boolean => plant === 'level-skips';

/** Another one is first each time, so that none that is behind by much keeps the others out. */
function inTurn({ self: { level }, jolteon: { round } }: DelegateState) {
  const first = round % Math.max(1, level.below.length);
  return [...level.below.slice(first), ...level.below.slice(0, first)];
}

/**
 * Whether `ordered` says what is next after the last committed block. A step of Jolteon commits before it votes, and what
 * it has committed is carried out after it: in between, what was ordered just now would seem to be next once more.
 */
export const isCarriedOut = ({ tip, jolteon }: DelegateState): boolean =>
  same(tip, jolteon.tree.tip.id);

/** What a block carries must be here, and be next on its branch. */
export const judge =
  (state: DelegateState): Judge =>
  ({ head }: Block) => {
    if (!isCarriedOut(state)) return 'wait';
    const refs = state.bodies.get(hex(blockId(head)));
    if (refs === undefined) return 'wait';
    const ordered = orderedAt(state, head.parent);
    if (ordered === undefined) return refs.length === 0 ? 'fit' : 'wait';
    let isHere = true;
    for (const ref of refs) {
      const { name, id } = ref;
      const isKnown = state.self.level.below.some((each) => each.name === name);
      if (!isKnown || (id !== (ordered.get(name) ?? 0) + 1 && !maySkip(state))) return 'unfit';
      ordered.set(name, id);
      const item = state.waiting.get(keyOf(ref));
      if (item === undefined) isHere = false;
      else if (!same(refOf(item)!.digest, ref.digest)) return 'unfit';
    }
    return isHere ? 'fit' : 'wait';
  };
