/**
 * S1, select: who is to hold a transaction.
 *
 *   select.take --> drawing --(proof, output)--> keeping --(kept)--> placed --> shard.take
 *                     |            |                                   ^
 *                     '------------'-- bad signature, no capacity:     '-- select.take again
 *                                      REJECTED
 *
 * The ingress asks again and again until a transaction has come to its end; so whatever cannot be done now
 * (no list yet, too much under way, not ours to draw, no room for a while) is not done, and nothing is
 * said. Whenever a transaction is at work here the ingress is told so, and asks less often.
 *
 * Safety: one placement a transaction and list. What was drawn is on the disk before anybody hears of it,
 * and is used for as long as its list is valid, whatever happens in between; after that it could not
 * be certified any more, and is drawn anew from the newest list. What it is drawn from nobody chose: a
 * VRF of this delegate over transaction and list (placement.ts). Only the ingresses of delegates are
 * listened to, only what this delegate may prove is drawn, and the signature is verified here again,
 * since whoever says to be a delegate's ingress may be anybody.
 * Cost: one job of a few milliseconds (the VRF), and 0.1 ms of draws.
 */
import { nameText } from '#algorithms/identity.ts';
import type { ProveJob, Proven } from '#algorithms/vrf.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import { MILLION } from '#config/policy.ts';
import { assert } from '#lib/assert.ts';
import { toBytes, whole } from './codec.ts';
import {
  compute,
  keep,
  NOTHING,
  put,
  reply,
  send,
  type Moment,
  type Plain,
  type Signal,
  type Step,
} from './effect.ts';
import { figure, layerTook } from './figures.ts';
import { isValidBeside, type EligibleList } from './eligibility.ts';
import type { Placement } from './manifest.ts';
import { inForce, readPolicyBytes } from './policy.ts';
import { PolicyInForce } from './policy.messages.ts';
import { drawnFrom, drawPlacement, proveJob } from './placement.ts';
import * as replica from './presence/replica.ts';
import { mayProve } from './provers.ts';
import { allowance, answerRank, type Allowance } from './rank.ts';
import type { SelectHears, SelectSays } from './select.messages.ts';
import type { Self } from './self.ts';
import { TakeShard, type TakeSelect } from './sending.messages.ts';
import {
  forgetOld,
  keepPlaced,
  loaded,
  PLACED_MAX,
  type Placed,
  type PlacedTable,
} from './sending/placed.ts';
import { atWork, rejected } from './sending/refusal.ts';
import { firstWithRoom, hasWaited, roomBy, type Room } from './sending/room.ts';
import { address, nameOf, nodeOf, type Address } from './subjects.ts';
import { termsOf, type TermsOf } from './terms-of.ts';
import { bodyHashOf, coverFault, isBodyOf, txIdOf, verifyJobOf, type Tx } from './transaction.ts';

/** Under way at once: what the pool does in a second. */
export const DRAWING_MAX = 512;
export const DRAW_JOB = 'select.draw';
const DRAW = 'draw/';
const POLICY = 'policy';

export interface Select {
  readonly self: Self;
  /** What holds until the first word of the policy in force. */
  readonly terms: TermsOf;
}

interface Drawing {
  readonly tx: Tx;
  readonly txId: Uint8Array;
  readonly list: EligibleList;
  readonly since: number;
  /** Who asked last. */
  ingress: Address;
  /** Drawn, and on its way to the disk. */
  placed: Placed | undefined;
}

export interface Selecting {
  readonly of: Select;
  readonly copy: replica.Replica;
  /** By the text of the id. */
  readonly drawings: Map<string, Drawing>;
  readonly placed: PlacedTable;
  readonly ranks: Allowance;
  /** The newest list, when it was last looked at. */
  newest: EligibleList | undefined;
  /** By the policy in force, and the version of that where it was heard of. */
  room: Room;
  version: number | undefined;
}

/** What `select.draw` is given: both keys stay in this process. */
export interface DrawInput {
  readonly verify: VerifyJob;
  readonly prove: ProveJob;
}
/** Nothing where the signature is not the sender's. */
export type DrawOutput = Proven | undefined;

type Effects = Step<Selecting, SelectSays>[1];
type Did = Step<Selecting, SelectSays>;

export function begin(of: Select, at: Moment, kept: ReadonlyMap<string, Uint8Array>): Did {
  const { genesis, node } = of.self;
  const [copy, effects] = replica.begin({ genesis, presence: address(node, 'presence') });
  const placed = loaded(kept);
  const state: Selecting = {
    of,
    copy,
    drawings: new Map(),
    placed,
    ranks: allowance(at.now),
    newest: undefined,
    room: roomBy(of.terms, genesis.place),
    version: undefined,
  };
  const policy = kept.get(POLICY);
  if (policy !== undefined) follow(state, whole(PolicyInForce.body, policy));
  return [state, effects];
}

export function step(state: Selecting, input: SelectHears | Signal, at: Moment): Did {
  if (replica.isForReplica(input)) return [state, followed(state, input, at)];
  switch (input.kind) {
    case 'select.take':
      return [state, take(state, input, at)];
    case 'policy.in-force':
      return [
        state,
        at.from === address(state.of.self.node, 'policy') ? ruled(state, input) : NOTHING,
      ];
    case 'select.rank': {
      const list = replica.newest(state.copy);
      return [state, reply(at, answerRank(input, list, state.ranks, at.now))];
    }
    case 'computed':
      return [state, drawn(state, input.id.slice(DRAW.length), input.output)];
    case 'uncomputed':
      state.drawings.delete(input.id.slice(DRAW.length));
      return [state, NOTHING];
    case 'kept':
      return [state, kept(state, input.id, at)];
    default:
      return [state, NOTHING];
  }
}

/** What must be true between any two steps. */
export function invariants({ drawings, placed }: Selecting): void {
  assert(drawings.size <= DRAWING_MAX, 'few enough are drawn at once');
  assert(placed.size <= PLACED_MAX + DRAWING_MAX, 'few enough placements are kept');
}

/** A new list may be valid without those from which some placements were drawn. */
function followed(
  state: Selecting,
  input: Parameters<typeof replica.step>[1],
  at: Moment,
): Effects {
  const { copy, of, placed } = state;
  const [, effects] = replica.step(copy, input, at, of.self.probe);
  const list = replica.newest(copy);
  if (list === undefined || list === state.newest) return effects;
  state.newest = list;
  // Its tables are made now, before a transaction waits for them.
  firstWithRoom(state.room, [list]);
  return [...effects, ...forgetOld(placed, list.head), ...lightsIn(list)];
}

const lightsIn = ({ head }: EligibleList): Effects =>
  head.lights.map(({ continent, ppm }) => figure('p_light', ppm / MILLION, continent));

/** Another policy: kept, because a restart would go back to the first one until the next word. */
function ruled(state: Selecting, word: PolicyInForce): Effects {
  if (!follow(state, word)) return NOTHING;
  return [keep(POLICY, put(POLICY, toBytes(PolicyInForce.body, word)))];
}

function follow(state: Selecting, { version, bytes }: Omit<PolicyInForce, 'kind'>): boolean {
  if (state.version !== undefined && version <= state.version) return false;
  state.version = version;
  state.room = roomBy(
    termsOf(inForce(version, readPolicyBytes(bytes))),
    state.of.self.genesis.place,
  );
  return true;
}

function take(state: Selecting, { tx, ingress }: TakeSelect, at: Moment): Effects {
  const { self } = state.of;
  if (at.from !== ingress || !isIngress(self, ingress) || !isWhole(self, tx)) {
    self.probe.sometimes('select: a stranger asked, or for what is no transaction of this city');
    return NOTHING;
  }
  const txId = txIdOf(tx.cover.header);
  const name = nameText(txId);
  const drawing = state.drawings.get(name);
  if (drawing !== undefined) {
    drawing.ingress = ingress;
    return [atWork(ingress, txId)];
  }
  const placed = state.placed.get(name);
  if (placed !== undefined) return again(state, tx, txId, placed, ingress, at);
  return draw(state, tx, txId, ingress, at);
}

const isIngress = ({ genesis }: Self, who: Address): boolean =>
  nameOf(who) === 'ingress' && genesis.delegates.some(({ node }) => node === nodeOf(who));

const isWhole = ({ genesis }: Self, { cover, body }: Tx): boolean =>
  cover.header.core.from === genesis.place &&
  coverFault(cover) === undefined &&
  isBodyOf(cover.header, body);

/** It was placed: the same way once more, or, when that could not be certified any more, another one. */
function again(
  state: Selecting,
  tx: Tx,
  txId: Uint8Array,
  placed: Placed,
  ingress: Address,
  at: Moment,
): Effects {
  const { probe } = state.of.self;
  const newest = replica.newest(state.copy);
  const handed = hand(state, tx, placed, ingress);
  if (handed.length > 0) {
    probe.sometimes('select: a placement was used again');
    return [atWork(ingress, txId), ...handed];
  }
  // Not had yet after a restart, or one that will not be had again.
  if (newest === undefined || isValidBeside(placed, newest.head)) return NOTHING;
  probe.sometimes('select: a placement had grown old');
  return draw(state, tx, txId, ingress, at);
}

function draw(state: Selecting, tx: Tx, txId: Uint8Array, ingress: Address, at: Moment): Effects {
  const { self } = state.of;
  const { genesis, node, secrets, probe } = self;
  const lists = state.copy.rolls.map((roll) => roll.list);
  const isFull = state.drawings.size >= DRAWING_MAX || state.placed.size >= PLACED_MAX;
  if (lists.length === 0 || isFull || !mayProve(genesis, txId, node)) {
    probe.sometimes('select: asked for what could not be drawn now');
    return NOTHING;
  }
  const name = nameText(txId);
  const list = firstWithRoom(state.room, lists);
  if (list === undefined) {
    probe.sometimes('select: no list has room');
    return hasWaited(state.room, name, at.now) ? [rejected(ingress, txId, 'no-capacity')] : NOTHING;
  }
  state.drawings.set(name, { tx, txId, list, since: at.now, ingress, placed: undefined });
  const { network } = genesis;
  const input: DrawInput = {
    verify: verifyJobOf(network, tx.cover),
    prove: proveJob(secrets.vrf, drawnFrom(network, txId, list.digest)),
  };
  return [atWork(ingress, txId), compute(DRAW + name, DRAW_JOB, input as unknown as Plain)];
}

/** The output is there: who holds what follows. */
function drawn(state: Selecting, name: string, output: Plain): Effects {
  const drawing = state.drawings.get(name);
  if (drawing === undefined) return NOTHING;
  const proven = output as unknown as DrawOutput;
  if (proven === undefined) return refused(state, name, drawing, 'bad-signature');
  const { of } = state;
  const { tx, txId, list } = drawing;
  const terms = state.room.terms(list, txId);
  const { from } = tx.cover.header.core;
  const found = drawPlacement({ list, terms, from, output: seedOf(of.self, tx, proven) });
  if (!found.ok) return refused(state, name, drawing, found.error);
  const placement: Placement = {
    list: list.digest,
    prover: of.self.node,
    proof: proven.proof,
    ...found.value,
  };
  const { number, at } = list.head;
  drawing.placed = { placement, terms, number, at };
  return [keepPlaced(txId, drawing.placed)];
}

/** Planted: a client that makes body after body has the placement that it likes. */
const seedOf = ({ plant }: Self, { body }: Tx, { output }: Proven): Uint8Array =>
  plant === 'seed-by-client' ? bodyHashOf(body) : output;

function refused(
  { drawings }: Selecting,
  name: string,
  { ingress, txId }: Drawing,
  reason: 'bad-signature' | 'no-capacity',
): Effects {
  drawings.delete(name);
  return [rejected(ingress, txId, reason)];
}

/** It is on the disk: now others may hear of it. */
function kept(state: Selecting, name: string, { now }: Moment): Effects {
  const drawing = state.drawings.get(name);
  if (drawing?.placed === undefined) return NOTHING;
  const { tx, placed, ingress, since } = drawing;
  state.drawings.delete(name);
  state.placed.set(name, placed);
  return [...hand(state, tx, placed, ingress), layerTook('S1', since, now)];
}

/** On to S2; nothing where the list is not here. */
function hand(
  { of, copy }: Selecting,
  tx: Tx,
  { placement, terms }: Placed,
  ingress: Address,
): Effects {
  const { list, holders, spares } = placement;
  if (replica.listOf(copy, list) === undefined) return NOTHING;
  const keys = [...holders, ...spares].map((node) => replica.listedIn(copy, list, node)!.sealing);
  const shard = address(of.self.node, 'shard');
  return [send(shard, TakeShard.of({ tx, ingress, placement, terms, keys }))];
}
