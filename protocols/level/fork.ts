/**
 * A fork of a level: blocks of two branches are committed, so a third of its weight or more is faulty. Whoever sees that keeps
 * what proves the other branch (its own is on its disk, by heights), says so, and orders no more, over all its lives; what is
 * committed it goes on showing to whoever asks.
 *
 *   what Jolteon finds committed elsewhere (jolteon.ts) ---------------------------.
 *   `level.forked`: a block that somebody has committed --(verified; ours of that   |
 *      height is read from the disk, and is another one)----------------------------'--> kept --> halted
 *   halted   our last block, with what proves it, to all, and to one after another: whoever is on the other branch sees it
 *
 * Safety: less than a third halts nobody, since both blocks are proved.
 */
import { same } from '#lib/bytes.ts';
import { record, toBytes, whole, type Infer } from '../codec.ts';
import { keep, note, put, recall, send } from '../effect.ts';
import { figure } from '../figures.ts';
import { blockId, isEmpty } from '../jolteon/block.ts';
import { Final, finalJobs } from '../jolteon/final.ts';
import { Forked } from '../level.messages.ts';
import {
  delegateOf,
  heightOf,
  KeptBlock,
  nameOfHeight,
  type DelegateState,
  type Effects,
} from './state.ts';

export const FORK = 'live/fork';
/** The other branch: the first of these heads is committed, and not here. */
const KeptFork = record({ other: Final });
export type KeptFork = Infer<typeof KeptFork>;

/** What is read: our block of the height of another one, and our last one. */
const [PAIR, TELL] = ['fork/pair', 'fork/tell'] as const;
export const isOfFork = (id: string): boolean => id === PAIR || id === TELL;

/** What a former life has seen. */
export function forkIn(kept: ReadonlyMap<string, Uint8Array>): KeptFork | undefined {
  const bytes = kept.get(FORK);
  return bytes === undefined ? undefined : whole(KeptFork, bytes);
}

/** What must verify of a block that may be of another branch; nothing where it tells us nothing. */
export function forkJobs(state: DelegateState, { final }: Forked): ReturnType<typeof finalJobs> {
  const [head] = final.heads;
  const isOfUse = head !== undefined && !isEmpty(head) && head.height <= heightOf(state);
  return isOfUse && state.fork === undefined ? finalJobs(state.self.level, final) : undefined;
}

/** Such a block, verified: ours of its height is looked at. */
export function suspect(state: DelegateState, { final }: Forked): Effects {
  if (state.suspected !== undefined) return [];
  state.suspected = final;
  return [recall(PAIR, nameOfHeight(final.heads[0]!.height))];
}

export function readOfFork(
  state: DelegateState,
  id: string,
  value: Uint8Array | undefined,
): Effects {
  const ours = value === undefined ? undefined : whole(KeptBlock, value).final;
  if (id === TELL) return ours === undefined ? [] : tell(state, ours);
  const other = state.suspected;
  state.suspected = undefined;
  const [a, b] = [ours?.heads[0], other?.heads[0]];
  if (a === undefined || b === undefined || a.height !== b.height) return [];
  return same(blockId(a), blockId(b)) ? [] : halt(state, other!);
}

/** Nothing here may be believed any more; what is on its way out stays here. */
export function halt(state: DelegateState, other: Final): Effects {
  if (state.fork !== undefined) return [];
  const { role } = state.self.level;
  state.fork = { other };
  state.jolteon.isForked = true;
  state.underWay.clear();
  state.self.probe.sometimes(`${role}: a fork was seen`);
  const { height, round } = other.heads[0]!;
  return [
    keep('fork', put(FORK, toBytes(KeptFork, state.fork))),
    note(`${role}.forked`, { height, round }),
    figure('city_chain_forked', 1, role),
    sayFork(state),
  ];
}

/** Our last block is read, and told to all. */
export const sayFork = (state: DelegateState): Effects[number] =>
  recall(TELL, nameOfHeight(heightOf(state)));

const tell = ({ self: { level }, peers }: DelegateState, final: Final): Effects =>
  peers.map((peer) => send(delegateOf(level.role, peer), Forked.of({ final })));
