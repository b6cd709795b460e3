/** What is kept, and what leaves then: nothing that is signed is said before all is on the disk that it rests on. */
import { hex } from '#lib/bytes.ts';
import { toBytes } from '../codec.ts';
import { compute, keep, put, type Plain, type Write } from '../effect.ts';
import { blockId, saidIn, saidSignJob, type Bare, type Block } from '../jolteon/block.ts';
import { Full, type LevelSays } from '../level.messages.ts';
import { CASTS_MAX, OPEN, type DelegateState, type Effects } from './state.ts';

/** A block that is voted for or proposed, with what it carries. */
export function openBlock(state: DelegateState, block: Block | undefined): Write[] {
  if (block === undefined) return [];
  const id = hex(blockId(block.head));
  return [put(`${OPEN}${id}`, toBytes(Full, { block, refs: state.bodies.get(id) ?? [] }))];
}

/** What is said of it leaves when it is on the disk. */
export function keepAll(
  state: DelegateState,
  writes: readonly Write[],
  said: Effects = [],
): Effects {
  const id = ++state.keeps;
  if (said.length > 0) state.promised.set(id, said);
  return [keep(`keep/${id}`, ...writes)];
}

/** What was promised with what is kept by now. */
export function fulfil({ promised, kept }: DelegateState): Effects {
  const due = [...promised].filter(([id]) => id <= kept);
  for (const [id] of due) promised.delete(id);
  return due.flatMap(([, said]) => said);
}

/** Signed, and said when all is kept that was to be kept by now. What does not leave is said again by its round. */
export function cast(
  state: DelegateState,
  said: Bare,
  made: (signature: Uint8Array) => LevelSays,
): Effects {
  if (state.underWay.size >= CASTS_MAX) return [];
  const id = `cast/${++state.casts}`;
  const after = state.self.plant === 'level-vote-not-kept' ? 0 : state.keeps;
  state.underWay.set(id, { make: made, after, signature: undefined });
  const job = saidSignJob(
    state.self.level.network,
    saidIn(state.self.level, said),
    state.self.signing,
  );
  return [compute(id, 'level.sign', job as unknown as Plain)];
}

/** All that is signed, and whose keeps are done. */
export function leaving({ underWay, kept }: DelegateState): LevelSays[] {
  const due: LevelSays[] = [];
  for (const [id, { make, after, signature }] of underWay) {
    if (signature === undefined || after > kept) continue;
    underWay.delete(id);
    due.push(make(signature));
  }
  return due;
}
