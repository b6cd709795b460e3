/**
 * An order of blocks by rounds with leaders: Jolteon (Gelashvili and others, FC 2022) with votes that go to everybody.
 * docs/protocols/jolteon.md goes through it line by line.
 *
 *   round r      leader: block on top of the highest QC    --> all: vote, to all --> all: QC --> round r + 1
 *                silence: timeout, to all, with the highest QC --> all: TC        --> round r + 1
 *   commit       b0 (r) and its ancestors, once b0 and a child of round r + 1 are certified
 *
 * Safety, with less than a third of the weight faulty, whatever the network does. (1) One vote of an honest delegate a
 * round: at most one block of a round is certified. (2) Let b0 and b1 of rounds r and r + 1 be certified, b1 on top of
 * b0. More than a third of the weight is honest and voted for b1, and so on top of the QC of b0. No block of a later round is
 * certified that does not extend b0: let b be the first one. The QC that it extends is below r, since those from r on
 * extend b0. So b came after a TC of the round before. One of the timeouts in that is by one of those honest ones, and
 * later than its vote for b1 (whoever gives a round up votes no more in it), so it shows a QC of r or higher; and b
 * had to extend one at least as high.
 *
 * Liveness, once messages arrive in time: timeouts bring all to one round (they carry what proves it: QC or TC), two
 * honest leaders in a row commit. Rounds grow by a fifth with each one that fails, up to six times, until a commit: one
 * round that succeeds by luck is no reason for the next one to be short.
 *
 * Cost of a block with n delegates: 1 proposal and n votes to n; 4 hops from proposal to commit, with the votes of the
 * block after it. A chain that has nothing to order sleeps.
 *
 * Nothing here signs, keeps or sends: `Act`s say what is to be done, and what of it waits for `keep`. What comes in is
 * verified. The state changes in place.
 */
import { assert, unreachable } from '#lib/assert.ts';
import { same } from '#lib/bytes.ts';
import type { Weights } from '../abba/tally.ts';
import {
  blockId,
  genesisQc,
  isEmpty,
  type Block,
  type Head,
  type Qc,
  type Tc,
  type Timeout,
  type Vote,
} from './block.ts';
import type { JolteonPlant } from './plants.ts';
import {
  afterQc,
  afterTc,
  afterTimeout,
  afterVote,
  mayVote,
  noSafety,
  type Safety,
} from './safety.ts';
import {
  countTimeout,
  countVote,
  emptyTally,
  forget,
  isGivenUp,
  keyOf,
  qcOf,
  ROUNDS_NEAR,
  tcOf,
  type Tally,
} from './tally.ts';
import type { Final } from './final.ts';
import * as tree from './tree.ts';
import type { Committable, Conflict, Named, Tree } from './tree.ts';

export interface Setup {
  readonly chain: string;
  readonly epoch: number;
  readonly weights: Weights;
  /** Its own place; not there for one that only watches. */
  readonly own: number | undefined;
  readonly leaderOf: (round: number) => number;
  readonly plant?: JolteonPlant | undefined;
}

/** What is on the disk: read after a restart. */
export interface Kept {
  readonly safety: Safety;
  readonly tip: Tree['tip'];
  /** Blocks that we voted for and that were not committed. */
  readonly blocks: readonly Block[];
}

export interface Jolteon extends Setup {
  safety: Safety;
  readonly tree: Tree;
  readonly tally: Tally;
  round: number;
  /** Rounds that have failed since something was committed: two in a row have to succeed for that. */
  failed: number;
  /** There is something to order, or somebody says so. */
  isAwake: boolean;
  /** The round for which a timer runs, and the one that we have given up. */
  timed: number;
  givenUp: number;
  /** The round in which a block was asked for. */
  asked: number;
  /** Two branches were committed: nothing here may be believed any more. */
  isForked: boolean;
}

export type Event =
  | { readonly is: 'wanted' }
  /** What we were asked to propose. */
  | { readonly is: 'made'; readonly block: Block }
  | { readonly is: 'proposed'; readonly block: Block; readonly tc: Tc | undefined }
  | { readonly is: 'voted'; readonly vote: Vote }
  | { readonly is: 'timed-out'; readonly timeout: Timeout; readonly tc: Tc | undefined }
  | { readonly is: 'certified'; readonly tc: Tc }
  /** Where somebody is. */
  | { readonly is: 'shown'; readonly high: Qc; readonly tc: Tc | undefined }
  /** Blocks that others have committed, in order, and what proves them. */
  | { readonly is: 'proved'; readonly heads: readonly Head[]; readonly final: Final }
  /** A block that we asked for. */
  | { readonly is: 'fetched'; readonly block: Block }
  | { readonly is: 'timer'; readonly round: number }
  /** Something that a block waits for may be here now. */
  | { readonly is: 'look' };

export type Act =
  /** Before anything signed of this step leaves. With a block: what we vote for, or propose. */
  | { readonly act: 'keep'; readonly safety: Safety; readonly block: Block | undefined }
  | { readonly act: 'vote'; readonly round: number; readonly block: Uint8Array }
  | {
      readonly act: 'give-up';
      readonly round: number;
      readonly high: Qc;
      readonly tc: Tc | undefined;
    }
  /** Make a block of this round on top of this, which is so high: `made`. */
  | {
      readonly act: 'make';
      readonly round: number;
      readonly parent: Qc;
      readonly height: number;
    }
  | { readonly act: 'propose'; readonly block: Block; readonly tc: Tc | undefined }
  | { readonly act: 'tell'; readonly tc: Tc }
  /** To one that is behind: what brings it to this round. */
  | {
      readonly act: 'show';
      readonly member: number;
      readonly high: Qc;
      readonly tc: Tc | undefined;
    }
  | { readonly act: 'time'; readonly round: number; readonly failed: number }
  /** In order; and what proves them. */
  | { readonly act: 'commit'; readonly blocks: readonly Named[]; readonly final: Final }
  | { readonly act: 'fetch'; readonly block: Uint8Array; readonly from: readonly number[] }
  | { readonly act: 'accuse'; readonly member: number; readonly of: Accusation }
  | { readonly act: 'forked'; readonly block: Conflict };

export type Accusation =
  | { readonly is: 'two-votes'; readonly vote: Vote; readonly other: Vote }
  | { readonly is: 'two-proposals'; readonly block: Block; readonly other: Uint8Array }
  | {
      readonly is: 'hidden-qc';
      readonly timeout: Timeout;
      readonly vote: Vote;
      readonly block: Block;
    };

/** What waits for the `keep` before it. Everything else may be done at once. */
export const isSigned = ({ act }: Act): boolean =>
  act === 'vote' || act === 'give-up' || act === 'propose';

/** Whether a block may be voted for: not if what it carries is wrong, not yet if something of it is not here. */
export type Judge = (block: Block) => 'fit' | 'unfit' | 'wait';
export type Step = readonly [state: Jolteon, acts: readonly Act[]];

export function begin(setup: Setup, kept?: Kept): Step {
  const { chain, epoch } = setup;
  const genesis = genesisQc(chain, epoch);
  const isForgetful = setup.plant === 'jolteon-vote-not-kept';
  const known = kept?.safety ?? noSafety(chain, epoch);
  const safety = isForgetful ? { ...known, lastVoted: 0, vote: undefined } : known;
  const jolteon: Jolteon = {
    ...setup,
    safety,
    tree: tree.treeFrom(kept?.tip ?? { id: genesis.block, round: 0, height: 0 }),
    tally: emptyTally(),
    round: Math.max(safety.highQc.round, safety.lastTc?.round ?? 0) + 1,
    failed: 0,
    isAwake: kept !== undefined,
    timed: 0,
    givenUp: 0,
    asked: safety.proposed,
    isForked: false,
  };
  tree.enter(jolteon.tree, jolteon.round);
  for (const block of isForgetful ? [] : (kept?.blocks ?? [])) {
    tree.addQc(jolteon.tree, block.parent);
    tree.addBlock(jolteon.tree, block);
  }
  tree.addQc(jolteon.tree, safety.highQc);
  return [jolteon, sayAgain(jolteon)];
}

/** The vote that a former life may not have got out. Never another one. */
function sayAgain({ safety: { vote }, own }: Jolteon): Act[] {
  return vote === undefined || own === undefined ? [] : [{ act: 'vote', ...vote }];
}

export function step(jolteon: Jolteon, event: Event, judge: Judge): Step {
  if (jolteon.isForked) return [jolteon, []];
  const acts: Act[] = [];
  const before = jolteon.safety;
  happen(jolteon, event, acts);
  progress(jolteon, judge, acts);
  const block = blockIn(acts);
  const isChanged = jolteon.safety !== before;
  return [jolteon, isChanged ? [{ act: 'keep', safety: jolteon.safety, block }, ...acts] : acts];
}

function blockIn(acts: readonly (Act | Voting)[]): Block | undefined {
  const voting = acts.find((each) => each.act === 'vote') as Voting | undefined;
  const proposing = acts.find((each) => each.act === 'propose');
  return voting?.of ?? proposing?.block;
}
/** A vote, and what it is for. */
type Voting = Act & { readonly act: 'vote'; readonly of?: Block };

function happen(jolteon: Jolteon, event: Event, acts: Act[]): void {
  switch (event.is) {
    case 'wanted':
      jolteon.isAwake = true;
      return;
    case 'made':
      return propose(jolteon, event.block, acts);
    case 'proposed':
      return hearProposal(jolteon, event.block, event.tc, acts);
    case 'voted':
      return hearVote(jolteon, event.vote, acts);
    case 'timed-out':
      return hearTimeout(jolteon, event.timeout, event.tc, acts);
    case 'certified':
      return hearTc(jolteon, event.tc);
    case 'shown':
      hearQc(jolteon, event.high);
      return event.tc === undefined ? undefined : hearTc(jolteon, event.tc);
    case 'proved':
      return hearFinal(jolteon, event.heads, event.final, acts);
    case 'fetched':
      hearQc(jolteon, event.block.parent);
      tree.addBlock(jolteon.tree, event.block);
      return;
    case 'timer':
      return timeOut(jolteon, event.round, acts);
    case 'look':
      return;
    default:
      unreachable(event);
  }
}

// --- hearing -------------------------------------------------------------------------------------------

function hearProposal(jolteon: Jolteon, block: Block, tc: Tc | undefined, acts: Act[]): void {
  const { head } = block;
  if (head.author !== jolteon.leaderOf(head.round)) return;
  hearQc(jolteon, block.parent);
  if (tc !== undefined) hearTc(jolteon, tc);
  if (head.round >= jolteon.round) jolteon.isAwake = true;
  const isTwice =
    jolteon.plant === 'jolteon-votes-twice' && !jolteon.tree.blocks.has(keyOf(blockId(head)));
  if (isTwice) {
    jolteon.tree.first.delete(head.round);
    jolteon.safety = {
      ...jolteon.safety,
      lastVoted: Math.min(jolteon.safety.lastVoted, head.round - 1),
    };
  }
  const other = tree.addBlock(jolteon.tree, block);
  if (other !== undefined)
    acts.push({ act: 'accuse', member: head.author, of: { is: 'two-proposals', block, other } });
}

const isNear = (jolteon: Jolteon, of: number): boolean =>
  of > oldest(jolteon) && of <= jolteon.round + ROUNDS_NEAR;

/** What is as old as this counts no more, however long nothing has been certified. */
const oldest = ({ round, safety }: Jolteon): number =>
  Math.max(safety.highQc.round, round - ROUNDS_NEAR);

function hearVote(jolteon: Jolteon, vote: Vote, acts: Act[]): void {
  const { tally, weights, plant, tree: blocks } = jolteon;
  if (!isNear(jolteon, vote.round)) return;
  // What it is for may be kept from us, and those who commit it sleep then: the timeout of ours that comes of this is answered by them.
  if (vote.round >= jolteon.round) jolteon.isAwake = true;
  const first = countVote(tally, vote);
  if (!same(first.block, vote.block)) {
    acts.push({ act: 'accuse', member: vote.member, of: { is: 'two-votes', vote, other: first } });
    return;
  }
  for (const [round, timeouts] of tally.timeouts) {
    const timeout = timeouts.get(vote.member);
    if (timeout !== undefined && round >= vote.round) hidden(blocks, vote, timeout, acts);
  }
  const qc = qcOf(tally, weights, vote, plant);
  if (qc !== undefined) hearQc(jolteon, qc);
}

function hearTimeout(jolteon: Jolteon, timeout: Timeout, tc: Tc | undefined, acts: Act[]): void {
  const { tally, weights, plant, tree: blocks } = jolteon;
  hearQc(jolteon, timeout.high);
  if (tc !== undefined) hearTc(jolteon, tc);
  if (timeout.round < jolteon.round) return void acts.push(show(jolteon, timeout.member));
  jolteon.isAwake = true;
  if (!isNear(jolteon, timeout.round)) return;
  countTimeout(tally, timeout);
  for (const [round, votes] of tally.votes) {
    const vote = votes.get(timeout.member);
    if (vote !== undefined && round <= timeout.round) hidden(blocks, vote, timeout, acts);
  }
  const made = tcOf(tally, weights, timeout.round, plant);
  if (made === undefined || made.round < jolteon.round) return;
  hearTc(jolteon, made);
  acts.push({ act: 'tell', tc: made });
}

const show = (jolteon: Jolteon, member: number): Act => {
  const { highQc: high } = jolteon.safety;
  return { act: 'show', member, high, tc: tcFor(jolteon) };
};

/** Who has voted on top of a QC, and shows a lower one when he gives that round or a later one up. */
function hidden(blocks: Tree, vote: Vote, timeout: Timeout, acts: Act[]): void {
  const block = tree.blockOf(blocks, vote.block);
  if (block === undefined || timeout.high.round >= block.head.parentRound) return;
  acts.push({ act: 'accuse', member: vote.member, of: { is: 'hidden-qc', timeout, vote, block } });
}

function hearQc(jolteon: Jolteon, qc: Qc): void {
  jolteon.safety = afterQc(jolteon.safety, qc);
  tree.addQc(jolteon.tree, qc);
  if (qc.round < jolteon.round) return;
  enter(jolteon, qc.round + 1);
}

function hearTc(jolteon: Jolteon, tc: Tc): void {
  hearQc(jolteon, tc.high);
  jolteon.safety = afterTc(jolteon.safety, tc);
  if (tc.round < jolteon.round) return;
  enter(jolteon, tc.round + 1);
  jolteon.failed++;
}

function enter(jolteon: Jolteon, round: number): void {
  assert(round > jolteon.round, 'rounds go up');
  jolteon.round = round;
  tree.enter(jolteon.tree, round);
  forget(jolteon.tally, oldest(jolteon));
}

/** Brings a delegate that was away to where others are, however far that is. */
function hearFinal(jolteon: Jolteon, heads: readonly Head[], final: Final, acts: Act[]): void {
  commit(jolteon, tree.follow(jolteon.tree, heads, final), acts);
  hearQc(jolteon, final.qc);
  // It may have been too far ahead to be remembered before.
  tree.addQc(jolteon.tree, jolteon.safety.highQc);
}

// --- doing ---------------------------------------------------------------------------------------------

/** Whatever follows from what is known by now. */
function progress(jolteon: Jolteon, judge: Judge, acts: Act[]): void {
  commitSome(jolteon, acts);
  fetchMissing(jolteon, acts);
  if (jolteon.own === undefined) return;
  if (!jolteon.isAwake && !hasUncommitted(jolteon)) return;
  if (jolteon.timed < jolteon.round) {
    jolteon.timed = jolteon.round;
    const failed = jolteon.plant === 'jolteon-no-backoff' ? 0 : jolteon.failed;
    acts.push({ act: 'time', round: jolteon.round, failed });
  }
  lead(jolteon, acts);
  vote(jolteon, judge, acts);
  joinTimeout(jolteon, acts);
}

/** Something that was proposed waits for the blocks after it; what is proposed for rounds to come keeps nobody awake. */
const hasUncommitted = ({ tree: { blocks }, round }: Jolteon): boolean =>
  [...blocks.values()].some(({ head }) => !isEmpty(head) && head.round <= round);

const commitSome = (jolteon: Jolteon, acts: Act[]): void =>
  commit(jolteon, tree.commit(jolteon.tree, jolteon.plant), acts);

function commit(jolteon: Jolteon, { blocks, final, conflict }: Committable, acts: Act[]): void {
  if (conflict !== undefined) {
    jolteon.isForked = true;
    acts.push({ act: 'forked', block: conflict });
  }
  if (final === undefined) return;
  acts.push({ act: 'commit', blocks, final });
  jolteon.isAwake = false;
  jolteon.failed = 0;
}

function fetchMissing(jolteon: Jolteon, acts: Act[]): void {
  const [newest] = tree.missing(jolteon.tree);
  if (newest === undefined) return;
  acts.push({ act: 'fetch', block: newest.block, from: newest.votes.map(({ member }) => member) });
}

function lead(jolteon: Jolteon, acts: Act[]): void {
  const { own, round, safety, asked } = jolteon;
  if (jolteon.leaderOf(round) !== own || asked >= round || jolteon.givenUp >= round) return;
  const height = tree.heightOf(jolteon.tree, safety.highQc.block);
  if (height === undefined) return;
  jolteon.asked = round;
  acts.push({ act: 'make', round, parent: safety.highQc, height });
}

/** Of a round one block, over all lives. */
function propose(jolteon: Jolteon, block: Block, acts: Act[]): void {
  const { round, safety, own } = jolteon;
  const { head } = block;
  if (head.round !== round || head.author !== own || safety.proposed >= round) return;
  const tc = tcFor(jolteon);
  jolteon.safety = { ...safety, proposed: round };
  tree.addBlock(jolteon.tree, block);
  acts.push({ act: 'propose', block, tc });
}

/** What justifies a block of this round that does not extend the QC of the round before. */
export const tcFor = ({ round, safety: { highQc, lastTc } }: Jolteon): Tc | undefined =>
  highQc.round + 1 === round || lastTc?.round !== round - 1 ? undefined : lastTc;

function vote(jolteon: Jolteon, judge: Judge, acts: Act[]): void {
  const { round, safety, plant, tree: blocks } = jolteon;
  const id = blocks.first.get(round);
  const block = id === undefined ? undefined : tree.blockOf(blocks, id);
  if (block === undefined) return;
  const tc = safety.lastTc?.round === round - 1 ? safety.lastTc : undefined;
  if (!mayVote(safety, block, tc, plant) || !tree.isNumbered(blocks, block.head)) return;
  if (judge(block) !== 'fit') return;
  jolteon.safety = afterVote(safety, block, block.id);
  const voting: Voting = { act: 'vote', round, block: block.id, of: block };
  acts.push(voting);
}

/** Somebody honest has given this round up: so do we, or it might be one too few for ever. */
function joinTimeout(jolteon: Jolteon, acts: Act[]): void {
  const { tally, weights, round } = jolteon;
  if (jolteon.givenUp >= round) return;
  if (isGivenUp(tally, weights, round)) timeOut(jolteon, round, acts);
}

function timeOut(jolteon: Jolteon, round: number, acts: Act[]): void {
  if (round !== jolteon.round || jolteon.own === undefined) return;
  jolteon.givenUp = round;
  jolteon.safety = afterTimeout(jolteon.safety, round, jolteon.plant);
  acts.push({ act: 'give-up', round, high: jolteon.safety.highQc, tc: tcFor(jolteon) });
  // Said again, for as long as the round lasts.
  acts.push({ act: 'time', round, failed: jolteon.failed });
}

/** So long a round may last, in whole milliseconds: a fifth more with each that has failed, up to six. */
export function patienceMs(firstMs: number, failed: number): number {
  let ms = firstMs;
  for (let i = 0; i < Math.min(failed, 6); i++) ms += Math.floor(ms / 5);
  return ms;
}

/** What must be true between any two steps. */
export function invariants(jolteon: Jolteon): void {
  const { safety, round, tally } = jolteon;
  assert(safety.highQc.round < round, 'a round begins after what is certified');
  assert(safety.oneChain <= safety.highQc.round, 'what we voted on top of, we know');
  assert(safety.lastVoted <= round, 'nobody votes in a round to come');
  assert(tally.votes.size <= 2 * ROUNDS_NEAR + 2, 'votes of few rounds are counted');
  tree.invariants(jolteon.tree);
}
