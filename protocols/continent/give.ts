/** Asking for what is missing, and giving what others miss. */
import { hex } from '#lib/bytes.ts';
import { FetchWord, Given, Offer, WANTED_MAX, type Ref } from '../continent.messages.ts';
import { recall, send } from '../effect.ts';
import { blockOf, missing } from '../jolteon/tree.ts';
import type { NodeAddress } from '../subjects.ts';
import { delegateOf, keyOf, nameOfBlock, type DelegateState, type Effects } from './state.ts';

/** So much is given to each of the others between two ticks. */
const GIVEN_MAX = 2 * WANTED_MAX;

/** Certified blocks, and what blocks carry, that are not here. */
export function askFor(state: DelegateState, peer: NodeAddress): Effects {
  const { tree } = state.jolteon;
  const blocks = missing(tree)
    .slice(0, WANTED_MAX)
    .map(({ block }) => block);
  for (const block of blocks) state.wanted.add(hex(block));
  const batches = missingBatches(state);
  if (blocks.length + batches.length === 0) return [];
  state.self.probe.sometimes('continent: something that was missing was asked for');
  return [send(delegateOf(peer), FetchWord.of({ blocks, batches }))];
}

export const isMissing = ({ jolteon: { tree } }: DelegateState, key: string): boolean =>
  tree.qcs.has(key);

/** What blocks that are not committed carry, and is not here. */
function missingBatches({ bodies, waiting, ordered }: DelegateState): Ref[] {
  return [...bodies.values()]
    .flat()
    .filter((ref) => ref.id > (ordered.get(ref.name) ?? 0) && !waiting.has(keyOf(ref)))
    .slice(0, WANTED_MAX);
}

export function give(
  state: DelegateState,
  { blocks, batches }: FetchWord,
  from: NodeAddress,
): Effects {
  const gave = state.gave.get(from) ?? 0;
  if (gave >= GIVEN_MAX || !state.peers.includes(from)) return [];
  state.gave.set(from, gave + blocks.length + batches.length);
  const { tree } = state.jolteon;
  const given = blocks.map((id) => {
    const known = blockOf(tree, id);
    const refs = state.bodies.get(hex(id));
    if (known === undefined || refs === undefined) return recall(`give/${from}`, nameOfBlock(id));
    const { head, parent } = known;
    return send(delegateOf(from), Given.of({ full: { block: { head, parent }, refs } }));
  });
  const offers = batches.flatMap((ref) => {
    const sealed = state.waiting.get(keyOf(ref));
    return sealed === undefined ? [] : [send(delegateOf(from), Offer.of({ sealed }))];
  });
  return [...given, ...offers];
}
