/** Asking for what is missing, and giving what others miss. */
import { hex } from '#lib/bytes.ts';
import { send } from '../effect.ts';
import { blockOf, missing } from '../jolteon/tree.ts';
import { FetchWord, Given, Offer, WANTED_MAX } from '../level.messages.ts';
import type { Address, NodeAddress } from '../subjects.ts';
import { givePage, mayHave } from './history.ts';
import type { Ref } from './payload.ts';
import { delegateOf, heightOf, keyOf, type DelegateState, type Effects } from './state.ts';

/** Certified blocks, and what blocks carry, that are not here; and what is committed beyond our own height. */
export function askFor(state: DelegateState, peer: NodeAddress, isBehind = false): Effects {
  const { self, jolteon } = state;
  const blocks = missing(jolteon.tree)
    .slice(0, WANTED_MAX)
    .map(({ block }) => block);
  for (const block of blocks) state.wanted.add(hex(block));
  const items = missingItems(state);
  if (!isBehind && blocks.length + items.length === 0) return [];
  self.probe.sometimes(`${self.level.role}: something that was missing was asked for`);
  state.asked.add(peer);
  const height = heightOf(state);
  return [send(delegateOf(self.level.role, peer), FetchWord.of({ blocks, items, height }))];
}

/** What blocks that are not committed carry, and is not here. */
function missingItems({ bodies, waiting, ordered }: DelegateState): Ref[] {
  return [...bodies.values()]
    .flat()
    .filter((ref) => ref.id > (ordered.get(ref.name) ?? 0) && !waiting.has(keyOf(ref)))
    .slice(0, WANTED_MAX);
}

/** What is not committed, piece by piece; what is, in pages. */
export function give(
  state: DelegateState,
  { blocks, items, height }: FetchWord,
  from: Address,
): Effects {
  if (!mayHave(state, { from, ticket: undefined }, blocks.length + items.length)) return [];
  const { tree } = state.jolteon;
  const given = blocks.flatMap((id) => {
    const known = blockOf(tree, id);
    const refs = state.bodies.get(hex(id));
    if (known === undefined || refs === undefined) return [];
    const { head, parent } = known;
    return [send(from, Given.of({ full: { block: { head, parent }, refs } }))];
  });
  const offers = items.flatMap((ref) => {
    const item = state.waiting.get(keyOf(ref));
    return item === undefined ? [] : [send(from, Offer.of({ item }))];
  });
  const isPlanted = state.self.plant === 'level-no-pages';
  const isBehind = !isPlanted && (height < heightOf(state) || given.length < blocks.length);
  const page = isBehind ? givePage(state, height + 1, { from, ticket: undefined }) : [];
  return [...given, ...offers, ...page];
}
