/**
 * What is committed: kept by height, with what proves it; told to whoever watches, to those below, and to those above.
 *
 * Of those above and below one delegate speaks at once, the author of the block; what it does not get through is asked
 * for (`level.taken`).
 */
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { toBytes } from '../codec.ts';
import { forget, note, put, send, type Write } from '../effect.ts';
import { isEmpty } from '../jolteon/block.ts';
import type { Final } from '../jolteon/final.ts';
import type { Named } from '../jolteon/tree.ts';
import { Item, Offer, Taken } from '../level.messages.ts';
import type { Ref } from './payload.ts';
import { makersOf } from './sealing.ts';
import {
  ITEM,
  keyOf,
  KeptBlock,
  KeptHeight,
  KeptTip,
  nameOfHeight,
  nameOfRef,
  OPEN,
  TIP,
  TRAIL_MAX,
  type DelegateState,
  type Effects,
} from './state.ts';

/** What a block is called by those who watch: its author alone says so. */
const ROOT = { continent: 'continent.batch', globe: 'globe.root' } as const;

interface Committed {
  readonly writes: Write[];
  readonly said: Effects;
}

/** Blocks in order, all of which a final proves. */
export function commit(state: DelegateState, blocks: readonly Named[], final: Final): Committed {
  const writes: Write[] = [];
  const said: Effects = [];
  for (const block of blocks) {
    const { head } = block;
    if (isEmpty(head)) state.trail = [...state.trail, head].slice(-TRAIL_MAX);
    else keepOne(state, block, provingFrom(final, head.round), { writes, said });
  }
  state.last = final;
  const newest = blocks.at(-1)!;
  const { round, height } = newest.head;
  state.tip = newest.id;
  const tip = { id: newest.id, round, height };
  const ordered = [...state.ordered].map(([name, id]) => ({ name, id }));
  const { trail, last } = state;
  writes.push(put(TIP, toBytes(KeptTip, { ...tip, ordered, trail, last })));
  return { writes, said };
}

const provingFrom = ({ heads, qc }: Final, round: number): Final => ({
  heads: heads.slice(heads.findIndex((head) => head.round === round)),
  qc,
});

function keepOne(
  state: DelegateState,
  { id, head }: Named,
  final: Final,
  { writes, said }: Committed,
): void {
  const { level, above } = state.self;
  const key = hex(id);
  const refs = state.bodies.get(key);
  assert(refs !== undefined, 'what a block carries came with it');
  for (const ref of refs) writes.push(...order(state, ref, head.height));
  const { height } = head;
  const { trail } = state;
  writes.push(put(nameOfHeight(height), toBytes(KeptBlock, { trail, refs, final })));
  state.trail = [];
  const items = refs.map(({ name, id: of }) => ({ name, id: of }));
  said.push(note(`${level.role}.committed`, { height, block: key, items }));
  if (head.author !== state.own) return;
  said.push(note(`${ROOT[level.role]}.${height}`, { height, block: key, round: head.round }));
  for (const one of above) said.push(send(one, Offer.of({ item: { is: 'final', final } })));
  said.push(...tellBelow(state, refs, height));
}

/** Its place is known: it waits no more. */
function order({ ordered: taken, waiting }: DelegateState, ref: Ref, height: number): Write[] {
  taken.set(ref.name, ref.id);
  const key = keyOf(ref);
  const at = put(nameOfRef(ref), toBytes(KeptHeight, { height }));
  const item = waiting.get(key);
  if (item === undefined) return [at];
  waiting.delete(key);
  return [at, put(`item/${key}`, toBytes(Item, item)), forget(`${ITEM}${key}`)];
}

/** A receipt to one of those who made it. */
function tellBelow(state: DelegateState, refs: readonly Ref[], height: number): Effects {
  const { self, ordered: taken } = state;
  return [...new Set(refs.map(({ name }) => name))].flatMap((name) => {
    const below = self.level.below.find((each) => each.name === name);
    const makers = below === undefined ? [] : makersOf(state, below);
    const maker = makers[height % makers.length];
    return maker === undefined ? [] : [send(maker, Taken.of({ name, id: taken.get(name)! }))];
  });
}

/** What blocks carry that have left the tree, once all that was committed is carried out. */
export function forgetBodies({ bodies, proposals, jolteon: { tree } }: DelegateState): Write[] {
  for (const key of proposals.keys()) if (!tree.blocks.has(key)) proposals.delete(key);
  const gone = [...bodies.keys()].filter((key) => !tree.blocks.has(key));
  for (const key of gone) bodies.delete(key);
  return gone.map((key) => forget(`${OPEN}${key}`));
}
