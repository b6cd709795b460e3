/**
 * A delegate of a continent: orders sealed municipality batches together with the others, by Jolteon.
 *
 *   municipality --offer (sealed)--> verified --> waiting --(we lead)--> block: next numbers of each municipality
 *        proposal --> verified --> do we have what it carries, and is it next on its branch? --> vote
 *        committed: kept in order, noted; its batches leave what waits
 *
 * jolteon/ has the arguments; this shell verifies what comes in, keeps what is signed before it leaves, makes and judges
 * blocks, fetches what is missing, and says where it is now and then, so that nothing that is lost is lost for good.
 */
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { weightsOf } from '../abba/tally.ts';
import { leaderOf } from '../committee.ts';
import { toBytes, whole } from '../codec.ts';
import {
  Full,
  Given,
  type Offer,
  Proposal,
  TimeoutWord,
  VoteWord,
  Where,
  type ContinentSays,
} from '../continent.messages.ts';
import {
  compute,
  forget,
  keep,
  note,
  put,
  send,
  wake,
  type Moment,
  type Plain,
  type Signal,
  type Step,
  type Write,
} from '../effect.ts';
import { blockId, saidSignJob, type Block, type Qc, type Tc } from '../jolteon/block.ts';
import * as jolteon from '../jolteon/jolteon.ts';
import type { Known } from '../jolteon/tree.ts';
import { Sealed } from '../municipality-batch.ts';
import { nodeOf, type NodeAddress } from '../subjects.ts';
import { arrive, nothingToVerify, verified, verifyAgain, verifyNext } from '../verifying.ts';
import { judge, nextOn } from './branch.ts';
import {
  CASTS_MAX,
  delegateOf,
  keyOf,
  KeptSafety,
  KeptTip,
  nameOfBlock,
  payloadOf,
  type Claim,
  type DelegateSelf,
  type DelegateState,
  type Effects,
} from './state.ts';
import { askFor, give, isMissing } from './give.ts';
import { jobsOf, saidBy, settled, type Bare } from './worth.ts';

const SAFETY = 'live/safety';
const TIP = 'live/tip';
const OPEN = 'live/open/';
const BATCH = 'live/batch/';
const TICK_MS = 400;
const PULSE_TICKS = 4;
/** The first patience with a round. */
const PATIENCE_MS = 700;

type Did = Step<DelegateState, ContinentSays>;

export function begin(self: DelegateSelf, kept: ReadonlyMap<string, Uint8Array>): Did {
  const { name, epoch, members } = self.continent;
  const own = members.findIndex(({ node }) => node === self.node);
  assert(own >= 0, 'a delegate is one of the members');
  const open = [...kept]
    .filter(([key]) => key.startsWith(OPEN))
    .map(([, bytes]) => whole(Full, bytes));
  const held = [...kept]
    .filter(([key]) => key.startsWith(BATCH))
    .map(([, bytes]) => whole(Sealed, bytes));
  const tip = kept.get(TIP) === undefined ? undefined : whole(KeptTip, kept.get(TIP)!);
  const safety = kept.get(SAFETY);
  const setup: jolteon.Setup = {
    chain: name,
    epoch,
    weights: weightsOf(members.map(({ stake }) => stake)),
    own,
    leaderOf: (round) => leaderOf({ epoch, members }, round),
  };
  const fresh = jolteon.begin(setup)[0];
  const stood: jolteon.Kept = {
    safety: safety === undefined ? fresh.safety : whole(KeptSafety, safety),
    tip: tip ?? fresh.tree.tip,
    blocks: open.map(({ block }) => block),
  };
  const [machine, acts] = jolteon.begin(setup, stood);
  const state: DelegateState = {
    self,
    own,
    peers: members.map(({ node }) => node).filter((node) => node !== self.node),
    jolteon: machine,
    height: tip?.height ?? 0,
    ordered: new Map(tip?.ordered.map((each) => [each.name, each.id])),
    waiting: new Map(held.map((each) => [keyOf(each.batch), each])),
    bodies: new Map(open.map(({ block, refs }) => [hex(blockId(block.head)), refs])),
    wanted: new Set(),
    keeps: 0,
    kept: 0,
    casts: 0,
    underWay: new Map(),
    verifying: nothingToVerify(),
    ticks: 0,
    gave: new Map(),
  };
  return [state, [wake('tick', TICK_MS), ...carryOut(state, acts)]];
}

export function step(state: DelegateState, input: ContinentSays | Signal, at: Moment): Did {
  const effects = input.kind.includes('.')
    ? heard(state, input as ContinentSays, at)
    : told(state, input as Signal);
  return [state, [...effects, ...verifyNext(state.verifying, 'continent.verify')]];
}

function heard(state: DelegateState, input: ContinentSays, at: Moment): Effects {
  const from = at.from === undefined ? state.self.node : nodeOf(at.from);
  if (input.kind === 'continent.fetch') return give(state, input, from);
  // Whoever is no delegate of this continent has batches to offer, and nothing to say.
  if (input.kind !== 'continent.offer' && !state.peers.includes(from)) return [];
  const claim = settled(state, input);
  const jobs = jobsOf(state, claim);
  if (jobs !== undefined) arrive(state.verifying, from, claim, jobs);
  return [];
}

function believe(state: DelegateState, claim: Claim): Effects {
  switch (claim.kind) {
    case 'continent.offer':
      return takeIn(state, claim);
    case 'continent.proposal': {
      const { full, tc } = claim;
      const key = hex(blockId(full.block.head));
      // Of a second proposal of one round only that it exists matters, unless it is known to be certified.
      const { first, qcs } = state.jolteon.tree;
      if (!first.has(full.block.head.round) || qcs.has(key)) state.bodies.set(key, full.refs);
      return move(state, { is: 'proposed', block: full.block, tc });
    }
    case 'continent.vote': {
      const { block, round, member, signature } = claim;
      return move(state, { is: 'voted', vote: { block, round, member, signature } });
    }
    case 'continent.timeout': {
      const { round, high, tc, member, signature } = claim;
      return move(state, { is: 'timed-out', timeout: { round, high, member, signature }, tc });
    }
    case 'continent.where':
      return move(state, { is: 'shown', high: claim.high, tc: claim.tc });
    case 'continent.given': {
      const { block, refs } = claim.full;
      state.wanted.delete(hex(blockId(block.head)));
      state.bodies.set(hex(blockId(block.head)), refs);
      return move(state, { is: 'fetched', block, qc: undefined });
    }
    default:
      return [];
  }
}

/** One block that was missing shows which one is before it. */
function believeFrom(state: DelegateState, [claim, from]: readonly [Claim, NodeAddress]): Effects {
  const effects = believe(state, claim);
  return claim.kind === 'continent.given' ? [...effects, ...askFor(state, from)] : effects;
}

function takeIn(state: DelegateState, { sealed }: Offer): Effects {
  const { name, id } = sealed.batch;
  if (id <= (state.ordered.get(name) ?? 0) || state.waiting.has(keyOf(sealed.batch))) return [];
  state.waiting.set(keyOf(sealed.batch), sealed);
  // Whoever votes for a block has what it carries on its disk.
  const held = put(`${BATCH}${keyOf(sealed.batch)}`, toBytes(Sealed, sealed));
  return [...keepAll(state, [held]), ...move(state, { is: 'wanted' })];
}

function make(state: DelegateState, round: number, parent: Qc): Effects {
  const { name: chain, epoch } = state.self.continent;
  const refs = nextOn(state, parent.block);
  const head = {
    chain,
    epoch,
    round,
    author: state.own,
    parent: parent.block,
    parentRound: parent.round,
    payload: payloadOf(refs),
    isLast: false,
  };
  state.bodies.set(hex(blockId(head)), refs);
  return move(state, { is: 'made', block: { head, parent } });
}

function move(state: DelegateState, event: jolteon.Event): Effects {
  const [machine, acts] = jolteon.step(state.jolteon, event, judge(state));
  state.jolteon = machine;
  return carryOut(state, acts);
}

const carryOut = (state: DelegateState, acts: readonly jolteon.Act[]): Effects =>
  acts.flatMap((act) => carryOutOne(state, act));

function carryOutOne(state: DelegateState, act: jolteon.Act): Effects {
  switch (act.act) {
    case 'keep':
      return keepAll(state, [
        put(SAFETY, toBytes(KeptSafety, act.safety)),
        ...openBlock(state, act.block),
      ]);
    case 'vote':
      return cast(state, { is: 'vote', round: act.round, block: act.block }, (signature) =>
        VoteWord.of({ round: act.round, block: act.block, member: state.own, signature }),
      );
    case 'give-up':
      state.self.probe.sometimes('continent: a round was given up');
      return cast(
        state,
        { is: 'timeout', round: act.round, highRound: act.high.round },
        (signature) =>
          TimeoutWord.of({
            round: act.round,
            high: act.high,
            tc: act.tc,
            member: state.own,
            signature,
          }),
      );
    case 'make':
      return make(state, act.round, act.parent);
    case 'propose': {
      const { block, tc } = act;
      const id = blockId(block.head);
      const full = { block, refs: state.bodies.get(hex(id)) ?? [] };
      return cast(state, { is: 'proposal', round: block.head.round, block: id }, (signature) =>
        Proposal.of({ full, tc, signature }),
      );
    }
    case 'tell':
      return toAll(state, whereOf(state, act.tc.high, act.tc));
    case 'show': {
      const to = state.self.continent.members[act.member]!.node;
      return to === state.self.node ? [] : [send(delegateOf(to), whereOf(state, act.high, act.tc))];
    }
    case 'time':
      return [wake(`round/${act.round}`, jolteon.patienceMs(PATIENCE_MS, act.failed))];
    case 'commit':
      return commit(state, act.blocks);
    case 'fetch':
      state.wanted.add(hex(act.block));
      return [];
    case 'accuse': {
      const { node } = state.self.continent.members[act.member]!;
      return [note('evidence.continent', { node, of: act.of.is })];
    }
    case 'forked':
      return [note('continent.forked', { round: act.block.head.round })];
  }
}

const toAll = ({ peers }: DelegateState, message: ContinentSays): Effects =>
  peers.map((peer) => send(delegateOf(peer), message));

const whereOf = ({ height }: DelegateState, high: Qc, tc: Tc | undefined): Where =>
  Where.of({ high, tc, height });

function openBlock(state: DelegateState, block: Block | undefined): Write[] {
  if (block === undefined) return [];
  const id = hex(blockId(block.head));
  return [put(`${OPEN}${id}`, toBytes(Full, { block, refs: state.bodies.get(id) ?? [] }))];
}

function keepAll(state: DelegateState, writes: readonly Write[]): Effects {
  return [keep(`keep/${++state.keeps}`, ...writes)];
}

/** Signed, and said when all is kept that was to be kept by now. What does not leave is said again by its round. */
function cast(
  state: DelegateState,
  said: Bare,
  make: (signature: Uint8Array) => ContinentSays,
): Effects {
  if (state.underWay.size >= CASTS_MAX) return [];
  const id = `cast/${++state.casts}`;
  const after = state.self.plant === 'continent-vote-not-kept' ? 0 : state.keeps;
  state.underWay.set(id, { make, after, signature: undefined });
  const job = saidSignJob(state.self.continent.network, saidBy(state, said), state.self.signing);
  return [compute(id, 'continent.sign', job as unknown as Plain)];
}

/** All that is signed and kept by now leaves; our own words we hear as well. */
function sayAll(state: DelegateState): Effects {
  const effects: Effects = [];
  for (const [id, { make: made, after, signature }] of state.underWay) {
    if (signature === undefined || after > state.kept) continue;
    state.underWay.delete(id);
    const message = made(signature);
    effects.push(...toAll(state, message));
    if (message.kind === 'continent.vote' || message.kind === 'continent.timeout')
      effects.push(...believe(state, message));
  }
  return effects;
}

function commit(state: DelegateState, blocks: readonly Known[]): Effects {
  const writes: Write[] = [];
  const notes: Effects = [];
  for (const { id, head, parent } of blocks) {
    const key = hex(id);
    const refs = state.bodies.get(key);
    assert(refs !== undefined, 'what a block carries came with it');
    state.height++;
    for (const ref of refs) {
      state.ordered.set(ref.name, ref.id);
      const sealed = state.waiting.get(keyOf(ref));
      if (sealed === undefined) continue;
      state.waiting.delete(keyOf(ref));
      writes.push(
        put(`batch/${keyOf(ref)}`, toBytes(Sealed, sealed)),
        forget(`${BATCH}${keyOf(ref)}`),
      );
    }
    writes.push(
      put(nameOfBlock(id), toBytes(Full, { block: { head, parent }, refs })),
      forget(`${OPEN}${key}`),
    );
    const names = refs.map(({ name, id: of }) => ({ name, id: of }));
    notes.push(note('continent.committed', { height: state.height, block: key, batches: names }));
  }
  forgetBodies(state, writes);
  const { tip } = state.jolteon.tree;
  const ordered = [...state.ordered].map(([name, id]) => ({ name, id }));
  writes.push(put(TIP, toBytes(KeptTip, { ...tip, height: state.height, ordered })));
  const more: Effects = nextOn(state, tip.id).length > 0 ? move(state, { is: 'wanted' }) : [];
  return [...keepAll(state, writes), ...notes, ...more];
}

/** Bodies of blocks that left the tree. */
function forgetBodies({ bodies, jolteon: { tree } }: DelegateState, writes: Write[]): void {
  for (const key of bodies.keys()) {
    if (tree.blocks.has(key)) continue;
    bodies.delete(key);
    if (!writes.some((write) => write.key === `${OPEN}${key}`))
      writes.push(forget(`${OPEN}${key}`));
  }
}

function told(state: DelegateState, input: Signal): Effects {
  switch (input.kind) {
    case 'kept':
      state.kept = Math.max(state.kept, Number(input.id.slice('keep/'.length)));
      return sayAll(state);
    case 'computed': {
      if (input.id === 'verify')
        return verified(state.verifying, input.output as readonly boolean[]).flatMap((good) =>
          believeFrom(state, good),
        );
      const moved = state.underWay.get(input.id);
      if (moved !== undefined) moved.signature = input.output as Uint8Array;
      return sayAll(state);
    }
    case 'uncomputed':
      if (input.id === 'verify') return verifyAgain(state.verifying, 'continent.verify');
      state.underWay.delete(input.id);
      return [];
    case 'recalled':
      return input.value === undefined
        ? []
        : [
            send(
              delegateOf(input.id.slice('give/'.length) as NodeAddress),
              Given.of({ full: whole(Full, input.value) }),
            ),
          ];
    case 'wake':
      return input.id === 'tick'
        ? tick(state)
        : move(state, { is: 'timer', round: Number(input.id.slice('round/'.length)) });
    default:
      return [];
  }
}

/** Somebody is asked for what is missing; and hears where we are, now and then. */
function tick(state: DelegateState): Effects {
  const { peers, ticks, wanted, jolteon: machine } = state;
  state.ticks++;
  state.gave.clear();
  for (const key of wanted)
    if (machine.tree.blocks.has(key) || !isMissing(state, key)) wanted.delete(key);
  const again: Effects = [wake('tick', TICK_MS), ...move(state, { is: 'look' })];
  const peer = peers[ticks % Math.max(1, peers.length)];
  if (peer === undefined) return again;
  if (ticks % PULSE_TICKS === 0)
    again.push(
      send(delegateOf(peer), whereOf(state, machine.safety.highQc, machine.safety.lastTc)),
    );
  again.push(...askFor(state, peer));
  if (nextOn(state, machine.safety.highQc.block).length > 0)
    again.push(...move(state, { is: 'wanted' }));
  return again;
}

/** What must be true between any two steps. */
export function invariants(state: DelegateState): void {
  jolteon.invariants(state.jolteon);
  assert(state.underWay.size <= CASTS_MAX, 'what is on its way out is bounded');
}
