/**
 * A delegate of a level above municipalities: orders what those below offer, together with the others, by Jolteon. A
 * continent orders sealed batches of its municipalities, the globe committed blocks of continents; what differs is in
 * `Level` alone.
 *
 *   those below --offer (proves itself)--> verified --> waiting --(we lead)--> block: next numbers of each of them
 *        proposal --> verified --> do we have what it carries, and is it next on its branch? --> vote
 *        committed: kept by height with what proves it --> offered to those above, and told to those below (`taken`)
 *
 * jolteon/ has the arguments; this shell verifies what comes in, keeps what is signed before it leaves, makes and judges
 * blocks, fetches what is missing (give.ts), shows what is committed (history.ts), and says where it is now and then,
 * so that nothing that is lost is lost for good. What is committed leaves memory.
 */
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { toBytes } from '../codec.ts';
import {
  put,
  send,
  wake,
  type Moment,
  type Plain,
  type Signal,
  type Step,
  type Write,
} from '../effect.ts';
import { blockId, type Block, type Qc, type Tc } from '../jolteon/block.ts';
import * as jolteon from '../jolteon/jolteon.ts';
import type { Safety } from '../jolteon/safety.ts';
import {
  Item,
  Proposal,
  Taken,
  TimeoutWord,
  VoteWord,
  Where,
  type LevelHears,
  type LevelSays,
  type Offer,
  type Page,
} from '../level.messages.ts';
import type { SealersTold } from '../municipality.messages.ts';
import { address, nodeOf, type NodeAddress } from '../subjects.ts';
import { arrive, verified, verifyAgain, verifyNext } from '../verifying.ts';
import { accuse, tellAccused } from './accuse.ts';
import { refOf } from './below.ts';
import { isCarriedOut, judge, nextOn } from './branch.ts';
import { commit, forgetBodies } from './commit.ts';
import { halt, isOfFork, readOfFork, sayFork, suspect } from './fork.ts';
import { askFor, give } from './give.ts';
import { giveBlockOf, giveNext, givePage, recalled, shownIn } from './history.ts';
import { payloadOf } from './payload.ts';
import { receipts } from './receipts.ts';
import { restored } from './restore.ts';
import {
  askIfUnknown,
  heardSealers,
  isOfSealers,
  learnFrom,
  makersOf,
  sealersVerified,
} from './sealing.ts';
import { cast, fulfil, keepAll, leaving, openBlock } from './say.ts';
import {
  CASTS_MAX,
  delegateOf,
  heightOf,
  ITEM,
  keyOf,
  KeptSafety,
  SAFETY,
  type Claim,
  type DelegateState,
  type Effects,
  type LevelSelf,
} from './state.ts';
import { jobsOf, settled } from './worth.ts';

const TICK_MS = 400;
const PULSE_TICKS = 4;
/** A fork is said to all, for whoever was away. */
const FORK_TICKS = 16;

type Did = Step<DelegateState, LevelSays>;

export function begin(self: LevelSelf, kept: ReadonlyMap<string, Uint8Array>): Did {
  const [state, acts] = restored(self, kept);
  return [state, [wake('tick', TICK_MS), ...carryOut(state, acts)]];
}

// --- what comes in ---------------------------------------------------------------------------------------

export function step(state: DelegateState, input: LevelHears | Signal, at: Moment): Did {
  const effects = input.kind.includes('.')
    ? heard(state, input as LevelHears, at)
    : told(state, input as Signal);
  return [state, [...effects, ...verifyNext(state.verifying, 'level.verify')]];
}

function heard(state: DelegateState, input: LevelHears, at: Moment): Effects {
  switch (input.kind) {
    case 'level.since':
      return givePage(state, input.height, at);
    case 'level.find':
      return giveBlockOf(state, input, at);
    case 'level.taken':
      return giveNext(state, input, at);
    case 'level.accused':
      return tellAccused(state, input, at);
    case 'municipality.handed-over':
      return []; // Nobody asked: answers come as signals.
    default:
      return claimed(state, input, at.from === undefined ? state.self.node : nodeOf(at.from));
  }
}

function claimed(
  state: DelegateState,
  input: Exclude<
    LevelHears,
    { readonly kind: `level.${'since' | 'find' | 'taken' | 'accused'}` } | SealersTold
  >,
  from: NodeAddress,
): Effects {
  if (state.fork !== undefined) return [];
  // Whoever is no delegate of this level has something to offer, and nothing to say.
  if (input.kind !== 'level.offer' && !state.peers.includes(from)) return [];
  if (input.kind === 'level.fetch')
    return give(state, input, delegateOf(state.self.level.role, from));
  const claim = settled(state, input);
  const jobs = jobsOf(state, claim, from);
  if (jobs !== undefined) arrive(state.verifying, from, claim, jobs);
  else if (input.kind === 'level.offer') return askIfUnknown(state, input.item);
  return [];
}

function told(state: DelegateState, input: Signal): Effects {
  switch (input.kind) {
    case 'kept':
      state.kept = Math.max(state.kept, Number(input.id.slice('keep/'.length)));
      return [...fulfil(state), ...sayAll(state)];
    case 'computed':
      return computed(state, input.id, input.output);
    case 'answered':
    case 'unanswered':
      return heardSealers(
        state,
        input.id,
        input.kind === 'answered' ? (input.message as SealersTold) : undefined,
      );
    case 'uncomputed':
      if (isOfSealers(input.id)) return keptOf(state, sealersVerified(state, input.id));
      if (input.id === 'verify') return verifyAgain(state.verifying, 'level.verify');
      state.underWay.delete(input.id);
      return [];
    case 'recalled':
      return isOfFork(input.id)
        ? readOfFork(state, input.id, input.value)
        : recalled(state, input.id, input.value);
    case 'wake':
      return input.id === 'tick'
        ? tick(state)
        : move(state, { is: 'timer', round: Number(input.id.slice('round/'.length)) });
    default:
      return [];
  }
}

function computed(state: DelegateState, id: string, output: Plain): Effects {
  if (id === 'verify')
    return verified(state.verifying, output as readonly boolean[]).flatMap(([claim, from]) =>
      believe(state, claim, from),
    );
  if (isOfSealers(id))
    return keptOf(state, sealersVerified(state, id, output as readonly boolean[]));
  const moved = state.underWay.get(id);
  if (moved !== undefined) moved.signature = output as Uint8Array;
  return sayAll(state);
}

const keptOf = (state: DelegateState, writes: readonly Write[]): Effects =>
  writes.length === 0 ? [] : keepAll(state, [...writes]);

function believe(state: DelegateState, claim: Claim, from: NodeAddress): Effects {
  switch (claim.kind) {
    case 'level.offer':
      return takeIn(state, claim);
    case 'level.proposal': {
      const { block, refs } = claim.full;
      const key = hex(blockId(block.head));
      const isNew = !state.bodies.has(key);
      state.bodies.set(key, refs);
      state.proposals.set(key, claim.signature);
      const moved = move(state, { is: 'proposed', block, tc: claim.tc });
      if (state.jolteon.tree.blocks.has(key)) return moved;
      // Of a second proposal of one round only that it exists matters, unless it is certified: maybe by what came with it.
      state.proposals.delete(key);
      if (isNew) state.bodies.delete(key);
      return moved;
    }
    case 'level.vote': {
      const { block, round, member, signature } = claim;
      return move(state, { is: 'voted', vote: { block, round, member, signature } });
    }
    case 'level.timeout': {
      const { round, high, tc, member, signature } = claim;
      return move(state, { is: 'timed-out', timeout: { round, high, member, signature }, tc });
    }
    case 'level.where':
      state.top = Math.max(state.top, claim.height);
      return [
        ...move(state, { is: 'shown', high: claim.high, tc: claim.tc }),
        ...(claim.height > heightOf(state) ? askFor(state, from, true) : []),
      ];
    case 'level.given': {
      const { block, refs } = claim.full;
      state.wanted.delete(hex(blockId(block.head)));
      state.bodies.set(hex(blockId(block.head)), refs);
      // One block that was missing shows which one is before it.
      return [...move(state, { is: 'fetched', block }), ...askFor(state, from)];
    }
    case 'level.forked':
      return suspect(state, claim);
    case 'level.page':
      return follow(state, claim, from);
  }
}

function takeIn(state: DelegateState, { item }: Offer): Effects {
  const ref = refOf(item)!;
  const key = keyOf(ref);
  if (ref.id <= (state.ordered.get(ref.name) ?? 0) || state.waiting.has(key)) return [];
  state.waiting.set(key, item);
  // Whoever votes for a block has what it carries on its disk.
  const held = put(`${ITEM}${key}`, toBytes(Item, item));
  const writes = [held, ...learnFrom(state, item)];
  return [...keepAll(state, writes, receipts(state, item)), ...move(state, { is: 'wanted' })];
}

/** What others have committed while we were away; and then what they have committed since. */
function follow(state: DelegateState, page: Page, from: NodeAddress): Effects {
  const { heads, bodies } = shownIn(page)!;
  for (const head of heads) state.bodies.set(hex(blockId(head)), bodies.get(head) ?? []);
  const before = heightOf(state);
  const moved = move(state, { is: 'proved', heads, final: page.final! });
  const [after, { role }] = [heightOf(state), state.self.level];
  if (after > before)
    state.self.probe.sometimes(`${role}: a page brought one that was behind forward`);
  const isBehind = after > before && page.top > after;
  return isBehind ? [...moved, ...askFor(state, from, true)] : moved;
}

// --- Jolteon ---------------------------------------------------------------------------------------------

function move(state: DelegateState, event: jolteon.Event): Effects {
  const [machine, acts] = jolteon.step(state.jolteon, event, judge(state));
  state.jolteon = machine;
  const effects = carryOut(state, acts);
  if (!acts.some((each) => each.act === 'commit')) return effects;
  const gone = forgetBodies(state);
  return gone.length === 0 ? effects : [...effects, ...keepAll(state, gone)];
}

const carryOut = (state: DelegateState, acts: readonly jolteon.Act[]): Effects =>
  acts.flatMap((act) => carryOutOne(state, act));

function carryOutOne(state: DelegateState, act: jolteon.Act): Effects {
  const { level, probe } = state.self;
  switch (act.act) {
    case 'keep':
      return keepAll(state, [...keptSafety(state, act.safety), ...openBlock(state, act.block)]);
    case 'vote': {
      const { round, block } = act;
      return cast(state, { is: 'vote', round, block }, (signature) =>
        VoteWord.of({ round, block, member: state.own, signature }),
      );
    }
    case 'give-up': {
      const { round, high, tc } = act;
      probe.sometimes(`${level.role}: a round was given up`);
      return cast(state, { is: 'timeout', round, highRound: high.round }, (signature) =>
        TimeoutWord.of({ round, high, tc, member: state.own, signature }),
      );
    }
    case 'make':
      return make(state, act);
    case 'propose':
      return propose(state, act.block, act.tc);
    case 'tell':
      return toAll(state, whereOf(state, act.tc.high, act.tc));
    case 'show': {
      const to = level.members[act.member]!.node;
      const where = whereOf(state, act.high, act.tc);
      return to === state.self.node ? [] : [send(delegateOf(level.role, to), where)];
    }
    case 'time':
      return [wake(`round/${act.round}`, jolteon.patienceMs(level.patienceMs, act.failed))];
    case 'commit':
      return committed(state, act);
    case 'fetch':
      state.wanted.add(hex(act.block));
      return [];
    case 'accuse': {
      const { writes, said } = accuse(state, act.member, act.of);
      return writes.length === 0 ? [] : keepAll(state, writes, said);
    }
    case 'forked':
      return halt(state, act.block.final);
  }
}

const keptSafety = ({ self: { plant } }: DelegateState, safety: Safety): Write[] =>
  plant === 'level-vote-not-kept' ? [] : [put(SAFETY, toBytes(KeptSafety, safety))];

function make(
  state: DelegateState,
  {
    round,
    parent,
    height,
  }: { readonly round: number; readonly parent: Qc; readonly height: number },
): Effects {
  const { name: chain, epoch } = state.self.level;
  const refs = nextOn(state, parent.block);
  const head = {
    chain,
    epoch,
    height: refs.length === 0 ? height : height + 1,
    round,
    author: state.own,
    parent: parent.block,
    parentRound: parent.round,
    payload: payloadOf(refs),
  };
  state.bodies.set(hex(blockId(head)), refs);
  return move(state, { is: 'made', block: { head, parent } });
}

function propose(state: DelegateState, block: Block, tc: Tc | undefined): Effects {
  const id = blockId(block.head);
  const full = { block, refs: state.bodies.get(hex(id)) ?? [] };
  return cast(state, { is: 'proposal', round: block.head.round, block: id }, (signature) =>
    Proposal.of({ full, tc, signature }),
  );
}

function committed(state: DelegateState, act: Extract<jolteon.Act, { act: 'commit' }>): Effects {
  const { writes, said } = commit(state, act.blocks, act.final);
  const kept = keepAll(state, writes, said);
  if (!isCarriedOut(state)) return kept; // There is another commit in this step.
  const hasMore = nextOn(state, state.tip).length > 0;
  // What waited to be judged until now, `isCarriedOut` says why, is looked at.
  return [...kept, ...move(state, { is: hasMore ? 'wanted' : 'look' })];
}

const toAll = ({ self: { level }, peers }: DelegateState, message: LevelSays): Effects =>
  peers.map((peer) => send(delegateOf(level.role, peer), message));

const whereOf = (state: DelegateState, high: Qc, tc: Tc | undefined): Where =>
  Where.of({ high, tc, height: heightOf(state) });

/** All that is signed and kept by now leaves; our own words we hear as well. */
function sayAll(state: DelegateState): Effects {
  const effects: Effects = [];
  for (const message of leaving(state)) {
    effects.push(...toAll(state, message));
    if (message.kind === 'level.vote' || message.kind === 'level.timeout')
      effects.push(...believe(state, message, state.self.node));
  }
  return effects;
}

// --- again and again -------------------------------------------------------------------------------------

/** Somebody is asked for what is missing; and hears where we are, now and then; so do those below. */
function tick(state: DelegateState): Effects {
  const { peers, ticks, wanted, jolteon: machine } = state;
  state.ticks++;
  state.gave.clear();
  if (state.fork !== undefined)
    return [wake('tick', TICK_MS), ...(ticks % FORK_TICKS === 0 ? [sayFork(state)] : [])];
  for (const key of wanted)
    if (machine.tree.blocks.has(key) || !machine.tree.qcs.has(key)) wanted.delete(key);
  const gone = forgetBodies(state);
  const again: Effects = [wake('tick', TICK_MS), ...move(state, { is: 'look' })];
  if (gone.length > 0) again.push(...keepAll(state, gone));
  const peer = peers[ticks % Math.max(1, peers.length)];
  if (ticks % PULSE_TICKS === 0) again.push(...pulse(state, peer));
  if (peer !== undefined) again.push(...askFor(state, peer, state.top > heightOf(state)));
  if (nextOn(state, machine.safety.highQc.block).length > 0)
    again.push(...move(state, { is: 'wanted' }));
  return again;
}

function pulse(state: DelegateState, peer: NodeAddress | undefined): Effects {
  const { self, ticks, ordered, jolteon: machine } = state;
  const { role, below } = self.level;
  const effects: Effects = [];
  const where = whereOf(state, machine.safety.highQc, jolteon.tcFor(machine));
  if (peer !== undefined) effects.push(send(address(peer, role), where));
  const turn = Math.floor(ticks / PULSE_TICKS) + state.own;
  const one = below[turn % Math.max(1, below.length)];
  const makers = one === undefined ? [] : makersOf(state, one);
  const maker = makers[Math.floor(turn / below.length) % Math.max(1, makers.length)];
  if (one !== undefined && maker !== undefined)
    effects.push(send(maker, Taken.of({ name: one.name, id: ordered.get(one.name) ?? 0 })));
  return effects;
}

/** What must be true between any two steps. */
export function invariants(state: DelegateState): void {
  jolteon.invariants(state.jolteon);
  assert(state.underWay.size <= CASTS_MAX, 'what is on its way out is bounded');
}
