/** A life of a delegate begins: what a former one stood by, and what waits for its place. level.ts has the picture. */
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { weightsOf } from '../abba/tally.ts';
import { leaderOf } from '../committee.ts';
import { whole } from '../codec.ts';
import { blockId } from '../jolteon/block.ts';
import * as jolteon from '../jolteon/jolteon.ts';
import { Full, Item } from '../level.messages.ts';
import { nothingToVerify } from '../verifying.ts';
import { evidenceIn } from './accuse.ts';
import { refOf } from './below.ts';
import { forkIn } from './fork.ts';
import { nothingToGather } from './history.ts';
import { copiesIn } from './sealing.ts';
import {
  ITEM,
  keyOf,
  KeptSafety,
  KeptTip,
  OPEN,
  SAFETY,
  TIP,
  type DelegateState,
  type LevelSelf,
} from './state.ts';

type Kept = ReadonlyMap<string, Uint8Array>;

/** And what it has to say at once. */
export function restored(
  self: LevelSelf,
  kept: Kept,
): readonly [state: DelegateState, acts: readonly jolteon.Act[]] {
  const { name, epoch, members } = self.level;
  const own = members.findIndex(({ node }) => node === self.node);
  assert(own >= 0, 'a delegate is one of the members');
  const setup: jolteon.Setup = {
    chain: name,
    epoch,
    weights: weightsOf(members.map(({ stake }) => stake)),
    own,
    leaderOf: (round) => leaderOf({ epoch, members }, round),
  };
  const open = under(kept, OPEN).map((bytes) => whole(Full, bytes));
  const held = under(kept, ITEM).map((bytes) => whole(Item, bytes));
  const tip = kept.get(TIP) === undefined ? undefined : whole(KeptTip, kept.get(TIP)!);
  const [machine, acts] = jolteon.begin(setup, stoodBy(setup, kept, tip, open));
  const state: DelegateState = {
    self,
    own,
    peers: members.map(({ node }) => node).filter((node) => node !== self.node),
    jolteon: machine,
    tip: machine.tree.tip.id,
    ordered: new Map(tip?.ordered.map((each) => [each.name, each.id])),
    waiting: new Map(held.map((each) => [keyOf(refOf(each)!), each])),
    bodies: new Map(open.map(({ block, refs }) => [hex(blockId(block.head)), refs])),
    proposals: new Map(),
    evidence: evidenceIn(kept),
    trail: tip?.trail ?? [],
    last: tip?.last,
    wanted: new Set(),
    top: 0,
    asked: new Set(),
    keeps: 0,
    kept: 0,
    casts: 0,
    underWay: new Map(),
    promised: new Map(),
    verifying: nothingToVerify(),
    gathering: nothingToGather(),
    copies: copiesIn(self.level, kept),
    suspected: undefined,
    fork: forkIn(kept),
    ticks: 0,
    gave: new Map(),
  };
  if (state.fork === undefined) return [state, acts];
  machine.isForked = true;
  return [state, []];
}

const under = (kept: Kept, start: string): Uint8Array[] =>
  [...kept].filter(([key]) => key.startsWith(start)).map(([, bytes]) => bytes);

/** What a former life stood by. One that has signed and followed nothing stood by nothing: it sleeps until there is something to order. */
function stoodBy(
  setup: jolteon.Setup,
  kept: Kept,
  tip: KeptTip | undefined,
  open: readonly Full[],
): jolteon.Kept | undefined {
  const safety = kept.get(SAFETY);
  if (safety === undefined && tip === undefined) return undefined;
  const fresh = jolteon.begin(setup)[0];
  return {
    safety: safety === undefined ? fresh.safety : whole(KeptSafety, safety),
    tip: tip ?? fresh.tree.tip,
    blocks: open.map(({ block }) => block),
  };
}
